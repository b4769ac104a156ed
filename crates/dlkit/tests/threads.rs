//! The same seed gives the same bits on any number of threads. Candle and rayon read their number of threads once for a
//! process, so each training runs in a process of its own: this test starts itself again.

mod nets;

use dlkit::prelude::*;
use std::process::Command;

const CHILD: &str = "DLKIT_TEST_PRINT_WEIGHTS";

fn bits(model: &Model) -> Result<Vec<u32>> {
    let mut bits = Vec::new();
    for variable in model.variables() {
        let numbers = variable.tensor().flatten_all()?.to_vec1::<f32>()?;
        bits.extend(numbers.into_iter().map(f32::to_bits));
    }
    Ok(bits)
}

fn settings() -> Fit<'static> {
    Fit {
        epochs: 2,
        batch_size: 32,
        progress: Progress::Silent,
        ..Fit::default()
    }
}

/// The weights of nets of every layer, and of one that is wide enough for its products to be cut into many tasks.
fn trained_weights() -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for mut case in nets::all()? {
        case.model
            .fit(&case.data, settings())
            .with_context(|| format!("the net of {}", case.name))?;
        all.extend(bits(&case.model)?);
    }
    let seed = Seed(3);
    let inputs =
        Initializer::Uniform(1.0).tensor(&[600, 784], seed.derive("inputs"), &Device::Cpu)?;
    let targets = Tensor::from_iter((0..600u32).map(|i| i % 10), &Device::Cpu)?;
    let mut model = Sequential::new()
        .add(GaussianNoise::new(0.1))
        .add(Dense::new(256).relu())
        .add(BatchNormalization::new())
        .add(Dropout::new(0.3))
        .add(Dense::new(10).softmax())
        .build(784, seed, &Device::Cpu)?;
    let loss = SparseCategoricalCrossEntropy;
    model.compile(RmsProp::default(), loss, [Accuracy]);
    model.fit(&Dataset::new(inputs, targets)?, settings())?;
    all.extend(bits(&model)?);
    Ok(all)
}

#[test]
fn same_seed_same_bits_on_one_two_and_four_threads() {
    if std::env::var_os(CHILD).is_some() {
        let sum = trained_weights().unwrap().iter().fold(0u64, |hash, bits| {
            (hash ^ u64::from(*bits)).wrapping_mul(0x0100_0000_01b3)
        });
        println!("weights {sum:016x}");
        return;
    }
    let run = |threads: &str| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "same_seed_same_bits_on_one_two_and_four_threads",
                "--nocapture",
            ])
            .env(CHILD, "1")
            .env("RAYON_NUM_THREADS", threads)
            .env("CANDLE_NUM_THREADS", threads)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text
            .lines()
            .find_map(|line| line.split("weights ").nth(1).map(str::to_string));
        line.unwrap_or_else(|| panic!("no weights from the run with {threads} threads:\n{text}"))
    };
    let one = run("1");
    assert_eq!(one, run("1"));
    assert_eq!(one, run("2"));
    assert_eq!(one, run("4"));
}
