//! Kernel against composed form, the composed form against finite differences in f64, both against PyTorch
//! (`reference/batch_norm.py`).

use super::*;
use crate::kernels;
use crate::ops::finite_differences::assert_gradient;
use crate::seed::Seed;
use candle_core::{DType, Device, Var};
use rand::Rng as _;

const Y: [f64; 24] = [
    0.007144727,
    0.476795008,
    0.658702987,
    0.501509653,
    -0.896870120,
    1.247408243,
    1.788185117,
    1.393143742,
    -2.727289194,
    0.466480557,
    1.031274660,
    2.002809097,
    0.419718877,
    0.028415267,
    -0.371360338,
    -0.920926179,
    1.580405058,
    0.324045407,
    -1.275257641,
    -2.561059806,
    1.585659307,
    0.624036560,
    -1.581235054,
    -3.801735931,
];
const DX: [f64; 24] = [
    0.598085078,
    0.380147802,
    0.044084335,
    -0.243390802,
    1.776493315,
    1.350886901,
    0.349039649,
    -0.636710315,
    3.280112345,
    3.124490379,
    1.332842378,
    -0.607871985,
    -0.267215257,
    -0.356504230,
    -0.200143189,
    0.044936263,
    -0.628757013,
    -1.132095003,
    -0.935314283,
    -0.143543251,
    -0.734561254,
    -2.250383314,
    -2.589509724,
    -1.555118826,
];
const DGAMMA: [f64; 3] = [4.108489526, 5.120694844, 3.166810780];
const DBETA: [f64; 3] = [1.311862335, 0.935407661, 3.028969631];

const EPSILON: f64 = 1e-3;

/// The numbers of the reference.
fn reference(count: usize, seed: f64) -> Vec<f64> {
    (0..count)
        .map(|i| (0.7 * i as f64 + seed).sin() + 0.1 * (i % 5) as f64)
        .collect()
}

fn random(shape: &[usize], seed: u64) -> Tensor {
    let mut rng = Seed(seed).rng();
    let count = shape.iter().product::<usize>();
    let values: Vec<f32> = (0..count)
        .map(|_| 2.0 * rng.random::<f32>() - 0.7)
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// The output, and the gradients of `Σ output · weights` for x, gamma and beta.
fn all_of(
    x: &Tensor,
    gamma: &Tensor,
    beta: &Tensor,
    weights: &Tensor,
    f: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>,
) -> [Vec<f64>; 4] {
    let [x, gamma, beta] = [x, gamma, beta].map(|t| Var::from_tensor(t).unwrap());
    let y = f(x.as_tensor(), gamma.as_tensor(), beta.as_tensor()).unwrap();
    assert_eq!(y.dims(), x.dims());
    let gradients = (&y * weights)
        .unwrap()
        .sum_all()
        .unwrap()
        .backward()
        .unwrap();
    let found = [
        &y,
        gradients.get(&x).unwrap(),
        gradients.get(&gamma).unwrap(),
        gradients.get(&beta).unwrap(),
    ];
    found.map(|t| {
        let t = t.to_dtype(DType::F64).unwrap();
        t.flatten_all().unwrap().to_vec1().unwrap()
    })
}

fn assert_close(found: &[f64], wanted: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let largest = wanted.iter().fold(0.1f64, |m, v| m.max(v.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() < tolerance * largest,
            "{what}, number {i}: {found} instead of {wanted}"
        );
    }
}

const NAMES: [&str; 4] = ["y", "dx", "dgamma", "dbeta"];

#[test]
fn agrees_with_pytorch() {
    for (dtype, tolerance) in [(DType::F32, 2e-6), (DType::F64, 1e-8)] {
        let tensor = |values: Vec<f64>, shape: &[usize]| {
            Tensor::from_vec(values, shape, &Device::Cpu)
                .unwrap()
                .to_dtype(dtype)
                .unwrap()
        };
        let image = [2, 3, 2, 2];
        let found = all_of(
            &tensor(reference(24, 0.3), &image),
            &tensor(vec![0.5, -1.5, 2.0], &[3]),
            &tensor(vec![0.1, 0.2, -0.3], &[3]),
            &tensor(reference(24, 1.1), &image),
            |x, gamma, beta| Ok(batch_norm(x, gamma, beta, EPSILON, 1)?.output),
        );
        let wanted: [&[f64]; 4] = [&Y, &DX, &DGAMMA, &DBETA];
        for ((found, wanted), name) in found.iter().zip(wanted).zip(NAMES) {
            assert_close(found, wanted, tolerance, &format!("{name} in {dtype:?}"));
        }
    }
}

/// Shapes and the axis of their channels: features, sequences, images; odd sizes and single ones.
fn shapes() -> Vec<(Vec<usize>, usize)> {
    vec![
        (vec![7, 5], 1),
        (vec![33, 130], 1),
        (vec![600, 3], 1),
        (vec![4, 9, 17], 2),
        (vec![3, 5, 7, 11], 1),
        (vec![8, 33, 13, 13], 1),
        (vec![40, 2, 28, 28], 1),
        (vec![2, 3, 1, 1], 1),
        (vec![1, 3, 4, 5], 1),
        (vec![6, 1], 1),
    ]
}

#[test]
fn kernel_and_composed_form_agree_in_f32_and_f64() {
    // Candle sums in f32 one after the other, which is less exact than the kernel; without kernels that is what `batch_norm` does.
    let (by_candle, by_kernel) = (1e-4, if kernels::enabled() { 1e-5 } else { 1e-4 });
    for (i, (shape, axis)) in shapes().into_iter().enumerate() {
        let channels = shape[axis];
        let x = random(&shape, 1 + i as u64);
        // One with a distance from 0, as an input that was not scaled has.
        let x = if i % 2 == 0 { (x + 3.0).unwrap() } else { x };
        let [gamma, beta, mean] = [10, 20, 30].map(|seed| random(&[channels], seed));
        let variance = (random(&[channels], 40).sqr().unwrap() + 0.1).unwrap();
        let weights = random(&shape, 50);
        let lay = check(&x, &[&gamma], axis).unwrap();
        let exact = |t: &Tensor| t.to_dtype(DType::F64).unwrap();

        let kernel = all_of(&x, &gamma, &beta, &weights, |x, gamma, beta| {
            Ok(batch_norm(x, gamma, beta, EPSILON, axis)?.output)
        });
        let in_f64 = all_of(
            &exact(&x),
            &exact(&gamma),
            &exact(&beta),
            &exact(&weights),
            |x, gamma, beta| Ok(composed(x, gamma, beta, EPSILON, lay)?.output),
        );
        let in_f32 = all_of(&x, &gamma, &beta, &weights, |x, gamma, beta| {
            Ok(composed(x, gamma, beta, EPSILON, lay)?.output)
        });
        for (k, name) in NAMES.iter().enumerate() {
            let what = format!("{name} of {shape:?}");
            assert_close(&kernel[k], &in_f64[k], by_kernel, &what);
            assert_close(
                &in_f32[k],
                &in_f64[k],
                by_candle,
                &format!("composed {what}"),
            );
        }
        let statistics = batch_norm(&x, &gamma, &beta, EPSILON, axis).unwrap();
        let wanted = composed(&exact(&x), &exact(&gamma), &exact(&beta), EPSILON, lay).unwrap();
        for (found, wanted) in [
            (statistics.mean, wanted.mean),
            (statistics.variance, wanted.variance),
        ] {
            let found = exact(&found).to_vec1::<f64>().unwrap();
            assert_close(&found, &wanted.to_vec1().unwrap(), by_kernel, "statistics");
        }

        let kernel = all_of(&x, &gamma, &beta, &weights, |x, gamma, beta| {
            batch_norm_by(x, gamma, beta, &mean, &variance, EPSILON, axis)
        });
        let (mean, variance) = (exact(&mean), exact(&variance));
        let in_f64 = all_of(
            &exact(&x),
            &exact(&gamma),
            &exact(&beta),
            &exact(&weights),
            |x, gamma, beta| composed_by(x, gamma, beta, &mean, &variance, EPSILON, lay),
        );
        for (k, name) in NAMES.iter().enumerate() {
            assert_close(
                &kernel[k],
                &in_f64[k],
                by_kernel,
                &format!("given: {name} of {shape:?}"),
            );
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    // x, gamma and beta in one row of numbers, for features and for images.
    for (shape, axis) in [(vec![4, 3], 1), (vec![2, 2, 3], 2), (vec![2, 3, 2, 2], 1)] {
        let (count, channels) = (shape.iter().product::<usize>(), shape[axis]);
        let point = reference(count + 2 * channels, 0.9);
        let parts = |all: &Tensor| -> Result<[Tensor; 3]> {
            Ok([
                all.narrow(0, 0, count)?.reshape(shape.as_slice())?,
                all.narrow(0, count, channels)?,
                all.narrow(0, count + channels, channels)?,
            ])
        };
        assert_gradient("batch_norm", &point, &[point.len()], |all| {
            let [x, gamma, beta] = parts(all)?;
            Ok(batch_norm(&x, &gamma, &beta, EPSILON, axis)?.output)
        });
        let mean = Tensor::from_vec(reference(channels, 0.2), channels, &Device::Cpu).unwrap();
        let variance = (mean.sqr().unwrap() + 0.5).unwrap();
        assert_gradient("batch_norm_by", &point, &[point.len()], |all| {
            let [x, gamma, beta] = parts(all)?;
            batch_norm_by(&x, &gamma, &beta, &mean, &variance, EPSILON, axis)
        });
    }
}

#[test]
fn strides_change_nothing() {
    let turned = random(&[5, 9], 3).t().unwrap();
    let [gamma, beta, weights] = [random(&[5], 4), random(&[5], 5), random(&[9, 5], 6)];
    let f = |x: &Tensor, gamma: &Tensor, beta: &Tensor| {
        // Turned within the graph, so that the kernel sees strides there and in its gradient.
        Ok(batch_norm(&x.t()?, gamma, beta, EPSILON, 0)?.output.t()?)
    };
    let straight = |x: &Tensor, gamma: &Tensor, beta: &Tensor| {
        Ok(batch_norm(x, gamma, beta, EPSILON, 1)?.output)
    };
    let found = all_of(&turned, &gamma, &beta, &weights, f);
    let wanted = all_of(&turned, &gamma, &beta, &weights, straight);
    for ((found, wanted), name) in found.iter().zip(wanted).zip(NAMES) {
        assert_close(found, &wanted, 1e-5, name);
    }
}

#[test]
fn one_number_and_equal_numbers_give_beta_and_finite_gradients() {
    for shape in [vec![1, 1], vec![1, 4], vec![6, 2], vec![1, 2, 1, 1]] {
        let channels = shape[1];
        let x = Tensor::full(2.5f32, shape.as_slice(), &Device::Cpu).unwrap();
        let [gamma, beta, weights] = [
            random(&[channels], 1),
            random(&[channels], 2),
            random(&shape, 3),
        ];
        let found = all_of(&x, &gamma, &beta, &weights, |x, gamma, beta| {
            Ok(batch_norm(x, gamma, beta, EPSILON, 1)?.output)
        });
        let beta = beta.to_vec1::<f32>().unwrap();
        for (i, y) in found[0].iter().enumerate() {
            assert!((y - f64::from(beta[i % channels])).abs() < 1e-6);
        }
        assert!(found.iter().flatten().all(|v| v.is_finite()), "{found:?}");
    }
}

#[test]
fn a_plain_input_is_no_obstacle_for_the_gradients_of_gamma_and_beta() {
    let x = random(&[6, 3], 1);
    let [gamma, beta] = [random(&[3], 2), random(&[3], 3)].map(|t| Var::from_tensor(&t).unwrap());
    let y = batch_norm(&x, &gamma, &beta, EPSILON, 1).unwrap().output;
    let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    assert!(gradients.get(&gamma).is_some() && gradients.get(&beta).is_some());
}

#[test]
fn what_does_not_fit_is_named() {
    let (x, gamma, beta) = (random(&[4, 3], 1), random(&[3], 2), random(&[2], 3));
    let message = |result: Result<BatchNormalized>| result.unwrap_err().to_string();
    let wrong = message(batch_norm(&x, &gamma, &beta, EPSILON, 1));
    assert!(
        wrong.contains("3 channels") && wrong.contains("[2]"),
        "{wrong}"
    );
    let axis = message(batch_norm(&x, &gamma, &gamma, EPSILON, 2));
    assert!(axis.contains("axis 2"), "{axis}");
    let empty = Tensor::zeros((0, 3), DType::F32, &Device::Cpu).unwrap();
    let none = message(batch_norm(&empty, &gamma, &gamma, EPSILON, 1));
    assert!(none.contains("[0, 3]"), "{none}");
}
