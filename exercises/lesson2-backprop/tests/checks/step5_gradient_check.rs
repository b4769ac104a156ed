//! A check is itself checked: it must find what was planted, and be silent where nothing is wrong.

use super::row;
use dlkit_check::prelude::*;
use lesson2::step5_gradient_check::*;
use std::cell::RefCell;

type Function = fn(&[f64]) -> f64;

fn bent(x: &[f64]) -> f64 {
    x[0].sin() * x[1] + x[1].powi(3) + 2.0 * x[0] * x[2]
}

fn bent_slopes(x: &[f64]) -> Vec<f64> {
    vec![
        x[0].cos() * x[1] + 2.0 * x[2],
        x[0].sin() + 3.0 * x[1] * x[1],
        2.0 * x[0],
    ]
}

/// What comes out when one of the two places is the point itself, and 2h is divided by all the same.
fn half(at: &[f64], nudge: f64) -> Vec<f64> {
    (0..at.len())
        .map(|i| {
            let mut point = at.to_vec();
            point[i] += nudge;
            (bent(&point) - bent(at)) / (2.0 * nudge)
        })
        .collect()
}

/// What comes out when only the second of the two values is divided.
fn unbracketed(at: &[f64]) -> Vec<f64> {
    let nudged = |i: usize, by: f64| {
        let mut point = at.to_vec();
        point[i] += by;
        bent(&point)
    };
    (0..at.len())
        .map(|i| nudged(i, NUDGE) - nudged(i, -NUDGE) / (2.0 * NUDGE))
        .collect()
}

pub(super) fn nudges_one_coordinate_at_a_time() -> Verdict {
    let mut draw = Draw::new(1);
    for round in 0..5 {
        let at = if round == 0 {
            vec![0.4, -1.2, 2.0]
        } else {
            draw.numbers(3, -2.0, 2.0)
        };
        let want = bent_slopes(&at);
        expect(format!(
            "the measured slopes of sin(x₀)·x₁ + x₁³ + 2x₀x₂ at {}: slope ",
            row(&at)
        ))
        .within(1e-6)
        .mistake(
            "divided-by-h",
            "It is twice what it should be: from −h to +h is a distance of 2h.",
            want.iter().map(|s| 2.0 * s).collect::<Vec<_>>(),
        )
        .mistake(
            "half-the-way",
            "It is half of what it should be: the two places are only h apart, and it was divided by 2h. Where is each of them?",
            half(&at, NUDGE),
        )
        .mistake(
            "half-the-way",
            "It is half of what it should be: the two places are only h apart, and it was divided by 2h. Where is each of them?",
            half(&at, -NUDGE),
        )
        .mistake(
            "missing-parentheses",
            "Only the second value was divided: the *difference* of the two is divided by 2h.",
            unbracketed(&at),
        )
        .mistake(
            "all-nudged-at-once",
            "Every coordinate was nudged at once, so each slope is the sum of all.",
            vec![want.iter().sum::<f64>(); 3],
        )
        .close_all(&numeric_gradient(bent, &at), &want)?;
    }
    // Curved so strongly that measuring to one side is off by h · f″/2 = 0.02; to both sides it is exact.
    let f = |x: &[f64]| 2000.0 * x[0] * x[0] + x[0];
    expect("the measured slope of 2000x² + x at 0.5")
        .within(1e-7)
        .mistake(
            "one-sided",
            "It was nudged to one side only: nudge to both, and divide by 2h.",
            2001.0 + 2000.0 * NUDGE,
        )
        .mistake(
            "one-sided",
            "It was nudged to one side only: nudge to both, and divide by 2h.",
            2001.0 - 2000.0 * NUDGE,
        )
        .close_all(&numeric_gradient(f, &[0.5]), &[2001.0])?;
    close_all(
        "the slopes of a function of nothing",
        &numeric_gradient(|_| 1.0, &[]),
        &[],
    )
}

pub(super) fn leaves_the_point_as_it_was() -> Verdict {
    // Each call must differ from the point in exactly one coordinate, by NUDGE, once up and once down.
    let at = [0.5, -1.0, 2.0, 0.25];
    let asked = RefCell::new(Vec::new());
    numeric_gradient(
        |x| {
            asked.borrow_mut().push(x.to_vec());
            0.0
        },
        &at,
    );
    for point in asked.borrow().iter() {
        let differ: Vec<usize> = (0..4)
            .filter(|&i| (point[i] - at[i]).abs() > 1e-9)
            .collect();
        if differ.len() > 1 {
            return Err(Failure::new(format!(
                "the function was asked at {point:?}, which differs from {at:?} in {} coordinates: put each one back before the next.",
                differ.len()
            ))
            .diagnosed("not-put-back"));
        }
        for i in differ {
            let by = (point[i] - at[i]).abs();
            ensure!(
                (by - NUDGE).abs() < 1e-9,
                "coordinate {i} was nudged by {by:e}, but it should be NUDGE = {NUDGE:e}, to both sides."
            );
        }
    }
    Ok(())
}

pub(super) fn error_is_relative_to_the_larger() -> Verdict {
    type Known = (&'static str, &'static str, fn(f64, f64) -> f64);
    let known: [Known; 9] = [
        (
            "absolute-error",
            "That is the absolute difference: divide it by the larger of |a| and |b|.",
            |a, b| (a - b).abs(),
        ),
        (
            "divided-by-the-sum",
            "It was divided by |a| + |b|, as some texts do; here by the larger of the two.",
            |a, b| (a - b).abs() / (a.abs() + b.abs()),
        ),
        (
            "divided-by-the-mean",
            "It was divided by the mean of |a| and |b|, as some texts do; here by the larger of the two.",
            |a, b| (a - b).abs() / (0.5 * (a.abs() + b.abs())),
        ),
        (
            "divided-by-the-smaller",
            "It was divided by the smaller of |a| and |b|.",
            |a, b| (a - b).abs() / a.abs().min(b.abs()),
        ),
        (
            "divided-by-one-of-them",
            "It was divided by |a|, whichever is larger.",
            |a, b| (a - b).abs() / a.abs(),
        ),
        (
            "divided-by-one-of-them",
            "It was divided by |b|, whichever is larger.",
            |a, b| (a - b).abs() / b.abs(),
        ),
        (
            "largest-without-absolute-value",
            "The larger one was taken without absolute values: |−3| is larger than |2|.",
            |a, b| (a - b).abs() / a.max(b),
        ),
        (
            "largest-without-absolute-value",
            "The larger one was taken without absolute values: |−3| is larger than |2|.",
            |a, b| {
                if a.max(b) < TINY {
                    0.0
                } else {
                    (a - b).abs() / a.max(b)
                }
            },
        ),
        (
            "sign-kept",
            "An error has no sign: take the absolute value of the difference.",
            |a, b| (a - b) / a.abs().max(b.abs()),
        ),
    ];
    let cases = [
        (0.01, 0.02),
        (100.0, 200.0),
        (-3.0, 2.0),
        (2.0, -3.0),
        (5.0, 5.0),
        (-1.0, 1.0),
        (-4.0, -5.0),
    ];
    // What is divided by shows only when all cases are looked at together.
    let alike = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-9 * b.abs();
    let fits = |(_, _, gives): &&Known| {
        cases
            .iter()
            .all(|&(a, b)| alike(relative_error(a, b), gives(a, b)))
    };
    let fitting: Vec<&Known> = known.iter().filter(fits).collect();
    for (a, b) in cases {
        let want = (a - b).abs() / a.abs().max(b.abs());
        let mut comparison = expect(format!("the relative error of {a} and {b}"));
        for (diagnosis, sentence, gives) in &fitting {
            comparison = comparison.mistake(*diagnosis, *sentence, gives(a, b));
        }
        comparison.close(relative_error(a, b), want)?;
    }
    expect("the relative error of 0.001 and 0")
        .mistake(
            "one-zero-is-enough",
            "Only one of the two is zero: a slope that is missing is a mistake.",
            0.0,
        )
        .close(relative_error(1e-3, 0.0), 1.0)
}

pub(super) fn two_zeros_are_equal() -> Verdict {
    for (a, b) in [(0.0, 0.0), (0.0, 1e-12), (1e-10, -1e-10), (-0.0, 0.0)] {
        let (a, b): (f64, f64) = (a, b);
        expect(format!(
            "the relative error of {a:e} and {b:e}, both zero for finite differences"
        ))
        .mistake(
            "zero-by-zero",
            "0/0 is NaN: two slopes that are both below TINY are equal, and their error is 0.",
            f64::NAN,
        )
        .mistake(
            "zeros-compared",
            "Rounding was compared with rounding: when both are below TINY the error is 0.",
            if a == b {
                -1.0
            } else {
                (a - b).abs() / a.abs().max(b.abs())
            },
        )
        .close(relative_error(a, b), 0.0)?;
    }
    expect("the relative error of 2e-8 and 1e-7, both above TINY")
        .mistake(
            "wrong-bound",
            "Both are above TINY: what were they compared with?",
            0.0,
        )
        .close(relative_error(2e-8, 1e-7), 0.8)?;
    expect("the relative error of 2e-8 and 2.5e-8, both above TINY")
        .mistake(
            "difference-instead-of-size",
            "The difference was compared with TINY; it is the slopes themselves that are zero, or not.",
            0.0,
        )
        .close(relative_error(2e-8, 2.5e-8), 0.2)?;
    expect("the relative error of TINY and half of it, where the larger one is not below TINY")
        .mistake(
            "corner",
            "Below TINY is `<`: a slope of exactly TINY is no zero.",
            0.0,
        )
        .close(relative_error(0.5 * TINY, TINY), 0.5)?;
    // One zero beside a real slope is an error, and the largest there is without a change of sign.
    expect("the relative error of 0 and 0.5")
        .mistake(
            "one-zero-is-enough",
            "Only one of the two is zero: a slope that is missing is a mistake.",
            0.0,
        )
        .close(relative_error(0.0, 0.5), 1.0)
}

pub(super) fn a_corner_is_recognised() -> Verdict {
    let cases: [(&str, Function, Vec<f64>, usize); 6] = [
        ("|x|", |x| x[0].abs(), vec![0.0], 0),
        ("−|x|", |x| -x[0].abs(), vec![0.0], 0),
        (
            "relu(x₀) + x₁²",
            |x| x[0].max(0.0) + x[1] * x[1],
            vec![0.0, 2.0],
            0,
        ),
        (
            "x₀² + |x₁ − 1|",
            |x| x[0] * x[0] + (x[1] - 1.0).abs(),
            vec![3.0, 1.0],
            1,
        ),
        (
            "max(2x₀, 5x₀)",
            |x| (2.0 * x[0]).max(5.0 * x[0]),
            vec![0.0],
            0,
        ),
        ("1000·|x|", |x| 1000.0 * x[0].abs(), vec![0.0], 0),
    ];
    for (name, f, at, i) in cases {
        if !is_kink(f, &at, i) {
            return Err(Failure::new(format!(
                "{name} has a corner along coordinate {i} at {}, but yours finds none. Are the two slopes measured from the point to either side?",
                row(&at)
            ))
            .diagnosed("corner-not-seen"));
        }
    }
    Ok(())
}

pub(super) fn a_smooth_valley_is_no_corner() -> Verdict {
    let cases: [(&str, Function, Vec<f64>, usize, &str); 6] = [
        (
            "x²",
            |x| x[0] * x[0],
            vec![0.0],
            0,
            "Its two slopes are −0.00001 and 0.00001: where both are small, only more than 0.001 counts.",
        ),
        (
            "x² + 7",
            |x| x[0] * x[0] + 7.0,
            vec![3.0],
            0,
            "Its slopes differ by 0.00002, no thousandth of 6.",
        ),
        (
            "|x|",
            |x| x[0].abs(),
            vec![0.3],
            0,
            "The corner is at 0, far from here.",
        ),
        (
            "x₀² + |x₁ − 1|",
            |x| x[0] * x[0] + (x[1] - 1.0).abs(),
            vec![3.0, 1.0],
            0,
            "It has one along coordinate 1, but not along 0: nudge only the one asked for.",
        ),
        (
            "500x²",
            |x| 500.0 * x[0] * x[0],
            vec![20.0],
            0,
            "Its slopes differ by 0.01, but they are 20000: a thousandth of the larger one is allowed.",
        ),
        ("5", |_| 5.0, vec![1.0], 0, "It is flat."),
    ];
    for (name, f, at, i, why) in cases {
        if is_kink(f, &at, i) {
            return Err(Failure::new(format!(
                "{name} has no corner along coordinate {i} at {}, but yours finds one. {why}",
                row(&at)
            ))
            .diagnosed("corner-imagined"));
        }
    }
    Ok(())
}

pub(super) fn names_the_worst_coordinate() -> Verdict {
    let at = [0.4, -1.2, 2.0];
    let right = bent_slopes(&at);
    for (place, factor) in [(0, 2.0), (1, 1.5), (2, 1.25), (1, -1.0)] {
        let mut claimed = right.clone();
        claimed[place] *= factor;
        let error = (factor - 1.0_f64).abs() / factor.abs().max(1.0);
        expect(format!("the error of a gradient whose slope {place} is {factor} times what it should be"))
            .within(1e-5)
            .mistake("mean-instead-of-worst", "That is the mean over the coordinates: one wrong slope among a million right ones must be seen, so give the worst.", error / 3.0)
            .mistake("absolute-error", "That is the absolute difference: compare by `relative_error`.", (claimed[place] - right[place]).abs())
            .mistake("wrong-place-only", "It is 0, as if this coordinate were not looked at, or its slope were compared with itself.", 0.0)
            .close(gradient_error(bent, &claimed, &at), error)?;
    }
    let two_wrong = [2.0 * right[0], right[1], 1.5 * right[2]];
    expect("the error of a gradient whose slopes 0 and 2 are 2 and 1.5 times what they should be")
        .within(1e-5)
        .mistake(
            "sum-instead-of-worst",
            "The errors of the coordinates were added up; the worst one is wanted.",
            0.5 + 1.0 / 3.0,
        )
        .mistake(
            "mean-instead-of-worst",
            "That is the mean over the coordinates; the worst one is wanted.",
            (0.5 + 1.0 / 3.0) / 3.0,
        )
        .mistake(
            "last-instead-of-worst",
            "That is the error of the last wrong one; keep the worst.",
            1.0 / 3.0,
        )
        .close(gradient_error(bent, &two_wrong, &at), 0.5)?;
    let error = gradient_error(bent, &right, &at);
    at_most(
        "the error of a right gradient",
        error,
        1e-6,
        "Is the claimed slope compared with the measured one of the same coordinate?",
    )
}

pub(super) fn a_corner_is_no_fault() -> Verdict {
    let f = |x: &[f64]| x[0].max(0.0) + x[1] * x[1];
    for slope in [0.0, 0.5, 1.0] {
        let error = gradient_error(f, &[slope, 4.0], &[0.0, 2.0]);
        expect(format!("the error of relu(x₀) + x₁² at (0, 2), where slope 0 is claimed to be {slope}"))
            .within(1e-6)
            .mistake("corner-compared", "At a corner there is no slope to compare with: leave coordinates out where `is_kink` says so.", {
                let larger: f64 = slope.max(0.5);
                (slope - 0.5).abs() / larger
            })
            .close(error, 0.0)?;
    }
    // The corner excuses its own coordinate, not the others.
    expect("the error of relu(x₀) + x₁² at (0, 2) where slope 1 is claimed to be 2")
        .within(1e-5)
        .mistake(
            "corner-excuses-all",
            "The corner along x₀ excuses x₀ only.",
            0.0,
        )
        .close(gradient_error(f, &[0.0, 2.0], &[0.0, 2.0]), 0.5)
}

pub(super) fn finds_planted_mistakes() -> Verdict {
    let suspect = |name, f, gradient, at: &[f64]| Suspect {
        name,
        f,
        gradient,
        at: at.to_vec(),
    };
    let list = vec![
        suspect(
            "right",
            |x| x[0] * x[0] + x[1].exp(),
            |x| vec![2.0 * x[0], x[1].exp()],
            &[1.0, 2.0],
        ),
        suspect(
            "off by a thousandth",
            |x| x[0] * x[0] + x[1].exp(),
            |x| vec![2.002 * x[0], x[1].exp()],
            &[1.0, 2.0],
        ),
        suspect(
            "wrong sign",
            |x| x[0] * x[1],
            |x| vec![x[1], -x[0]],
            &[1.0, 2.0],
        ),
        suspect("flat", |_| 3.0, |_| vec![0.0, 0.0], &[1.0, 2.0]),
        suspect(
            "at a corner",
            |x| x[0].abs() + x[1],
            |_| vec![0.0, 1.0],
            &[0.0, 2.0],
        ),
        suspect(
            "wrong beside a corner",
            |x| x[0].abs() + x[1],
            |_| vec![0.0, 2.0],
            &[0.0, 2.0],
        ),
        suspect(
            "large and right",
            |x| 1e6 * x[0] * x[0],
            |x| vec![2e6 * x[0]],
            &[3.0],
        ),
        suspect(
            "strongly curved and right",
            |x| (80.0 * x[0]).sin(),
            |x| vec![80.0 * (80.0 * x[0]).cos()],
            &[0.01],
        ),
        suspect("small and wrong", |x| 1e-3 * x[0], |_| vec![2e-3], &[3.0]),
    ];
    judge(
        &list,
        &[
            "off by a thousandth",
            "wrong sign",
            "wrong beside a corner",
            "small and wrong",
        ],
    )
}

fn judge(list: &[Suspect], want: &[&str]) -> Verdict {
    let got = wrong_ones(list);
    if got == want {
        return Ok(());
    }
    let inverted: Vec<&str> = list
        .iter()
        .map(|s| s.name)
        .filter(|name| !want.contains(name))
        .collect();
    if got == inverted {
        return Err(Failure::new(
            "`wrong_ones` names the right ones: wrong are those whose error is *above* BOUND.",
        )
        .diagnosed("inverted"));
    }
    if let Some(name) = want.iter().find(|name| !got.contains(name)) {
        return Err(Failure::new(format!(
            "the gradient of \"{name}\" is wrong, but `wrong_ones` does not name it."
        ))
        .diagnosed("mistake-not-found"));
    }
    if let Some(name) = got.iter().find(|name| !want.contains(name)) {
        return Err(Failure::new(format!(
            "`wrong_ones` names \"{name}\", whose gradient is right."
        ))
        .diagnosed("false-alarm"));
    }
    Err(Failure::new(format!("`wrong_ones` names {got:?}: all the wrong ones, but not each once in the order of the list.")).diagnosed("wrong-order"))
}

pub(super) fn finds_the_wrong_suspects() -> Verdict {
    let got = wrong_ones(&suspects());
    // The answer is not told here: three of the eight are wrong.
    ensure!(
        got.len() == 3,
        "three of the eight `suspects` are wrong, but `wrong_ones` names {}: {got:?}.",
        got.len()
    );
    judge(
        &suspects(),
        &[
            "mean of squares",
            "sum of tanh",
            "cross-entropy of a softmax, class 1",
        ],
    )
}
