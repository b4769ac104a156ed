//! What several steps need.

use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step4_recurrence::Recurrent;

/// A tensor `(rows, columns)` whose row `i` holds `i`, `100 + i`, `200 + i`, …: every value says where it came from.
pub(crate) fn counted(rows: usize, columns: usize) -> Result<Tensor> {
    let values: Vec<f32> = (0..rows)
        .flat_map(|i| (0..columns).map(move |j| (100 * j + i) as f32))
        .collect();
    Ok(Tensor::from_vec(values, (rows, columns), &Device::Cpu)?)
}

pub(crate) fn row(values: &[f32]) -> Result<Tensor> {
    Ok(Tensor::new(values, &Device::Cpu)?)
}

/// All entries as f64.
pub(crate) fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
}

/// Windows of a wave with a pattern that can be learned: the target is the value `horizon` rows after the window.
pub(crate) fn tides(windows: usize, length: usize, phase: f64) -> Result<Dataset> {
    let horizon = 3;
    let n = windows + length - 1 + horizon;
    let value = |i: usize| {
        let t = i as f64 + phase;
        (0.45 * t).sin() + 0.5 * (0.13 * t + 1.).sin()
    };
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for start in 0..windows {
        for i in start..start + length {
            inputs.extend([value(i) as f32, (value(i + 1) - value(i)) as f32]);
        }
        targets.push(value(start + length - 1 + horizon) as f32);
    }
    debug_assert!(n > windows);
    Dataset::new(
        Tensor::from_vec(inputs, (windows, length, 2), &Device::Cpu)?,
        Tensor::from_vec(targets, (windows, 1), &Device::Cpu)?,
    )
}

/// A net with these layers, compiled as the lesson compiles all of its nets.
pub(crate) fn compiled(net: Sequential, length: usize, columns: usize) -> Result<Model> {
    let mut model = net
        .add(Dense::new(1))
        .build((length, columns), Seed(4), &Device::Cpu)?;
    model.compile(RmsProp::default(), MeanSquaredError, [MeanAbsoluteError]);
    Ok(model)
}

/// The training losses of two short epochs on tides: they tell one optimiser or loss from another.
pub(crate) fn first_losses(model: &mut Model, length: usize) -> Result<Vec<f64>> {
    let settings = Fit {
        epochs: 2,
        batch_size: 32,
        progress: Progress::Silent,
        ..Fit::default()
    };
    let history = model.fit(&tides(96, length, 0.)?, settings)?;
    Ok(history.get("loss").unwrap_or_default().to_vec())
}

/// A net that the student built for windows of 2 columns.
pub(crate) fn built(name: &str, model: Result<Model>, length: usize) -> Found<Model> {
    if let Err(error) = &model
        && format!("{error:#}").contains(&format!("shape [{}]", 2 * length))
    {
        slip(
            "flattened",
            format!(
                "{name}: a recurrent layer cannot be built, because the window of {length} hours and 2 columns comes to it as one row of {} \
                 numbers. It reads hour by hour, so there is no `Flatten` before it.",
                2 * length
            ),
        )?;
    }
    called(name, model)
}

/// Wants a net as the lesson builds it: its number of parameters, its answers, its metric, and how it learns. `others` are
/// well-known slips.
pub(crate) fn is_the_net<const N: usize>(
    name: &str,
    model: Model,
    right: Sequential,
    others: [(&'static str, &'static str, Sequential); N],
    length: usize,
) -> Verdict {
    let columns = 2;
    let mut model = model;
    let mut right = compiled(right, length, columns)?;
    let mut slip_nets = Vec::new();
    for (diagnosis, sentence, net) in others {
        slip_nets.push((diagnosis, sentence, compiled(net, length, columns)?));
    }
    for (diagnosis, sentence, slip_net) in &slip_nets {
        if model.parameters() == slip_net.parameters()
            && right.parameters() != slip_net.parameters()
        {
            return slip(
                diagnosis,
                format!(
                    "On {columns} columns {name} has {} parameters, but it should have {}. {sentence}",
                    model.parameters(),
                    right.parameters()
                ),
            );
        }
    }
    if !model
        .variables()
        .iter()
        .any(|variable| variable.name().starts_with("dense"))
    {
        return slip(
            "missing-dense",
            format!(
                "{name} has no dense layer: `Dense::new(1)` makes one number, the forecast, of what the layer before it says."
            ),
        );
    }
    let layers: Vec<String> = model
        .variables()
        .iter()
        .map(|variable| format!("{} {:?}", variable.name(), variable.tensor().dims()))
        .collect();
    if model.parameters() != right.parameters() {
        return slip(
            "other-layers",
            format!(
                "On {columns} columns {name} has {} parameters, but it should have {}. Its weights are: {}.",
                model.parameters(),
                right.parameters(),
                layers.join(", ")
            ),
        );
    }
    has_the_weights_of_its_seed(name, &model, &right)?;
    let data = tides(8, length, 5.)?;
    let mut slips = Vec::new();
    for (diagnosis, sentence, slip_net) in slip_nets {
        let says = slip_net.predict(data.inputs())?;
        slips.push(Slip::new(diagnosis, sentence, says));
    }
    let right_says = right.predict(data.inputs())?;
    slips.push(Slip::new(
        "relu-at-the-end",
        "The last layer has a ReLU, so it never says less than 0. A scaled temperature may be any number: `Dense::new(1)` as it is.",
        right_says.relu()?,
    ));
    slips.push(Slip::new(
        "sigmoid-at-the-end",
        "The last layer has a sigmoid, so all it says lies between 0 and 1. A scaled temperature may be any number: `Dense::new(1)` as it is.",
        dlkit::ops::sigmoid(&right_says)?,
    ));
    slips.push(Slip::new(
        "tanh-at-the-end",
        "The last layer has a tanh, so all it says lies between −1 and 1. A scaled temperature may be any number: `Dense::new(1)` as it is.",
        right_says.tanh()?,
    ));
    let says = called("Predicting for 8 windows", model.predict(data.inputs()))?;
    same(
        &format!("{name}: predict(windows)"),
        &says,
        &right_says,
        &slips,
    )?;
    let scores = called(&format!("Evaluating {name}"), model.evaluate(&data))?;
    if scores.get("mean_absolute_error").is_none() {
        return slip(
            "missing-metric",
            format!(
                "{name} is compiled without the metric MeanAbsoluteError, so nobody sees how far it is off: `[MeanAbsoluteError]` is the third \
                 thing that `compile` takes."
            ),
        );
    }
    let right_scores = right.evaluate(&data)?;
    expect(format!("{name}: the loss on 8 windows"))
        .within(1e-4)
        .mistake(
            "wrong-loss",
            "That is the mean absolute error. It is what you read; the net is to learn from the mean squared error.",
            right_scores.get("mean_absolute_error").unwrap_or(f64::NAN),
        )
        .advice("Is it compiled with the loss MeanSquaredError?")
        .close(scores.loss(), right_scores.loss())?;
    let got = called(
        &format!("Training {name} for two epochs"),
        first_losses(&mut model, length),
    )?;
    let want = first_losses(&mut right, length)?;
    let near = |a: &[f64], b: &[f64]| {
        a.len() == b.len()
            && a.iter()
                .zip(b)
                .all(|(a, b)| (a - b).abs() <= 1e-3 * b.abs())
    };
    if !near(&got, &want) {
        return slip(
            "wrong-optimizer",
            format!(
                "In its first epochs {name} should have the losses {want:.4?}, but has {got:.4?}. The loss is the right one, so it is the optimizer \
                 that makes other steps: which one is it, and with which settings?"
            ),
        );
    }
    Ok(())
}

/// Wants the weights that the seed gives, where they have the right shapes.
fn has_the_weights_of_its_seed(name: &str, model: &Model, right: &Model) -> Verdict {
    for (got, want) in model.variables().iter().zip(right.variables()) {
        let (got, want) = (got.tensor(), want.tensor());
        if got.dims() == want.dims() && numbers(got)? != numbers(want)? {
            return slip(
                "another-seed",
                format!(
                    "{name} begins with other weights than its seed gives. The seed is handed on to `build`, so that the same seed gives the same \
                     net."
                ),
            );
        }
    }
    Ok(())
}

/// A cell that writes down in which order it was fed: ten times the state, plus the input.
pub(crate) struct Diary;

impl Recurrent for Diary {
    fn units(&self) -> usize {
        1
    }

    fn step(&self, x: &Tensor, h: &Tensor) -> Result<Tensor> {
        anyhow::ensure!(x.dims() == h.dims(), Self::refuses(x.dims(), h.dims()));
        Ok(((h * 10.)? + x)?)
    }
}

impl Diary {
    /// What it says when what comes and what was do not fit.
    pub(crate) fn refuses(x: &[usize], h: &[usize]) -> String {
        format!("the cell was given x of shape {x:?} and h of shape {h:?}")
    }
}
