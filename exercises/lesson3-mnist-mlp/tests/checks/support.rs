//! What several steps need.

use dlkit::data::{Digits, Images};
use dlkit::prelude::*;
use dlkit_check::prelude::*;

/// What a helper finds, or why the check ends there.
pub(crate) type Found<T> = std::result::Result<T, Failure>;

/// The sentence for a recognised mistake.
pub(crate) fn slip(diagnosis: &str, message: String) -> Verdict {
    Err(Failure::new(message).diagnosed(diagnosis))
}

/// What a call of the student's code gave. An error becomes a sentence that names the call and, where it is an old acquaintance,
/// what is behind it.
pub(crate) fn called<T>(call: &str, result: Result<T>) -> Found<T> {
    result.map_err(|error| {
        let error = format!("{error:#}");
        // Candle adds a backtrace when RUST_BACKTRACE is set; the student's file is not in it.
        let lines: Vec<&str> = error.lines().take_while(|line| !line.trim_start().starts_with("0: ")).collect();
        let error = lines.join(" ");
        let (diagnosis, cause) = if error.contains("shape mismatch in matmul") {
            ("shapes-do-not-multiply", "In a product a·b, a row of a (lhs) needs as many entries as b (rhs) has rows.")
        } else if error.contains("shape mismatch in gather") {
            (
                "gather-needs-as-many-axes",
                "`gather` picks from each row, and wants the numbers of the columns in a tensor with as many axes as the one it picks from: \
                 labels (n,) become a column (n, 1) with `unsqueeze(1)`.",
            )
        } else if error.contains("shape mismatch in") {
            (
                "shapes-do-not-match",
                "This works entry by entry, so both sides (lhs, rhs) must have one shape. The `broadcast_…` operations repeat the smaller \
                 side; if both should be equal, one of them ran along the wrong axis.",
            )
        } else if error.contains("narrow invalid args") {
            (
                "narrow-past-the-end",
                "`narrow` takes an axis, a start and a length (not an end), and start + length must not go past the end of the axis.",
            )
        } else if error.contains("dtype mismatch") {
            ("dtypes-do-not-match", "Both sides must hold the same type of number; `to_dtype` converts.")
        } else if error.contains("built for inputs of shape [784]") {
            ("missing-flatten", "The images come as they are: `Flatten::new()` comes first, and the net is built for `(28, 28)`.")
        } else if error.contains("one target for each prediction") || error.contains("class numbers are needed") {
            (
                "wrong-loss",
                "The targets are the numbers of the classes, one for each image: that is what `SparseCategoricalCrossEntropy` takes, for a net \
                 that gives one row of probabilities for each image.",
            )
        } else if error.contains("call `model.compile") {
            ("not-compiled", "A net that is built but not compiled can predict, but not learn.")
        } else {
            return Failure::new(format!("{call} gave an error: {error}"));
        };
        Failure::new(format!("{call} gave an error: {error}. {cause}")).diagnosed(diagnosis)
    })
}

/// A well-known mistake: what to say when exactly `value` comes out.
pub(crate) struct Slip {
    diagnosis: &'static str,
    sentence: &'static str,
    value: Tensor,
}

impl Slip {
    pub(crate) fn new(diagnosis: &'static str, sentence: &'static str, value: Tensor) -> Self {
        Self {
            diagnosis,
            sentence,
            value,
        }
    }
}

/// Compares two tensors, and names the slip that explains the difference. Unlike the shape alone, a slip of another shape can
/// still say what happened.
pub(crate) fn same(name: &str, got: &Tensor, want: &Tensor, slips: &[Slip]) -> Verdict {
    let mut comparison = expect(name).within(1e-4);
    for Slip {
        diagnosis,
        sentence,
        value,
    } in slips
    {
        let value = value.to_dtype(want.dtype())?;
        let turned_shape =
            got.dims() != want.dims() && got.dims() == value.dims() && got.dtype() == want.dtype();
        if turned_shape && expect(name).within(1e-4).tensors_close(got, &value).is_ok() {
            return slip(
                diagnosis,
                format!(
                    "{name} has the shape {:?}, but it should have {:?}. {sentence}",
                    got.dims(),
                    want.dims()
                ),
            );
        }
        if value.dims() == want.dims() {
            comparison = comparison.mistake(*diagnosis, *sentence, &value);
        }
    }
    comparison.tensors_close(got, want)
}

pub(crate) fn scalar(tensor: &Tensor) -> Result<f64> {
    Ok(tensor.to_dtype(DType::F64)?.to_scalar()?)
}

/// A `U8` tensor of this shape in which (up to 251 entries) every number comes once.
pub(crate) fn numbered(shape: &[usize]) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let numbers: Vec<u8> = (0..count).map(|i| (i % 251) as u8).collect();
    Ok(Tensor::from_vec(numbers, shape, &Device::Cpu)?)
}

/// An `F32` tensor of this shape with values of both signs and no pattern that a mistake could hide in.
pub(crate) fn wave(shape: &[usize], phase: f64) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|i| (1.7 * i as f64 + 0.13 * (i * i) as f64 + phase).sin() as f32)
        .collect();
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

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

pub(crate) fn has_parameters(name: &str, model: &Model, want: usize) -> Verdict {
    let got = model.parameters();
    if got == want {
        return Ok(());
    }
    let layers: Vec<String> = model
        .variables()
        .iter()
        .map(|variable| format!("{} {:?}", variable.name(), variable.tensor().dims()))
        .collect();
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
    fail!(
        "{name} has {got} parameters, but it should have {want}. Its layers are: {}.",
        layers.join(", ")
    );
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

/// Wants the model to be compiled for digits, and to learn as one with the right optimiser does.
pub(crate) fn compiled_like(
    mut model: Model,
    want: &[f64],
    others: &[(&str, Vec<f64>)],
) -> Verdict {
    let scores = called(
        "Evaluating the net on digits",
        model.evaluate(&test_images()?.take(64)?),
    )?;
    ensure!(
        scores.get("accuracy").is_some(),
        "The net is compiled without the metric Accuracy, so nobody sees how many digits it reads right: `[Accuracy]` is the third thing \
         that `compile` takes."
    );
    let got = called("Training the net for two epochs", first_epochs(&mut model))?;
    learned_like(&got, want, others)
}

pub(crate) fn learned_like(got: &[f64], want: &[f64], others: &[(&str, Vec<f64>)]) -> Verdict {
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
    for (name, losses) in others {
        if near(losses) {
            return slip(
                "wrong-compile",
                format!(
                    "The net learns with {name}: the losses {got:.4?} of its first epochs are exactly those."
                ),
            );
        }
    }
    fail!(
        "In its first epochs the net should have the losses {want:.4?}, but has {got:.4?}: look at the optimiser (as it comes, `::default()`) \
         and the loss that it is compiled with."
    );
}
