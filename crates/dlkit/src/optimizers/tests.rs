//! Against Keras 3: the weights after 1, 2 and 10 steps, printed by `reference/optimizers.py`.
//!
//! Keras takes β₂ = 0.999 through float32, which makes its `1 − β₂` 4.7e-5 too large and its first step 2.4e-5 · η off, in float64
//! too; hence 1e-5 where weights have moved by about 1. ε at the wrong side of a root moves the third weight by 1e-3.

use super::*;
use candle_core::{DType, Device, Var};

type Weights = [f64; 3];

fn cases() -> Vec<(&'static str, Box<dyn Optimizer>, [Weights; 3])> {
    macro_rules! case {
        ($($optimizer:expr, $reached:expr;)+) => { vec![$((stringify!($optimizer), Box::new($optimizer) as _, $reached)),+] };
    }
    case![
        Sgd::new(0.05), [[0.95, -1.0, 0.4975], [0.9025, -0.5, 0.4950125], [0.5987369, -0.001953125, 0.4755551]];
        Sgd::new(0.05).momentum(0.9), [[0.95, -1.0, 0.4975], [0.8575, 0.4, 0.4927625], [-0.3109228, -0.1754495, 0.4009859]];
        Sgd::new(0.05).momentum(0.9).nesterov(), [[0.905, -0.1, 0.49525], [0.778525, 0.805, 0.4885201], [-0.2619924, 0.03259691, 0.3889722]];
        Adagrad::default(), [[0.9990465, -1.999, 0.4998438], [0.9983568, -1.998293, 0.4996896], [0.995079, -1.994982, 0.4985171]];
        Adagrad::new(0.1), [[0.9046537, -1.900012, 0.4843826], [0.8393387, -1.831142, 0.4694233], [0.5622701, -1.524004, 0.3688301]];
        RmsProp::default(), [[0.9968377, -1.996838, 0.4968384], [0.994547, -1.994545, 0.4945513], [0.9827185, -1.982693, 0.4827715]];
        RmsProp::new(0.01).momentum(0.9), [[0.9683772, -1.968377, 0.4683835], [0.9173276, -1.917149, 0.4177123], [0.2751768, -1.235109, -0.1219189]];
        Adam::default(), [[0.999, -1.999, 0.4990001], [0.998, -1.998, 0.4980002], [0.9900033, -1.990002, 0.4900069]];
        Adam::new(0.1).betas(0.8, 0.9), [[0.9, -1.9, 0.4000006], [0.8004468, -1.800183, 0.3012677], [0.08579879, -1.026212, -0.1427752]];
        AdamW::default(), [[0.998996, -1.998992, 0.4989981], [0.997992, -1.997984, 0.4979962], [0.9899635, -1.989922, 0.4899871]];
        AdamW::new(0.1).weight_decay(0.1), [[0.890001, -1.880001, 0.395007], [0.7815737, -1.76141, 0.292351], [0.03361172, -0.8829041, -0.1979677]];
    ]
}

/// One step on the loss ½ (w₀² + 10 w₁² + 0.1 w₂²).
fn step(optimizer: &mut dyn Optimizer, w: &Var) -> Result<()> {
    let curvature = Tensor::new(&[1.0f32, 10.0, 0.1], &Device::Cpu)?;
    let loss = ((w.as_tensor().sqr()? * curvature)?.sum_all()? * 0.5)?;
    optimizer.step(&[Variable::new("w", w)], &loss.backward()?)
}

#[test]
fn reach_the_weights_that_keras_reaches() {
    for (name, mut optimizer, wanted) in cases() {
        let w = Var::new(&[1.0f32, -2.0, 0.5], &Device::Cpu).unwrap();
        for count in 1..=10 {
            step(optimizer.as_mut(), &w).unwrap();
            let Some(row) = [1, 2, 10].iter().position(|c| *c == count) else {
                continue;
            };
            for (found, wanted) in w.to_vec1::<f32>().unwrap().iter().zip(wanted[row]) {
                let error = (f64::from(*found) - wanted).abs();
                assert!(
                    error < 1e-5,
                    "{name} after {count} steps: {found}, Keras has {wanted}"
                );
            }
        }
    }
}

/// In f32 a step is made by the kernel, in f64 it is composed: three steps on an odd number of weights, more than one task's.
#[test]
fn the_kernel_and_the_composed_rule_agree() {
    use rand::Rng as _;
    let mut rng = crate::seed::Seed(5).rng();
    let start: Vec<f64> = (0..40_001).map(|_| rng.random_range(-1.0..1.0)).collect();
    let curvature: Vec<f64> = (0..40_001).map(|_| rng.random_range(0.0..2.0)).collect();
    let reached = |mut optimizer: Box<dyn Optimizer>, dtype| {
        let on_cpu = |values: &[f64]| {
            Tensor::new(values, &Device::Cpu)
                .unwrap()
                .to_dtype(dtype)
                .unwrap()
        };
        let w = Var::from_tensor(&on_cpu(&start)).unwrap();
        for _ in 0..3 {
            let loss = (w.as_tensor().sqr().unwrap() * on_cpu(&curvature))
                .unwrap()
                .sum_all()
                .unwrap();
            optimizer
                .step(&[Variable::new("w", &w)], &loss.backward().unwrap())
                .unwrap();
        }
        w.to_dtype(DType::F64).unwrap().to_vec1::<f64>().unwrap()
    };
    for ((name, single, _), (_, double, _)) in cases().into_iter().zip(cases()) {
        let pairs = reached(single, DType::F32)
            .into_iter()
            .zip(reached(double, DType::F64));
        for (at, (found, wanted)) in pairs.enumerate() {
            // Where a gradient is about ε, g / (√g² + ε) feels every rounding of it.
            assert!(
                (found - wanted).abs() < 3e-6,
                "{name}, weight {at}: {found}, composed {wanted}"
            );
        }
    }
}

#[test]
fn defaults_are_those_of_keras() {
    let rates = [
        Sgd::default().learning_rate(),
        Adagrad::default().learning_rate(),
        RmsProp::default().learning_rate(),
    ];
    assert_eq!(rates, [0.01, 0.001, 0.001]);
    assert_eq!(
        [
            Adam::default().learning_rate(),
            AdamW::default().learning_rate()
        ],
        [0.001, 0.001]
    );
}

#[test]
fn a_variable_without_a_gradient_is_named_and_nothing_moves() {
    for (name, mut optimizer, _) in cases() {
        let w = Var::new(&[1.0f32], &Device::Cpu).unwrap();
        let lost = Var::new(&[2.0f32], &Device::Cpu).unwrap();
        let loss = (w.as_tensor() * lost.as_tensor().detach())
            .unwrap()
            .sum_all()
            .unwrap();
        let variables = [
            Variable::new("kernel", &w),
            Variable::new("hidden/bias", &lost),
        ];
        let message = optimizer
            .step(&variables, &loss.backward().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("hidden/bias") && !message.contains("kernel"),
            "{name}: {message}"
        );
        assert_eq!(w.to_vec1::<f32>().unwrap(), [1.0], "{name}");
    }
}

#[test]
fn a_variable_that_is_not_trainable_stays() {
    let w = Var::new(&[1.0f32], &Device::Cpu).unwrap();
    let mean = Var::new(&[2.0f32], &Device::Cpu).unwrap();
    let loss = (w.as_tensor() * mean.as_tensor())
        .unwrap()
        .sum_all()
        .unwrap();
    let variables = [
        Variable::not_trainable("mean", &mean),
        Variable::new("w", &w),
    ];
    Sgd::new(0.5)
        .step(&variables, &loss.backward().unwrap())
        .unwrap();
    assert_eq!(
        (w.to_vec1::<f32>().unwrap(), mean.to_vec1::<f32>().unwrap()),
        (vec![0.0], vec![2.0])
    );
}

#[test]
fn an_optimiser_of_another_model_is_refused() {
    let mut optimizer = Adam::default();
    step(
        &mut optimizer,
        &Var::new(&[1.0f32, -2.0, 0.5], &Device::Cpu).unwrap(),
    )
    .unwrap();
    let other = Var::zeros(2, DType::F32, &Device::Cpu).unwrap();
    let loss = other.as_tensor().sum_all().unwrap();
    let message = optimizer
        .step(&[Variable::new("w", &other)], &loss.backward().unwrap())
        .unwrap_err()
        .to_string();
    assert!(message.contains("another model"), "{message}");
}
