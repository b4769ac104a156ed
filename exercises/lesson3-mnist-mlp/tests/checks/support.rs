//! What several steps need.

use dlkit::data::{Digits, Images};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use std::cmp::Ordering;

/// 2,000 digits to train on and 500 to test on, drawn by dlkit: the checks need no file and no network.
pub(crate) fn digits() -> Result<Images> {
    Digits::generate(2_000, 500, Seed(2026))
}

pub(crate) fn train_images() -> Result<Dataset> {
    digits()?.train_dataset()
}

pub(crate) fn test_images() -> Result<Dataset> {
    digits()?.test_dataset()
}

pub(crate) fn rows(images: Dataset) -> Result<Dataset> {
    Dataset::new(images.inputs().flatten_from(1)?, images.targets().clone())
}

pub(crate) fn train_rows() -> Result<Dataset> {
    rows(train_images()?)
}

pub(crate) fn test_rows() -> Result<Dataset> {
    rows(test_images()?)
}

pub(crate) fn softmax(logits: &Tensor) -> Result<Tensor> {
    Ok(reference::log_softmax(logits)?.exp()?)
}

/// From each row the entry of its label: `(n, k)` and `(n,)` to `(n, 1)`.
pub(crate) fn pick(rows: &Tensor, labels: &Tensor) -> Result<Tensor> {
    Ok(rows.gather(&labels.unsqueeze(1)?, 1)?)
}

/// What the earlier steps should give, for the steps that build on them.
pub(crate) mod reference {
    use super::*;

    pub(crate) fn preprocess(images: &Tensor) -> Result<Tensor> {
        Ok((images.flatten_from(1)?.to_dtype(DType::F32)? / 255.)?)
    }

    pub(crate) fn log_softmax(logits: &Tensor) -> Result<Tensor> {
        let shifted = logits.broadcast_sub(&logits.max_keepdim(1)?)?;
        Ok(shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(1)?.log()?)?)
    }

    pub(crate) fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
        Ok(pick(&log_softmax(logits)?, labels)?.mean_all()?.neg()?)
    }
}

/// Wants a net of dense layers with these sizes, from the inputs to the outputs, by its number of parameters.
pub(crate) fn has_sizes(name: &str, model: &Model, sizes: &[usize]) -> Verdict {
    let got = model.parameters();
    let want: usize = sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
    if got == want {
        return Ok(());
    }
    let biases: usize = model
        .variables()
        .iter()
        .filter(|v| v.tensor().rank() == 1)
        .map(Variable::parameters)
        .sum();
    if want == 13_002 && got == 628_442 {
        return slip(
            "extra-input-layer",
            format!(
                "{name} has {got} parameters, but it should have {want}: there is a dense layer of 784 in front. The 784 inputs are the \
                 pixels themselves; no layer makes them. (The course's printed code has the same slip.)"
            ),
        );
    }
    if model
        .variables()
        .first()
        .is_some_and(|kernel| kernel.tensor().dims()[0] == 28)
    {
        return slip(
            "missing-flatten",
            format!(
                "{name} has {got} parameters, but it should have {want}: its first layer reads the 28 pixels of one line, and does so for \
                 every line. `Flatten::new()` in front makes one row of 784 of them."
            ),
        );
    }
    if biases == 0 {
        return slip(
            "missing-bias",
            format!(
                "{name} has {got} parameters, but it should have {want}: its layers have no bias."
            ),
        );
    }
    let kernels: Vec<Vec<usize>> = model
        .variables()
        .iter()
        .map(|variable| variable.tensor().dims().to_vec())
        .filter(|dims| dims.len() == 2)
        .collect();
    let mut found: Vec<usize> = kernels.iter().take(1).map(|dims| dims[0]).collect();
    found.extend(kernels.iter().map(|dims| dims[1]));
    let written = |sizes: &[usize]| {
        let numbers: Vec<String> = sizes.iter().map(usize::to_string).collect();
        numbers.join("-")
    };
    let facts = format!(
        "{name} has {got} parameters, but it should have {want}: what was built is {}, and what is wanted {}.",
        written(&found),
        written(sizes)
    );
    let wrong = found
        .iter()
        .zip(sizes)
        .position(|(found, want)| found != want);
    match (found.len().cmp(&sizes.len()), wrong) {
        (Ordering::Less, _) => slip("missing-layer", format!("{facts} A layer is missing.")),
        (Ordering::Greater, _) => {
            slip("extra-layer", format!("{facts} There is a layer too many."))
        }
        (Ordering::Equal, Some(0)) => slip(
            "wrong-input-size",
            format!(
                "{facts} It is built for {} inputs where there are {}.",
                found[0], sizes[0]
            ),
        ),
        (Ordering::Equal, Some(layer)) if layer + 1 == sizes.len() => slip(
            "wrong-output-size",
            format!(
                "{facts} Look at the last layer: how many numbers does the net have to give for each sample?"
            ),
        ),
        (Ordering::Equal, Some(layer)) => slip(
            "wrong-size",
            format!("{facts} Look at how many units the layer {layer} has."),
        ),
        (Ordering::Equal, None) => fail!("{facts}"),
    }
}

pub(crate) fn predictions(model: &Model, inputs: &Tensor) -> Found<Tensor> {
    called(
        &format!("Predicting for a batch {:?}", inputs.dims()),
        model.predict(inputs),
    )
}

pub(crate) fn losses(history: &History) -> Vec<f64> {
    history.get("loss").unwrap_or_default().to_vec()
}

/// How the right net learns these digits from each of two seeds: what a training that missed its mark is held against.
pub(crate) fn fitted(
    build: impl Fn(Seed) -> Result<Model>,
    data: &Dataset,
    epochs: usize,
    batch_size: usize,
) -> Result<Vec<Vec<f64>>> {
    let run = |seed| {
        let settings = Fit {
            epochs,
            batch_size,
            progress: Progress::Silent,
            ..Fit::default()
        };
        Ok(losses(&build(seed)?.fit(data, settings)?))
    };
    [Seed(4), Seed(1)].into_iter().map(run).collect()
}

/// The losses of two short epochs: they tell one optimiser from another.
pub(crate) fn first_epochs(model: &mut Model) -> Result<Vec<f64>> {
    let settings = Fit {
        epochs: 2,
        batch_size: 64,
        progress: Progress::Silent,
        ..Fit::default()
    };
    Ok(losses(&model.fit(&train_images()?.take(256)?, settings)?))
}

/// Wants the model to be compiled for digits, and to learn as one with the right optimiser does. `with` trains with one of the `others`; it is
/// called only when something is wrong.
pub(crate) fn compiled_like(
    mut model: Model,
    want: &[f64],
    others: &[&str],
    with: impl Fn(&str) -> Result<Vec<f64>>,
) -> Verdict {
    let scores = called(
        "Evaluating the net on digits",
        model.evaluate(&test_images()?.take(64)?),
    )?;
    if scores.get("accuracy").is_none() {
        return slip(
            "missing-metric",
            "The net is compiled without the metric Accuracy, so nobody sees how many digits it reads right: metrics are the third thing that \
             `compile` takes.",
        );
    }
    let got = called("Training the net for two epochs", first_epochs(&mut model))?;
    learned_like(&got, want, others, with)
}

pub(crate) fn learned_like(
    got: &[f64],
    want: &[f64],
    others: &[&str],
    with: impl Fn(&str) -> Result<Vec<f64>>,
) -> Verdict {
    let near = |other: &[f64]| {
        got.len() == other.len()
            && got
                .iter()
                .zip(other)
                .all(|(a, b)| (a - b).abs() <= 1e-3 * b.abs())
    };
    if near(want) {
        return Ok(());
    }
    for name in others {
        if near(&with(name)?) {
            return slip(
                "wrong-compile",
                format!(
                    "The net learns with {name}: the losses {got:.4?} of its first epochs are exactly those. Look at what `compile` is given."
                ),
            );
        }
    }
    fail!(
        "In its first epochs the net should have the losses {want:.4?}, but has {got:.4?}: look at the optimiser (as it comes, `::default()`) \
         and the loss that it is compiled with."
    );
}
