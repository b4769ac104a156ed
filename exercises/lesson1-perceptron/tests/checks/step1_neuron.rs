//! A weighted sum, tried on the deck's three points and on many others.

use super::{dot, logistic, row};
use dlkit_check::prelude::*;
use lesson1::step1_neuron::*;

fn one_sum(inputs: &[f64], weights: &[f64], bias: f64) -> Verdict {
    let products = dot(inputs, weights);
    // With fewer than three inputs a loop that skips one and a sum that is overwritten give the same number; the first case has
    // told them apart.
    let product = |pair: Option<(&f64, &f64)>| pair.map_or(0.0, |(x, w)| x * w);
    let first = product(inputs.first().zip(weights.first()));
    let last = product(inputs.last().zip(weights.last()));
    let name = format!(
        "z for inputs {}, weights {}, bias {}",
        row(inputs),
        row(weights),
        row(&[bias])
    );
    expect(name)
        .mistake(
            "forgotten-bias",
            "The products are added up rightly; now add the bias.",
            products,
        )
        .mistake(
            "bias-sign",
            "The bias was subtracted; it is added.",
            products - bias,
        )
        .mistake(
            "bias-added-per-input",
            "The bias was added once for every input; a neuron adds it once.",
            products + bias * inputs.len() as f64,
        )
        .mistake(
            "added-instead-of-multiplied",
            "Inputs and weights were added to each other; each input is multiplied by its weight.",
            inputs.iter().sum::<f64>() + weights.iter().sum::<f64>() + bias,
        )
        .mistake(
            "weights-ignored",
            "The inputs were added up as they are: each one counts as much as its weight says.",
            inputs.iter().sum::<f64>() + bias,
        )
        .mistake(
            "weights-reversed",
            "The first input met the last weight: input i belongs to weight i.",
            inputs.iter().zip(weights.iter().rev()).map(|(x, w)| x * w).sum::<f64>() + bias,
        )
        .mistake(
            "bias-multiplied",
            "The sum was multiplied by the bias; the bias is added.",
            products * bias,
        )
        .mistake(
            "mean-instead-of-sum",
            "The products were averaged; a neuron adds them up.",
            products / inputs.len() as f64 + bias,
        )
        .mistake(
            "last-input-only",
            "Only the last product is left, because the sum was overwritten each time: `+=`, not `=`.",
            last,
        )
        .mistake(
            "last-input-only",
            "Only the last product and the bias are left, because the sum was overwritten: `+=`, not `=`.",
            last + bias,
        )
        .mistake(
            "first-input-skipped",
            "The first product is missing: does the loop start at 0?",
            products - first + bias,
        )
        .mistake(
            "last-input-skipped",
            "The last product is missing: does the loop reach the end?",
            products - last + bias,
        )
        .mistake(
            "activation-too-early",
            "That is already squashed by a sigmoid; here z itself is wanted.",
            logistic(products + bias),
        )
        .advice("z = w₁x₁ + … + wₙxₙ + b: multiply in pairs, add up, add the bias.")
        .close(weighted_sum(inputs, weights, bias), products + bias)
}

pub(super) fn multiplies_then_adds() -> Verdict {
    let deck = [[-1.0, 1.0], [-1.0, -2.0], [1.0, -1.0]];
    // A single number may be luck; the same one for three points is not.
    let answers = deck.map(|inputs| weighted_sum(&inputs, &[1.0, -1.0], -1.0));
    if answers.iter().all(|z| *z == answers[0]) {
        let message = format!(
            "z is {} for each of the inputs (−1, 1), (−1, −2) and (1, −1) with the weights (1, −1): it does not depend on the inputs. Is \
             what you computed from them what you give back?",
            answers[0]
        );
        return Err(Failure::new(message).diagnosed("all-equal"));
    }
    // First a case in which no two mistakes give the same number, then the deck's three points.
    one_sum(&[2.0, 3.0, 1.5], &[0.5, -2.0, 3.0], 0.75)?;
    for inputs in deck {
        one_sum(&inputs, &[1.0, -1.0], -1.0)?;
    }
    Ok(())
}

pub(super) fn works_for_any_number_of_inputs() -> Verdict {
    let mut draw = Draw::new(1);
    for n in [3, 2, 1, 5, 8, 0] {
        for _ in 0..5 {
            one_sum(
                &draw.numbers(n, -3.0, 3.0),
                &draw.numbers(n, -3.0, 3.0),
                draw.number(0.5, 2.0),
            )?;
        }
    }
    Ok(())
}

pub(super) fn asks_about_every_point() -> Verdict {
    let mut draw = Draw::new(2);
    let deck = vec![vec![-1.0, 1.0], vec![-1.0, -2.0], vec![1.0, -1.0]];
    let mut cases = vec![
        (deck, vec![1.0, -1.0], -1.0),
        (Vec::new(), vec![1.0, 2.0], 3.0),
    ];
    for n in 1..7 {
        cases.push((
            draw.rows(n, 3, -2.0, 2.0),
            draw.numbers(3, -2.0, 2.0),
            draw.number(-2.0, 2.0),
        ));
    }
    for (points, weights, bias) in cases {
        let products: Vec<f64> = points.iter().map(|point| dot(point, &weights)).collect();
        let want: Vec<f64> = products.iter().map(|z| z + bias).collect();
        let running = |start: f64| {
            let mut z = start;
            products
                .iter()
                .map(|p| {
                    z += p;
                    z
                })
                .collect::<Vec<f64>>()
        };
        expect(format!(
            "{} points, weights {}, bias {}: z",
            points.len(),
            row(&weights),
            row(&[bias])
        ))
        .mistake(
            "forgotten-bias",
            "The bias is missing: every point gets it.",
            products.clone(),
        )
        .mistake(
            "sum-not-restarted",
            "Each point must start from the bias again, not from the sum before it.",
            running(bias),
        )
        .mistake(
            "reversed",
            "The answers are in reverse order.",
            want.iter().rev().copied().collect::<Vec<_>>(),
        )
        .close_all(&weighted_sums(&points, &weights, bias), &want)?;
    }
    Ok(())
}

pub(super) fn scales_pixels_to_between_0_and_1() -> Verdict {
    // Every grey level once, in order, so that the place named in a verdict is the grey level itself.
    let pixels: Vec<u8> = (0..=255).collect();
    let scaled = |by: f64| {
        pixels
            .iter()
            .map(|p| f64::from(*p) / by)
            .collect::<Vec<f64>>()
    };
    let want = scaled(255.0);
    expect("the activation of grey level ")
        .mistake(
            "integer-division",
            "`pixel / 255` on whole numbers throws the fraction away: convert with `f64::from(pixel)` before dividing.",
            pixels.iter().map(|p| f64::from(*p / 255)).collect::<Vec<f64>>(),
        )
        .mistake("not-scaled", "The grey levels were not scaled: divide by 255.", scaled(1.0))
        .mistake("off-by-one-scale", "The brightest pixel is 255, not 256: divide by 255, so that it becomes exactly 1.", scaled(256.0))
        .mistake(
            "wrong-range",
            "These go from −1 to 1; black is 0 here.",
            pixels.iter().map(|p| f64::from(*p) / 127.5 - 1.0).collect::<Vec<f64>>(),
        )
        .mistake(
            "inverted",
            "Black and white have changed places: 0 is 0, and 255 is 1.",
            want.iter().map(|a| 1.0 - a).collect::<Vec<f64>>(),
        )
        .close_all(&input_activations(&pixels), &want)?;
    // A picture without white: who scales by what it holds is found out.
    expect("the activations of the pixels 102, 0, 51, 51: a")
        .mistake(
            "own-statistics",
            "The pixels were divided by the brightest one of this picture. White is 255 in every picture, or a dim one would look bright.",
            [1.0, 0.0, 0.5, 0.5],
        )
        .close_all(
            &input_activations(&[102, 0, 51, 51]),
            &[0.4, 0.0, 0.2, 0.2],
        )?;
    close_all("the activations of no pixels", &input_activations(&[]), &[])
}
