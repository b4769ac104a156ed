//! Checks of step7_with_dlkit.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson3::step7_with_dlkit::*;

fn net(seed: Seed, hidden: Dense, last: Dense) -> Result<Model> {
    Sequential::new()
        .add(Flatten::new())
        .add(hidden)
        .add(last)
        .build((28, 28), seed, &Device::Cpu)
}

fn right(seed: Seed) -> Result<Model> {
    let mut model = net(seed, Dense::new(64).relu(), Dense::new(10).softmax())?;
    model.compile(
        RmsProp::default(),
        SparseCategoricalCrossEntropy,
        [Accuracy],
    );
    Ok(model)
}

pub(crate) fn builds_the_net_784_64_10() -> Verdict {
    let model = called("build(Seed(4), &Device::Cpu)", build(Seed(4), &Device::Cpu))?;
    has_sizes("The net 784-64-10", &model, &[784, 64, 10])?;
    name_sizes([(500, "images"), (10, "classes")]);
    let images = test_images()?;
    let got = predictions(&model, images.inputs())?;
    same(
        "predict(images)",
        &got,
        &right(Seed(4))?.predict(images.inputs())?,
        &[
            Slip::new(
                "wrong-activation",
                "The hidden layer has no activation: `.relu()`.",
                net(Seed(4), Dense::new(64), Dense::new(10).softmax())?.predict(images.inputs())?,
            ),
            Slip::new(
                "wrong-activation",
                "The hidden layer has a sigmoid; this net wants ReLU.",
                net(Seed(4), Dense::new(64).sigmoid(), Dense::new(10).softmax())?
                    .predict(images.inputs())?,
            ),
            Slip::new(
                "wrong-activation",
                "The hidden layer has tanh; this net wants ReLU.",
                net(Seed(4), Dense::new(64).tanh(), Dense::new(10).softmax())?
                    .predict(images.inputs())?,
            ),
            Slip::new(
                "missing-softmax",
                "The last layer has no softmax, so what comes out are no probabilities.",
                net(Seed(4), Dense::new(64).relu(), Dense::new(10))?.predict(images.inputs())?,
            ),
            Slip::new(
                "wrong-activation",
                "The last layer has a sigmoid: each number lies between 0 and 1, but the ten do not sum to 1. Softmax does that.",
                net(Seed(4), Dense::new(64).relu(), Dense::new(10).sigmoid())?
                    .predict(images.inputs())?,
            ),
            Slip::new(
                "seed-not-used",
                "The net starts from another seed than the one passed in.",
                right(Seed(42))?.predict(images.inputs())?,
            ),
        ],
    )
}

pub(crate) fn is_compiled_to_be_trained() -> Verdict {
    let trained = |optimizer: &str| -> Result<Vec<f64>> {
        let mut model = right(Seed(4))?;
        match optimizer {
            "Adam" => model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]),
            "RMSprop with a rate of 0.01" => model.compile(
                RmsProp::new(0.01),
                SparseCategoricalCrossEntropy,
                [Accuracy],
            ),
            "SGD" => model.compile(Sgd::default(), SparseCategoricalCrossEntropy, [Accuracy]),
            _ => {}
        }
        first_epochs(&mut model)
    };
    compiled_like(
        called("build(Seed(4), &Device::Cpu)", build(Seed(4), &Device::Cpu))?,
        &trained("RMSprop")?,
        &["Adam", "SGD", "RMSprop with a rate of 0.01"],
        trained,
    )
}

pub(crate) fn fits_with_the_settings_it_is_given() -> Verdict {
    let data = train_images()?.take(300)?;
    let fit = |epochs, batch_size, shuffle| -> Result<Vec<f64>> {
        let settings = Fit {
            epochs,
            batch_size,
            shuffle,
            progress: Progress::Silent,
            ..Fit::default()
        };
        Ok(losses(&right(Seed(4))?.fit(&data, settings)?))
    };
    let mut model = right(Seed(4))?;
    let history = called(
        "train for 3 epochs in batches of 50",
        train(&mut model, &data, 3, 50, Progress::Silent),
    )?;
    let got = losses(&history);
    let near = |other: &[f64]| {
        got.len() == other.len() && got.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-4)
    };
    if near(&fit(3, 50, true)?) {
        return Ok(());
    }
    if got.len() == 50 {
        return slip(
            "batch-size-for-epochs",
            "3 epochs in batches of 50 were asked for, and the history has 50 epochs: which of the two numbers went into which field?",
        );
    }
    if got.len() != 3 {
        return slip(
            "epochs-ignored",
            format!(
                "3 epochs were asked for, and the history has {}: does `epochs` stand in the settings of fit, and is fit called once?",
                got.len()
            ),
        );
    }
    if near(&fit(3, 32, true)?) {
        return slip(
            "batch-size-ignored",
            "The losses are those of batches of 32, the default; batches of 50 were asked for: `batch_size` belongs in the settings \
             of fit.",
        );
    }
    if near(&fit(3, 50, false)?) {
        return slip(
            "not-shuffled",
            "The losses are those of training without a shuffle: leave `shuffle` at its default.",
        );
    }
    fail!(
        "3 epochs in batches of 50 give the losses {:.4?}, but here they are {got:.4?}. Is the model trained on all of `data`, once, with \
         no other settings than these?",
        fit(3, 50, true)?
    );
}

pub(crate) fn measures_loss_and_accuracy_on_the_test_data() -> Verdict {
    let mut model = right(Seed(4))?;
    let settings = Fit {
        epochs: 1,
        progress: Progress::Silent,
        ..Fit::default()
    };
    model.fit(&train_images()?.take(500)?, settings)?;
    let test = test_images()?;
    let (loss, accuracy) = called("test_scores of a trained model", test_scores(&model, &test))?;
    let want = model.evaluate(&test)?;
    let right = want.accuracy()?;
    if (loss - right).abs() < 1e-9 && (accuracy - want.loss()).abs() < 1e-9 {
        return slip(
            "pair-swapped",
            "Loss and accuracy have changed places: first the loss, then the accuracy.",
        );
    }
    if (accuracy - want.loss()).abs() < 1e-9 {
        return slip(
            "loss-for-accuracy",
            format!(
                "The second number is {accuracy:.4}, the loss again: the accuracy belongs there."
            ),
        );
    }
    if (accuracy - 100. * right).abs() < 1e-6 {
        return slip(
            "percent-for-share",
            format!("The accuracy is {accuracy}, in percent. Give it as a share from 0 to 1."),
        );
    }
    if (loss - (1. - right)).abs() < 1e-9 {
        return slip(
            "errors-for-loss",
            format!(
                "The first number is {loss:.4}, the share of wrong answers: the loss belongs there, what the training makes smaller."
            ),
        );
    }
    close_within("the loss on the test data", loss, want.loss(), 1e-6)?;
    close_within("the accuracy on the test data", accuracy, right, 1e-9)
}

pub(crate) fn reads_digits_after_five_epochs() -> Verdict {
    let mut model = called("build(Seed(4), &Device::Cpu)", build(Seed(4), &Device::Cpu))?;
    let data = train_images()?;
    let history = called(
        "train for 5 epochs",
        train(&mut model, &data, 5, 64, Progress::Silent),
    )?;
    let verdict = at_least(
        "The accuracy on digits that the net has not trained on, after 5 epochs",
        model.evaluate(&test_images()?)?.accuracy()?,
        0.73,
        "Guessing gives 0.10. Does `train` train the model that it is given?",
    );
    training("the loss on digits", &losses(&history))
        .classes(10)
        .reference(|| fitted(right, &data, 5, 64))
        .explains(verdict)
}
