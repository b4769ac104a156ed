//! Checks of step3_sizes.

use super::panics::*;
use super::support::*;
use dlkit_check::prelude::*;
use lesson4::step1_cross_correlation::Grid;
use lesson4::step3_sizes::*;

fn moves(kernel: usize, padding: usize, stride: usize, dilation: usize) -> Moves {
    Moves {
        kernel,
        padding,
        stride,
        dilation,
    }
}

pub(crate) fn a_dilated_window_covers_its_holes_too() -> Verdict {
    for (kernel, dilation, want) in [(3, 2, 5), (3, 1, 3), (3, 4, 9), (1, 7, 1), (5, 3, 13)] {
        let got = covered(moves(kernel, 0, 1, dilation));
        if got == want {
            continue;
        }
        let asked =
            format!("{kernel} weights with dilation {dilation}: you say they cover {got} pixels");
        if got == kernel * dilation {
            return slip(
                "gap-after-the-last",
                format!(
                    "{asked}. There are only {} gaps between {kernel} weights; nothing comes after the last one.",
                    kernel - 1
                ),
            );
        }
        if got == kernel {
            return slip(
                "dilation-ignored",
                format!(
                    "{asked}, as without dilation. Draw them on paper: the weights stand {dilation} pixels apart."
                ),
            );
        }
        if got + 1 == want {
            return slip(
                "fence-post",
                format!("{asked}, which is from the first to the last: count the first pixel too."),
            );
        }
        fail!("{asked}, but they cover {want}.");
    }
    Ok(())
}

pub(crate) fn the_formula_holds_for_every_setting() -> Verdict {
    let cases = [
        (28, moves(3, 0, 1, 1)),
        (28, moves(3, 1, 1, 1)),
        (28, moves(3, 1, 2, 1)),
        (28, moves(3, 0, 1, 2)),
        (28, moves(2, 0, 2, 1)),
        (11, moves(2, 0, 2, 1)),
        (224, moves(7, 3, 2, 1)),
        (27, moves(3, 2, 3, 2)),
        (5, moves(5, 0, 4, 1)),
    ];
    for (side, m) in cases {
        let (n, p, s, d, k) = (
            side as i64,
            m.padding as i64,
            m.stride as i64,
            m.dilation as i64,
            m.kernel as i64,
        );
        let span = d * (k - 1);
        let want = (n + 2 * p - span - 1) / s + 1;
        let got = output_size(side, m) as i64;
        if got == want {
            continue;
        }
        let asked = format!(
            "A side of {side}, window {k}, padding {p}, stride {s}, dilation {d}: you say the map has {got} places"
        );
        for (value, diagnosis, sentence) in [
            (
                (n + p - span - 1) / s + 1,
                "padding-on-one-side",
                "The padding stands before and after the picture: it counts twice.",
            ),
            (
                (n - span - 1) / s + 1,
                "padding-ignored",
                "The padding makes the picture larger before the window moves.",
            ),
            (
                (n + 2 * p - span - 1 + s - 1) / s + 1,
                "rounded-up",
                "A window that does not fit any more has no place: round down.",
            ),
            (
                (n + 2 * p - span - 1) / s,
                "fence-post",
                "The window also stands where it starts: one more.",
            ),
            (
                (n + 2 * p - k) / s + 1,
                "dilation-ignored",
                "With dilation the window covers more pixels than it has weights.",
            ),
            (
                n + 2 * p - span,
                "stride-ignored",
                "The stride does not come in.",
            ),
            (
                n + 2 * p - (span + 1) / s + 1,
                "missing-parentheses",
                "Only the window was divided by the stride: Rust divides before it adds and subtracts, unless parentheses say otherwise.",
            ),
            (
                (n + 2 * p - span) / s,
                "fence-post",
                "Divide how far the window can move, and then add one for where it starts: not the other way round.",
            ),
        ] {
            if got == value {
                return slip(diagnosis, format!("{asked}, but it has {want}. {sentence}"));
            }
        }
        fail!("{asked}, but it has {want}.");
    }
    Ok(())
}

pub(crate) fn same_padding_keeps_the_size() -> Verdict {
    for (kernel, dilation, want) in [(3, 1, 1), (5, 1, 2), (3, 2, 2), (1, 1, 0), (7, 3, 9)] {
        let got = same_padding(kernel, dilation);
        if got == want {
            continue;
        }
        let asked = format!("A window of {kernel} with dilation {dilation}: you say padding {got}");
        if got == 2 * want {
            return slip(
                "padding-on-both-sides",
                format!("{asked}. That is what both ends need together; each end gets half of it."),
            );
        }
        if got == dilation * kernel / 2 {
            return slip(
                "gap-after-the-last",
                format!(
                    "{asked}, but with {want} the map is as large as the picture. How many gaps lie between {kernel} weights?"
                ),
            );
        }
        if got == (kernel - 1) / 2 {
            return slip(
                "dilation-ignored",
                format!(
                    "{asked}. With dilation the window covers more pixels than it has weights."
                ),
            );
        }
        fail!("{asked}, but with {want} the map is as large as the picture.");
    }
    Ok(())
}

/// Calls the student's `padded`.
fn framed(name: &str, picture: &Grid, padding: usize) -> Found<Grid> {
    let (_, height, width) = extent("picture", picture);
    let frame = ("frame", height + 2 * padding, width + 2 * padding);
    let grids = [extent("picture", picture), frame];
    let explain = || {
        let (_, height, width) = frame;
        Some((
            "outside-the-picture",
            format!(
                "The frame has {height} rows of {width}: is what you write to as large, and is everything inside?"
            ),
        ))
    };
    tried(name, &grids, || padded(picture, padding), explain)
}

pub(crate) fn a_frame_of_zeros_stands_around_the_picture() -> Verdict {
    let picture = grid([[1, 2, 3], [4, 5, 6]]);
    let name = "padded([[1, 2, 3], [4, 5, 6]], 1)";
    same_grid(
        name,
        &framed(name, &picture, 1)?,
        &grid([
            [0, 0, 0, 0, 0],
            [0, 1, 2, 3, 0],
            [0, 4, 5, 6, 0],
            [0, 0, 0, 0, 0],
        ]),
        &[
            (
                "padding-on-one-side",
                "The zeros stand only above and on the left; they belong below and on the right too.",
                grid([[0, 0, 0, 0], [0, 1, 2, 3], [0, 4, 5, 6]]),
            ),
            (
                "padding-on-one-axis",
                "There are zeros on the left and on the right, but none above and below.",
                grid([[0, 1, 2, 3, 0], [0, 4, 5, 6, 0]]),
            ),
            (
                "padding-on-one-axis",
                "There are zeros above and below, but none on the left and on the right.",
                grid([[0, 0, 0], [1, 2, 3], [4, 5, 6], [0, 0, 0]]),
            ),
            (
                "picture-in-the-corner",
                "The frame has its right size, but the picture stands in its top left corner: move it by the padding, down and right.",
                grid([
                    [1, 2, 3, 0, 0],
                    [4, 5, 6, 0, 0],
                    [0, 0, 0, 0, 0],
                    [0, 0, 0, 0, 0],
                ]),
            ),
            (
                "picture-in-the-corner",
                "The frame has its right size, but the picture stands in its bottom right corner: only half of the zeros stand before it.",
                grid([
                    [0, 0, 0, 0, 0],
                    [0, 0, 0, 0, 0],
                    [0, 0, 1, 2, 3],
                    [0, 0, 4, 5, 6],
                ]),
            ),
            (
                "picture-in-the-corner",
                "The frame has its right size, but the picture stands at its bottom: only half of the zeros stand above it.",
                grid([
                    [0, 0, 0, 0, 0],
                    [0, 0, 0, 0, 0],
                    [0, 1, 2, 3, 0],
                    [0, 4, 5, 6, 0],
                ]),
            ),
            (
                "edge-repeated",
                "The frame repeats the pixels of the edge; it should hold zeros.",
                grid([
                    [1, 1, 2, 3, 3],
                    [1, 1, 2, 3, 3],
                    [4, 4, 5, 6, 6],
                    [4, 4, 5, 6, 6],
                ]),
            ),
        ],
    )?;
    let picture = random(3, 5, 1);
    for padding in [0, 2] {
        let name = format!("padded(a picture 3×5, {padding})");
        // A window of one weight, 1, shows what it moves over.
        let want = correlated(&picture, &grid([[1]]), padding, 1, 1);
        same_grid(&name, &framed(&name, &picture, padding)?, &want, &[])?;
    }
    Ok(())
}

/// The slips of a cross-correlation with these moves.
fn slips(picture: &Grid, kernel: &Grid, m: Moves) -> Vec<Mistake> {
    let right = correlated(picture, kernel, m.padding, m.stride, m.dilation);
    // A map of the right size, but with these strides and dilations, each (down, across).
    let with = |strides: (usize, usize), gaps: (usize, usize)| -> Grid {
        let frame = correlated(picture, &grid([[1]]), m.padding, 1, 1);
        let pixel = |y: usize, x: usize, i: usize, j: usize| {
            frame[y * strides.0 + i * gaps.0][x * strides.1 + j * gaps.1]
        };
        let k = m.kernel;
        let sum = |y: usize, x: usize| -> f64 {
            (0..k * k)
                .map(|w| kernel[w / k][w % k] * pixel(y, x, w / k, w % k))
                .sum()
        };
        (0..right.len())
            .map(|y| (0..right[0].len()).map(|x| sum(y, x)).collect())
            .collect()
    };
    let (s, d) = (m.stride, m.dilation);
    let mut slips: Vec<Mistake> = Vec::new();
    if s > 1 {
        for (strides, sentence) in [
            (
                (1, 1),
                "The window moved by 1: the place (y, x) starts at the pixel (y·s, x·s).",
            ),
            (
                (1, s),
                "Down, the window moved by 1: the place (y, x) starts at the pixel (y·s, x·s).",
            ),
            (
                (s, 1),
                "To the right, the window moved by 1: the place (y, x) starts at the pixel (y·s, x·s).",
            ),
        ] {
            slips.push(("stride-ignored", sentence, with(strides, (d, d))));
        }
        slips.push((
            "stride-ignored",
            "The window moved by 1: the place (y, x) starts at the pixel (y·s, x·s).",
            correlated(picture, kernel, m.padding, 1, d),
        ));
    }
    if d > 1 {
        for (gaps, sentence) in [
            (
                (1, 1),
                "The weights lie side by side: the weight (i, j) belongs i·d pixels below and j·d right.",
            ),
            (
                (1, d),
                "Down, the weights lie side by side: the weight (i, j) belongs i·d pixels below.",
            ),
            (
                (d, 1),
                "To the right, the weights lie side by side: the weight (i, j) belongs j·d pixels right.",
            ),
        ] {
            slips.push(("dilation-ignored", sentence, with((s, s), gaps)));
        }
        slips.push((
            "dilation-ignored",
            "The weights lie side by side: the weight (i, j) belongs i·d pixels below and j·d right.",
            correlated(picture, kernel, m.padding, s, 1),
        ));
    }
    if m.padding > 0 && d * (m.kernel - 1) < picture.len().min(picture[0].len()) {
        slips.push((
            "padding-ignored",
            "The picture was not padded.",
            correlated(picture, kernel, 0, s, d),
        ));
    }
    slips.push((
        "kernel-turned",
        "The kernel was turned: this is a cross-correlation, it stays as it is.",
        correlated(picture, &upside_down(kernel), m.padding, s, d),
    ));
    slips
}

/// Why `correlate` looked at a pixel that is not there.
fn outside(m: Moves) -> Option<(&'static str, String)> {
    let over = |height: usize, width: usize| {
        let (picture, kernel) = (random(height, width, 14), random(m.kernel, m.kernel, 15));
        runs(|| correlate(&picture, &kernel, m))
    };
    if over(9, 9) && !(over(9, 15) && over(15, 9)) {
        return Some((
            "height-and-width-swapped",
            "Square pictures pass, others do not: the map has as many rows as there are places down the picture, and as many columns as there are across."
                .into(),
        ));
    }
    if m.padding == 0 {
        return Some((
            "outside-the-picture",
            "The window reached over the edge: is the map as large as `output_size` says, and does the weight (i, j) of the place \
             (y, x) lie on the pixel (y·s + i·d, x·s + j·d)?"
                .into(),
        ));
    }
    // With so large a stride there is one place only, however large the map is thought to be: it tells what the window moves over.
    let (picture, kernel) = (random(5, 5, 12), random(3, 3, 13));
    if !runs(|| correlate(&picture, &kernel, moves(3, 1, 20, 1))) {
        return None;
    }
    let got = correlate(&picture, &kernel, moves(3, 1, 20, 1));
    let is =
        |want: &Grid| got.concat().len() == 1 && (got.concat()[0] - want.concat()[0]).abs() < 1e-9;
    if is(&correlated(&picture, &kernel, 1, 20, 1)) {
        return Some((
            "padding-counted-twice",
            "The map is too large. `output_size` adds the padding itself: give it the side of the picture as it was before you \
             padded it."
                .into(),
        ));
    }
    is(&correlated(&picture, &kernel, 0, 20, 1)).then(|| {
        (
            "padding-ignored",
            "The map is as large as with padding, but the window moves over the picture without its frame.".into(),
        )
    })
}

fn judge(what: &str, picture: &Grid, kernel: &Grid, m: Moves) -> Verdict {
    let name = format!(
        "correlate({what}, padding {}, stride {}, dilation {})",
        m.padding, m.stride, m.dilation
    );
    let (_, height, width) = extent("picture", picture);
    let mut grids = vec![extent("picture", picture), extent("kernel", kernel)];
    if m.padding > 0 {
        grids.push((
            "padded picture",
            height + 2 * m.padding,
            width + 2 * m.padding,
        ));
    }
    let got = tried(
        &name,
        &grids,
        || correlate(picture, kernel, m),
        || outside(m),
    )?;
    same_grid_or(
        &name,
        &got,
        &correlated(picture, kernel, m.padding, m.stride, m.dilation),
        &slips(picture, kernel, m),
        "Work one number out by hand: the weight (i, j) of the place (y, x) lies on the padded picture's pixel (y·s + i·d, x·s + j·d).",
    )
}

pub(crate) fn the_stride_leaves_places_out() -> Verdict {
    judge(
        "a picture 8×9, a kernel 3×3",
        &random(8, 9, 2),
        &random(3, 3, 3),
        moves(3, 0, 2, 1),
    )?;
    judge(
        "a picture 7×7, a kernel 2×2",
        &random(7, 7, 4),
        &random(2, 2, 5),
        moves(2, 0, 3, 1),
    )?;
    judge(
        "the picture 0 … 8, the kernel [[1]]",
        &counted(3, 3),
        &grid([[1]]),
        moves(1, 0, 2, 1),
    )
}

pub(crate) fn dilation_spreads_the_weights() -> Verdict {
    judge(
        "a picture 8×7, a kernel 3×3",
        &random(8, 7, 6),
        &random(3, 3, 7),
        moves(3, 0, 1, 2),
    )?;
    judge(
        "the picture 0 … 8, the kernel [[1, 1], [1, 1]]",
        &counted(3, 3),
        &grid([[1, 1], [1, 1]]),
        moves(2, 0, 1, 2),
    )
}

pub(crate) fn padding_stride_and_dilation_go_together() -> Verdict {
    judge(
        "a picture 6×5, a kernel 3×3",
        &random(6, 5, 8),
        &random(3, 3, 9),
        moves(3, 1, 1, 1),
    )?;
    judge(
        "a picture 9×8, a kernel 3×3",
        &random(9, 8, 10),
        &random(3, 3, 11),
        moves(3, 2, 2, 2),
    )
}
