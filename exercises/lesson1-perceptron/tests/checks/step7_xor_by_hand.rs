//! Threshold units: counted, searched, chained. Any nine numbers that compute XOR are right.

use super::{corners, row};
use dlkit_check::prelude::*;
use lesson1::step7_xor_by_hand::*;

const TABLE: [([f64; 2], f64); 4] = [
    ([0.0, 0.0], 0.0),
    ([0.0, 1.0], 1.0),
    ([1.0, 0.0], 1.0),
    ([1.0, 1.0], 0.0),
];

fn fires(unit: &Unit, x: [f64; 2]) -> f64 {
    f64::from(u8::from(
        unit.weights[0] * x[0] + unit.weights[1] * x[1] + unit.bias > 0.0,
    ))
}

fn right(unit: &Unit) -> usize {
    TABLE.iter().filter(|(x, y)| fires(unit, *x) == *y).count()
}

fn random_unit(draw: &mut Draw) -> Unit {
    Unit {
        weights: [draw.number(-2.0, 2.0), draw.number(-2.0, 2.0)],
        bias: draw.number(-1.5, 1.5),
    }
}

fn describe(unit: &Unit) -> String {
    format!("weights {}, bias {}", row(&unit.weights), row(&[unit.bias]))
}

pub(super) fn counts_the_right_rows() -> Verdict {
    let mut draw = Draw::new(15);
    let or = Unit {
        weights: [1.0, 1.0],
        bias: -0.5,
    };
    let units: Vec<Unit> = std::iter::once(or)
        .chain((0..30).map(|_| random_unit(&mut draw)))
        .collect();
    let got: Vec<usize> = units.iter().map(rows_right).collect();
    let Some(i) = (0..units.len()).find(|i| got[*i] != right(&units[*i])) else {
        return Ok(());
    };
    let facts = format!(
        "the number of right rows for {} is {}, but it should be {}.",
        describe(&units[i]),
        got[i],
        right(&units[i])
    );
    // A single count fits many mistakes; the counts of all units together fit one.
    let always = |count: &dyn Fn(&Unit) -> usize| {
        units
            .iter()
            .zip(&got)
            .all(|(unit, got)| count(unit) == *got)
    };
    let ones = |unit: &Unit| TABLE.iter().filter(|(x, _)| fires(unit, *x) == 1.0).count();
    let both = |unit: &Unit| {
        TABLE
            .iter()
            .filter(|(x, y)| fires(unit, *x) == 1.0 && *y == 1.0)
            .count()
    };
    Err(if always(&|unit| 4 - right(unit)) {
        let sentence = "That is how many rows are wrong.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("counted-wrong-rows")
    } else if always(&ones) {
        let sentence =
            "That is how often the unit fires; a row is right when its answer is the wanted one.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("counted-ones")
    } else if always(&both) {
        let sentence = "The rows where XOR wants a 0 are not counted: a 0 can be right too.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("right-zeros-missing")
    } else {
        Failure::new(facts)
    })
}

pub(super) fn finds_the_best_single_unit() -> Verdict {
    let fine: Vec<f64> = (-4..=4).map(|i| f64::from(i) / 2.0).collect();
    // In this order a search that leaves units out fails at the first case that finds it out: one that keeps a wrong count or
    // tries only equal numbers, one that takes the same value twice, one that takes the values in their order only. (One that
    // takes w₁ = w₂ is right: XOR does not tell its inputs apart.)
    let any =
        "Either some of the units were not tried, or the count that was kept is not the largest.";
    let cases: [(&[f64], &str); 10] = [
        (&[-1.5, 2.0], any),
        (
            &[0.5, 0.0],
            "Some of the units were not tried: is one value used twice, as a weight and as the bias? Each of the three is chosen \
             for itself.",
        ),
        (
            &[0.0, 1.0],
            "Some of the units were not tried: each of w₁, w₂ and b may be any of the values, also one that comes before the others.",
        ),
        (&fine, any),
        (&[0.0], any),
        (&[1.0], any),
        (&[-1.0], any),
        (&[-1.0, 1.0], any),
        (&[-1.5, 1.0, 2.0], any),
        (&[], any),
    ];
    for (values, cause) in cases {
        let mut best = 0;
        for &w1 in values {
            for &w2 in values {
                for &bias in values {
                    best = best.max(right(&Unit {
                        weights: [w1, w2],
                        bias,
                    }));
                }
            }
        }
        let got = best_single_unit(values);
        if got < best {
            let n = values.len();
            let message = format!(
                "the most right rows with the values {} is {best}, but yours is {got}. There are {n}·{n}·{n} = {} units. {cause}",
                row(values),
                n * n * n
            );
            return Err(Failure::new(message).diagnosed("too-few-combinations"));
        }
        expect(format!(
            "the most right rows with the values {}",
            row(values)
        ))
        .mistake(
            "too-good",
            "No straight line gets all four rows of XOR right.",
            4.0,
        )
        .close(got as f64, best as f64)?;
    }
    Ok(())
}

/// A network and the point it is asked about.
type Case = (Network, [f64; 2]);

pub(super) fn feeds_the_hidden_answers_forward() -> Verdict {
    let mut draw = Draw::new(16);
    let mut cases = Vec::new();
    for _ in 0..40 {
        let network = Network {
            hidden: [random_unit(&mut draw), random_unit(&mut draw)],
            output: random_unit(&mut draw),
        };
        cases.extend(TABLE.map(|(x, _)| (network, x)));
        cases.extend([[0.5, -1.0], [-2.0, 1.5]].map(|x| (network, x)));
    }
    let hidden = |(network, x): &Case| network.hidden.map(|unit| fires(&unit, *x));
    let right = |case: &Case| fires(&case.0.output, hidden(case));
    let got: Vec<f64> = cases
        .iter()
        .map(|(network, x)| forward(network, *x))
        .collect();
    let Some(i) = (0..cases.len()).find(|i| got[*i] != right(&cases[*i])) else {
        return Ok(());
    };
    let facts = format!(
        "for x = {} the hidden answers are {} and the output unit has {}, so it gives {}; yours gives {}.",
        row(&cases[i].1),
        row(&hidden(&cases[i])),
        describe(&cases[i].0.output),
        right(&cases[i]),
        got[i]
    );
    // A single answer is 0 or 1 and betrays nothing; all of them together do.
    let always = |answer: &dyn Fn(&Case) -> f64| {
        cases
            .iter()
            .zip(&got)
            .all(|(case, got)| *got == answer(case))
    };
    let chained = |case: &Case| {
        let first = hidden(case)[0];
        let second = fires(&case.0.hidden[1], [first, case.1[1]]);
        fires(&case.0.output, [first, second])
    };
    let twice = |k: usize| always(&|case| fires(&case.0.output, [hidden(case)[k]; 2]));
    Err(if always(&|case| fires(&case.0.output, case.1)) {
        let sentence = "Your output unit looks at x; it should see only the hidden answers.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("output-sees-the-inputs")
    } else if twice(0) || twice(1) {
        let sentence = "The same hidden unit is used twice.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("hidden-units-alike")
    } else if always(&|case| hidden(case)[0]) || always(&|case| hidden(case)[1]) {
        let sentence = "That is always the answer of a hidden unit: the output unit has no say.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("output-left-out")
    } else if always(&chained) {
        let sentence = "Your second hidden unit looks at the answer of the first; both look at x.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("hidden-units-chained")
    } else if always(&|case| fires(&case.0.output, [hidden(case)[1], hidden(case)[0]])) {
        let sentence = "The two hidden answers have changed places.";
        Failure::new(format!("{facts} {sentence}")).diagnosed("hidden-units-swapped")
    } else {
        Failure::new(facts)
    })
}

fn answers(network: &Network, x: [f64; 2]) -> f64 {
    fires(&network.output, network.hidden.map(|unit| fires(&unit, x)))
}

/// The units that would have to turn the sign of their bias for this to be XOR: the threshold was written in its place.
fn with_a_turned_bias(network: &Network) -> Option<&'static str> {
    let turned = |unit: Unit, turn: bool| Unit {
        bias: if turn { -unit.bias } else { unit.bias },
        ..unit
    };
    let units = [
        ([true, false, false], "the first hidden unit"),
        ([false, true, false], "the second hidden unit"),
        ([false, false, true], "the output unit"),
        ([true, true, true], "each unit"),
    ];
    units
        .into_iter()
        .find_map(|([first, second, output], name)| {
            let [one, two] = network.hidden;
            let other = Network {
                hidden: [turned(one, first), turned(two, second)],
                output: turned(network.output, output),
            };
            let right = TABLE.iter().all(|(x, y)| answers(&other, *x) == *y);
            right.then_some(name)
        })
}

/// Why no output unit at all could make XOR of these hidden answers; nothing where one could.
fn cannot_be_told_apart(network: &Network) -> Option<String> {
    let hidden = TABLE.map(|(x, _)| network.hidden.map(|unit| fires(&unit, x)));
    for i in 0..4 {
        for j in i + 1..4 {
            if hidden[i] == hidden[j] && TABLE[i].1 != TABLE[j].1 {
                return Some(format!(
                    "For x = {} and x = {} the hidden units give the same two answers, {}, but XOR wants different ones: no output unit can \
                     tell the two rows apart. Look at the hidden units first.",
                    row(&TABLE[i].0),
                    row(&TABLE[j].0),
                    row(&hidden[i])
                ));
            }
        }
    }
    // Four different pairs are the inputs again, turned or exchanged. Three pairs or two can be split in every way.
    let different = (0..4).all(|i| !hidden[..i].contains(&hidden[i]));
    different.then(|| {
        "The hidden units only hand the two inputs on, so the output unit would have to compute XOR alone. Look at the hidden units first."
            .to_owned()
    })
}

pub(super) fn computes_xor() -> Verdict {
    let network = xor_network();
    let wrong = |(x, want): &([f64; 2], f64)| answers(&network, *x) != *want;
    let Some((x, want)) = TABLE.into_iter().find(wrong) else {
        return Ok(());
    };
    judged(&network, x, want).drawn(|| {
        let answer = |x: &[f64]| answers(&network, [x[0], x[1]]);
        corners(
            "where your network says 1, and the answers of XOR",
            [0, 1, 1, 0],
            answer,
        )
    })
}

fn judged(network: &Network, x: [f64; 2], want: f64) -> Verdict {
    let answer = |x| answers(network, x);
    let hidden_table = |k: usize| TABLE.map(|(x, _)| fires(&network.hidden[k], x));
    let got = TABLE.map(|(x, _)| answer(x));
    let message = format!(
        "for x = {} your network answers {}, but XOR wants {want}. For 00, 01, 10, 11 its hidden units answer {} and {}, \
         and the output {}.",
        row(&x),
        answer(x),
        row(&hidden_table(0)),
        row(&hidden_table(1)),
        row(&got)
    );
    Err(if hidden_table(0) == hidden_table(1) {
        Failure::new(format!("{message} The two hidden units say the same, so the output learns nothing from the second."))
            .diagnosed("hidden-units-alike")
    } else if [hidden_table(0), hidden_table(1)].contains(&[0.0, 0.0, 0.0, 1.0])
        && [hidden_table(0), hidden_table(1)].contains(&[0.0, 1.0, 1.0, 1.0])
    {
        let sentence = "With OR and AND inside, the output must fire for OR and not for AND: a negative weight for AND, or NAND \
                        in its place.";
        Failure::new(format!("{message} {sentence}")).diagnosed("and-instead-of-nand")
    } else if got == [1.0, 0.0, 0.0, 1.0] {
        Failure::new(format!(
            "{message} It is exactly the opposite of XOR: flip every sign of the output unit."
        ))
        .diagnosed("inverted")
    } else if let Some(unit) = with_a_turned_bias(network) {
        let sentence = format!(
            "The weights are those of an XOR; look at the bias of {unit}. A unit fires where the weighted sum is above minus the bias: \
             what must the sum be above for this one?"
        );
        Failure::new(format!("{message} {sentence}")).diagnosed("threshold-for-bias")
    } else if let Some(sentence) = cannot_be_told_apart(network) {
        Failure::new(format!("{message} {sentence}")).diagnosed("rows-look-alike")
    } else if got.iter().all(|answer| *answer == got[0]) {
        Failure::new(format!(
            "{message} It gives every row the same answer: which pair of hidden answers has to give the other one?"
        ))
        .diagnosed("constant-output")
    } else if got == [0.0, 1.0, 1.0, 1.0] {
        Failure::new(format!(
            "{message} That is OR: \"not both\" has no say yet."
        ))
        .diagnosed("or-instead")
    } else {
        Failure::new(message)
    })
}
