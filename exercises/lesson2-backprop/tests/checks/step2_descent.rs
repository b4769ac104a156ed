//! Curves of known slope, and walks on them.

use dlkit::plot::{Figure, descent_curve};
use dlkit::prelude::Result;
use dlkit_check::prelude::*;
use lesson2::step2_descent::*;
use std::cell::Cell;

type Curve = (&'static str, fn(f64) -> f64, fn(f64) -> f64);

const CURVES: [Curve; 4] = [
    ("w³", |w| w * w * w, |w| 3.0 * w * w),
    ("sin w", f64::sin, f64::cos),
    ("e^w", f64::exp, f64::exp),
    ("5 − 2w", |w| 5.0 - 2.0 * w, |_| -2.0),
];

pub(super) fn slope_is_measured_from_both_sides() -> Verdict {
    // Steep enough in its third derivative that every way of measuring gives a number of its own.
    let steep = |w: f64| (50.0 * w).sin() + 2000.0 * w * w;
    let both = (steep(0.3 + NUDGE) - steep(0.3 - NUDGE)) / (2.0 * NUDGE);
    expect("the slope of sin 50w + 2000w² at w = 0.3")
        .within(1e-8)
        .mistake("one-sided", "It was measured to the right only: go as far to the left, and divide by 2h.", {
            (steep(0.3 + NUDGE) - steep(0.3)) / NUDGE
        })
        .mistake("one-sided", "It was measured to the left only: go as far to the right, and divide by 2h.", {
            (steep(0.3) - steep(0.3 - NUDGE)) / NUDGE
        })
        .mistake("divided-by-h", "It is twice what it should be: from −h to +h is a distance of 2h.", 2.0 * both)
        .mistake("not-divided", "That is the difference of the heights; divide it by the distance 2h.", both * 2.0 * NUDGE)
        .mistake("not-divided", "It was divided by 2, but not by h: from −h to +h is a distance of 2h.", both * NUDGE)
        .mistake(
            "missing-parentheses",
            "It was divided by 2 and then multiplied by h: `/ (2.0 * NUDGE)` needs its parentheses.",
            both * NUDGE * NUDGE,
        )
        .mistake(
            "missing-parentheses",
            "Only the second height was divided: the *difference* of the two is divided by 2h.",
            steep(0.3 + NUDGE) - steep(0.3 - NUDGE) / (2.0 * NUDGE),
        )
        .mistake("sign", "Uphill and downhill have changed places: it is f(w + h) − f(w − h).", -both)
        .close(slope(steep, 0.3), both)?;
    for (name, f, derivative) in CURVES {
        for w in [-2.0, -0.5, 0.0, 0.7, 3.0] {
            expect(format!("the slope of {name} at w = {w}"))
                .within(1e-6)
                .close(slope(f, w), derivative(w))?;
        }
    }
    Ok(())
}

/// The same walk with a slope that is known, not measured.
fn walk(derivative: impl Fn(f64) -> f64, start: f64, rate: f64, steps: usize) -> Vec<f64> {
    let mut places = vec![start];
    for i in 0..steps {
        places.push(places[i] - rate * derivative(places[i]));
    }
    places
}

/// Both walks on the curve, as far as the right one goes and the first steps of the other.
fn on_the_curve(name: &str, f: fn(f64) -> f64, got: &[f64], want: &[f64]) -> Result<Figure> {
    let reach = |walk: &[f64]| {
        let sizes = walk.iter().map(|w| w.abs()).filter(|w| w.is_finite());
        sizes.fold(1.0, f64::max)
    };
    let first = reach(&got[..got.len().min(3)]);
    let far = 1.25 * first.min(3.0 * reach(want)).max(reach(want));
    let walks =
        [("should be", want), ("yours", got)].map(|(name, walk)| (name.to_owned(), walk.to_vec()));
    descent_curve(name, f, (-far, far), &walks)
}

pub(super) fn descends_step_by_step() -> Verdict {
    for (start, rate, steps) in [(1.0, 0.25, 2), (-3.0, 0.1, 5), (2.0, 0.4, 4), (1.5, 0.2, 0)] {
        let want = walk(|w| 2.0 * w, start, rate, steps);
        let name = format!("on w² from {start} with η = {rate} and {steps} steps");
        let got = descend(|w| w * w, start, rate, steps);
        let comparison = expect(format!("{name}, the row of places"))
            .within(1e-6)
            .mistake(
                "uphill",
                "It walks uphill: the step is *against* the slope.",
                walk(|w| -2.0 * w, start, rate, steps),
            )
            .mistake(
                "slope-of-the-start",
                "Every step used the slope at the start: measure it again where you are.",
                walk(|_| 2.0 * start, start, rate, steps),
            )
            .mistake(
                "value-instead-of-slope",
                "The step went by the height f(w), not by the slope.",
                walk(|w| w * w, start, rate, steps),
            )
            .mistake(
                "rate-ignored",
                "The learning rate has no effect: w − η · slope.",
                walk(|w| 2.0 * w, start, 1.0, steps),
            )
            .mistake(
                "divided-by-rate",
                "The slope was divided by the learning rate: w − η · slope.",
                walk(|w| 2.0 * w / rate, start, 1.0, steps),
            )
            .mistake(
                "sign-only",
                "Every step is equally long, η: its length should grow with the slope.",
                walk(|w| if w < 0.0 { -1.0 } else { 1.0 }, start, rate, steps),
            )
            .mistake(
                "place-replaced",
                "The place was replaced by the step, not changed by it: w − η · slope.",
                walk(|w| w - rate * 2.0 * w, start, 1.0, steps),
            );
        if got == [start] && start < 0.0 && want.len() > 1 {
            return Err(Failure::new(format!(
                "{name} it takes no step at all. The slope at {start} is {}: below FLAT, but steep all the same. It is its absolute value that counts.",
                2.0 * start
            ))
            .diagnosed("absolute-value-forgotten"));
        }
        super::same_walk(&name, &comparison, &got, &want)
            .drawn(|| on_the_curve(&name, |w| w * w, &got, &want))?;
    }
    Ok(())
}

pub(super) fn stops_where_the_ground_is_flat() -> Verdict {
    let places = descend(|w| (w - 1.0) * (w - 1.0), 4.0, 0.5, 50);
    ensure!(
        places.iter().all(|w| w.is_finite()),
        "on (w − 1)² from 4 with η = 0.5 a place is not a finite number."
    );
    expect("the number of places on (w − 1)² from 4 with η = 0.5, where the first step lands in the valley")
        // Rounding may leave a slope just above FLAT after the first step; then one more step is due.
        .within(0.4)
        .mistake("never-stops", "It goes on walking on flat ground: stop when |slope| < FLAT.", 51.0)
        .mistake("stops-at-once", "It never starts: stop when the slope is flat, not when it is steep.", 1.0)
        .close(places.len() as f64, 2.0)?;
    expect("the number of places on w − 7 from 7, where the height is 0 and the slope is 1, with at most 3 steps")
        .mistake("height-instead-of-slope", "It stops where f is near 0; flat is where the *slope* is.", 1.0)
        .close(descend(|w| w - 7.0, 7.0, 0.1, 3).len() as f64, 4.0)?;
    expect("the number of places on w / 1 000 000 from 0, with at most 3 steps")
        .mistake(
            "wrong-bound",
            "A slope of 10⁻⁶ is still ten times as steep as FLAT.",
            1.0,
        )
        .close(descend(|w| 1e-6 * w, 0.0, 1.0, 3).len() as f64, 4.0)?;
    let uphill = descend(|w| -w, 0.0, 1.0, 3);
    expect("the number of places on −w from 0, which falls for ever, with at most 3 steps")
        .mistake(
            "absolute-value-forgotten",
            "A slope of −1 is below FLAT, but it is steep: compare its absolute value.",
            1.0,
        )
        .close(uphill.len() as f64, 4.0)?;
    expect("the number of places when the start is flat already")
        .close(descend(|_| 3.0, 7.0, 0.1, 20).len() as f64, 1.0)
}

pub(super) fn jumps_out_when_the_rate_is_too_large() -> Verdict {
    // No limit on a step may hide what a learning rate does: 1.1 on w² jumps further each time.
    let want = walk(|w| 2.0 * w, 1.0, 1.1, 6);
    let got = descend(|w| w * w, 1.0, 1.1, 6);
    let name = "on w² from 1 with η = 1.1 and at most 6 steps";
    let comparison = expect("on w² from 1 with η = 1.1, the row of places")
        .within(1e-5)
        .advice("With η = 1.1 each step goes to −1.2 times the place before: that is how a descent diverges. Nothing should stop it.");
    super::same_walk(name, &comparison, &got, &want)
        .drawn(|| on_the_curve(name, |w| w * w, &got, &want))
}

pub(super) fn ends_in_the_valley_it_starts_in() -> Verdict {
    for (start, valley) in [
        (3.0, 1.860_806),
        (0.5, 1.860_806),
        (-3.0, -2.114_908),
        (0.0, -2.114_908),
    ] {
        let places = descend(two_valleys, start, 0.1, 500);
        let Some(end) = places.last() else {
            fail!("`descend` gives no place at all; the start is the first one.");
        };
        expect(format!(
            "where the descent on `two_valleys` from {start} ends"
        ))
        .within(1e-4)
        .close(*end, valley)
        .drawn(|| {
            let want = walk(|w| w * (w * w - 4.0) / 2.0 + 0.5, start, 0.1, 500);
            on_the_curve("Where the descent ends", two_valleys, &places, &want)
        })?;
    }
    Ok(())
}

pub(super) fn best_of_finds_the_deeper_valley() -> Verdict {
    let (left, right) = (-2.114_908, 1.860_806);
    for starts in [
        vec![3.0, -3.0],
        vec![-1.0, 1.0, 2.0],
        vec![2.5, 0.4, -0.4],
        vec![3.0, 1.0],
    ] {
        let reaches_left = starts.iter().any(|w| *w < 0.25);
        let want = if reaches_left { left } else { right };
        expect(format!("the best of the descents from {starts:?} on `two_valleys`"))
            .within(1e-4)
            .mistake(
                "last-or-highest",
                "That is the shallower valley, though one start leads to the deeper one: compare f of the ends, and keep the lowest.",
                right,
            )
            .mistake("height-instead-of-place", "That is f at the best place; the place itself is wanted.", two_valleys(want))
            .mistake("smallest-place", "That is a start, not an end: descend from it first.", starts.iter().copied().fold(f64::INFINITY, f64::min))
            .close(best_of(two_valleys, &starts, 0.1, 500), want)?;
    }
    // Here the lower start leads to the higher end.
    for starts in [[1.9, -4.0], [-4.0, 1.9]] {
        expect(format!("the best of the descents from {starts:?} on `two_valleys`"))
            .within(1e-4)
            .mistake(
                "start-chosen-not-end",
                "That is where the descent from 1.9 ends. f(1.9) is lower than f(−4), but the other descent ends lower: which places were \
                 compared, the starts or the ends?",
                right,
            )
            .close(best_of(two_valleys, &starts, 0.1, 500), left)?;
    }
    // Here the lower place is the one further to the right.
    let mirrored = |w: f64| two_valleys(-w);
    expect("the best of the descents from [3, −3] on the mirrored valleys")
        .within(1e-4)
        .mistake(
            "smallest-place",
            "That is the place furthest to the left; the lowest one is where f is smallest.",
            -right,
        )
        .close(best_of(mirrored, &[3.0, -3.0], 0.1, 500), -left)
}

pub(super) fn best_of_survives_a_descent_that_diverges() -> Verdict {
    // With η = 1.1 every walk on w² climbs: after five steps it stands at −2.48832 times its start.
    for starts in [[1.0, 0.5], [0.5, 1.0]] {
        let climbs = -2.488_32;
        expect(format!("the best of the descents from {starts:?} on w² with η = 1.1 and 5 steps, all of which climb"))
            .within(1e-4)
            .mistake(
                "lowest-of-the-walk",
                "That is a start. A descent may end higher than it began, but it is the *ends* that are compared.",
                0.5,
            )
            .mistake("start-instead-of-end", "That is a start: the ends of the descents are compared, and nothing else.", 1.0)
            .mistake("last-or-highest", "That is the higher one of the two ends.", climbs)
            .close(best_of(|w| w * w, &starts, 1.1, 5), 0.5 * climbs)?;
    }
    // From 30 the first step is enormous, and the place where it ends is far away.
    for starts in [[30.0, -2.0], [-2.0, 30.0]] {
        expect(format!(
            "the best of the descents from {starts:?} on `two_valleys`, one of which diverges"
        ))
        .within(1e-4)
        .close(best_of(two_valleys, &starts, 0.1, 500), -2.114_908)?;
    }
    // Here f is no number far out, and so are the slope and the next place.
    let walled = |w: f64| {
        if w.abs() > 10.0 {
            f64::NAN
        } else {
            two_valleys(w)
        }
    };
    for (starts, sentence) in [
        (
            vec![30.0, -2.0],
            "The first descent ended at NaN, and every comparison with NaN is false: what is said of the second one then?",
        ),
        (
            vec![-2.0, 30.0],
            "The second descent ended at NaN and took the place of a good one: every comparison with NaN is false, and `!` of it is true.",
        ),
        (
            vec![2.0, 30.0, -2.0],
            "The descent in the middle ended at NaN; the one after it is still to be tried.",
        ),
    ] {
        expect(format!(
            "the best of the descents from {starts:?} on two valleys that are NaN beyond ±10"
        ))
        .within(1e-4)
        .mistake("nan-wins", sentence, f64::NAN)
        .mistake(
            "start-instead-of-end",
            "30 is a start, and f is NaN there: the best place is one where a descent *ended*.",
            30.0,
        )
        .mistake(
            "gives-up-at-nan",
            "A descent that ends at NaN is left out; those after it are still to be tried.",
            1.860_806,
        )
        .close(best_of(walled, &starts, 0.1, 300), -2.114_908)?;
    }
    Ok(())
}

pub(super) fn convex_functions_lie_below_their_chords() -> Verdict {
    type Case = (&'static str, fn(f64) -> f64, f64, f64, bool);
    let cases: [Case; 9] = [
        ("w²", |w| w * w, -1.0, 2.0, true),
        ("−w²", |w| -w * w, -1.0, 2.0, false),
        ("e^w", f64::exp, -3.0, 3.0, true),
        ("2w + 1", |w| 2.0 * w + 1.0, -5.0, 5.0, true),
        ("|w|", f64::abs, -1.0, 1.0, true),
        ("two_valleys", two_valleys, -2.11, 1.86, false),
        (
            "two_valleys, within its right valley",
            two_valleys,
            1.5,
            3.0,
            true,
        ),
        ("w²", |w| w * w, -3.0, 0.25, true),
        // Above the chord only near its right end.
        (
            "max(0, w − 0.8) cut off at 0.1",
            |w| (w - 0.8).clamp(0.0, 0.1),
            0.0,
            1.0,
            false,
        ),
    ];
    let got = cases.map(|(_, f, a, b, _)| convex_along(f, a, b));
    // What a slip would say of all the cases together.
    let says = |rule: &dyn Fn(f64, f64) -> bool, other_end: bool| {
        cases.map(|(_, f, a, b, _)| {
            (1..10).all(|tenth| {
                let t = f64::from(tenth) / 10.0;
                let s = if other_end { 1.0 - t } else { t };
                rule(f((1.0 - s) * a + s * b), (1.0 - t) * f(a) + t * f(b))
            })
        })
    };
    if [1e-12, -1e-12]
        .iter()
        .any(|by| got == says(&|curve, chord| curve >= chord + by, false))
    {
        return Err(Failure::new(
            "w² from -1 to 2 is convex, but yours says the opposite, and so it goes with the others: which lies below on a convex curve, the curve or the chord?",
        )
        .diagnosed("inequality-reversed"));
    }
    if got == says(&|curve, chord| curve <= chord + 1e-12, true) {
        return Err(Failure::new(
            "w² from -1 to 2 is convex, but yours says it is not. Curve and chord are not looked at in the same place: t = 0 is a for both, and t = 1 is b.",
        )
        .diagnosed("other-end"));
    }
    for ((name, _, a, b, want), got) in cases.into_iter().zip(got) {
        if got == want {
            continue;
        }
        let says = if want {
            "is convex there, but yours says it is not. The curve may touch its chord, and rounding may lift it by 10⁻¹²"
        } else {
            "is not convex there, but yours says it is. At one of the nine places the curve lies above the chord"
        };
        return Err(
            Failure::new(format!("{name} from {a} to {b} {says}.")).diagnosed(if want {
                "too-strict"
            } else {
                "not-seen"
            }),
        );
    }
    let asked = Cell::new(0);
    let counted = |w: f64| {
        asked.set(asked.get() + 1);
        w * w
    };
    convex_along(counted, 0.0, 1.0);
    ensure!(
        asked.get() >= 9,
        "f was asked {} times only, but there are nine places between a and b to look at.",
        asked.get()
    );
    Ok(())
}
