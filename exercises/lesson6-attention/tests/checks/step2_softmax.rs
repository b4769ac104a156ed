//! Checks of step2_softmax.

use super::support::{same_map, softmax as right, tensor};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson6::step2_softmax::*;

pub(crate) fn makes_weights_of_scores() -> Verdict {
    let e = |x: f64| x.exp();
    let (a, b, c) = (0.5, -1., 2.);
    let sum = e(a) + e(b) + e(c);
    let got = softmax_of_row(&[a, b, c]);
    expect("With the scores [0.5, −1, 2], softmax_of_row")
        .mistake(
            "missing-normalisation",
            "These are the exponentials: divide each by their sum.",
            [e(a), e(b), e(c)],
        )
        .mistake(
            "missing-normalisation",
            "These are the exponentials of the distances to the largest score: divide each by their sum.",
            [e(a - c), e(b - c), 1.],
        )
        .mistake(
            "missing-exponential",
            "These are the shares of the scores themselves, and one is negative: take the exponentials first.",
            [a / 1.5, b / 1.5, c / 1.5],
        )
        .mistake(
            "sign",
            "The smallest score has the largest weight: the sign of the exponent is wrong.",
            [
                e(-a) / (e(-a) + e(-b) + e(-c)),
                e(-b) / (e(-a) + e(-b) + e(-c)),
                e(-c) / (e(-a) + e(-b) + e(-c)),
            ],
        )
        .mistake(
            "divided-by-the-largest",
            "Each score was divided by the largest one, and that gives other weights. What may be taken from all scores without any change?",
            [a / c, b / c, 1.].map(|score| e(score) / (e(a / c) + e(b / c) + e(1.))),
        )
        .mistake(
            "log-softmax",
            "These are the logarithms of the weights.",
            [a - sum.ln(), b - sum.ln(), c - sum.ln()],
        )
        .close_all(&got, &[e(a) / sum, e(b) / sum, e(c) / sum])?;
    close_all(
        "With the scores [0, ln 3], softmax_of_row",
        &softmax_of_row(&[0., 3f64.ln()]),
        &[0.25, 0.75],
    )
}

pub(crate) fn large_scores_do_no_harm() -> Verdict {
    for zero in [1000., -1000.] {
        let got = softmax_of_row(&[zero, zero + 3f64.ln()]);
        if got.iter().any(|weight| !weight.is_finite()) {
            let why = if zero > 0. {
                "e^1000 is infinite, and ∞/∞ is no number"
            } else {
                "e^−1000 is 0, and 0/0 is no number"
            };
            return slip(
                if zero > 0. { "overflow" } else { "underflow" },
                format!(
                    "softmax of [{zero}, {:.4}] is {got:?}: {why}. The same number may be taken from all scores: which one makes the largest \
                     exponent 0?",
                    zero + 3f64.ln()
                ),
            );
        }
        close_within(
            &format!("The second weight of scores around {zero}"),
            got[1],
            0.75,
            1e-6,
        )?;
    }
    let got = softmax_of_row(&[0., 2000., 1000.]);
    if got.iter().any(|weight| !weight.is_finite()) {
        return slip(
            "overflow",
            format!(
                "softmax of [0, 2000, 1000] is {got:?}: an exponential was infinite. Of all numbers that may be taken away only one keeps every exponent at 0 \
                 or below."
            ),
        );
    }
    close_all(
        "With the scores [0, 2000, 1000], softmax_of_row",
        &got,
        &[0., 1., 0.],
    )
}

pub(crate) fn works_along_the_last_axis() -> Verdict {
    let x = (wave(&[2, 3, 4], 1.)? * 2.)?;
    let got = called("softmax of (2, 3, 4)", softmax(&x))?;
    let shifted = x.broadcast_sub(&x.max_keepdim(2)?)?.exp()?;
    let largest_along = |axis: usize| -> Result<Tensor> {
        let e = x.broadcast_sub(&x.max_keepdim(axis)?)?.exp()?;
        Ok(e.broadcast_div(&e.sum_keepdim(2)?)?)
    };
    let axis = "Each row, along the last axis, must sum to 1 by itself.";
    same_map(
        "With a tensor (2, 3, 4), softmax",
        &got,
        &right(&x, 2)?,
        &[
            Slip::new(
                "sign",
                "The smallest score of a row has the largest weight: which is taken from which, the largest score from each or each from the largest?",
                right(&x.neg()?, 2)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs along axis 0, over the batch. The last axis is `D::Minus1`.",
                right(&x, 0)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs along axis 1. With three axes, the last one is `D::Minus1`, or 2.",
                right(&x, 1)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The exponentials are divided by the sum of the whole tensor, not by that of their row.",
                x.exp()?.broadcast_div(&x.exp()?.sum_all()?)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The largest score is that of the row, but the exponentials were added up along axis 0, over \
                         the batch. Both belong to one row.",
                shifted.broadcast_div(&shifted.sum_keepdim(0)?)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The largest score is that of the row, but the exponentials were added up along axis 1. Both \
                         belong to one row, the last axis.",
                shifted.broadcast_div(&shifted.sum_keepdim(1)?)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The exponentials are divided by the sum of the whole tensor, not by that of their row.",
                shifted.broadcast_div(&shifted.sum_all()?)?,
            ),
            Slip::new(
                "largest-wrong-axis",
                "The sum is that of the row, but what was taken from the scores differs within a row: the largest along axis 0, over the batch. \
                 One number for the whole row changes nothing, several do.",
                largest_along(0)?,
            ),
            Slip::new(
                "largest-wrong-axis",
                "The sum is that of the row, but what was taken from the scores differs within a row: the largest along axis 1. \
                 One number for the whole row changes nothing, several do.",
                largest_along(1)?,
            ),
            Slip::new(
                "missing-normalisation",
                "These are the exponentials: divide each by the sum of its row.",
                x.exp()?,
            ),
            Slip::new(
                "missing-normalisation",
                "These are the exponentials of the distances to the largest score: divide each by the sum of its row.",
                x.broadcast_sub(&x.max_keepdim(2)?)?.exp()?,
            ),
        ],
    )?;
    let row = x.get(0)?.get(0)?;
    let result = softmax(&row);
    if let Err(error) = &result
        && error.to_string().contains("dimension index")
    {
        return slip(
            "axis-from-the-front",
            format!(
                "softmax of a tensor of one axis gave an error: {error}. An axis was counted from the front. The last one, in a tensor of any shape, is `D::Minus1`."
            ),
        );
    }
    let row = called("softmax of (4,)", result)?;
    ensure!(
        (scalar(&row.sum_all()?)? - 1.).abs() < 1e-5,
        "A tensor of one axis is one row: it must sum to 1. {axis}"
    );
    Ok(())
}

pub(crate) fn large_scores_in_a_tensor_do_no_harm() -> Verdict {
    let x = tensor(&[[
        [1000f32, 1000., 0.],
        [-1000., -1000., -1000.],
        [0., 1000., 500.],
    ]])?;
    let got = called("softmax of large scores", softmax(&x))?;
    let values: Vec<f32> = got.flatten_all()?.to_vec1()?;
    if values[..3].iter().all(|value| value.is_finite()) && values[3].is_nan() {
        return slip(
            "largest-of-all",
            format!(
                "softmax of [[[1000, 1000, 0], [−1000, −1000, −1000], [0, 1000, 500]]] is {values:?}: the first row is right. In the second every exponential is 0, and so is \
                 their sum: the 1000 of the first row was taken from it, too. Each row has a largest score of its own."
            ),
        );
    }
    if values.iter().any(|value| !value.is_finite()) {
        return slip(
            "overflow",
            format!(
                "softmax of [[[1000, 1000, 0], [−1000, −1000, −1000], [0, 1000, 500]]] is {values:?}. Take the largest score of each row from that row first, as in \
                 `softmax_of_row`."
            ),
        );
    }
    let want = right(&x, 2)?;
    same(
        "With large scores, softmax",
        &got,
        &want,
        &[Slip::new(
            "largest-wrong-axis",
            "From every score itself was taken: the largest was looked for along axis 0, where there is but one. It is that of the row, along `D::Minus1`.",
            (want.ones_like()? / 3.)?,
        )],
    )
}

pub(crate) fn lets_the_gradient_through() -> Verdict {
    let x = Var::from_tensor(&wave(&[2, 3], 0.5)?)?;
    let price = wave(&[2, 3], 2.)?;
    let weights = called("softmax of (2, 3)", softmax(&x))?;
    let gradients = (weights * &price)?.sum_all()?.backward()?;
    let Some(got) = gradients.get(&x) else {
        return slip(
            "gradient-cut",
            "No gradient gets through the softmax to the scores: nothing in front of it could learn. `detach` cuts the graph, and so does Candle's \
             `softmax_last_dim`; so does a way through plain numbers. Use max_keepdim, broadcast_sub, exp, sum_keepdim and broadcast_div.",
        );
    };
    let p = right(&x, 1)?.detach();
    let mean = (&p * &price)?.sum_keepdim(1)?;
    let want = (&p * price.broadcast_sub(&mean)?)?;
    let sentence = "That is the gradient of the exponentials alone: the sum that they are divided by was cut out of the graph. It depends on the scores, too.";
    same(
        "The gradient of Σ price·softmax(scores)",
        got,
        &want,
        &[
            Slip::new("sum-detached", sentence, (&p * &price)?),
            // The same, where the largest score is in the graph: it gets minus the sum of the others.
            Slip::new(
                "sum-detached",
                sentence,
                (&p * &price)?.broadcast_sub(
                    &x.broadcast_eq(&x.max_keepdim(1)?)?
                        .to_dtype(DType::F32)?
                        .broadcast_mul(&mean)?,
                )?,
            ),
        ],
    )
}

pub(crate) fn a_low_temperature_sharpens() -> Verdict {
    let x = tensor(&[[0f32, 3f32.ln(), -1.], [2., 0., 1.]])?;
    let got = called("softmax_at of (2, 3), temperature ½", softmax_at(&x, 0.5))?;
    let plain = right(&x, 1)?;
    same(
        "softmax_at(scores, 0.5)",
        &got,
        &right(&(&x * 2.)?, 1)?,
        &[
            Slip::new(
                "temperature-multiplied",
                "The scores were multiplied by the temperature: then a low one makes the weights more equal.",
                right(&(&x * 0.5)?, 1)?,
            ),
            Slip::new(
                "temperature-after",
                "The weights were divided by the temperature, after the softmax: they no longer sum to 1.",
                (&plain / 0.5)?,
            ),
            Slip::new(
                "softmax-twice",
                "That is the softmax of a softmax: one is enough.",
                right(&right(&(&x * 2.)?, 1)?, 1)?,
            ),
            Slip::new(
                "temperature-ignored",
                "That is the softmax at temperature 1: the temperature does not come in.",
                plain.clone(),
            ),
        ],
    )
}
