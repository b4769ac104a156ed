//! Checks of step6_receptive_field.

use dlkit_check::prelude::*;
use lesson4::step6_receptive_field::*;
use std::ops::Range;

/// From a range of numbers behind all layers back to the pixels, layer by layer: another way than the one of the step.
fn pixels(layers: &[Windowed], place: usize) -> Range<usize> {
    let mut range = place..place + 1;
    for layer in layers.iter().rev() {
        range = range.start * layer.stride..(range.end - 1) * layer.stride + layer.window;
    }
    range
}

fn strided(window: usize, stride: usize) -> Windowed {
    Windowed { window, stride }
}

fn named(layers: &[Windowed]) -> String {
    let of: Vec<String> = layers
        .iter()
        .map(|l| format!("window {} stride {}", l.window, l.stride))
        .collect();
    if of.is_empty() {
        "no layer".into()
    } else {
        of.join(", ")
    }
}

pub(crate) fn the_sides_shrink_layer_by_layer() -> Verdict {
    let got = sides(28, &KERAS_CNN);
    let name = "sides(28, KERAS_CNN)";
    if got == [28, 26, 13, 11, 5] {
        return slip(
            "input-included",
            format!("{name} is {got:?}: leave the 28 out, and list the side *after* each layer."),
        );
    }
    if got == [26, 13, 11, 6] {
        return slip(
            "rounded-up",
            format!(
                "{name} is {got:?}: 11 rows in blocks of 2 are five blocks, the last row is left out."
            ),
        );
    }
    if got == [28, 14, 14, 7] {
        return slip(
            "window-ignored",
            format!(
                "{name} is {got:?}: a window of 3 has two places fewer than there are pixels, even when it moves by 1. (side − window) / stride + 1."
            ),
        );
    }
    if got == [26, 12, 10, 4] {
        return slip(
            "one-too-early",
            format!(
                "{name} is {got:?}: divide how far the window can move, side − window, and then add one for where it starts; not the other way round."
            ),
        );
    }
    if got == [5] {
        return slip(
            "last-only",
            format!("{name} is {got:?}: that is the last side; list all of them."),
        );
    }
    if got == [26, 14, 26, 14] || got == [26, 14, 12, 6] {
        return slip(
            "not-chained",
            format!(
                "{name} is {got:?}: each layer starts from the side that the one before it left."
            ),
        );
    }
    ensure!(
        got == [26, 13, 11, 5],
        "{name} is {got:?}, but it should be [26, 13, 11, 5]."
    );
    let layers = [strided(5, 2), conv(3), pool(3)];
    let got = sides(64, &layers);
    ensure!(
        got == [30, 28, 9],
        "sides(64, {}) is {got:?}, but it should be [30, 28, 9]: (side − window) / stride + 1 for each.",
        named(&layers)
    );
    Ok(())
}

fn judge_field(layers: &[Windowed]) -> Verdict {
    let got = receptive_field(layers);
    let want = pixels(layers, 0).len();
    if got == want {
        return Ok(());
    }
    let asked = format!(
        "The receptive field of ({}): you say {got}, but it is {want}",
        named(layers)
    );
    // Slips, each in a field of its own making.
    let walk = |step: &dyn Fn(&mut usize, &mut usize, &Windowed)| {
        let (mut reach, mut jump) = (1, 1);
        for layer in layers {
            step(&mut reach, &mut jump, layer);
        }
        reach
    };
    let jump_first = walk(&|reach, jump, layer| {
        *jump *= layer.stride;
        *reach += (layer.window - 1) * *jump;
    });
    let last_stride = walk(&|reach, jump, layer| {
        *reach += (layer.window - 1) * *jump;
        *jump = layer.stride;
    });
    let no_jump = walk(&|reach, _, layer| *reach += layer.window - 1);
    let whole_window = walk(&|reach, jump, layer| {
        *reach += layer.window * *jump;
        *jump *= layer.stride;
    });
    let product: usize = layers.iter().map(|l| l.window).product();
    let sum: usize = layers.iter().map(|l| l.window).sum();
    for (value, diagnosis, sentence) in [
        (
            jump_first,
            "jump-too-early",
            "The reach grows by the jump before this layer: first the reach, then the jump.",
        ),
        (
            last_stride,
            "previous-stride-only",
            "Behind the second stride the jump is too small, as if each layer's stride took the place of the jump before it: strides multiply.",
        ),
        (
            no_jump,
            "jump-ignored",
            "Behind a pooling, neighbours lie more than one pixel apart: each layer adds (window − 1) · jump.",
        ),
        (
            whole_window,
            "window-for-gaps",
            "A window of k has k − 1 neighbours beside the first.",
        ),
        (
            1,
            "jump-starts-at-zero",
            "No layer adds anything: with what does the jump start? Neighbouring pixels lie 1 apart.",
        ),
        (
            want - 1,
            "starts-at-zero",
            "The reach starts with 1: a pixel sees itself.",
        ),
        (
            product,
            "product-for-sum",
            "That is the product of all windows. It comes out when fields are multiplied, though they overlap and two windows of 3 see 5 pixels; and also when \
             the jump grows by the window of a layer instead of by its stride.",
        ),
        (
            sum,
            "sum-of-windows",
            "The windows overlap: the second adds only its neighbours.",
        ),
    ] {
        if got == value {
            return slip(diagnosis, format!("{asked}. {sentence}"));
        }
    }
    fail!("{asked}.");
}

pub(crate) fn two_convolutions_of_3_see_5() -> Verdict {
    judge_field(&[conv(3), conv(3)])?;
    judge_field(&[conv(3)])?;
    judge_field(&[])?;
    judge_field(&[conv(5), conv(7), conv(3)])
}

pub(crate) fn pooling_widens_what_comes_after() -> Verdict {
    judge_field(&[conv(3), pool(2), conv(3)])?;
    judge_field(&KERAS_CNN)?;
    judge_field(&[strided(7, 2), strided(3, 2), conv(3), conv(3)])
}

pub(crate) fn neighbours_see_fields_a_jump_apart() -> Verdict {
    let nets: [&[Windowed]; 4] = [
        &KERAS_CNN,
        &[conv(3), conv(3)],
        &[strided(5, 2), pool(3)],
        &[],
    ];
    for layers in nets {
        for place in [0, 1, 4] {
            let got = seen(layers, place);
            let want = pixels(layers, place);
            if got == want {
                continue;
            }
            let asked = format!(
                "seen({}; place {place}) is {got:?}, but it should be {want:?}",
                named(layers)
            );
            if got.start == place && place > 0 {
                return slip(
                    "jump-ignored",
                    format!(
                        "{asked}: every step to the next number moves the field by the jump, the product of all strides."
                    ),
                );
            }
            let strides: usize = layers.iter().map(|layer| layer.stride).sum();
            if got.start == place * strides && place > 0 {
                return slip(
                    "sum-of-strides",
                    format!(
                        "{asked}: the strides were added up. Each multiplies the jump so far; behind strides 2 and 2 neighbours lie 4 apart, behind 2, 2 and 2 \
                         they lie 8 apart."
                    ),
                );
            }
            if got.start == want.start && got.end + 1 == want.end {
                return slip(
                    "range-without-its-end",
                    format!("{asked}: the end of a range is not part of it."),
                );
            }
            if got.start == place * receptive_field(layers) && place > 0 {
                return slip(
                    "fields-side-by-side",
                    format!(
                        "{asked}: the fields overlap; they start a jump apart, not a whole field."
                    ),
                );
            }
            if got.start == want.start && got.end == want.len() {
                return slip(
                    "length-for-end",
                    format!(
                        "{asked}: {} is how long the field is. Where does it end, when it starts at {}?",
                        got.end, got.start
                    ),
                );
            }
            if got.start != want.start && place > 0 && got.start.is_multiple_of(place) {
                return slip(
                    "wrong-jump",
                    format!(
                        "{asked}: it starts as if the jump were {}. Which strides are in it?",
                        got.start / place
                    ),
                );
            }
            fail!("{asked}.");
        }
    }
    Ok(())
}

pub(crate) fn a_pixel_outside_changes_nothing() -> Verdict {
    // keras-io's last maps are 5 × 5, and the last of the five sees up to pixel 25.
    let all: Vec<Range<usize>> = (0..5).map(|place| seen(&KERAS_CNN, place)).collect();
    for pixel in 0..28 {
        let want = (0..5)
            .filter(|place| pixels(&KERAS_CNN, *place).contains(&pixel))
            .count();
        let got = all.iter().filter(|range| range.contains(&pixel)).count();
        ensure!(
            got == want,
            "By your `seen`, {got} of the five numbers behind keras-io's layers see the pixel {pixel}; in truth {want} do. The five ranges are {all:?}."
        );
    }
    Ok(())
}
