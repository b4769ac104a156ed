//! Convolutions and pooling: composed form against finite differences, kernel against composed form, both against Keras and PyTorch.

use super::*;
use crate::ops::finite_differences::assert_gradient;
use crate::ops::{avg_pool2d, max_pool2d, relu};
use crate::seed::Seed;
use candle_core::{DType, Device, Var};
use rand::Rng as _;

/// The i-th number is ((7 i + shift) mod 11 − 5) / 4, as in reference/conv.py.
fn numbers(shape: &[usize], shift: usize, dtype: DType) -> Var {
    let count: usize = shape.iter().product();
    let values: Vec<f64> = (0..count)
        .map(|i| (((7 * i + shift) % 11) as f64 - 5.0) / 4.0)
        .collect();
    let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
    Var::from_tensor(&tensor.to_dtype(dtype).unwrap()).unwrap()
}

/// Σ value · (index mod 3 + 1).
fn weighted(x: &Tensor) -> Tensor {
    let weights: Vec<f64> = (0..x.elem_count()).map(|i| (i % 3 + 1) as f64).collect();
    let weights = Tensor::new(weights, &Device::Cpu).unwrap();
    let weights = weights.to_dtype(x.dtype()).unwrap();
    (x.flatten_all().unwrap() * weights)
        .unwrap()
        .sum_all()
        .unwrap()
}

fn number(x: &Tensor) -> f64 {
    x.to_dtype(DType::F64).unwrap().to_scalar().unwrap()
}

/// Sum of the outputs, weighted sum, weighted sums of the gradients.
fn assert_row(name: &str, y: &Tensor, variables: &[&Var], shape: &[usize], wanted: &[f64]) {
    assert_eq!(y.dims(), shape, "{name}");
    let loss = weighted(y);
    let gradients = loss.backward().unwrap();
    let mut found = vec![number(&y.sum_all().unwrap()), number(&loss)];
    for variable in variables {
        let gradient = gradients
            .get(variable)
            .expect("every variable has a gradient");
        found.push(number(&weighted(gradient)));
    }
    for (found, wanted_value) in found.iter().zip(wanted) {
        assert!(
            (found - wanted_value).abs() < 1e-5 * wanted_value.abs().max(10.0),
            "{name}, {:?}: {found:?}, wanted {wanted:?}",
            y.dtype()
        );
    }
    assert_eq!(found.len(), wanted.len());
}

#[test]
fn padding_and_strides_are_those_of_keras() {
    let table: [(Padding, usize, [usize; 4], [f64; 5]); 6] = [
        (
            Padding::Valid,
            1,
            [2, 4, 5, 5],
            [-38.25, -64.25, -363.25, 1.75, 700.0],
        ),
        (
            Padding::Valid,
            2,
            [2, 4, 3, 3],
            [-10.9375, -14.9375, -136.5, -36.0, 252.0],
        ),
        (
            Padding::Valid,
            3,
            [2, 4, 2, 2],
            [5.1875, 16.1875, -43.0, 41.5, 112.0],
        ),
        (
            Padding::Same,
            1,
            [2, 4, 7, 6],
            [-65.875, -143.9375, -541.5, -55.0, 1176.0],
        ),
        (
            Padding::Same,
            2,
            [2, 4, 4, 3],
            [-16.625, -31.5, -175.5, -43.0, 336.0],
        ),
        (
            Padding::Same,
            3,
            [2, 4, 3, 2],
            [-5.4375, -19.4375, -64.0, 88.0, 168.0],
        ),
    ];
    for dtype in [DType::F64, DType::F32] {
        for (padding, stride, shape, wanted) in table {
            let x = numbers(&[2, 3, 7, 6], 0, dtype);
            let k = numbers(&[4, 3, 3, 2], 1, dtype);
            let b = numbers(&[4], 2, dtype);
            let how = Convolution {
                padding,
                strides: (stride, stride),
                ..Convolution::default()
            };
            let y = conv2d(&x, &k, Some(&b), &how).unwrap();
            let name = format!("{padding:?}, stride {stride}");
            assert_row(&name, &y, &[&x, &k, &b], &shape, &wanted);
        }
    }
}

#[test]
fn groups_and_dilation_are_those_of_pytorch() {
    let table: [(usize, usize, [usize; 4], [f64; 5]); 3] = [
        (2, 1, [2, 6, 5, 5], [-12.4375, -1.5, -360.0, 25.5, 1208.0]),
        (1, 2, [2, 6, 3, 4], [1.0625, -19.25, -102.0, 76.5, 576.0]),
        (2, 3, [2, 6, 1, 3], [4.0625, -9.625, -49.0, 11.25, 144.0]),
    ];
    for dtype in [DType::F64, DType::F32] {
        for (groups, dilation, shape, wanted) in table {
            let x = numbers(&[2, 4, 7, 6], 0, dtype);
            let k = numbers(&[6, 4 / groups, 3, 2], 1, dtype);
            let b = numbers(&[6], 2, dtype);
            let how = Convolution {
                groups,
                dilation: (dilation, dilation),
                ..Convolution::default()
            };
            let y = conv2d(&x, &k, Some(&b), &how).unwrap();
            let name = format!("{groups} groups, dilation {dilation}");
            assert_row(&name, &y, &[&x, &k, &b], &shape, &wanted);
        }
    }
}

/// Largest or mean, padding, size, stride; the shape; sum, weighted sum, weighted gradient.
type PoolingRow = (bool, Padding, usize, usize, [usize; 4], [f64; 3]);

#[test]
fn pooling_is_that_of_keras() {
    use Padding::{Same, Valid};
    let table: [PoolingRow; 16] = [
        (true, Valid, 2, 2, [2, 3, 3, 3], [51.75, 103.0, 234.0]),
        (true, Valid, 3, 2, [2, 3, 3, 2], [41.75, 83.25, 142.0]),
        (true, Valid, 3, 1, [2, 3, 5, 4], [139.0, 278.5, 492.0]),
        (true, Valid, 3, 3, [2, 3, 2, 2], [28.0, 57.75, 107.0]),
        (true, Same, 2, 2, [2, 3, 4, 3], [62.75, 124.75, 311.0]),
        (true, Same, 3, 2, [2, 3, 4, 3], [78.5, 153.25, 319.0]),
        (true, Same, 3, 1, [2, 3, 7, 6], [280.75, 561.0, 1067.0]),
        (true, Same, 3, 3, [2, 3, 3, 2], [41.0, 82.25, 157.0]),
        (false, Valid, 2, 2, [2, 3, 3, 3], [0.0, -0.5, 234.0]),
        (
            false,
            Valid,
            3,
            2,
            [2, 3, 3, 2],
            [0.138_888_889, 0.194_444_444, 144.0],
        ),
        (
            false,
            Valid,
            3,
            1,
            [2, 3, 5, 4],
            [-0.055_555_555_6, 0.861_111_111, 480.0],
        ),
        (false, Valid, 3, 3, [2, 3, 2, 2], [0.0, 1.888_888_89, 96.0]),
        (false, Same, 2, 2, [2, 3, 4, 3], [0.125, -0.875, 312.0]),
        (
            false,
            Same,
            3,
            2,
            [2, 3, 4, 3],
            [-1.361_111_11, -3.458_333_33, 324.0],
        ),
        (
            false,
            Same,
            3,
            1,
            [2, 3, 7, 6],
            [-0.513_888_889, -1.75, 1050.0],
        ),
        (
            false,
            Same,
            3,
            3,
            [2, 3, 3, 2],
            [0.013_888_888_9, 0.305_555_556, 144.0],
        ),
    ];
    for dtype in [DType::F64, DType::F32] {
        for (largest, padding, size, stride, shape, wanted) in table {
            let x = numbers(&[2, 3, 7, 6], 0, dtype);
            let pooling = Pooling {
                size: (size, size),
                strides: (stride, stride),
                padding,
            };
            let y = if largest {
                max_pool2d(&x, &pooling).unwrap()
            } else {
                avg_pool2d(&x, &pooling).unwrap()
            };
            assert_row(&format!("{pooling:?}"), &y, &[&x], &shape, &wanted);
        }
    }
}

fn random(shape: &[usize], seed: Seed, coarse: bool) -> Vec<f64> {
    let mut rng = seed.rng();
    (0..shape.iter().product())
        .map(|_| {
            if coarse {
                f64::from(rng.random_range(-8..=8)) / 8.0
            } else {
                f64::from(rng.random_range(-1.0f32..1.0))
            }
        })
        .collect()
}

const SHAPES: [(&[usize], &[usize], Convolution); 6] = {
    const PLAIN: Convolution = Convolution {
        padding: Padding::Valid,
        strides: (1, 1),
        dilation: (1, 1),
        groups: 1,
    };
    [
        (&[2, 1, 5, 6], &[3, 1, 3, 3], PLAIN),
        (
            &[2, 2, 5, 4],
            &[3, 2, 2, 3],
            Convolution {
                padding: Padding::Same,
                ..PLAIN
            },
        ),
        (
            &[1, 2, 7, 6],
            &[2, 2, 3, 2],
            Convolution {
                strides: (2, 3),
                padding: Padding::Same,
                ..PLAIN
            },
        ),
        (
            &[2, 2, 7, 6],
            &[2, 2, 3, 2],
            Convolution {
                strides: (2, 1),
                ..PLAIN
            },
        ),
        (
            &[1, 4, 6, 7],
            &[2, 2, 2, 3],
            Convolution {
                groups: 2,
                dilation: (2, 2),
                ..PLAIN
            },
        ),
        (
            &[1, 3, 4, 4],
            &[3, 1, 3, 3],
            Convolution {
                groups: 3,
                padding: Padding::Same,
                ..PLAIN
            },
        ),
    ]
};

#[test]
fn gradients_of_the_composed_form_agree_with_finite_differences() {
    for (index, (image, kernel, how)) in SHAPES.into_iter().enumerate() {
        let seed = Seed(index as u64);
        let x = random(image, seed.derive("x"), false);
        let k = random(kernel, seed.derive("k"), false);
        let b = random(&kernel[..1], seed.derive("b"), false);
        let tensor = |values: &[f64], shape: &[usize]| {
            Tensor::from_slice(values, shape, &Device::Cpu).unwrap()
        };
        let (tx, tk, tb) = (
            tensor(&x, image),
            tensor(&k, kernel),
            tensor(&b, &kernel[..1]),
        );
        assert_gradient("∂x", &x, image, |x| conv2d(x, &tk, Some(&tb), &how));
        assert_gradient("∂kernel", &k, kernel, |k| conv2d(&tx, k, Some(&tb), &how));
        assert_gradient("∂bias", &b, &kernel[..1], |b| {
            conv2d(&tx, &tk, Some(b), &how)
        });
        assert_gradient("pooled ∂x", &x, image, |x| {
            conv2d_max_pool(x, &tk, Some(&tb), &how, true, &Pooling::new((1, 2)))
        });
    }
}

#[test]
fn gradients_of_pooling_agree_with_finite_differences() {
    for (size, stride, padding) in [
        (2, 2, Padding::Valid),
        (3, 2, Padding::Same),
        (2, 1, Padding::Valid),
        (2, 3, Padding::Same),
    ] {
        let pooling = Pooling {
            size: (size, size),
            strides: (stride, stride),
            padding,
        };
        let shape = [2, 2, 5, 7];
        let x = random(&shape, Seed(8), false);
        assert_gradient("max", &x, &shape, |x| max_pool2d(x, &pooling));
        assert_gradient("mean", &x, &shape, |x| avg_pool2d(x, &pooling));
    }
}

/// The output and all gradients.
fn run(
    inputs: &[(&[f64], &[usize])],
    dtype: DType,
    f: impl Fn(&[&Tensor]) -> Result<Tensor>,
) -> Vec<Vec<f64>> {
    let variables: Vec<Var> = inputs
        .iter()
        .map(|(values, shape)| {
            let tensor = Tensor::from_slice(values, *shape, &Device::Cpu).unwrap();
            Var::from_tensor(&tensor.to_dtype(dtype).unwrap()).unwrap()
        })
        .collect();
    let tensors: Vec<&Tensor> = variables.iter().map(Var::as_tensor).collect();
    let y = f(&tensors).unwrap();
    let gradients = weighted(&y).backward().unwrap();
    let values = |t: &Tensor| {
        let flat = t.to_dtype(DType::F64).unwrap().flatten_all().unwrap();
        flat.to_vec1::<f64>().unwrap()
    };
    let gradients = variables.iter().map(|v| values(gradients.get(v).unwrap()));
    std::iter::once(values(&y)).chain(gradients).collect()
}

fn assert_same(name: &str, found: &[Vec<f64>], wanted: &[Vec<f64>]) {
    for (part, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert_eq!(found.len(), wanted.len(), "{name}, part {part}");
        let largest = wanted.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
        for (found, wanted) in found.iter().zip(wanted) {
            assert!(
                (found - wanted).abs() < 1e-5 * largest,
                "{name}, part {part} (0 is the output): {found}, wanted {wanted}"
            );
        }
    }
}

#[test]
fn the_kernel_agrees_with_the_composed_form() {
    let more: [(&[usize], &[usize], Convolution); 3] = [
        (&[3, 5, 9, 11], &[33, 5, 3, 3], Convolution::default()),
        (&[3, 32, 6, 5], &[20, 32, 3, 3], Convolution::default()),
        (
            &[9, 3, 8, 8],
            &[16, 3, 5, 5],
            Convolution {
                padding: Padding::Same,
                ..Convolution::default()
            },
        ),
    ];
    for (index, (image, kernel, how)) in SHAPES.into_iter().chain(more).enumerate() {
        // Coarse numbers: sums are exact in both dtypes, so that equal maxima are equal.
        for coarse in [false, true] {
            let seed = Seed(100 + index as u64);
            let x = random(image, seed.derive("x"), coarse);
            let k = random(kernel, seed.derive("k"), coarse);
            let b = random(&kernel[..1], seed.derive("b"), coarse);
            let inputs = [(&x[..], image), (&k[..], kernel), (&b[..], &kernel[..1])];
            let name = format!("{image:?} {kernel:?} {how:?}");
            for rectified in [false, true] {
                let composed = |t: &[&Tensor]| -> Result<Tensor> {
                    let z = conv2d_composed(t[0], t[1], Some(t[2]), &how)?;
                    if rectified { relu(&z) } else { Ok(z) }
                };
                let fused = |t: &[&Tensor]| {
                    if rectified {
                        conv2d_relu(t[0], t[1], Some(t[2]), &how)
                    } else {
                        conv2d(t[0], t[1], Some(t[2]), &how)
                    }
                };
                let wanted = run(&inputs, DType::F64, composed);
                assert_same(&name, &run(&inputs, DType::F32, fused), &wanted);
                assert_same(&name, &run(&inputs, DType::F32, composed), &wanted);
                for pooling in [
                    Pooling::new(2),
                    Pooling {
                        padding: Padding::Same,
                        ..Pooling::new((2, 3))
                    },
                    Pooling {
                        strides: (1, 1),
                        ..Pooling::new(2)
                    },
                ] {
                    let wanted = |t: &[&Tensor]| {
                        crate::ops::pool::max_pool2d_composed(&composed(t)?, &pooling)
                    };
                    let fused = |t: &[&Tensor]| {
                        conv2d_max_pool(t[0], t[1], Some(t[2]), &how, rectified, &pooling)
                    };
                    let (rows, columns) = how
                        .sides_of(image[2], image[3], (kernel[2], kernel[3]))
                        .unwrap();
                    if pooling.sides(rows.outputs, columns.outputs).is_err() {
                        continue;
                    }
                    let wanted = run(&inputs, DType::F64, wanted);
                    let name = format!("{name} {pooling:?} relu {rectified}");
                    assert_same(&name, &run(&inputs, DType::F32, fused), &wanted);
                }
            }
        }
    }
}

#[test]
fn pooling_kernels_agree_with_the_composed_form() {
    for (shape, size, strides, padding) in [
        ([2, 3, 7, 9], (2, 2), (2, 2), Padding::Valid),
        ([1, 5, 13, 13], (3, 2), (1, 2), Padding::Same),
        ([4, 1, 6, 5], (2, 3), (3, 3), Padding::Same),
        ([70, 9, 11, 11], (2, 2), (2, 2), Padding::Valid),
    ] {
        let x = random(&shape, Seed(4), true);
        let pooling = Pooling {
            size,
            strides,
            padding,
        };
        let inputs = [(&x[..], &shape[..])];
        assert_same(
            "max",
            &run(&inputs, DType::F32, |t| max_pool2d(t[0], &pooling)),
            &run(&inputs, DType::F64, |t| max_pool2d(t[0], &pooling)),
        );
        assert_same(
            "mean",
            &run(&inputs, DType::F32, |t| avg_pool2d(t[0], &pooling)),
            &run(&inputs, DType::F64, |t| avg_pool2d(t[0], &pooling)),
        );
    }
}

#[test]
fn of_equal_maxima_the_first_gets_the_gradient() {
    for dtype in [DType::F32, DType::F64] {
        let x = Var::ones((1, 1, 5, 5), dtype, &Device::Cpu).unwrap();
        let y = max_pool2d(&x, &Pooling::new(2)).unwrap();
        let gradients = y.sum_all().unwrap().backward().unwrap();
        let gradient = gradients.get(&x).unwrap().to_dtype(DType::F32).unwrap();
        let rows = gradient.squeeze(0).unwrap().squeeze(0).unwrap();
        let with = vec![1.0, 0.0, 1.0, 0.0, 0.0];
        let none = vec![0.0; 5];
        assert_eq!(
            rows.to_vec2::<f32>().unwrap(),
            [with.clone(), none.clone(), with, none.clone(), none]
        );
    }
}

#[test]
fn nan_is_not_hidden_by_pooling() {
    for dtype in [DType::F32, DType::F64] {
        for at in 0..4 {
            let mut values = [1f32, 2.0, 3.0, 4.0];
            values[at] = f32::NAN;
            let x = Tensor::from_slice(&values, (1, 1, 2, 2), &Device::Cpu).unwrap();
            let y = max_pool2d(&x.to_dtype(dtype).unwrap(), &Pooling::new(2)).unwrap();
            assert!(number(&y.sum_all().unwrap()).is_nan(), "{dtype:?} {at}");
        }
    }
}

#[test]
fn a_convolution_in_time_is_one_of_images_of_height_one() {
    for padding in [Padding::Valid, Padding::Same] {
        let how = Convolution {
            padding,
            strides: (1, 2),
            ..Convolution::default()
        };
        let (x, k, b) = (
            random(&[3, 9, 4], Seed(1), false),
            random(&[5, 4, 3], Seed(2), false),
            random(&[5], Seed(3), false),
        );
        let inputs: [(&[f64], &[usize]); 3] = [(&x, &[3, 9, 4]), (&k, &[5, 4, 3]), (&b, &[5])];
        let wanted = run(&inputs, DType::F64, |t| {
            let image = t[0].transpose(1, 2)?.unsqueeze(2)?;
            let z = conv2d(&image, &t[1].unsqueeze(2)?, Some(t[2]), &how)?;
            relu(&z.squeeze(2)?.transpose(1, 2)?.contiguous()?)
        });
        for dtype in [DType::F32, DType::F64] {
            let found = run(&inputs, dtype, |t| {
                conv1d(t[0], t[1], Some(t[2]), &how, true)
            });
            assert_same("conv1d", &found, &wanted);
        }
    }
}

#[test]
fn causal_outputs_do_not_see_the_future() {
    let how = Convolution {
        padding: Padding::Causal,
        dilation: (1, 2),
        ..Convolution::default()
    };
    for dtype in [DType::F32, DType::F64] {
        let k = numbers(&[2, 3, 3], 1, dtype);
        let x = numbers(&[1, 8, 3], 0, dtype);
        let y = conv1d(&x, &k, None, &how, false).unwrap();
        assert_eq!(y.dims(), [1, 8, 2]);
        let gradients = y
            .narrow(1, 4, 1)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        let gradient = gradients.get(&x).unwrap().to_dtype(DType::F32).unwrap();
        let seen: Vec<bool> = gradient
            .squeeze(0)
            .unwrap()
            .to_vec2::<f32>()
            .unwrap()
            .iter()
            .map(|step| step.iter().any(|g| *g != 0.0))
            .collect();
        assert_eq!(seen, [true, false, true, false, true, false, false, false]);
    }
}

#[test]
fn an_image_that_needs_no_gradient_gets_none() {
    let (k, b) = (
        numbers(&[2, 1, 3, 3], 1, DType::F32),
        numbers(&[2], 2, DType::F32),
    );
    let x = numbers(&[2, 1, 6, 6], 0, DType::F32).as_tensor().detach();
    for y in [
        conv2d(&x, &k, Some(&b), &Convolution::default()).unwrap(),
        conv2d_max_pool(
            &x,
            &k,
            Some(&b),
            &Convolution::default(),
            true,
            &Pooling::new(2),
        )
        .unwrap(),
    ] {
        let gradients = y.sum_all().unwrap().backward().unwrap();
        assert!(gradients.get(&x).is_none());
        assert!(gradients.get(&k).is_some() && gradients.get(&b).is_some());
    }
}

#[test]
fn wrong_shapes_are_named() {
    let (x, k) = (
        numbers(&[2, 3, 6, 6], 0, DType::F32),
        numbers(&[4, 3, 3, 3], 1, DType::F32),
    );
    let how = Convolution::default();
    let error = |result: Result<Tensor>| result.unwrap_err().to_string();
    let image = x.as_tensor().narrow(1, 0, 2).unwrap();
    assert!(error(conv2d(&image, &k, None, &how)).contains("the kernel is made for 3 channels"));
    let bias = numbers(&[3], 0, DType::F32);
    assert!(error(conv2d(&x, &k, Some(&bias), &how)).contains("the bias has the shape [3]"));
    let flat = x.as_tensor().flatten_from(1).unwrap();
    assert!(error(conv2d(&flat, &k, None, &how)).contains("(batch, channels, height, width)"));
    assert!(
        error(max_pool2d(&flat, &Pooling::new(2))).contains("(batch, channels, height, width)")
    );
    assert!(error(avg_pool2d(&x, &Pooling::new(7))).contains("does not fit on a side of 6"));
    assert!(error(conv1d(&x, &k, None, &how, false)).contains("(batch, steps, features)"));
    let groups = Convolution { groups: 2, ..how };
    assert!(error(conv2d(&x, &k, None, &groups)).contains("2 groups"));
}
