//! Checks of step8_networks.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson4::step8_networks::*;

pub(crate) fn images_get_a_channel() -> Verdict {
    let images = wave(&[5, 4, 3], 0.)?;
    let labels = Tensor::new(&[3u32, 1, 4, 1, 5], &Device::Cpu)?;
    let data = Dataset::new(images.clone(), labels.clone())?;
    name_sizes([(5, "images"), (4, "rows"), (3, "columns")]);
    let call = "with_channel of images [5, 4, 3]";
    // A batch of one image with five channels has too few images for five labels.
    let in_front = Dataset::new(images.unsqueeze(0)?, labels.clone());
    let got = fails_alike(
        called(call, with_channel(&data)),
        in_front.err(),
        "batch-axis-for-channel",
        "The new axis stands in front, where the images are counted: so they became one image of many channels. The channels of each image come behind that.",
    )?;
    same(
        "with_channel(data).inputs()",
        got.inputs(),
        &images.unsqueeze(1)?,
        &[
            Slip::new(
                "channels-last",
                "The channel stands last, as Keras has it. dlkit has it in the second place, before height and width.",
                images.unsqueeze(3)?,
            ),
            Slip::new(
                "no-channel",
                "The axis of the channels is missing.",
                images.clone(),
            ),
        ],
    )?;
    same("with_channel(data).targets()", got.targets(), &labels, &[])
}

/// Names the mistake when the student's call ends in the very error that the mistake gives.
fn fails_alike<T>(
    got: Found<T>,
    with_mistake: Option<anyhow::Error>,
    diagnosis: &str,
    sentence: &str,
) -> Found<T> {
    got.map_err(|failure| match with_mistake {
        Some(error) if failure.message.contains(&format!("{error:#}")) => {
            Failure::new(format!("{}. {sentence}", failure.message)).diagnosed(diagnosis)
        }
        _ => failure,
    })
}

/// Calls the student's `keras_cnn`.
fn student_cnn() -> Found<Model> {
    let channels_last = keras_net().build((28, 28, 1), SEED, &Device::Cpu);
    fails_alike(
        called(
            "keras_cnn(Seed(4), &Device::Cpu)",
            keras_cnn(SEED, &Device::Cpu),
        ),
        channels_last.err(),
        "channels-last",
        "It was built for images of (28, 28, 1), with the channels last, as Keras has them. dlkit has them first: (channels, height, width).",
    )
}

fn mlp_net(h: usize) -> Sequential {
    Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(h).relu())
        .add(Dense::new(10).softmax())
}

pub(crate) fn the_net_of_keras_has_34_826_parameters() -> Verdict {
    let model = student_cnn()?;
    let got = model.parameters();
    if got == 34_826 {
        return Ok(());
    }
    let conv = |filters, size: usize| Conv2D::new(filters, size).relu();
    let end = |net: Sequential| net.add(Flatten::new()).add(Dense::new(10).softmax());
    let pool = || MaxPooling2D::new(2);
    let begin = || Sequential::new();
    let facts = format!("keras_cnn has {got} parameters, but it should have 34,826.");
    for (diagnosis, sentence, net) in [
        (
            "wrong-padding",
            "That is the net with padding same; these convolutions have none.",
            end(begin()
                .add(conv(32, 3).padding(Padding::Same))
                .add(pool())
                .add(conv(64, 3).padding(Padding::Same))
                .add(pool())),
        ),
        (
            "missing-pooling",
            "The first pooling is missing.",
            end(begin().add(conv(32, 3)).add(conv(64, 3)).add(pool())),
        ),
        (
            "missing-pooling",
            "The second pooling is missing.",
            end(begin().add(conv(32, 3)).add(pool()).add(conv(64, 3))),
        ),
        (
            "missing-pooling",
            "Both poolings are missing.",
            end(begin().add(conv(32, 3)).add(conv(64, 3))),
        ),
        (
            "wrong-filters",
            "The filters have changed places: first 32, then 64.",
            end(begin()
                .add(conv(64, 3))
                .add(pool())
                .add(conv(32, 3))
                .add(pool())),
        ),
        (
            "wrong-filters",
            "Both convolutions have 32 filters; the second has 64.",
            end(begin()
                .add(conv(32, 3))
                .add(pool())
                .add(conv(32, 3))
                .add(pool())),
        ),
        (
            "wrong-filters",
            "Both convolutions have 64 filters; the first has 32.",
            end(begin()
                .add(conv(64, 3))
                .add(pool())
                .add(conv(64, 3))
                .add(pool())),
        ),
        (
            "wrong-kernel",
            "The windows are 5×5; they should be 3×3.",
            end(begin()
                .add(conv(32, 5))
                .add(pool())
                .add(conv(64, 5))
                .add(pool())),
        ),
        (
            "wrong-kernel",
            "The windows are 2×2; they should be 3×3.",
            end(begin()
                .add(conv(32, 2))
                .add(pool())
                .add(conv(64, 2))
                .add(pool())),
        ),
        (
            "missing-flatten",
            "There is no Flatten: the last layer must see all 1,600 numbers of an image at once, in a row.",
            begin()
                .add(conv(32, 3))
                .add(pool())
                .add(conv(64, 3))
                .add(pool())
                .add(Dense::new(10).softmax()),
        ),
        (
            "extra-layer",
            "There is a dense layer of 128 before the votes, as in many tutorials; this net has none.",
            maps_of(begin())
                .add(Dense::new(128).relu())
                .add(Dense::new(10).softmax()),
        ),
        (
            "missing-convolution",
            "The second convolution is missing.",
            end(begin().add(conv(32, 3)).add(pool())),
        ),
        (
            "wrong-pooling",
            "The poolings are 3×3; they should be 2×2.",
            end(begin()
                .add(conv(32, 3))
                .add(MaxPooling2D::new(3))
                .add(conv(64, 3))
                .add(MaxPooling2D::new(3))),
        ),
    ] {
        if built(net)?.parameters() == got {
            return slip(diagnosis, format!("{facts} {sentence}"));
        }
    }
    fail!("{facts} Its layers are: {}.", layers(&model));
}

pub(crate) fn its_layers_are_those_of_the_table() -> Verdict {
    let model = student_cnn()?;
    let (_, images) = digits(1, 8)?;
    let x = images.inputs();
    let right = built(keras_net())?;
    let net = |first: Conv2D, second: Conv2D, last: Dense, largest: bool| -> Result<Tensor> {
        let pool = |net: Sequential| {
            if largest {
                net.add(MaxPooling2D::new(2))
            } else {
                net.add(AveragePooling2D::new(2))
            }
        };
        let net = pool(pool(Sequential::new().add(first)).add(second));
        built(net.add(Flatten::new()).add(last))?.predict(x)
    };
    let conv = |filters| Conv2D::new(filters, 3);
    let vote = || Dense::new(10);
    let slips = [
        Slip::new(
            "missing-activation",
            "The convolutions have no ReLU.",
            net(conv(32), conv(64), vote().softmax(), true)?,
        ),
        Slip::new(
            "missing-activation",
            "The first convolution has no ReLU.",
            net(conv(32), conv(64).relu(), vote().softmax(), true)?,
        ),
        Slip::new(
            "missing-activation",
            "The second convolution has no ReLU.",
            net(conv(32).relu(), conv(64), vote().softmax(), true)?,
        ),
        Slip::new(
            "wrong-activation",
            "The convolutions have sigmoids; they should have ReLU.",
            net(
                conv(32).sigmoid(),
                conv(64).sigmoid(),
                vote().softmax(),
                true,
            )?,
        ),
        Slip::new(
            "missing-softmax",
            "The last layer has no softmax, so what comes out are no probabilities.",
            net(conv(32).relu(), conv(64).relu(), vote(), true)?,
        ),
        Slip::new(
            "wrong-activation",
            "The last layer has a sigmoid; it should have a softmax.",
            net(conv(32).relu(), conv(64).relu(), vote().sigmoid(), true)?,
        ),
        Slip::new(
            "average-for-maximum",
            "The poolings take the mean of each block; they should take its maximum.",
            net(conv(32).relu(), conv(64).relu(), vote().softmax(), false)?,
        ),
        Slip::new(
            "seed-not-used",
            "The net starts from another seed than the one passed in.",
            keras_net()
                .build((1, 28, 28), Seed(42), &Device::Cpu)?
                .predict(x)?,
        ),
    ];
    same(
        "keras_cnn(Seed(4)).predict(8 digits)",
        &called("Predicting 8 digits", model.predict(x))?,
        &right.predict(x)?,
        &slips,
    )?;
    // Dropout shows only while training.
    let pass = Pass::training(Seed(9));
    let got = called("A training pass of keras_cnn", model.forward(x, &pass))?.detach();
    let dropped = |rate: f64| -> Result<Tensor> {
        let net = Sequential::new()
            .add(conv(32).relu())
            .add(MaxPooling2D::new(2))
            .add(conv(64).relu())
            .add(MaxPooling2D::new(2))
            .add(Flatten::new())
            .add(Dropout::new(rate))
            .add(vote().softmax());
        Ok(built(net)?.forward(x, &pass)?.detach())
    };
    same(
        "keras_cnn(Seed(4)).forward(8 digits, in training)",
        &got,
        &right.forward(x, &pass)?.detach(),
        &[
            Slip::new(
                "missing-dropout",
                "The same as when it is asked: there is no dropout before the last layer.",
                right.predict(x)?,
            ),
            Slip::new(
                "dropout-at-output",
                "In training, half of the ten probabilities are 0: the dropout stands behind the votes. It belongs before the last layer.",
                {
                    let net = maps_of(Sequential::new()).add(vote().softmax());
                    let net = built(net.add(Dropout::new(0.5)))?;
                    net.forward(x, &pass)?.detach()
                },
            ),
            Slip::new(
                "wrong-rate",
                "Dropout takes a quarter of the numbers away; it should take half.",
                dropped(0.25)?,
            ),
            Slip::new(
                "wrong-rate",
                "Dropout takes a fifth of the numbers away; it should take half.",
                dropped(0.2)?,
            ),
        ],
    )
}

pub(crate) fn parameters_are_counted_layer_by_layer() -> Verdict {
    let got = parameters_by_layer();
    let names = [
        "the first convolution",
        "the second convolution",
        "the dense layer",
    ];
    for (i, (want, without_bias)) in [(320, 288), (18_496, 18_432), (16_010, 16_000)]
        .into_iter()
        .enumerate()
    {
        let n = got[i];
        if n == without_bias {
            return slip(
                "missing-bias",
                format!(
                    "For {} you count {n}: those are the weights; the biases learn as well.",
                    names[i]
                ),
            );
        }
        if i == 1 && n == 64 * 10 {
            return slip(
                "channels-ignored",
                format!(
                    "For {} you count {n}: each of its filters has 9 weights for each of the 32 channels that come in.",
                    names[i]
                ),
            );
        }
        if i == 2 && n == 10 * (64 * 36 + 1) {
            return slip(
                "wrong-side",
                format!(
                    "For {} you count {n}, as for maps of 6×6. 11 rows in blocks of 2 leave 5.",
                    names[i]
                ),
            );
        }
        ensure!(
            n == want,
            "For {} you count {n} parameters, but it has {want}.",
            names[i]
        );
    }
    Ok(())
}

pub(crate) fn the_rival_is_as_large() -> Verdict {
    for (parameters, want) in [
        (34_826, 44),
        (407_050, 512),
        (805, 1),
        (13_002, 16),
        // So near to the middle between 20 and 21 that the ten biases decide.
        (16_300, 20),
    ] {
        let got = equal_width(parameters);
        if got == want {
            continue;
        }
        let asked = format!(
            "equal_width({parameters}) is {got}, with {} parameters",
            795 * got + 10
        );
        if got + 1 == want {
            return slip(
                "rounded-down",
                format!(
                    "{asked}; {want} has {}, which is nearer: round to the nearest.",
                    795 * want + 10
                ),
            );
        }
        if got == (parameters as f64 / 795.).round() as usize {
            return slip(
                "output-biases-ignored",
                format!(
                    "{asked}, but it should be {want}. The ten biases of the last layer are there whatever h is: 795·h + 10."
                ),
            );
        }
        if got == (parameters as f64 / 784.).round() as usize {
            return slip(
                "output-ignored",
                format!("{asked}. Each hidden neuron also has a bias and ten weights behind it."),
            );
        }
        fail!("{asked}, but it should be {want}.");
    }
    Ok(())
}

pub(crate) fn the_rival_is_a_dense_net() -> Verdict {
    let model = called(
        "mlp(44, Seed(4), &Device::Cpu)",
        mlp(44, SEED, &Device::Cpu),
    )?;
    let flat = built(
        Sequential::new()
            .add(Dense::new(44).relu())
            .add(Dense::new(10).softmax()),
    )?;
    if model.parameters() == flat.parameters() {
        return slip(
            "missing-flatten",
            format!(
                "mlp(44) has {} parameters: each of the 28 rows of an image goes through the layers by itself. Flatten makes one row of the 784 pixels.",
                flat.parameters()
            ),
        );
    }
    ensure!(
        model.parameters() == 34_990,
        "mlp(44) has {} parameters, but 784-44-10 has 34,990. Its layers are: {}.",
        model.parameters(),
        layers(&model)
    );
    let (_, images) = digits(1, 8)?;
    let with = |hidden: Dense, last: Dense| -> Result<Tensor> {
        built(Sequential::new().add(Flatten::new()).add(hidden).add(last))?.predict(images.inputs())
    };
    same(
        "mlp(44, Seed(4)).predict(8 digits)",
        &called("Predicting 8 digits", model.predict(images.inputs()))?,
        &built(mlp_net(44))?.predict(images.inputs())?,
        &[
            Slip::new(
                "wrong-activation",
                "The hidden layer has no activation.",
                with(Dense::new(44), Dense::new(10).softmax())?,
            ),
            Slip::new(
                "wrong-activation",
                "The hidden layer has a sigmoid; it should have ReLU.",
                with(Dense::new(44).sigmoid(), Dense::new(10).softmax())?,
            ),
            Slip::new(
                "missing-softmax",
                "The last layer has no softmax.",
                with(Dense::new(44).relu(), Dense::new(10))?,
            ),
        ],
    )?;
    let other = called("mlp(7, Seed(4), &Device::Cpu)", mlp(7, SEED, &Device::Cpu))?;
    if other.parameters() == model.parameters() {
        return slip(
            "width-ignored",
            "mlp(7) has as many parameters as mlp(44): `h` is how wide the hidden layer is.",
        );
    }
    ensure!(
        other.parameters() == 795 * 7 + 10,
        "mlp(7) has {} parameters, but it should have {}: `h` is how wide it is.",
        other.parameters(),
        795 * 7 + 10
    );
    Ok(())
}

pub(crate) fn both_are_compiled_to_be_trained() -> Verdict {
    let (data, _) = digits(48, 1)?;
    let cnn = called("keras_cnn", keras_cnn(SEED, &Device::Cpu))?;
    learns_with_adam("keras_cnn", cnn, &data, keras_net)?;
    let rival = called("mlp", mlp(44, SEED, &Device::Cpu))?;
    learns_with_adam("mlp(44)", rival, &data, || mlp_net(44))
}

/// A training of the checks' own hand, for each of two seeds: what the student's is held against when it misses its mark.
fn reference(data: &Dataset, settings: impl Fn() -> Fit<'static>) -> Result<Vec<Vec<f64>>> {
    let run = |seed: u64| -> Result<Vec<f64>> {
        let mut model = keras_net().build((1, 28, 28), Seed(seed), &Device::Cpu)?;
        model.compile(Adam::default(), SparseCategoricalCrossEntropy, [Accuracy]);
        Ok(losses(&model.fit(data, settings())?))
    };
    [2, 3].into_iter().map(run).collect()
}

pub(crate) fn it_learns_64_digits_by_heart() -> Verdict {
    let (data, _) = digits(64, 1)?;
    let mut model = called("keras_cnn", keras_cnn(Seed(1), &Device::Cpu))?;
    let history = called(
        "Training keras_cnn on 64 digits",
        model.fit(&data, quietly(40, 16)),
    )?;
    let right = called("Evaluating keras_cnn", model.evaluate(&data))?.accuracy()?;
    training("the loss of keras_cnn on 64 digits", &losses(&history))
        .classes(10)
        .reference(|| reference(&data, || quietly(40, 16)))
        .explains(at_least(
            "The share of 64 digits that the net reads after 40 epochs on just these 64",
            right,
            1.,
            "A net that can learn knows them all by then.",
        ))
}

pub(crate) fn it_reads_digits_better_than_its_rival() -> Verdict {
    let (train, test) = digits(1_000, 500)?;
    let trained = |name: &str, mut model: Model| -> Found<(Vec<f64>, f64)> {
        let history = called(
            &format!("Training {name}"),
            model.fit(&train, quietly(6, 32)),
        )?;
        let score = called(&format!("Evaluating {name}"), model.evaluate(&test))?;
        Ok((losses(&history), score.accuracy()?))
    };
    let (_, rival) = trained("mlp(44)", called("mlp", mlp(44, Seed(1), &Device::Cpu))?)?;
    let (losses, cnn) = trained(
        "keras_cnn",
        called("keras_cnn", keras_cnn(Seed(1), &Device::Cpu))?,
    )?;
    let training = training("the loss of keras_cnn on 1,000 digits", &losses)
        .classes(10)
        .reference(|| reference(&train, || quietly(6, 32)));
    training.explains(at_least(
        &format!(
            "The accuracy of keras_cnn after 6 epochs on 1,000 digits (its rival reads {rival:.3})"
        ),
        cnn,
        CNN_READS,
        "Guessing gives 0.10.",
    ))?;
    training.explains(at_least(
        &format!("What keras_cnn reads more than its rival ({cnn:.3} and {rival:.3} of the unseen digits)"),
        cnn - rival,
        0.05,
        "With as many parameters the convolutions should win clearly.",
    ))
}

/// The reference reaches 0.894, and its rival 0.758; the margin is for other orders of the same layers' draws.
const CNN_READS: f64 = 0.85;
