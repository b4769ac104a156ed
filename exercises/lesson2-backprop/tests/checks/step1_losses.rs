//! The deck's table of ten errors first, where every slip gives another number; then many others.

use super::row;
use dlkit_check::prelude::*;
use lesson2::matrix::Matrix;
use lesson2::step1_losses::*;

fn table() -> (Vec<f64>, Vec<f64>) {
    TABLE.into_iter().unzip()
}

/// The table, and columns of other lengths.
fn columns(seed: u64) -> Vec<(Vec<f64>, Vec<f64>)> {
    let mut draw = Draw::new(seed);
    let mut cases = vec![table()];
    for n in [1, 2, 7, 30] {
        cases.push((draw.numbers(n, -50.0, 50.0), draw.numbers(n, -50.0, 50.0)));
    }
    cases
}

fn differences(actual: &[f64], predicted: &[f64]) -> Vec<f64> {
    (0..actual.len())
        .map(|i| predicted[i] - actual[i])
        .collect()
}

pub(super) fn errors_are_predicted_minus_actual() -> Verdict {
    for (actual, predicted) in columns(1) {
        let want = differences(&actual, &predicted);
        expect("the error of pair ")
            .mistake(
                "sign",
                "That is actual minus predicted: a prediction that is too high has a positive error.",
                want.iter().map(|e| -e).collect::<Vec<_>>(),
            )
            .mistake(
                "absolute-value",
                "The signs are lost: a prediction that is too low has a negative error.",
                want.iter().map(|e| e.abs()).collect::<Vec<_>>(),
            )
            .mistake("squared-too-early", "These are the squared errors.", want.iter().map(|e| e * e).collect::<Vec<_>>())
            .close_all(&errors(&actual, &predicted), &want)?;
    }
    super::same_length("the errors of no pairs at all", errors(&[], &[]).len(), 0)
}

fn pairs(n: usize) -> String {
    super::count(n, "pair")
}

fn fixed_count(n: usize) -> String {
    format!(
        "It was divided by 10, as for the table; here is {}.",
        pairs(n)
    )
}

pub(super) fn squares_and_averages() -> Verdict {
    for (actual, predicted) in columns(2) {
        let e = differences(&actual, &predicted);
        let n = e.len() as f64;
        let total: f64 = e.iter().map(|e| e * e).sum();
        let sizes: f64 = e.iter().map(|e| e.abs()).sum();
        let sum: f64 = e.iter().sum();
        expect(format!("the mean squared error of {}", pairs(e.len())))
            .over(e.len())
            .mistake("fixed-count", fixed_count(e.len()), total / 10.0)
            .mistake("root-taken", "That is the root of it; the mean squared error keeps the square.", (total / n).sqrt())
            .mistake("absolute-instead-of-squared", "That is the mean absolute error: square each error.", sizes / n)
            .mistake("squared-after-the-mean", "The mean was squared; first square each error, then take the mean.", (sum / n).powi(2))
            .mistake("squared-after-the-sum", "The sum was squared; square each error on its own.", sum * sum / n)
            .mistake("not-squared", "These are errors that cancel each other: square each one first.", sum / n)
            .mistake("halved", "That is half of it: some texts write ½ in front for a tidy slope; Keras and we do not.", total / n / 2.0)
            .mistake("n-minus-one", "It was divided by n − 1, as for a variance; a mean divides by n.", total / (n - 1.0))
            .close(mean_squared_error(&actual, &predicted), total / n)?;
    }
    Ok(())
}

pub(super) fn averages_the_sizes() -> Verdict {
    for (actual, predicted) in columns(3) {
        let e = differences(&actual, &predicted);
        let n = e.len() as f64;
        let total: f64 = e.iter().map(|e| e * e).sum();
        let sizes: f64 = e.iter().map(|e| e.abs()).sum();
        let sum: f64 = e.iter().sum();
        expect(format!("the mean absolute error of {}", pairs(e.len())))
            .over(e.len())
            .mistake("fixed-count", fixed_count(e.len()), sizes / 10.0)
            .mistake(
                "errors-cancel",
                "Errors of both signs cancel each other: take each one's absolute value first.",
                sum / n,
            )
            .mistake(
                "absolute-after-the-sum",
                "The absolute value was taken of the sum, where the errors have cancelled already.",
                sum.abs() / n,
            )
            .mistake(
                "squared-instead-of-absolute",
                "That is the mean squared error.",
                total / n,
            )
            .mistake(
                "root-mean-square",
                "That is the root of the mean squared error, which is another measure.",
                (total / n).sqrt(),
            )
            .close(mean_absolute_error(&actual, &predicted), sizes / n)?;
    }
    Ok(())
}

pub(super) fn binary_averages_the_surprise() -> Verdict {
    let mut draw = Draw::new(4);
    let mut cases = vec![(vec![1.0, 0.0, 0.0], vec![0.9, 0.2, 0.4])];
    for n in [1, 2, 5, 20] {
        cases.push((draw.bits(n), draw.numbers(n, 0.05, 0.95)));
    }
    for (y, p) in cases {
        let n = y.len() as f64;
        let sum =
            |f: &dyn Fn(f64, f64) -> f64| y.iter().zip(&p).map(|(y, p)| f(*y, *p)).sum::<f64>();
        let yes = sum(&|y, p| y * p.ln());
        let no = sum(&|y, p| (1.0 - y) * (1.0 - p).ln());
        expect(format!("the loss for y = {} and p = {}", row(&y), row(&p)))
            .over(y.len())
            .mistake(
                "missing-parentheses",
                "The minus reached the first term only: it stands outside of the parentheses, −( … + … ).",
                (no - yes) / n,
            )
            .mistake("half-of-it", "Only the yes has counted: for y = 0 the term (1 − y) ln(1 − p) is due.", -yes / n)
            .mistake("half-of-it", "Only the no has counted: for y = 1 the term y ln p is due.", -no / n)
            .mistake(
                "swapped",
                "Targets and probabilities have changed places somewhere: it is y ln p + (1 − y) ln(1 − p).",
                -sum(&|y, p| (1.0 - y) * p.ln() + y * (1.0 - p).ln()) / n,
            )
            .mistake(
                "epsilon-too-late",
                "The bound reached the logarithm, which is never above 0: it is p that is pushed, before `ln`.",
                -EPSILON,
            )
            .mistake(
                "log-of-target",
                "All p lie between 0 and 1 here, so that neither ln p nor ln(1 − p) can do that, but ln 0 · 0 is NaN: is a logarithm taken of a target?",
                f64::NAN,
            )
            .mistake(
                "log-of-target",
                "All p lie between 0 and 1 here, so that neither ln p nor ln(1 − p) can do that, but ln 0 is −∞: is a logarithm taken of a target?",
                f64::INFINITY,
            )
            .mistake(
                "p-in-both-terms",
                "Both terms have ln p; where y is 0 it is the probability of a no that counts.",
                -sum(&|_, p| p.ln()) / n,
            )
            .mistake(
                "logarithm-too-early",
                "The logarithm was taken of p alone and then subtracted from 1: which parentheses belong to ln?",
                -sum(&|y, p| y * p.ln() + (1.0 - y) * (1.0 - p.ln())) / n,
            )
            .mistake(
                "squared-instead",
                "That is the mean squared error of p; the surprise at the truth is asked for.",
                sum(&|y, p| (y - p) * (y - p)) / n,
            )
            .mistake("base-ten", "The logarithm has the base 10; the natural one is meant, `ln`.", -(yes + no) / n / std::f64::consts::LN_10)
            .mistake("base-two", "That is measured in bits: the logarithm is the natural one, `ln`.", -(yes + no) / n / std::f64::consts::LN_2)
            .close(binary_cross_entropy(&y, &p), -(yes + no) / n)?;
    }
    Ok(())
}

/// Rows that add up to 1.
fn shares(draw: &mut Draw, rows: usize, columns: usize) -> Matrix {
    Matrix::from_rows((0..rows).map(|_| {
        let row = draw.numbers(columns, 0.1, 1.0);
        let sum: f64 = row.iter().sum();
        row.into_iter().map(|x| x / sum).collect::<Vec<_>>()
    }))
}

fn one_hot(labels: &[usize], classes: usize) -> Matrix {
    let mut targets = Matrix::zeros(labels.len(), classes);
    for (i, &label) in labels.iter().enumerate() {
        targets[(i, label)] = 1.0;
    }
    targets
}

/// Labels, and probabilities for them.
fn classified(seed: u64) -> Vec<(Vec<usize>, Matrix)> {
    let mut draw = Draw::new(seed);
    let first = Matrix::from_rows([[0.2, 0.7, 0.1], [0.5, 0.15, 0.35]]);
    let mut cases = vec![(vec![1, 2], first)];
    for (n, k) in [(1, 3), (4, 2), (5, 10), (30, 4)] {
        let labels = (0..n).map(|i| (3 * i + 1) % k).collect();
        cases.push((labels, shares(&mut draw, n, k)));
    }
    cases
}

/// The rows of a small case, to reckon with.
fn shown(name: &str, rows: usize, text: impl Fn(usize) -> String) -> String {
    if rows > 2 {
        return String::new();
    }
    let rows: Vec<String> = (0..rows).map(text).collect();
    format!(", {name} = {}", rows.join(" and "))
}

pub(super) fn categorical_averages_over_the_samples() -> Verdict {
    for (labels, p) in classified(5) {
        let (n, k) = p.shape();
        let y = one_hot(&labels, k);
        let sum = |f: &dyn Fn(f64, f64) -> f64| y.with(&p, f).values().iter().sum::<f64>();
        let surprise = -sum(&|y, p| y * p.ln());
        let told = shown("y", y.rows(), |i| row(y.row(i))) + &shown("p", n, |i| row(p.row(i)));
        expect(format!("the loss of {} with {k} classes{told}", super::count(n, "sample")))
            .over(n)
            .mistake(
                "log-of-the-product",
                "The logarithm was taken of y · p. Where y is 0 that is the logarithm of EPSILON, −16; it is p alone whose logarithm is taken.",
                -sum(&|y, p| (y * p).max(EPSILON).ln()) / n as f64,
            )
            .mistake(
                "log-of-the-product",
                "No p is 0 here, but a logarithm was taken of 0: is it that of y · p, or of y?",
                f64::INFINITY,
            )
            .mistake(
                "epsilon-too-late",
                "The bound reached the logarithm, which is never above 0: it is p that is pushed up, before `ln`.",
                -EPSILON,
            )
            .mistake(
                "epsilon-added",
                "EPSILON was added to every p. Only what is smaller than it is pushed up; all others stay as they are.",
                -sum(&|y, p| y * (p + EPSILON).ln()) / n as f64,
            )
            .mistake(
                "mean-over-classes-too",
                "It was divided by n · k, the count of all numbers; a sample counts once, however many classes there are.",
                surprise / (n * k) as f64,
            )
            .mistake(
                "wrong-count",
                "It was divided by the number of classes; a mean over the samples is wanted.",
                surprise / k as f64,
            )
            .mistake(
                "binary-terms",
                "The terms (1 − y) ln(1 − p) of the binary loss were added; here −Σ y ln p is all.",
                surprise / n as f64 - sum(&|y, p| (1.0 - y) * (1.0 - p).ln()) / n as f64,
            )
            .mistake("missing-logarithm", "The logarithm is missing: −Σ y ln p.", -sum(&|y, p| y * p) / n as f64)
            .mistake("targets-ignored", "The probabilities of all classes have counted; y picks the true one.", -sum(&|_, p| p.ln()) / n as f64)
            .close(categorical_cross_entropy(&y, &p), surprise / n as f64)?;
    }
    Ok(())
}

pub(super) fn categorical_is_the_divergence_and_a_constant() -> Verdict {
    // With targets that are probabilities themselves, the loss is their entropy (which the net cannot change) and the
    // divergence of the net's answer from them: to lower the one is to lower the other.
    let mut draw = Draw::new(6);
    for (n, k) in [(1, 3), (6, 4)] {
        let (y, p) = (shares(&mut draw, n, k), shares(&mut draw, n, k));
        let mean =
            |f: &dyn Fn(f64, f64) -> f64| y.with(&p, f).values().iter().sum::<f64>() / n as f64;
        let divergence = mean(&|y, p| y * (y / p).ln());
        let entropy = mean(&|y, _| -y * y.ln());
        expect("the loss of targets such as (0.2, 0.5, 0.3), less their own entropy: the divergence")
            .mistake(
                "hard-targets-only",
                "Only the largest target of a row has counted. A target may also be a probability: Σ y ln p goes over all classes.",
                {
                    let hardest = |i: usize| (0..k).fold(0, |best, c| if y[(i, c)] > y[(i, best)] { c } else { best });
                    -(0..n).map(|i| p[(i, hardest(i))].ln()).sum::<f64>() / n as f64 - entropy
                },
            )
            .mistake(
                "epsilon-added",
                "EPSILON was added to every p. Only what is smaller than it is pushed up; all others stay as they are.",
                mean(&|y, p| -y * (p + EPSILON).ln()) - entropy,
            )
            .mistake("swapped", "Targets and probabilities have changed places: it is the logarithm of p that is taken, −Σ y ln p.", {
                mean(&|y, p| -p * y.ln()) - entropy
            })
            .close(categorical_cross_entropy(&y, &p) - entropy, divergence)?;
    }
    Ok(())
}

pub(super) fn sparse_looks_up_the_label() -> Verdict {
    for (labels, p) in classified(7) {
        let (n, k) = p.shape();
        let mean = |f: &dyn Fn(usize, usize) -> f64| {
            (0..n).map(|i| f(i, labels[i])).sum::<f64>() / n as f64
        };
        expect(format!(
            "the loss of {} with {k} classes, from labels{}{}",
            super::count(n, "sample"),
            shown("labels", n, |i| labels[i].to_string()),
            shown("p", n, |i| row(p.row(i)))
        ))
        .over(n)
        .mistake(
            "wrong-count",
            "It was divided by the number of classes; a mean over the samples is wanted.",
            mean(&|i, label| -p[(i, label)].ln()) * n as f64 / k as f64,
        )
        .mistake(
            "epsilon-too-late",
            "The bound reached the logarithm, which is never above 0: it is p that is pushed up, before `ln`.",
            -EPSILON,
        )
        .mistake(
            "epsilon-added",
            "EPSILON was added to every p. Only what is smaller than it is pushed up; all others stay as they are.",
            mean(&|i, label| -(p[(i, label)] + EPSILON).ln()),
        )
        .mistake(
            "largest-probability",
            "The largest probability of each row was taken; the label says which one counts.",
            mean(&|i, _| -p.row(i).iter().copied().fold(0.0, f64::max).ln()),
        )
        .mistake(
            "missing-logarithm",
            "The logarithm is missing: −ln of the probability.",
            -mean(&|i, label| p[(i, label)]),
        )
        .mistake(
            "off-by-one-label",
            "The label's neighbour was looked up: classes are counted from 0, as columns are.",
            mean(&|i, label| -p[(i, (label + k - 1) % k)].ln()),
        )
        .close(
            sparse_categorical_cross_entropy(&labels, &p),
            mean(&|i, label| -p[(i, label)].ln()),
        )?;
    }
    Ok(())
}

pub(super) fn stays_finite_when_sure_and_wrong() -> Verdict {
    let most = -EPSILON.ln();
    let advice = "Push probabilities away from 0 before taking the logarithm, with EPSILON.";
    let p = Matrix::from_rows([[1.0, 0.0]]);
    let from_one = "There 1 − p is 0, and its logarithm is infinite: push p away from 1 as well, with EPSILON.";
    for (name, got, advice) in [
        (
            "the binary loss of p = 0 where y is 1",
            binary_cross_entropy(&[1.0], &[0.0]),
            advice,
        ),
        (
            "the binary loss of p = 1 where y is 0",
            binary_cross_entropy(&[0.0], &[1.0]),
            from_one,
        ),
        (
            "the categorical loss of p = 0 for the true class",
            categorical_cross_entropy(&one_hot(&[1], 2), &p),
            advice,
        ),
        (
            "the sparse loss of p = 0 for the label",
            sparse_categorical_cross_entropy(&[1], &p),
            advice,
        ),
    ] {
        expect(name)
            .within(1e-6)
            .mistake("infinite", advice, f64::INFINITY)
            .mistake(
                "not-a-number",
                "0 · ln 0 is NaN: the probabilities must be pushed away from 0 *and* from 1 first.",
                f64::NAN,
            )
            .advice(advice)
            .close(got, most)?;
    }
    Ok(())
}
