//! Times each operation, forward alone and with its backward pass: `cargo bench -p dlkit -p xtask --bench kernels`.
//!
//! Everything is measured twice, first with the kernels and then composed of Candle's own operations (`DLKIT_KERNELS=composed`, which
//! is read once for a process, so the second half is a process of its own). Behind `--` goes part of a name:
//! `… --bench kernels -- batch_norm`. Set `CANDLE_NUM_THREADS=1` for the figures of one thread.

use candle_core::{Device, Tensor, Var};
use divan::{Bencher, black_box};
use dlkit::activation::Activation;
use dlkit::init::Initializer;
use dlkit::layers::{
    BatchNormalization, Conv2D, Dense, Dropout, GRU, GaussianNoise, LSTM, Layer,
    LayerNormalization, MaxPooling2D, MultiHeadAttention, Pass, Scope, SimpleRNN,
};
use dlkit::losses::SparseCategoricalCrossEntropy;
use dlkit::model::Sequential;
use dlkit::ops;
use dlkit::seed::Seed;
use std::process::Command;

fn main() {
    println!("instructions: {}", dlkit::instructions());
    divan::main();
    if std::env::var_os("DLKIT_KERNELS").is_none() {
        let again = std::env::current_exe().map(|program| {
            Command::new(program)
                .args(std::env::args_os().skip(1))
                .env("DLKIT_KERNELS", "composed")
                .status()
        });
        assert!(
            again.is_ok_and(|status| status.is_ok_and(|status| status.success())),
            "the second half, composed of Candle's operations, did not run"
        );
    }
}

fn random(shape: &[usize], seed: u64) -> Tensor {
    Initializer::Normal(1.0)
        .tensor(shape, Seed(seed), &Device::Cpu)
        .expect("a small tensor")
}

/// Times `f` on a plain input of this shape.
fn forward(bencher: Bencher, shape: &[usize], f: impl Fn(&Tensor) -> dlkit::Result<Tensor>) {
    let x = random(shape, 1);
    bencher.bench_local(|| f(black_box(&x)).expect("the operation runs"));
}

/// Times `f` and the gradient of the sum of its squares with respect to the input.
fn both_ways(bencher: Bencher, shape: &[usize], f: impl Fn(&Tensor) -> dlkit::Result<Tensor>) {
    let x = Var::from_tensor(&random(shape, 1)).expect("a variable");
    bencher.bench_local(|| {
        let y = f(black_box(x.as_tensor())).expect("the operation runs");
        y.sqr()
            .and_then(|squares| squares.sum_all()?.backward())
            .expect("the operation has a gradient")
    });
}

/// A layer in training, with its variables.
fn layer(layer: &dyn Layer, shape: &[usize]) -> impl Fn(&Tensor) -> dlkit::Result<Tensor> {
    let built = Scope::new(Seed(1), &Device::Cpu)
        .build(layer, &shape[1..])
        .expect("the layer fits the shape");
    move |x| built.layer.forward(x, &Pass::training(Seed(7)))
}

const FEATURES: &[&[usize]] = &[&[128, 512], &[1024, 256]];
const IMAGES: &[&[usize]] = &[&[128, 32, 28, 28], &[128, 64, 7, 7]];

/// What the first and the second convolution of the workload `cnn` see, in a smaller batch: composed they take long.
const MAPS: &[&[usize]] = &[&[32, 1, 28, 28], &[32, 32, 13, 13]];
const SEQUENCES: &[&[usize]] = &[&[64, 120, 14]];
const TOKENS: &[&[usize]] = &[&[16, 64, 128]];

/// A bench for each of the two ways.
macro_rules! benches {
    ($name:ident, $shapes:expr, |$shape:ident| $f:expr) => {
        mod $name {
            use super::*;

            #[divan::bench(args = $shapes)]
            fn forward_only(bencher: Bencher, $shape: &&[usize]) {
                forward(bencher, $shape, $f);
            }

            #[divan::bench(args = $shapes)]
            fn forward_and_backward(bencher: Bencher, $shape: &&[usize]) {
                both_ways(bencher, $shape, $f);
            }
        }
    };
}

benches!(dense_relu, FEATURES, |shape| layer(
    &Dense::new(512).relu(),
    shape
));
benches!(batch_norm_features, FEATURES, |shape| layer(
    &BatchNormalization::new(),
    shape
));
benches!(batch_norm_images, IMAGES, |shape| layer(
    &BatchNormalization::new(),
    shape
));
benches!(dropout, FEATURES, |shape| layer(&Dropout::new(0.5), shape));
benches!(dropout_images, IMAGES, |shape| layer(
    &Dropout::new(0.25),
    shape
));
benches!(gaussian_noise, FEATURES, |shape| layer(
    &GaussianNoise::new(0.1),
    shape
));
benches!(gelu, FEATURES, |_shape| |x: &Tensor| Activation::Gelu
    .apply(x));
benches!(tanh, FEATURES, |_shape| |x: &Tensor| ops::tanh(x));
benches!(softmax, FEATURES, |_shape| |x: &Tensor| ops::softmax(x));
benches!(conv2d, MAPS, |shape| layer(
    &Conv2D::new(64, 3).relu(),
    shape
));
benches!(conv2d_and_max_pooling, MAPS, |shape| layer(
    &Sequential::new()
        .add(Conv2D::new(64, 3).relu())
        .add(MaxPooling2D::new(2)),
    shape
));
benches!(max_pooling, IMAGES, |shape| layer(
    &MaxPooling2D::new(2),
    shape
));
benches!(simple_rnn, SEQUENCES, |shape| layer(
    &SimpleRNN::new(16),
    shape
));
benches!(gru, SEQUENCES, |shape| layer(&GRU::new(16), shape));
benches!(lstm, SEQUENCES, |shape| layer(&LSTM::new(16), shape));
benches!(layer_norm, TOKENS, |shape| layer(
    &LayerNormalization::new(),
    shape
));
benches!(attention, TOKENS, |shape| layer(
    &MultiHeadAttention::new(4, 32).causal(),
    shape
));
benches!(softmax_cross_entropy, FEATURES, |shape| {
    let rows = shape[0] as u32;
    let classes = Tensor::from_iter((0..rows).map(|row| row % 200), &Device::Cpu);
    let classes = classes.expect("a small tensor");
    move |x: &Tensor| SparseCategoricalCrossEntropy.from_logits(x, &classes)
});
