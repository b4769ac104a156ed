//! A known function of the right value came out: a step was left out, or taken once too often.

use super::{Difference, Pattern};

/// A function, the name of the mistake, and what to say of it.
type Known = (fn(f64) -> f64, &'static str, &'static str);

const KNOWN: &[Known] = &[
    (
        |w| w * w,
        "squared",
        "Every value is the square of what it should be.",
    ),
    (
        f64::sqrt,
        "rooted",
        "Every value is the square root of what it should be.",
    ),
    (
        f64::exp,
        "exp-of-it",
        "Every value is exp of what it should be: an exponential too many, or a logarithm too few.",
    ),
    (
        f64::ln,
        "log-of-it",
        "Every value is the natural logarithm of what it should be: a logarithm too many, or an exponential too few.",
    ),
    (
        |w| 1. / w,
        "reciprocal",
        "Every value is 1 over what it should be: what is divided by what?",
    ),
    (
        |w| 1. - w,
        "complement",
        "Every value is 1 minus what it should be: the other of two possibilities.",
    ),
    (
        f64::abs,
        "amount",
        "Every value has the right size, and none is negative: where does the sign get lost?",
    ),
    (
        |w| w.max(0.),
        "cut-off-at-zero",
        "The positive values are right, and where a negative one belongs there is 0.",
    ),
    (
        f64::trunc,
        "integer-division",
        "Every value is what it should be without what stands behind the point: whole numbers were divided, or a conversion \
         to a whole number came too early.",
    ),
    (
        f64::round,
        "rounded",
        "Every value is what it should be, rounded to a whole number.",
    ),
    (
        f64::tanh,
        "activation-twice",
        "Every value is tanh of what it should be: a tanh too many.",
    ),
    (
        |w| 1. / (1. + (-w).exp()),
        "activation-twice",
        "Every value is the sigmoid of what it should be: a sigmoid too many.",
    ),
];

pub(super) fn recognise(difference: &Difference<'_>) -> Vec<Pattern> {
    if difference.distinct() < 3 {
        return inverted(difference);
    }
    let mut found: Vec<Pattern> = KNOWN
        .iter()
        .filter(|(function, ..)| difference.gives(difference.want.iter().map(|w| function(*w))))
        .map(|(_, diagnosis, sentence)| Pattern::new(diagnosis, *sentence))
        .collect();
    let first = difference.got[0] - difference.want[0];
    if !difference.near(first, 0.) && difference.gives(difference.want.iter().map(|w| w + first)) {
        let side = if first > 0. { "large" } else { "small" };
        found.push(Pattern::new(
            "constant-offset",
            format!(
                "Every value is {} too {side}: the same number is added everywhere, or left out.",
                crate::number::number(first.abs())
            ),
        ));
    }
    found
}

/// Zeros and ones that have changed places.
fn inverted(difference: &Difference<'_>) -> Vec<Pattern> {
    let binary = |row: &[f64]| row.iter().all(|x| *x == 0. || *x == 1.);
    let both = difference.want.contains(&0.) && difference.want.contains(&1.);
    if both
        && difference.want.len() >= 3
        && binary(difference.want)
        && difference.gives(difference.want.iter().map(|w| 1. - w))
    {
        vec![Pattern::new(
            "inverted",
            "Every 0 is a 1 and every 1 a 0: the decision is the wrong way round.",
        )]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::names;

    #[test]
    fn each_function_is_named() {
        let want = [0.3, 1.7, 2.4, 0.9, 5.6];
        let named = |f: fn(f64) -> f64| names(&want.map(f), &want, &[5]);
        assert_eq!(named(|x| x * x), ["squared"]);
        assert_eq!(named(f64::sqrt), ["rooted"]);
        assert_eq!(named(f64::exp), ["exp-of-it"]);
        assert_eq!(named(f64::ln), ["log-of-it"]);
        assert_eq!(named(|x| 1. / x), ["reciprocal"]);
        assert_eq!(named(|x| 1. - x), ["complement"]);
        assert_eq!(named(f64::trunc), ["integer-division"]);
        assert_eq!(named(f64::round), ["rounded"]);
        assert_eq!(named(f64::tanh), ["activation-twice"]);
        assert_eq!(named(|x| x + 0.25), ["constant-offset"]);
        let signed = [0.3, -1.7, 2.4, -0.9];
        assert_eq!(names(&signed.map(f64::abs), &signed, &[4]), ["amount"]);
        assert_eq!(
            names(&signed.map(|x| x.max(0.)), &signed, &[4]),
            ["cut-off-at-zero"]
        );
    }

    #[test]
    fn decisions_the_wrong_way_round() {
        assert_eq!(
            names(&[1., 0., 0., 1.], &[0., 1., 1., 0.], &[4]),
            ["inverted"]
        );
        assert!(names(&[1., 0., 1., 1.], &[0., 1., 1., 0.], &[4]).is_empty());
    }

    #[test]
    fn a_logarithm_of_zero_does_not_disturb() {
        let want = [0., 1.7, 2.4, 0.9];
        assert_eq!(names(&want.map(|x| x * x), &want, &[4]), ["squared"]);
    }
}
