//! Checks of step9_networks.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step9_networks::*;

type Builder = fn(Seed, &Device) -> Result<Model>;

fn reader(seed: Seed, hidden: &[Dense]) -> Result<Model> {
    let net = hidden
        .iter()
        .fold(Sequential::new().add(Flatten::new()), |net, layer| {
            net.add(layer.clone())
        });
    let mut model = net
        .add(Dense::new(10).softmax())
        .build((28, 28), seed, &Device::Cpu)?;
    model.compile(
        RmsProp::default(),
        SparseCategoricalCrossEntropy,
        [Accuracy],
    );
    Ok(model)
}

/// Wants `build` to give the net with these hidden layers: its count, its answers, and how it learns.
fn is_the_net(name: &str, build: Builder, units: &[usize], activation: Activation) -> Verdict {
    let model = called(
        &format!("{name}: building it"),
        build(Seed(4), &Device::Cpu),
    )?;
    let layers = |activation| {
        units
            .iter()
            .map(|n| Dense::new(*n).activation(activation))
            .collect::<Vec<_>>()
    };
    let mut right = reader(Seed(4), &layers(activation))?;
    has_sizes(name, &model, &[&[784], units, &[10]].concat())?;
    name_sizes([(64, "images"), (10, "classes")]);
    let images = test_images()?.take(64)?;
    let says = |activation| -> Result<Tensor> {
        reader(Seed(4), &layers(activation))?.predict(images.inputs())
    };
    same(
        &format!("{name}: predict(images)"),
        &predictions(&model, images.inputs())?,
        &right.predict(images.inputs())?,
        &[
            Slip::new(
                "wrong-activation",
                "Its hidden layers have ReLU.",
                says(Activation::Relu)?,
            ),
            Slip::new(
                "wrong-activation",
                "Its hidden layers have a sigmoid.",
                says(Activation::Sigmoid)?,
            ),
            Slip::new(
                "wrong-activation",
                "Its hidden layers have no activation.",
                says(Activation::Linear)?,
            ),
            Slip::new(
                "wrong-activation",
                "Its hidden layers have tanh.",
                says(Activation::Tanh)?,
            ),
        ],
    )?;
    compiled_like(model, &first_epochs(&mut right)?, &[], |_| Ok(Vec::new()))
}

pub(crate) fn the_drawn_net_is_784_16_16_10_sigmoid() -> Verdict {
    is_the_net(
        "The drawn net 784-16-16-10",
        drawn,
        &[16, 16],
        Activation::Sigmoid,
    )
}

pub(crate) fn the_printed_net_has_a_layer_of_784_more() -> Verdict {
    is_the_net(
        "The printed net 784-784-16-16-10",
        printed,
        &[784, 16, 16],
        Activation::Sigmoid,
    )
}

pub(crate) fn the_wide_net_is_784_512_10_relu() -> Verdict {
    is_the_net("The net 784-512-10", relu_512, &[512], Activation::Relu)
}

pub(crate) fn the_wide_net_reads_digits() -> Verdict {
    let mut model = called("relu_512", relu_512(Seed(1), &Device::Cpu))?;
    let settings = Fit {
        epochs: 4,
        batch_size: 64,
        progress: Progress::Silent,
        ..Fit::default()
    };
    let data = train_images()?;
    let history = called("fit of the net 784-512-10", model.fit(&data, settings))?;
    let verdict = at_least(
        "The accuracy of 784-512-10 on digits that it has not trained on, after 4 epochs on 2,000",
        model.evaluate(&test_images()?)?.accuracy()?,
        0.75,
        "Guessing gives 0.10.",
    );
    training("the loss on digits", &losses(&history))
        .classes(10)
        .reference(|| fitted(|seed| reader(seed, &[Dense::new(512).relu()]), &data, 4, 64))
        .explains(verdict)
}

fn number_net(hidden: Activation, last: Activation) -> Result<Model> {
    let mut model = Sequential::new()
        .add(Dense::new(15).activation(hidden))
        .add(Dense::new(5).activation(hidden))
        .add(Dense::new(1).activation(last))
        .build(13, Seed(4), &Device::Cpu)?;
    model.compile(Adam::default(), MeanSquaredError, [MeanSquaredError]);
    Ok(model)
}

/// 13 columns and a "price": half the first column minus the second, plus a little of a product.
fn table(n: usize) -> Result<Dataset> {
    let inputs = wave(&[n, 13], 0.5)?;
    let column = |i: usize| inputs.narrow(1, i, 1);
    let price = (((column(0)? * 0.5)? - column(1)?)? + (column(2)? * column(3)?)?)?;
    Dataset::new(inputs.clone(), price)
}

pub(crate) fn the_regression_net_gives_any_number() -> Verdict {
    let model = called(
        "regression with 13 columns",
        regression(13, Seed(4), &Device::Cpu),
    )?;
    let right = number_net(Activation::Relu, Activation::Linear)?;
    has_sizes("The regression net 13-15-5-1", &model, &[13, 15, 5, 1])?;
    let data = table(40)?;
    let says =
        |hidden, last| -> Result<Tensor> { number_net(hidden, last)?.predict(data.inputs()) };
    same(
        "predict(rows)",
        &predictions(&model, data.inputs())?,
        &right.predict(data.inputs())?,
        &[
            Slip::new(
                "activation-on-output",
                "The last layer has ReLU, so it can never say a number below 0: a regression ends linear.",
                says(Activation::Relu, Activation::Relu)?,
            ),
            Slip::new(
                "activation-on-output",
                "The last layer has a sigmoid, so all it can say lies between 0 and 1: a regression ends linear.",
                says(Activation::Relu, Activation::Sigmoid)?,
            ),
            Slip::new(
                "activation-on-output",
                "The last layer has a softmax: over one number that is always 1. A regression ends linear.",
                says(Activation::Relu, Activation::Softmax)?,
            ),
            Slip::new(
                "missing-activation",
                "There is no ReLU in it: three linear layers can do no more than one.",
                says(Activation::Linear, Activation::Linear)?,
            ),
            Slip::new(
                "wrong-activation",
                "Its hidden layers have a sigmoid; here it is ReLU.",
                says(Activation::Sigmoid, Activation::Linear)?,
            ),
            Slip::new(
                "wrong-activation",
                "Its hidden layers have tanh; here it is ReLU.",
                says(Activation::Tanh, Activation::Linear)?,
            ),
        ],
    )?;
    let columns = called(
        "regression with 4 columns",
        regression(4, Seed(4), &Device::Cpu),
    )?;
    has_sizes("The regression net 4-15-5-1", &columns, &[4, 15, 5, 1])
}

pub(crate) fn the_regression_net_learns_with_adam_and_mse() -> Verdict {
    let data = table(64)?;
    let learn = |mut model: Model| -> Result<Vec<f64>> {
        let settings = Fit {
            epochs: 2,
            progress: Progress::Silent,
            ..Fit::default()
        };
        Ok(losses(&model.fit(&data, settings)?))
    };
    let with = |optimizer: &str| -> Result<Vec<f64>> {
        let mut model = number_net(Activation::Relu, Activation::Linear)?;
        match optimizer {
            "RMSprop" => model.compile(RmsProp::default(), MeanSquaredError, ()),
            "SGD" => model.compile(Sgd::default(), MeanSquaredError, ()),
            "Adam with a rate of 0.01" => model.compile(Adam::new(0.01), MeanSquaredError, ()),
            "the mean absolute error" => model.compile(Adam::default(), MeanAbsoluteError, ()),
            _ => {}
        }
        learn(model)
    };
    let model = called(
        "regression with 13 columns",
        regression(13, Seed(4), &Device::Cpu),
    )?;
    let scores = called("Evaluating the regression net", model.evaluate(&data))?;
    if scores.get("mean_squared_error").is_none() {
        return slip(
            "missing-metric",
            "The regression net is compiled without the metric MeanSquaredError: metrics are the third thing that `compile` takes.",
        );
    }
    learned_like(
        &learn(model)?,
        &with("Adam")?,
        &[
            "RMSprop",
            "SGD",
            "Adam with a rate of 0.01",
            "the mean absolute error",
        ],
        with,
    )
}

pub(crate) fn the_last_quarter_is_held_back() -> Verdict {
    let data = table(80)?;
    let mut model = number_net(Activation::Relu, Activation::Linear)?;
    let history = called(
        "fit_regression on 80 rows for 3 epochs",
        fit_regression(&mut model, &data, 3, Progress::Silent),
    )?;
    if history.epochs() != 3 {
        return slip(
            "epochs-ignored",
            format!(
                "3 epochs were asked for, and the history has {}.",
                history.epochs()
            ),
        );
    }
    let Some(got) = history.last("val_loss") else {
        return slip(
            "no-validation",
            "The history has no `val_loss`: nothing was held back. `Validation::Split(0.25)` keeps the last quarter for measuring.",
        );
    };
    let fitted = |split: f64| -> Result<f64> {
        let mut model = number_net(Activation::Relu, Activation::Linear)?;
        let settings = Fit {
            epochs: 3,
            validation: Validation::Split(split),
            progress: Progress::Silent,
            ..Fit::default()
        };
        Ok(model
            .fit(&data, settings)?
            .last("val_loss")
            .unwrap_or(f64::NAN))
    };
    let on_all = model.evaluate(&data)?.loss();
    if (got - on_all).abs() < 1e-7 {
        return slip(
            "tested-on-training-data",
            "The validation loss is measured on all of the data, and so on what the net learned from: hold a quarter back.",
        );
    }
    expect("val_loss after 3 epochs, with the last quarter held back,")
        .within(1e-4)
        .mistake(
            "wrong-split",
            "Here three quarters were held back, and one was learned from.",
            fitted(0.75)?,
        )
        .mistake("wrong-split", "Here a fifth was held back.", fitted(0.2)?)
        .mistake("wrong-split", "Here half was held back.", fitted(0.5)?)
        .close(got, fitted(0.25)?)
}
