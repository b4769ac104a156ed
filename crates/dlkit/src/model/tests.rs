use super::*;
use crate::prelude::*;

fn points() -> Dataset {
    crate::data::two_moons(200, 0.1, Seed(5)).unwrap()
}

fn net() -> Sequential {
    Sequential::new()
        .add(Dense::new(16).tanh())
        .add(Dropout::new(0.1))
        .add(Dense::new(1).sigmoid())
}

fn compiled(seed: u64) -> Model {
    let mut model = net().build(2, Seed(seed), &Device::Cpu).unwrap();
    model.compile(Adam::new(0.05), BinaryCrossEntropy, [Accuracy]);
    model
}

fn quietly(epochs: usize) -> Fit<'static> {
    Fit {
        epochs,
        progress: Progress::Silent,
        ..Fit::default()
    }
}

fn weights(model: &Model) -> Vec<Vec<u32>> {
    let bits = |variable: &Variable| {
        let values = variable
            .tensor()
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
            .unwrap();
        values.into_iter().map(f32::to_bits).collect()
    };
    model.variables().iter().map(bits).collect()
}

#[test]
fn learns_two_moons() {
    let mut model = compiled(1);
    let history = model.fit(&points(), quietly(60)).unwrap();
    let (first, last) = (
        history.get("loss").unwrap()[0],
        history.last("loss").unwrap(),
    );
    assert!(last < first / 2.0, "the loss went from {first} to {last}");
    let test = crate::data::two_moons(200, 0.1, Seed(6)).unwrap();
    let accuracy = model.evaluate(&test).unwrap().accuracy().unwrap();
    assert!(accuracy > 0.93, "{accuracy}");
}

#[test]
fn same_seed_same_bits_and_another_seed_others() {
    let trained = |seed| {
        let mut model = compiled(seed);
        model.fit(&points(), quietly(2)).unwrap();
        weights(&model)
    };
    assert_eq!(trained(1), trained(1));
    assert_ne!(trained(1), trained(2));
}

#[test]
fn two_calls_of_fit_are_one_longer_run() {
    let (mut once, mut twice) = (compiled(1), compiled(1));
    once.fit(&points(), quietly(4)).unwrap();
    twice.fit(&points(), quietly(1)).unwrap();
    twice.fit(&points(), quietly(3)).unwrap();
    assert_eq!(weights(&once), weights(&twice));
}

#[test]
fn evaluation_and_prediction_agree_whatever_the_batches() {
    let model = compiled(1);
    let data = crate::data::two_moons(601, 0.1, Seed(5)).unwrap();
    let scores = model.evaluate(&data).unwrap();
    let predictions = model.predict(data.inputs()).unwrap();
    assert_eq!(predictions.dims(), [601, 1]);
    let whole = Accuracy.value(&predictions, data.targets()).unwrap();
    assert!((scores.accuracy().unwrap() - whole).abs() < 1e-12);
    let loss = crate::metrics::scalar(
        &BinaryCrossEntropy
            .loss(&predictions, data.targets())
            .unwrap(),
    )
    .unwrap();
    assert!(
        (scores.loss() - loss).abs() < 1e-5,
        "{} and {loss}",
        scores.loss()
    );
}

#[test]
fn validation_split_takes_the_last_samples_and_never_learns_from_them() {
    let data = points();
    let with_split = |data: &Dataset| {
        let mut model = compiled(1);
        let history = model
            .fit(
                data,
                Fit {
                    validation: Validation::Split(0.25),
                    ..quietly(2)
                },
            )
            .unwrap();
        (weights(&model), history)
    };
    let (split, history) = with_split(&data);
    let mut model = compiled(1);
    model.fit(&data.take(150).unwrap(), quietly(2)).unwrap();
    assert_eq!(split, weights(&model));
    assert_eq!(history.get("val_accuracy").unwrap().len(), 2);
    let last = Dataset::new(
        data.inputs().narrow(0, 150, 50).unwrap(),
        data.targets().narrow(0, 150, 50).unwrap(),
    );
    assert_eq!(
        history.last("val_loss").unwrap(),
        model.evaluate(&last.unwrap()).unwrap().loss()
    );
}

#[test]
fn the_summary_counts_the_decks_networks() {
    let deck = |hidden: &[usize]| {
        let net = hidden
            .iter()
            .fold(Sequential::new().add(Flatten::new()), |net, n| {
                net.add(Dense::new(*n).sigmoid())
            });
        net.add(Dense::new(10).softmax())
            .build((28, 28), Seed(1), &Device::Cpu)
            .unwrap()
    };
    assert_eq!(
        [deck(&[16, 16]), deck(&[784, 16, 16]), deck(&[512])].map(|m| m.parameters()),
        [13_002, 628_442, 407_050]
    );
    let table = deck(&[16, 16]).summary().to_string();
    for part in [
        "flatten",
        "(n, 784)",
        "dense_2",
        "(n, 10)",
        "12,560",
        "Total: 13,002 parameters",
    ] {
        assert!(table.contains(part), "{part} is missing:\n{table}");
    }
}

#[test]
fn a_wrong_input_shape_is_explained() {
    let mut model = compiled(1);
    let data = Dataset::new(
        Tensor::zeros((5, 3), DType::F32, &Device::Cpu).unwrap(),
        Tensor::zeros((5, 1), DType::F32, &Device::Cpu).unwrap(),
    );
    let error = model.fit(&data.unwrap(), quietly(1)).unwrap_err();
    let message = format!("{error:#}");
    assert!(
        message.contains("(n, 2)") && message.contains("[5, 3]") && message.contains("epoch 1"),
        "{message}"
    );
}

#[test]
fn fit_before_compile_says_what_to_call() {
    let mut model = net().build(2, Seed(1), &Device::Cpu).unwrap();
    assert!(
        model
            .fit(&points(), quietly(1))
            .unwrap_err()
            .to_string()
            .contains("compile")
    );
}

#[test]
fn a_loss_that_is_not_a_number_stops_with_the_place_and_keeps_the_weights() {
    let mut model = compiled(1);
    let before = weights(&model);
    let inputs = Tensor::new(&[[f32::NAN, 0.0]], &Device::Cpu).unwrap();
    let data = Dataset::new(
        inputs,
        Tensor::ones((1, 1), DType::F32, &Device::Cpu).unwrap(),
    )
    .unwrap();
    let message = format!("{:#}", model.fit(&data, quietly(1)).unwrap_err());
    assert!(
        message.contains("epoch 1, step 1") && message.contains("NaN"),
        "{message}"
    );
    assert_eq!(before, weights(&model));
    // The model is still usable.
    model.fit(&points(), quietly(1)).unwrap();
}

#[test]
fn a_layer_that_cuts_the_graph_is_found_by_the_first_step() {
    struct Cut;
    impl Layer for Cut {
        fn kind(&self) -> &'static str {
            "cut"
        }
        fn describe(&self) -> String {
            "cut()".into()
        }
        fn build(&self, input_shape: &[usize], _: &mut Scope) -> Result<crate::layers::Built> {
            Ok(crate::layers::Built {
                layer: Box::new(Self),
                output_shape: input_shape.to_vec(),
            })
        }
    }
    impl BuiltLayer for Cut {
        fn forward(&self, input: &Tensor, _: &Pass) -> Result<Tensor> {
            Ok(candle_nn::ops::softmax_last_dim(input)?)
        }
    }
    let mut model = Sequential::new()
        .add(Dense::new(4))
        .add(Cut)
        .add(Dense::new(1).sigmoid())
        .build(2, Seed(1), &Device::Cpu)
        .unwrap();
    model.compile(Sgd::default(), BinaryCrossEntropy, ());
    let message = format!("{:#}", model.fit(&points(), quietly(1)).unwrap_err());
    assert!(message.contains("dense/kernel, dense/bias:"), "{message}");
    assert!(!message.contains("dense_1"), "{message}");
}

#[test]
fn early_stopping_waits_and_brings_the_best_weights_back() {
    /// Pretends to be the learning rate going wrong: after epoch 2 nothing gets better.
    struct Spoil(Option<Vec<Vec<u32>>>);
    impl Callback for Spoil {
        fn on_epoch_end(
            &mut self,
            epoch: usize,
            _: &[(String, f64)],
            training: &mut Training<'_>,
        ) -> Result<()> {
            if epoch == 2 {
                let bits =
                    |v: &Variable| v.tensor().flatten_all().unwrap().to_vec1::<f32>().unwrap();
                self.0 = Some(
                    training
                        .variables
                        .iter()
                        .map(|v| bits(v).into_iter().map(f32::to_bits).collect())
                        .collect(),
                );
                training.optimizer.set_learning_rate(-0.05);
            }
            Ok(())
        }
    }
    let data = points();
    let mut model = compiled(1);
    let (mut spoil, mut stopping) = (
        Spoil(None),
        EarlyStopping::new("val_loss")
            .patience(2)
            .restore_best_weights(),
    );
    let history = model
        .fit(
            &data,
            Fit {
                validation: Validation::Data(&data),
                callbacks: vec![&mut stopping, &mut spoil],
                ..quietly(50)
            },
        )
        .unwrap();
    assert_eq!(
        history.epochs(),
        6,
        "three good epochs, then three without a gain"
    );
    assert!(history.stopped.unwrap().contains("val_loss"));
    assert_eq!(weights(&model), spoil.0.unwrap());
}

#[test]
fn a_figure_that_is_not_there_is_refused_with_those_that_are() {
    let mut stopping = EarlyStopping::new("val_loss");
    let settings = Fit {
        callbacks: vec![&mut stopping],
        ..quietly(1)
    };
    let message = compiled(1)
        .fit(&points(), settings)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("loss, accuracy") && message.contains("validation data"),
        "{message}"
    );
}

#[test]
fn a_schedule_sets_the_learning_rate_of_every_step() {
    struct Seen(Vec<f64>);
    impl Callback for Seen {
        fn on_step_begin(&mut self, _: usize, _: usize, training: &mut Training<'_>) -> Result<()> {
            self.0.push(training.optimizer.learning_rate());
            Ok(())
        }
    }
    let run = |unit| {
        let mut schedule = LearningRateScheduler::new(|time: usize| 0.1 / (time + 1) as f64, unit);
        let mut seen = Seen(Vec::new());
        let settings = Fit {
            batch_size: 100,
            callbacks: vec![&mut schedule, &mut seen],
            ..quietly(2)
        };
        compiled(1).fit(&points(), settings).unwrap();
        seen.0
    };
    assert_eq!(
        run(ScheduleUnit::Step),
        [0.1, 0.1 / 2.0, 0.1 / 3.0, 0.1 / 4.0]
    );
    assert_eq!(run(ScheduleUnit::Epoch), [0.1, 0.1, 0.05, 0.05]);
}

#[test]
fn what_is_saved_is_what_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (mut trained, mut other) = (compiled(1), compiled(2));
    trained.fit(&points(), quietly(1)).unwrap();
    trained.save(&path).unwrap();
    other.load(&path).unwrap();
    assert_eq!(weights(&trained), weights(&other));
}

#[test]
fn another_architecture_is_refused_by_its_first_difference() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    compiled(1).save(&path).unwrap();
    let mut wider = Sequential::new()
        .add(Dense::new(32).relu())
        .add(Dense::new(1))
        .build(2, Seed(1), &Device::Cpu)
        .unwrap();
    let before = weights(&wider);
    let message = format!("{:#}", wider.load(&path).unwrap_err());
    assert!(
        message.contains("layer 1") && message.contains("units=16") && message.contains("units=32"),
        "{message}"
    );
    assert_eq!(before, weights(&wider));
}

#[test]
fn a_damaged_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let mut model = compiled(1);
    model.save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let before = weights(&model);
    for bytes in [
        &whole[..whole.len() - 5],
        &whole[..20],
        b"",
        b"not a safetensors file at all",
    ] {
        std::fs::write(&path, bytes).unwrap();
        let message = format!("{:#}", model.load(&path).unwrap_err());
        assert!(message.contains("model.safetensors"), "{message}");
    }
    assert!(model.load(folder.path().join("missing")).is_err());
    assert_eq!(before, weights(&model));
}

#[test]
fn a_checkpoint_holds_the_best_epoch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("best.safetensors");
    let data = points();
    let mut model = compiled(1);
    let mut checkpoint = ModelCheckpoint::new(&path, "val_accuracy");
    let history = model
        .fit(
            &data,
            Fit {
                validation: Validation::Data(&data),
                callbacks: vec![&mut checkpoint],
                ..quietly(12)
            },
        )
        .unwrap();
    let best = history
        .get("val_accuracy")
        .unwrap()
        .iter()
        .copied()
        .fold(0.0, f64::max);
    model.load(&path).unwrap();
    assert_eq!(model.evaluate(&data).unwrap().accuracy().unwrap(), best);
}
