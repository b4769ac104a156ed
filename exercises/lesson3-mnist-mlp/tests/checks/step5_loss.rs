//! Checks of step5_loss.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step5_loss::*;

pub(crate) fn log_softmax_works_along_each_row() -> Verdict {
    name_sizes([(3, "images"), (4, "classes")]);
    let logits = wave(&[3, 4], 1.)?;
    let got = called("log_softmax of logits [3, 4]", log_softmax(&logits))?;
    let exp = logits.exp()?;
    let below_largest = logits.broadcast_sub(&logits.max_keepdim(1)?)?;
    let want = reference::log_softmax(&logits)?;
    same(
        "log_softmax(logits)",
        &got,
        &want,
        &[
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs down the columns, over the images of the batch. Each row, the classes of one image, must sum to 1.",
                reference::log_softmax(&logits.t()?.contiguous()?)?.t()?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The largest logit is taken from each row, but the exponentials are added up down the columns, over the images of the \
                 batch. Both belong to one row, the classes of one image.",
                below_largest.broadcast_sub(&below_largest.exp()?.sum_keepdim(0)?.log()?)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs over the whole table. Each row, the classes of one image, must sum to 1 by itself.",
                logits.broadcast_sub(&exp.sum_all()?.log()?)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The largest logit is taken from each row, but the exponentials are added up over the whole table. Each row, the classes of \
                 one image, must sum to 1 by itself.",
                below_largest.broadcast_sub(&below_largest.exp()?.sum_all()?.log()?)?,
            ),
            Slip::new(
                "missing-log",
                "These are the probabilities: the logarithm is missing.",
                softmax(&logits)?,
            ),
            Slip::new(
                "missing-normalisation",
                "The largest logit was taken away, but not the logarithm of the sum.",
                below_largest,
            ),
            Slip::new(
                "missing-log",
                "The sum of the exponentials was taken away itself; take away its logarithm.",
                logits.broadcast_sub(&exp.sum_keepdim(1)?)?,
            ),
        ],
    )
    .drawn(|| compared("log_softmax(logits)", &got, &want))
}

pub(crate) fn large_logits_do_no_harm() -> Verdict {
    let logits = Tensor::new(&[[1000f32, 1000., 0.], [-1000., 0., 90.]], &Device::Cpu)?;
    let got = called("log_softmax of large logits [2, 3]", log_softmax(&logits))?;
    shape("log_softmax(logits)", &got, &[2, 3])?;
    for (row, values) in got
        .to_dtype(DType::F64)?
        .to_vec2::<f64>()?
        .iter()
        .enumerate()
    {
        for (column, value) in values.iter().enumerate() {
            if !value.is_finite() && row == 1 {
                return slip(
                    "largest-of-the-batch",
                    format!(
                        "log_softmax of the logits {:?} gives {value} at column {column}, though the row above, with logits up to 1000, is \
                         right: was 1000, the largest of the whole batch, taken away here, too? What is left is then so far below 0 that \
                         every exponential is 0. Each row has a largest of its own.",
                        logits.to_vec2::<f32>()?[row]
                    ),
                );
            }
            if !value.is_finite() {
                return slip(
                    "overflow",
                    format!(
                        "log_softmax of the logits {:?} gives {value} at column {column}: e^1000 is too large for an f32, and e^−1000 \
                         is 0, whose logarithm is −∞. Take the largest logit of the row from the row first; and write \
                         z − ln Σ e^z instead of the logarithm of a probability.",
                        logits.to_vec2::<f32>()?[row]
                    ),
                );
            }
        }
    }
    // Near 1000 an f32 is right to 3·10⁻⁵; whoever puts the largest logit back into the logarithm, z − (largest + ln Σ), has that
    // rounding in the result, and is right as well.
    expect("log_softmax(large logits)")
        .within(1e-4)
        .tensors_close(&got, &reference::log_softmax(&logits)?)
}

fn batch() -> Result<(Tensor, Tensor)> {
    name_sizes([(4, "images"), (5, "classes")]);
    let logits = (wave(&[4, 5], 0.)? * 2.)?;
    Ok((logits, Tensor::new(&[3u32, 0, 4, 0], &Device::Cpu)?))
}

pub(crate) fn averages_over_the_batch() -> Verdict {
    let (logits, labels) = batch()?;
    let got = called(
        "cross_entropy of logits [4, 5] and labels [4]",
        cross_entropy(&logits, &labels),
    )?;
    let want = reference::cross_entropy(&logits, &labels)?;
    if got.dims() == [4] || got.dims() == [4, 1] {
        return slip(
            "missing-batch-mean",
            format!(
                "cross_entropy gave {:?}, one number for each of the 4 images: take their mean, so that one number remains.",
                got.dims()
            ),
        );
    }
    let columns = logits.t()?.contiguous()?;
    let log_probabilities = reference::log_softmax(&logits)?;
    let name = format!(
        "cross_entropy(logits, labels), where ln p of the right classes is {:.3?},",
        pick(&log_probabilities, &labels)?
            .flatten_all()?
            .to_vec1::<f32>()?
    );
    same(
        &name,
        &got,
        &want,
        &[
            Slip::new(
                "missing-batch-mean",
                "This is 4 times too much, the sum over the batch: take the mean, or a larger batch would mean larger steps.",
                (&want * 4.)?,
            ),
            Slip::new(
                "loss-sign",
                "The sign is wrong: ln p is below 0, and a loss is its opposite.",
                want.neg()?,
            ),
            Slip::new(
                "loss-sign",
                "This is the sum over the batch, with the wrong sign: take the mean, and turn the sign.",
                (&want * -4.)?,
            ),
            Slip::new(
                "mean-over-classes",
                "This is 5 times too small: you took the mean over all 4 · 5 entries, but an image has one right class. Divide by the 4 \
                 images.",
                (&want / 5.)?,
            ),
            Slip::new(
                "label-ignored",
                "This is the mean of −ln p over all the classes: only the right class of each image counts.",
                log_probabilities.mean_all()?.neg()?,
            ),
            Slip::new(
                "labels-of-the-others",
                "This is the mean over the columns of all 4 labels in every row: to each image belongs its own label alone.",
                log_probabilities
                    .index_select(&labels, 1)?
                    .mean_all()?
                    .neg()?,
            ),
            Slip::new(
                "largest-for-label",
                "This is −ln of the largest probability in each row, the net's own answer: where do the labels come in?",
                log_probabilities.max_keepdim(1)?.mean_all()?.neg()?,
            ),
            Slip::new(
                "missing-softmax",
                "This is the mean of the logits of the labels, with the sign turned: log_softmax is missing.",
                pick(&logits, &labels)?.mean_all()?.neg()?,
            ),
            Slip::new(
                "missing-log",
                "This is 1 − the mean probability of the right class: the cross-entropy is −ln of it.",
                (1. - pick(&softmax(&logits)?, &labels)?.mean_all()?)?,
            ),
            Slip::new(
                "wrong-logarithm",
                "This is with the logarithm to base 10: the natural one is wanted.",
                (&want / std::f64::consts::LN_10)?,
            ),
            Slip::new(
                "wrong-logarithm",
                "This is with the logarithm to base 2: the natural one is wanted.",
                (&want / std::f64::consts::LN_2)?,
            ),
            Slip::new(
                "exponential-of-the-loss",
                "This is e to the loss, what language models call the perplexity.",
                want.exp()?,
            ),
            Slip::new(
                "missing-log",
                "This is −p, the logarithm is missing.",
                pick(&softmax(&logits)?, &labels)?.mean_all()?.neg()?,
            ),
            Slip::new(
                "softmax-twice",
                "There are two softmaxes in it, one after the other.",
                reference::cross_entropy(&softmax(&logits)?, &labels)?,
            ),
            Slip::new(
                "softmax-wrong-axis",
                "The softmax runs down the columns, over the images of the batch; it belongs along each row.",
                pick(
                    &reference::log_softmax(&columns)?.t()?.contiguous()?,
                    &labels,
                )?
                .mean_all()?
                .neg()?,
            ),
        ],
    )
}

fn loss_of(logits: &Tensor, labels: &Tensor) -> Found<f64> {
    let loss = called("cross_entropy", cross_entropy(logits, labels))?;
    shape("cross_entropy(logits, labels)", &loss, &[])?;
    Ok(scalar(&loss)?)
}

pub(crate) fn the_loss_is_no_larger_for_a_larger_batch() -> Verdict {
    let (logits, labels) = batch()?;
    let once = loss_of(&logits, &labels)?;
    let twice = loss_of(
        &Tensor::cat(&[&logits, &logits], 0)?,
        &Tensor::cat(&[&labels, &labels], 0)?,
    )?;
    ensure!(
        (once - twice).abs() < 1e-5,
        "A batch of 4 has the loss {once:.4}, and the same 4 images twice in a batch of 8 have {twice:.4}: a mean would not change."
    );
    Ok(())
}

pub(crate) fn no_idea_costs_ln_10() -> Verdict {
    let logits = Tensor::zeros((6, 10), DType::F32, &Device::Cpu)?;
    let labels = Tensor::arange(0u32, 6, &Device::Cpu)?;
    close_within(
        "The loss of ten equal logits",
        loss_of(&logits, &labels)?,
        10f64.ln(),
        1e-5,
    )
}

pub(crate) fn its_gradient_is_probability_minus_truth() -> Verdict {
    let (logits, labels) = batch()?;
    let variable = Var::from_tensor(&logits)?;
    let loss = called(
        "cross_entropy of logits [4, 5] and labels [4]",
        cross_entropy(&variable, &labels),
    )?;
    let gradients = loss.backward()?;
    let Some(got) = gradients.get(&variable) else {
        return slip(
            "gradient-lost",
            "No gradient reaches the logits, so no net could learn from this loss. Compute with tensors from end to end: \
             `to_vec`, `to_scalar` and `detach` cut the graph.",
        );
    };
    let classes = Tensor::arange(0u32, 5, &Device::Cpu)?.broadcast_as((4, 5))?;
    let truth = classes
        .broadcast_eq(&labels.unsqueeze(1)?)?
        .to_dtype(DType::F32)?;
    let difference = (softmax(&logits)? - truth)?;
    let want = (&difference / 4.)?;
    same(
        "dloss/dlogits",
        got,
        &want,
        &[Slip::new(
            "missing-batch-mean",
            "This is 4 times too much: the loss is the sum over the batch, and should be the mean.",
            difference.clone(),
        )],
    )
    .drawn(|| compared("dloss/dlogits", got, &want))
}

pub(crate) fn accuracy_is_the_share_of_right_answers() -> Verdict {
    let five = Tensor::new(
        &[
            [2f32, 1., 0.],
            [0., 5., 1.],
            [1., 0., -1.],
            [-3., -2., -1.],
            [0., 1., 9.],
        ],
        &Device::Cpu,
    )?;
    // As many images as classes, so that looking along the wrong axis gives an answer, the wrong one: it finds [2, 2, 1, 3].
    let square = Tensor::new(
        &[
            [5f32, 1., 0., 2.],
            [6., 0., 2., 1.],
            [7., 3., 1., 0.],
            [4., 2., 0., 3.],
        ],
        &Device::Cpu,
    )?;
    let cases: [(&Tensor, &[u32], f64); 4] = [
        (&square, &[0, 2, 1, 2], 1.),
        (&five, &[0, 1, 1, 2, 0], 3.),
        (&five, &[0, 1, 0, 2, 2], 5.),
        (&five, &[1, 0, 1, 0, 1], 0.),
    ];
    for (logits, labels, right) in cases {
        let n = labels.len() as f64;
        let call = format!(
            "accuracy of logits {:?} and labels {labels:?}",
            logits.dims()
        );
        let got = called(&call, accuracy(logits, &Tensor::new(labels, &Device::Cpu)?))?;
        let near = |value: f64| (got - value).abs() < 1e-6;
        if near(right / n) {
            continue;
        }
        if near(right) {
            return slip(
                "count-for-share",
                format!(
                    "Accuracy is {got}: the number of right answers. It is a share: divide by the {n} images."
                ),
            );
        }
        if near(100. * right / n) {
            return slip(
                "percent-for-share",
                format!("Accuracy is {got}, in percent. Give it as a share from 0 to 1."),
            );
        }
        let down = logits.argmax(0)?;
        if down.dims() == [labels.len()]
            && near(scalar(
                &down
                    .eq(&Tensor::new(labels, &Device::Cpu)?)?
                    .to_dtype(DType::F64)?
                    .mean_all()?,
            )?)
        {
            return slip(
                "argmax-wrong-axis",
                format!(
                    "Accuracy is {got:.4}, but {right} of {n} were right: the largest logit was looked for down each column. An image is a row."
                ),
            );
        }
        let smallest = logits.argmin(D::Minus1)?;
        let labels_there = Tensor::new(labels, &Device::Cpu)?;
        let share = scalar(
            &smallest
                .eq(&labels_there)?
                .to_dtype(DType::F64)?
                .mean_all()?,
        )?;
        if near(share) && share != 1. - right / n {
            return slip(
                "argmin-for-argmax",
                format!(
                    "Accuracy is {got:.4}, but {right} of {n} were right: the smallest logit of each row was taken for the answer."
                ),
            );
        }
        if near(1. - right / n) {
            return slip(
                "errors-for-hits",
                format!(
                    "Accuracy is {got:.4}: the share of wrong answers. {right} of {n} were right."
                ),
            );
        }
        if got == 0. {
            return slip(
                "integer-division",
                format!(
                    "Accuracy is 0, but {right} of {n} were right. Is it the mean of what `eq` gives? Those are bytes, 0 or 1, and their mean is \
                     rounded down to a byte: change the dtype first."
                ),
            );
        }
        fail!(
            "Accuracy is {got:.4}, but {right} of {n} were right: {:.4}.",
            right / n
        );
    }
    Ok(())
}
