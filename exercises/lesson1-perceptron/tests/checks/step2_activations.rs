//! Curves by their formulas, also far out where a careless formula overflows.

use super::{logistic, row};
use dlkit::plot::function_plot;
use dlkit_check::prelude::*;
use lesson1::step2_activations::*;

/// From the deck's −3, 0, 1 to where the curves are almost flat; not a symmetric row, so that a flipped sign shows.
const POINTS: [f64; 12] = [
    -3.0, 0.0, 1.0, -20.0, -7.5, -1.0, -0.25, 0.1, 0.5, 2.0, 4.0, 15.0,
];

/// A curve that failed at one point. Where no mistake is recognised in that number, all points together may betray one; and a
/// picture shows at a glance what no number does.
fn all_along(
    failure: Failure,
    name: &str,
    yours: &dyn Fn(f64) -> f64,
    right: &dyn Fn(f64) -> f64,
) -> Verdict {
    let along = expect(format!("{name} at the points z = {}: {name}", row(&POINTS)))
        .close_all(&POINTS.map(yours), &POINTS.map(right));
    let failure = match along {
        Err(all) if failure.diagnosis.is_none() && all.diagnosis.is_some() => all,
        _ => failure,
    };
    Err(failure).drawn(|| {
        let functions = [("yours", yours), ("should be", right)];
        function_plot(name, ("z", name), (-6.0, 6.0), &functions)
    })
}

pub(super) fn sigmoid_follows_its_formula() -> Verdict {
    for z in POINTS {
        expect(format!("σ({z})"))
            .mistake(
                "sign",
                "That is σ(−z): in the formula the exponent is −z.",
                logistic(-z),
            )
            .mistake(
                "wrong-function",
                "That is tanh, which runs from −1 to 1.",
                z.tanh(),
            )
            .mistake(
                "missing-parentheses",
                "That is 1/1 + e⁻ᶻ: the denominator 1 + e⁻ᶻ needs parentheses.",
                1.0 + (-z).exp(),
            )
            .mistake(
                "missing-one",
                "That is 1/e⁻ᶻ: the 1 + in the denominator is missing.",
                z.exp(),
            )
            .mistake(
                "sign-in-the-denominator",
                "That is 1 / (1 − e⁻ᶻ): in the denominator the two are added.",
                1.0 / (1.0 - (-z).exp()),
            )
            .advice("σ(z) = 1 / (1 + e⁻ᶻ); mind the parentheses.")
            .close(sigmoid(z), logistic(z))
            .or_else(|failure| all_along(failure, "σ(z)", &sigmoid, &logistic))?;
    }
    Ok(())
}

pub(super) fn sigmoid_comes_to_rest_far_out() -> Verdict {
    for (z, want) in [(-1000.0, 0.0), (1000.0, 1.0), (-710.0, 0.0), (800.0, 1.0)] {
        expect(format!("σ({z})"))
            .mistake(
                "overflow",
                "e¹⁰⁰⁰ overflows to ∞, and ∞/∞ is NaN. In 1 / (1 + e⁻ᶻ) an ∞ ends up alone below the line and gives 0.",
                f64::NAN,
            )
            .close(sigmoid(z), want)?;
    }
    Ok(())
}

pub(super) fn tanh_follows_its_formula() -> Verdict {
    for z in POINTS {
        expect(format!("tanh({z})"))
            .mistake(
                "wrong-function",
                "That is σ(z), which runs from 0 to 1.",
                logistic(z),
            )
            .mistake(
                "missing-inner-factor",
                "That is 2σ(z) − 1: the 2 inside, σ(2z), is missing.",
                2.0 * logistic(z) - 1.0,
            )
            .mistake(
                "missing-shift",
                "That is 2σ(2z): the − 1 is missing.",
                2.0 * logistic(2.0 * z),
            )
            .mistake(
                "missing-outer-factor",
                "That is σ(2z) − 1: the 2 in front is missing.",
                logistic(2.0 * z) - 1.0,
            )
            .mistake(
                "missing-denominator",
                "That is eᶻ − e⁻ᶻ: it still has to be divided by eᶻ + e⁻ᶻ.",
                z.exp() - (-z).exp(),
            )
            .mistake(
                "wrong-denominator",
                "That is (eᶻ − e⁻ᶻ) / 2, the hyperbolic sine: divide by eᶻ + e⁻ᶻ.",
                z.sinh(),
            )
            .mistake(
                "fraction-turned",
                "That is (eᶻ + e⁻ᶻ) / (eᶻ − e⁻ᶻ): the difference stands above the line, the sum below.",
                1.0 / z.tanh(),
            )
            .close(tanh(z), z.tanh())
            .or_else(|failure| all_along(failure, "tanh(z)", &tanh, &f64::tanh))?;
    }
    Ok(())
}

pub(super) fn tanh_comes_to_rest_far_out() -> Verdict {
    for (z, want) in [(1000.0, 1.0), (-1000.0, -1.0), (-400.0, -1.0), (750.0, 1.0)] {
        expect(format!("tanh({z})"))
            .mistake(
                "overflow",
                "e¹⁰⁰⁰ overflows to ∞, and ∞/∞ is NaN: use 2σ(2z) − 1.",
                f64::NAN,
            )
            .close(tanh(z), want)?;
    }
    Ok(())
}

pub(super) fn relu_keeps_only_what_is_positive() -> Verdict {
    // On one side alone `min` looks like no cut, on the other like a 0: only both together betray it.
    if relu(2.5) == 0.0 && relu(-3.0) == -3.0 {
        let sentence =
            "relu(2.5) is 0 and relu(−3) is −3: that keeps the negative side. `max`, not `min`.";
        return Err(Failure::new(sentence).diagnosed("wrong-side"));
    }
    for z in [2.5].into_iter().chain(POINTS).chain([-1e6, 1e6]) {
        let step = if z > 0.0 { 1.0 } else { 0.0 };
        expect(format!("relu({z})"))
            .mistake("no-cut", "Negative sums must become 0.", z)
            .mistake(
                "absolute-value",
                "That is |z|: negative sums become 0, not positive.",
                z.abs(),
            )
            .mistake(
                "slope-instead",
                "That is ReLU's slope, 0 or 1; ReLU gives z itself where z is positive.",
                step,
            )
            .mistake(
                "leaky",
                "A little of the negative side leaks through; ReLU cuts it to exactly 0.",
                0.01 * z,
            )
            .close(relu(z), z.max(0.0))
            .or_else(|failure| all_along(failure, "relu(z)", &relu, &|z| z.max(0.0)))?;
    }
    Ok(())
}

/// Independent of any trick: shifts by the largest score.
fn shares(scores: &[f64]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = scores.iter().map(|z| (z - top).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|x| x / sum).collect()
}

fn one_softmax(scores: &[f64]) -> Verdict {
    let want = shares(scores);
    let each = |f: &dyn Fn(f64) -> f64| scores.iter().map(|z| f(*z)).collect::<Vec<f64>>();
    let sum: f64 = scores.iter().sum();
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    expect(format!("softmax{}", row(scores)))
        .mistake(
            "not-normalised",
            "These are the exponentials; divide each by their sum.",
            each(&f64::exp),
        )
        .mistake(
            "not-normalised",
            "These are the exponentials after the shift; divide each by their sum.",
            each(&|z| (z - top).exp()),
        )
        .mistake(
            "missing-exponential",
            "The scores were divided by their sum; exponentiate them first.",
            each(&|z| z / sum),
        )
        .mistake(
            "wrong-sum",
            "The exponentials were divided by the sum of the scores; divide by the sum of the exponentials.",
            each(&|z| z.exp() / sum),
        )
        .mistake(
            "wrong-sum",
            "The shifted exponentials were divided by the sum of the scores; divide by the sum of these exponentials.",
            each(&|z| (z - top).exp() / sum),
        )
        .mistake(
            "divided-by-the-number",
            "The exponentials were divided by how many there are; divide by their sum, or they do not add up to 1.",
            each(&|z| z.exp() / scores.len() as f64),
        )
        .mistake(
            "divided-by-the-number",
            "The shifted exponentials were divided by how many there are; divide by their sum, or they do not add up to 1.",
            each(&|z| (z - top).exp() / scores.len() as f64),
        )
        .mistake(
            "logarithm-of-it",
            "That is the logarithm of softmax.",
            want.iter().map(|p| p.ln()).collect::<Vec<f64>>(),
        )
        .mistake(
            "sigmoid-instead",
            "That is a sigmoid on each score; softmax lets the scores compete.",
            each(&logistic),
        )
        .mistake(
            "sign",
            "That is the softmax of −z: the largest score must get the largest share.",
            shares(&each(&|z| -z)),
        )
        .close_all(&softmax(scores), &want)
}

pub(super) fn softmax_gives_shares_of_one() -> Verdict {
    let mut draw = Draw::new(3);
    one_softmax(&[1.0, 2.0, 3.0])?;
    for n in [2, 3, 10, 1] {
        for _ in 0..4 {
            one_softmax(&draw.numbers(n, -4.0, 4.0))?;
        }
    }
    close_all("softmax of no scores", &softmax(&[]), &[])
}

pub(super) fn softmax_survives_large_scores() -> Verdict {
    for scores in [
        vec![1001.0, 1002.0, 1003.0],
        vec![-1001.0, -1002.0],
        vec![0.0, 2000.0, -2000.0],
        vec![750.0],
    ] {
        let got = softmax(&scores);
        if got.iter().any(|p| p.is_nan()) && scores.iter().all(|score| *score < 0.0) {
            let message = format!(
                "softmax{} gives {:?}, though large scores above 0 were no trouble: is the largest of these scores found? They are all \
                 below 0, so a search that starts from 0 never meets it.",
                row(&scores),
                got
            );
            return Err(Failure::new(message).diagnosed("largest-not-found"));
        }
        if got.iter().any(|p| p.is_nan()) {
            let message = format!(
                "softmax{} gives {:?}: e¹⁰⁰⁰ overflows to ∞, and e⁻¹⁰⁰⁰ is 0, so the fraction becomes NaN. Subtract the largest \
                 score from every score first.",
                row(&scores),
                got
            );
            return Err(Failure::new(message).diagnosed("overflow"));
        }
        close_all(&format!("softmax{}", row(&scores)), &got, &shares(&scores))?;
    }
    Ok(())
}

pub(super) fn sigmoid_slope_is_the_derivative() -> Verdict {
    for z in POINTS.into_iter().chain([10.0, -10.0]) {
        let a = logistic(z);
        expect(format!("σ′({z})"))
            .mistake(
                "function-instead-of-slope",
                "That is σ(z) itself, not its slope.",
                [a],
            )
            .mistake(
                "missing-factor",
                "That is 1 − σ(z): multiply it by σ(z).",
                [1.0 - a],
            )
            .mistake(
                "derivative-at-the-wrong-place",
                "That is z(1 − z). The formula takes the activation: a(1 − a) with a = σ(z).",
                [z * (1.0 - z)],
            )
            .mistake(
                "missing-factor",
                "That is σ(z)²: the second factor is 1 − σ(z).",
                [a * a],
            )
            .mistake(
                "missing-parentheses",
                "Is it a · 1 − a? That is 0 everywhere: 1 − a needs parentheses.",
                [0.0],
            )
            .mistake(
                "sign-in-the-factor",
                "That is σ(z)(1 + σ(z)): the second factor is 1 − σ(z).",
                [a * (1.0 + a)],
            )
            .mistake(
                "activation-fed-twice",
                "σ was applied twice: that is the slope at σ(z), and not at z. In a(1 − a) the a is σ(z) already.",
                [logistic(a) * (1.0 - logistic(a))],
            )
            .mistake(
                "slope-of-tanh",
                "That is 1 − σ(z)². The slope of tanh, 1 − a², belongs to an a that is a tanh; this one is a sigmoid.",
                [1.0 - a * a],
            )
            .mistake(
                "slope-of-tanh",
                "That is the slope of tanh, 1 − tanh(z)².",
                [1.0 - z.tanh() * z.tanh()],
            )
            .gradient(|z| logistic(z[0]), &[z], &[sigmoid_slope(z)])
            .or_else(|failure| {
                let slope = |z: f64| logistic(z) * logistic(-z);
                all_along(failure, "σ′(z)", &sigmoid_slope, &slope)
            })?;
    }
    Ok(())
}

pub(super) fn output_activation_fits_the_task() -> Verdict {
    let cases = [
        (
            Task::YesOrNo,
            Activation::Sigmoid,
            "one probability, between 0 and 1",
        ),
        (
            Task::OneOfSeveral,
            Activation::Softmax,
            "probabilities that add up to 1",
        ),
        (
            Task::AnyNumber,
            Activation::Linear,
            "any number, also a negative one: nothing may cut it off",
        ),
        (
            Task::NumberFromZero,
            Activation::Relu,
            "any number from 0 up",
        ),
    ];
    for (task, want, answer) in cases {
        let got = output_activation(task);
        if got != want {
            let message =
                format!("{got:?} does not fit the task {task:?}: its answer is {answer}.");
            return Err(Failure::new(message).diagnosed("wrong-activation"));
        }
    }
    Ok(())
}
