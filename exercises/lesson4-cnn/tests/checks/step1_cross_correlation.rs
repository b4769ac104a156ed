//! Checks of step1_cross_correlation.

use super::panics::*;
use super::support::*;
use dlkit_check::prelude::*;
use lesson4::step1_cross_correlation::*;

pub(crate) fn a_window_of_3_has_three_places_along_5() -> Verdict {
    let cases = [(5, 3), (3, 2), (28, 3), (7, 1), (4, 4)];
    let count = |(side, window): (usize, usize)| side - window + 1;
    let got: Vec<usize> = cases.iter().map(|&(n, k)| places(n, k)).collect();
    let Some(wrong) = (0..cases.len()).find(|&i| got[i] != count(cases[i])) else {
        return Ok(());
    };
    let (side, window) = cases[wrong];
    let (said, want) = (got[wrong], count(cases[wrong]));
    let asked = format!("Places for a window of {window} along a side of {side}: you count {said}");
    // One pair of numbers fits many a wrong formula: a slip must explain all of them.
    let explains = |formula: &dyn Fn(usize, usize) -> usize| {
        cases
            .iter()
            .zip(&got)
            .all(|(&(n, k), got)| formula(n, k) == *got)
    };
    if explains(&|side, window| side - window) {
        return slip(
            "fence-post",
            format!(
                "{asked}. The last place starts at {}, but place 0 counts too.",
                side - window
            ),
        );
    }
    if explains(&|side, _| side) {
        return slip(
            "over-the-edge",
            format!(
                "{asked}, one for each pixel. From place {want} on, the window would reach over the edge."
            ),
        );
    }
    if explains(&|side, window| side / window) || explains(&|side, window| side.div_ceil(window)) {
        return slip(
            "side-by-side",
            format!(
                "{asked}, as if the windows stood side by side. It moves by one pixel, so they overlap."
            ),
        );
    }
    fail!("{asked}, but there are {want}.");
}

/// Calls the student's `at_place`; what the kernel covers there tells whether an index is right.
fn sum_at(picture: &Grid, kernel: &Grid, (row, column): (usize, usize)) -> Found<f64> {
    let grids = [extent("picture", picture), extent("kernel", kernel)];
    let lines = |at: usize, n: usize| format!("{at} to {}", at + n - 1);
    let [(_, height, width), (_, k, l)] = grids;
    tried(
        &format!(
            "at_place(a picture {height}×{width}, a kernel {k}×{l}, row {row}, column {column})"
        ),
        &grids,
        || at_place(picture, kernel, row, column),
        || {
            Some((
                "outside-the-picture",
                format!(
                    "At this place the kernel covers the rows {} and the columns {} of the picture, and nothing else.",
                    lines(row, k),
                    lines(column, l)
                ),
            ))
        },
    )
}

/// Calls the student's `cross_correlate`; when an index goes over the edge, `at_place` tells whose it is.
fn map_of(name: &str, picture: &Grid, kernel: &Grid) -> Found<Grid> {
    let grids = [extent("picture", picture), extent("kernel", kernel)];
    let [(_, height, width), (_, k, l)] = grids;
    let fits = |row: usize, column: usize| row + k <= height && column + l <= width;
    let places = || (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
    let explain = || {
        let inside = |(row, column): &(usize, usize)| {
            !fits(*row, *column) || runs(|| at_place(picture, kernel, *row, *column))
        };
        if let Some((row, column)) = places().find(|place| !inside(place)) {
            return Some((
                "outside-the-picture",
                format!(
                    "At the place ({row}, {column}) the kernel lies wholly on the picture, and it is at_place that looks beyond."
                ),
            ));
        }
        let side = height.max(width);
        if height != width && runs(|| cross_correlate(&counted(side, side), kernel)) {
            return Some((
                "height-and-width-swapped",
                "Square pictures pass, others do not: places down come from the two heights, places across from the two widths.".into(),
            ));
        }
        let (row, column) = places().find(|(row, column)| !fits(*row, *column))?;
        Some((
            "outside-the-picture",
            format!(
                "at_place is right wherever the kernel lies wholly on the picture. Row by row, ({row}, {column}) is the first place where a kernel of {k}×{l} \
                 reaches over the edge of {height}×{width}: does cross_correlate go there?"
            ),
        ))
    };
    tried(name, &grids, || cross_correlate(picture, kernel), explain)
}

pub(crate) fn one_place_gives_one_sum() -> Verdict {
    let (picture, kernel) = (counted(3, 3), grid([[0, 1], [2, 3]]));
    let sum = |at: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..2)
            .flat_map(|i| (0..2).map(move |j| (i, j)))
            .map(|(i, j)| kernel[i][j] * at(i, j))
            .sum()
    };
    let (row, column) = (1, 0);
    let covered = sum(&|i, j| picture[row + i][column + j]);
    expect("at_place(picture 0 … 8, kernel 0 … 3, row 1, column 0)")
        .mistake(
            "always-first-place",
            "That is the place (0, 0). The pixel under the weight (i, j) is i rows below `row` and j columns right of `column`.",
            sum(&|i, j| picture[i][j]),
        )
        .mistake(
            "row-and-column-swapped",
            "That is the place (0, 1): row and column have changed places.",
            sum(&|i, j| picture[column + i][row + j]),
        )
        .mistake(
            "kernel-turned",
            "The kernel lies upside down on the picture: the weight kernel[0][0] belongs on the top left pixel.",
            sum(&|i, j| picture[row + 1 - i][column + 1 - j]),
        )
        .mistake(
            "kernel-transposed",
            "The weight in row i and column j must lie on the pixel i rows below and j columns right: here rows and columns of the kernel are exchanged.",
            sum(&|i, j| picture[row + j][column + i]),
        )
        .mistake(
            "weights-ignored",
            "That is the sum of the pixels alone: multiply each of them by the weight on it.",
            picture[1][0] + picture[1][1] + picture[2][0] + picture[2][1],
        )
        .mistake(
            "last-product-only",
            "That is the product at the last weight alone: each product must be added to what is there already.",
            kernel[1][1] * picture[row + 1][column + 1],
        )
        .mistake(
            "product-of-sums",
            "That is the sum of the pixels times the sum of the weights: which weight belongs to which pixel?",
            sum(&|_, _| picture[1][0] + picture[1][1] + picture[2][0] + picture[2][1]),
        )
        .close(sum_at(&picture, &kernel, (row, column))?, covered)?;
    let (picture, kernel) = (random(5, 7, 1), random(2, 3, 2));
    let want = plain(&picture, &kernel);
    close(
        "at_place(a picture 5×7, a kernel 2×3, row 3, column 4)",
        sum_at(&picture, &kernel, (3, 4))?,
        want[3][4],
    )
}

pub(crate) fn the_map_of_the_small_picture_is_19_25_37_43() -> Verdict {
    let (picture, kernel) = (counted(3, 3), grid([[0, 1], [2, 3]]));
    let name = "cross_correlate(picture 0 … 8, kernel 0 … 3)";
    same_grid(
        name,
        &map_of(name, &picture, &kernel)?,
        &grid([[19, 25], [37, 43]]),
        &[
            (
                "kernel-turned",
                "That is the true convolution: the kernel was turned. Here it stays as it is.",
                grid([[5, 11], [23, 29]]),
            ),
            (
                "transposed",
                "The map lies on its side: `map[row][column]` belongs to the place (row, column).",
                grid([[19, 37], [25, 43]]),
            ),
            (
                "kernel-transposed",
                "The weight in row i and column j must lie on the pixel i rows below and j columns right: here rows and columns of the kernel are \
                 exchanged.",
                plain(&picture, &transposed(&kernel)),
            ),
            (
                "always-first-place",
                "Every place gave the number of the place (0, 0).",
                grid([[19, 19], [19, 19]]),
            ),
        ],
    )
}

pub(crate) fn height_and_width_may_differ() -> Verdict {
    // A picture that is wider than high comes first: who takes its height for its width stays inside it.
    for ((height, width), (k, l)) in [
        ((4, 6), (3, 3)),
        ((3, 4), (1, 2)),
        ((6, 4), (3, 3)),
        ((2, 9), (2, 1)),
        ((5, 5), (3, 3)),
    ] {
        let (picture, kernel) = (random(height, width, 3), random(k, l, 4));
        let want = plain(&picture, &kernel);
        // As many columns as rows.
        let square: Grid = want
            .iter()
            .map(|row| row.iter().take(want.len()).copied().collect())
            .collect();
        let name = format!("cross_correlate(a picture {height}×{width}, a kernel {k}×{l})");
        same_grid(
            &name,
            &map_of(&name, &picture, &kernel)?,
            &want,
            &[
                (
                    "kernel-turned",
                    "That is the true convolution: the kernel was turned. Here it stays as it is.",
                    plain(&picture, &upside_down(&kernel)),
                ),
                (
                    "height-for-width",
                    "The places across were counted from the heights: how wide is a row?",
                    square,
                ),
            ],
        )?;
    }
    Ok(())
}

pub(crate) fn the_turned_kernel_starts_with_its_end() -> Verdict {
    let kernel = grid([[0, 1, 2], [3, 4, 5]]);
    let rows: Grid = kernel.iter().rev().cloned().collect();
    let columns = upside_down(&rows);
    same_grid(
        "turned([[0, 1, 2], [3, 4, 5]])",
        &tried(
            "turned([[0, 1, 2], [3, 4, 5]])",
            &[extent("kernel", &kernel)],
            || turned(&kernel),
            no_cause,
        )?,
        &grid([[5, 4, 3], [2, 1, 0]]),
        &[
            (
                "mirrored",
                "Only the order of the rows was turned round; each row must be turned round as well.",
                rows,
            ),
            (
                "mirrored",
                "Each row was turned round; the order of the rows must be turned round as well.",
                columns,
            ),
            (
                "transposed",
                "That is the transpose: rows became columns. Half a turn keeps the size.",
                transposed(&kernel),
            ),
        ],
    )
}

pub(crate) fn the_true_convolution_is_5_11_23_29() -> Verdict {
    let convolved = |name: &str, picture: &Grid, kernel: &Grid| {
        let grids = [extent("picture", picture), extent("kernel", kernel)];
        tried(name, &grids, || convolve(picture, kernel), no_cause)
    };
    let (picture, kernel) = (counted(3, 3), grid([[0, 1], [2, 3]]));
    let name = "convolve(picture 0 … 8, kernel 0 … 3)";
    same_grid(
        name,
        &convolved(name, &picture, &kernel)?,
        &grid([[5, 11], [23, 29]]),
        &[
            (
                "not-turned",
                "That is the cross-correlation: turn the kernel first.",
                grid([[19, 25], [37, 43]]),
            ),
            (
                "transposed",
                "The kernel was transposed, not turned by half a turn.",
                plain(&picture, &transposed(&kernel)),
            ),
            (
                "picture-turned",
                "The picture was turned. Its numbers are right, but they come out in the opposite order: turn the kernel.",
                plain(&upside_down(&picture), &kernel),
            ),
            (
                "map-turned",
                "These are the numbers of the cross-correlation, in the opposite order: what has to be turned, and when?",
                grid([[43, 37], [25, 19]]),
            ),
        ],
    )?;
    let (picture, kernel) = (random(6, 5, 5), random(2, 3, 6));
    let name = "convolve(a picture 6×5, a kernel 2×3)";
    same_grid(
        name,
        &convolved(name, &picture, &kernel)?,
        &plain(&picture, &upside_down(&kernel)),
        &[(
            "not-turned",
            "That is the cross-correlation: turn the kernel first.",
            plain(&picture, &kernel),
        )],
    )
}
