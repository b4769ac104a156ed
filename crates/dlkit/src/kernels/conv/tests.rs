//! The kernel against loops as in the formula, in `f64`.

use super::*;
use crate::seed::Seed;
use rand::Rng as _;

/// Numbers in steps of 1/8, so that sums are exact and equal maxima occur, or any.
fn numbers(len: usize, seed: Seed, coarse: bool) -> Vec<f32> {
    let mut rng = seed.rng();
    (0..len)
        .map(|_| {
            if coarse {
                rng.random_range(-8..=8) as f32 / 8.0
            } else {
                rng.random_range(-1.0..1.0)
            }
        })
        .collect()
}

struct Plain {
    result: Vec<f64>,
    x: Vec<f64>,
    kernel: Vec<f64>,
    bias: Vec<f64>,
}

/// The textbook's loops, forward and backward.
fn plain(shape: &Shape, x: &[f32], kernel: &[f32], bias: &[f32], gradient: &[f32]) -> Plain {
    let (rows, columns) = (&shape.rows, &shape.columns);
    let (own_in, own_out) = (shape.channels / shape.groups, shape.outputs / shape.groups);
    let image_at = |n: usize, c: usize, y: usize, x: usize| {
        if shape.channels_last {
            ((n * rows.inputs + y) * columns.inputs + x) * shape.channels + c
        } else {
            ((n * shape.channels + c) * rows.inputs + y) * columns.inputs + x
        }
    };
    // Every (output, place of the map): pairs of (index into x, index into kernel).
    let terms = |n: usize, o: usize, y: usize, across: usize| {
        let mut terms = Vec::new();
        for c in 0..own_in {
            for i in 0..rows.kernel {
                for j in 0..columns.kernel {
                    let at_y = (y * rows.stride + i * rows.dilation).wrapping_sub(rows.before);
                    let at_x = (across * columns.stride + j * columns.dilation)
                        .wrapping_sub(columns.before);
                    if at_y < rows.inputs && at_x < columns.inputs {
                        terms.push((
                            image_at(n, o / own_out * own_in + c, at_y, at_x),
                            ((o * own_in + c) * rows.kernel + i) * columns.kernel + j,
                        ));
                    }
                }
            }
        }
        terms
    };
    let (height, width) = shape.result_sides();
    let mut plain = Plain {
        result: vec![0.0; shape.batch * shape.outputs * height * width],
        x: vec![0.0; x.len()],
        kernel: vec![0.0; kernel.len()],
        bias: vec![0.0; bias.len()],
    };
    for n in 0..shape.batch {
        for o in 0..shape.outputs {
            for y in 0..height {
                for across in 0..width {
                    let places: Vec<(usize, usize)> = match &shape.pooling {
                        None => vec![(y, across)],
                        Some((down, right)) => down
                            .window(y)
                            .flat_map(|y| right.window(across).map(move |x| (y, x)))
                            .collect(),
                    };
                    let mut best: Option<(f64, Vec<(usize, usize)>)> = None;
                    for (y, across) in places {
                        let terms = terms(n, o, y, across);
                        let z = terms.iter().fold(f64::from(bias[o]), |sum, (a, b)| {
                            sum + f64::from(x[*a]) * f64::from(kernel[*b])
                        });
                        if best.as_ref().is_none_or(|(largest, _)| z > *largest) {
                            best = Some((z, terms));
                        }
                    }
                    let (z, terms) = best.unwrap();
                    let at = if shape.channels_last {
                        ((n * height + y) * width + across) * shape.outputs + o
                    } else {
                        ((n * shape.outputs + o) * height + y) * width + across
                    };
                    let dead = shape.relu && z <= 0.0;
                    plain.result[at] = if dead { 0.0 } else { z };
                    if !dead {
                        let slope = f64::from(gradient[at]);
                        plain.bias[o] += slope;
                        for (a, b) in terms {
                            plain.x[a] += slope * f64::from(kernel[b]);
                            plain.kernel[b] += slope * f64::from(x[a]);
                        }
                    }
                }
            }
        }
    }
    plain
}

fn assert_close(what: &str, shape: &Shape, found: &[f32], wanted: &[f64]) {
    assert_eq!(found.len(), wanted.len(), "{what} of {shape:?}");
    let largest = wanted.iter().fold(1e-3f64, |m, v| m.max(v.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (f64::from(*found) - wanted).abs() <= 1e-5 * largest,
            "{what} of {shape:?}: element {i} is {found}, wanted {wanted}"
        );
    }
}

fn check(shape: &Shape, seed: Seed, coarse: bool) {
    let x = numbers(shape.batch * shape.image_len(), seed.derive("x"), coarse);
    let kernel = numbers(shape.weights(), seed.derive("kernel"), coarse);
    let bias = numbers(shape.outputs, seed.derive("bias"), coarse);
    let mut gradient = numbers(shape.batch * shape.result_len(), seed.derive("g"), coarse);
    // As behind dropout.
    gradient.iter_mut().step_by(3).for_each(|g| *g = 0.0);
    let wanted = plain(shape, &x, &kernel, &bias, &gradient);
    let forward = forward(shape, &x, &kernel, &bias);
    assert_close("the result", shape, &forward.result, &wanted.result);
    for wants_x in [true, false] {
        let gradients = backward(
            shape,
            Passed {
                x: &x,
                kernel: &kernel,
                result: &forward.result,
                chosen: &forward.chosen,
                gradient: &gradient,
            },
            Wanted {
                x: wants_x,
                weights: true,
            },
        );
        assert_close("∂kernel", shape, &gradients.kernel, &wanted.kernel);
        assert_close("∂bias", shape, &gradients.bias, &wanted.bias);
        assert_eq!(gradients.x.is_some(), wants_x);
        if let Some(x) = &gradients.x {
            assert_close("∂x", shape, x, &wanted.x);
        }
    }
}

fn side(inputs: usize, kernel: usize, stride: usize, dilation: usize, border: Border) -> Side {
    Side::new(inputs, kernel, stride, dilation, border).unwrap()
}

/// 3 × 3 on a 9 × 7 image, with these numbers of channels.
fn small(channels: usize, outputs: usize) -> Shape {
    Shape {
        batch: 3,
        channels,
        outputs,
        groups: 1,
        rows: side(9, 3, 1, 1, Border::Valid),
        columns: side(7, 3, 1, 1, Border::Valid),
        channels_last: false,
        relu: false,
        pooling: None,
    }
}

#[test]
fn any_number_of_channels() {
    for (channels, outputs) in [
        (1, 1),
        (1, 32),
        (2, 5),
        (3, 16),
        (16, 17),
        (5, 64),
        (20, 65),
        (33, 8),
    ] {
        for relu in [false, true] {
            let shape = Shape {
                relu,
                ..small(channels, outputs)
            };
            check(&shape, Seed(channels as u64), false);
            let pooled = Shape {
                pooling: Some((
                    side(7, 2, 2, 1, Border::Valid),
                    side(5, 2, 2, 1, Border::Valid),
                )),
                ..shape
            };
            check(&pooled, Seed(outputs as u64), true);
        }
    }
}

#[test]
fn any_shape() {
    let mut rng = Seed(11).rng();
    let mut tried = 0;
    while tried < 200 {
        let border = if rng.random() {
            Border::Valid
        } else {
            Border::Same
        };
        let groups = rng.random_range(1..=3);
        let mut random_side = || {
            Side::new(
                rng.random_range(1..=11),
                rng.random_range(1..=4),
                rng.random_range(1..=3),
                rng.random_range(1..=2),
                border,
            )
        };
        let (Ok(rows), Ok(columns)) = (random_side(), random_side()) else {
            continue;
        };
        let mut shape = Shape {
            batch: rng.random_range(1..=5),
            channels: groups * rng.random_range(1..=4),
            outputs: groups * rng.random_range(1..=9),
            groups,
            rows,
            columns,
            channels_last: rng.random(),
            relu: rng.random(),
            pooling: None,
        };
        let pool = if rng.random() {
            Border::Valid
        } else {
            Border::Same
        };
        let mut window = |map: usize| {
            Side::new(
                map,
                rng.random_range(1..=3),
                rng.random_range(1..=3),
                1,
                pool,
            )
        };
        if let (Ok(down), Ok(right)) = (window(rows.outputs), window(columns.outputs)) {
            if rng.random() {
                shape.pooling = Some((down, right));
            }
        }
        check(&shape, Seed(tried), shape.pooling.is_some());
        tried += 1;
    }
}

#[test]
fn causal_sequences() {
    for (stride, dilation) in [(1, 1), (2, 1), (1, 2), (1, 4), (3, 2)] {
        let shape = Shape {
            rows: side(1, 1, 1, 1, Border::Same),
            columns: side(20, 3, stride, dilation, Border::Causal),
            channels_last: true,
            ..small(5, 6)
        };
        check(&shape, Seed(3), false);
    }
}

#[test]
fn many_images_and_a_batch_that_does_not_divide() {
    for batch in [1, 2, 17, 65, 130] {
        check(
            &Shape {
                batch,
                ..small(2, 3)
            },
            Seed(5),
            false,
        );
        let pooled = Shape {
            batch,
            relu: true,
            pooling: Some((
                side(7, 2, 2, 1, Border::Valid),
                side(5, 2, 2, 1, Border::Valid),
            )),
            ..small(2, 3)
        };
        check(&pooled, Seed(6), true);
    }
}

#[test]
fn nan_is_not_hidden() {
    for pooling in [
        None,
        Some((
            side(7, 2, 2, 1, Border::Valid),
            side(5, 2, 2, 1, Border::Valid),
        )),
    ] {
        for at in [0, 10, 40, 62] {
            let shape = Shape {
                batch: 1,
                relu: true,
                pooling,
                ..small(1, 2)
            };
            let mut x = vec![0.5; 63];
            x[at] = f32::NAN;
            let forward = forward(&shape, &x, &[1.0; 18], &[0.0; 2]);
            let seen = forward.result.iter().filter(|y| y.is_nan()).count();
            // With pooling, the last row and column of the map are left over: the corner is not seen.
            assert_eq!(seen > 0, pooling.is_none() || at != 62, "{at}");
        }
    }
}

#[test]
fn one_thread_gives_the_same_bits_as_many() {
    let pooling = Some((
        side(7, 2, 2, 1, Border::Valid),
        side(5, 2, 2, 1, Border::Valid),
    ));
    for pooling in [None, pooling] {
        let shape = Shape {
            batch: 37,
            relu: true,
            pooling,
            ..small(5, 18)
        };
        let x = numbers(shape.batch * shape.image_len(), Seed(1), false);
        let kernel = numbers(shape.weights(), Seed(2), false);
        let gradient = numbers(shape.batch * shape.result_len(), Seed(3), false);
        let run = || {
            let forward = forward(&shape, &x, &kernel, &[0.1; 18]);
            let passed = Passed {
                x: &x,
                kernel: &kernel,
                result: &forward.result,
                chosen: &forward.chosen,
                gradient: &gradient,
            };
            let wanted = Wanted {
                x: true,
                weights: true,
            };
            let gradients = backward(&shape, passed, wanted);
            let all = [
                forward.result,
                gradients.x.unwrap(),
                gradients.kernel,
                gradients.bias,
            ];
            all.map(|values| values.into_iter().map(f32::to_bits).collect::<Vec<_>>())
        };
        // Within a task the tasks of a kernel run one after the other, on this thread.
        let alone = std::sync::Mutex::new(Vec::new());
        parallel::for_each(2, |_| {
            let bits = run();
            alone.lock().unwrap().push(bits);
        });
        for bits in alone.into_inner().unwrap() {
            assert!(bits == run(), "{shape:?}");
        }
    }
}
