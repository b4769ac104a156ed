//! Against the formulas in f64, one number at a time, forward and backward.

use super::*;
use crate::seed::Seed;
use rand::Rng as _;

fn numbers(count: usize, limit: f32, seed: u64) -> Vec<f32> {
    let mut rng = Seed(seed).rng();
    (0..count)
        .map(|_| rng.random_range(-limit..limit))
        .collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One sample's states after one step, from the sums of Keras's gates over input and hidden state.
fn step(kind: Kind, from_input: &[f64], from_hidden: &[f64], before: &[f64]) -> Vec<f64> {
    let units = from_input.len() / kind.gates();
    let mut after = before.to_vec();
    for u in 0..units {
        let sum = |g: usize| from_input[g * units + u] + from_hidden[g * units + u];
        match kind {
            Kind::SimpleRnn => after[u] = sum(0).tanh(),
            Kind::Lstm => {
                let cell = sigmoid(sum(1)) * before[units + u] + sigmoid(sum(0)) * sum(2).tanh();
                after[units + u] = cell;
                after[u] = sigmoid(sum(3)) * cell.tanh();
            }
            Kind::Gru => {
                let (z, r) = (sigmoid(sum(0)), sigmoid(sum(1)));
                let candidate = (from_input[2 * units + u] + r * from_hidden[2 * units + u]).tanh();
                after[u] = z * before[u] + (1.0 - z) * candidate;
            }
        }
    }
    after
}

/// The output, `(batch, rows, units)`, by the plain formulas.
fn plainly(kind: Kind, walk: &Walk, x: &[f64], weights: &[f64], start: &[f64]) -> Vec<f64> {
    let Walk {
        steps,
        features,
        units,
        ..
    } = *walk;
    let columns = kind.gates() * units;
    let (kernel, rest) = weights.split_at(features * columns);
    let (recurrent, bias) = rest.split_at(units * columns);
    let mut out = vec![0.0; walk.batch * walk.rows() * units];
    for sample in 0..walk.batch {
        let states = kind.states() * units;
        let mut state = start[sample * states..][..states].to_vec();
        let out = &mut out[sample * walk.rows() * units..][..walk.rows() * units];
        for count in 0..steps {
            let element = if walk.backwards {
                steps - 1 - count
            } else {
                count
            };
            let x = &x[(sample * steps + element) * features..][..features];
            let product = |values: &[f64], kernel: &[f64], bias: &[f64]| -> Vec<f64> {
                (0..columns)
                    .map(|j| {
                        let products = values
                            .iter()
                            .enumerate()
                            .map(|(k, v)| v * kernel[k * columns + j]);
                        products.sum::<f64>() + bias.get(j).copied().unwrap_or(0.0)
                    })
                    .collect()
            };
            let from_input = product(x, kernel, &bias[..columns]);
            let from_hidden = product(&state[..units], recurrent, &bias[columns..]);
            state = step(kind, &from_input, &from_hidden, &state);
            let row = match (walk.sequences, walk.in_place) {
                (true, true) => element,
                (true, false) => count,
                _ => 0,
            };
            out[row * units..][..units].copy_from_slice(&state[..units]);
        }
        if walk.cell_row {
            let row = (walk.rows() - 1) * units;
            out[row..].copy_from_slice(&state[units..]);
        }
    }
    out
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

fn assert_close(what: &str, found: &[f32], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let largest = wanted
        .iter()
        .fold(1e-3f64, |most, value| most.max(value.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (f64::from(*found) - wanted).abs() <= tolerance * largest,
            "{what}: number {i} is {found} instead of {wanted} (the largest is {largest})"
        );
    }
}

/// The central difference quotient of the weighted output along a random direction of one input, against the gradient that the kernel
/// gives, along the same direction.
fn assert_slope(what: &str, gradient: &[f32], at: &[f32], value: impl Fn(&[f64]) -> f64) {
    for attempt in 0..3 {
        let direction = wide(&numbers(at.len(), 1.0, 40 + attempt));
        let moved = |h: f64| -> f64 {
            let point: Vec<f64> = at
                .iter()
                .zip(&direction)
                .map(|(a, d)| f64::from(*a) + h * d)
                .collect();
            value(&point)
        };
        let h = 1e-5;
        let wanted = (moved(h) - moved(-h)) / (2.0 * h);
        let products = gradient
            .iter()
            .zip(&direction)
            .map(|(g, d)| f64::from(*g) * d);
        let found: f64 = products.sum();
        let size: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
        assert!(
            (found - wanted).abs() <= 2e-6 * size.sqrt().max(1e-3) * (at.len() as f64).sqrt(),
            "{what}: slope {found} instead of {wanted}"
        );
    }
}

fn check(kind: Kind, walk: &Walk) {
    let what = format!("{kind:?} {walk:?}");
    let columns = kind.gates() * walk.units;
    let x = numbers(walk.batch * walk.steps * walk.features, 1.0, 1);
    let mut weights = numbers((walk.features + walk.units) * columns, 1.5, 2);
    for (i, weight) in weights.iter_mut().enumerate() {
        let inputs = if i < walk.features * columns {
            walk.features
        } else {
            walk.units
        };
        *weight /= (inputs as f32).sqrt();
    }
    weights.extend(numbers(kind.bias_rows() * columns, 1.0, 3));
    let start = numbers(walk.batch * kind.states() * walk.units, 1.0, 4);

    let (out, trace) = forward(kind, walk, &x, &weights, &start, true);
    let wanted = plainly(kind, walk, &wide(&x), &wide(&weights), &wide(&start));
    assert_close(&what, &out, &wanted, 3e-6);
    let (without_trace, _) = forward(kind, walk, &x, &weights, &start, false);
    assert_eq!(
        out, without_trace,
        "{what}: keeping a trace changes the output"
    );

    let d_out = numbers(out.len(), 1.0, 5);
    let weighted = |x: &[f64], weights: &[f64], start: &[f64]| -> f64 {
        let out = plainly(kind, walk, x, weights, start);
        out.iter().zip(&d_out).map(|(y, d)| y * f64::from(*d)).sum()
    };
    let gradients = backward(kind, walk, &x, &weights, &trace, &d_out, true);
    let (wide_x, wide_weights, wide_start) = (wide(&x), wide(&weights), wide(&start));
    let of_x = gradients.x.as_deref().unwrap();
    assert_slope(&format!("{what}, x"), of_x, &x, |x| {
        weighted(x, &wide_weights, &wide_start)
    });
    assert_slope(
        &format!("{what}, weights"),
        &gradients.weights,
        &weights,
        |weights| weighted(&wide_x, weights, &wide_start),
    );
    assert_slope(
        &format!("{what}, start"),
        &gradients.start,
        &start,
        |start| weighted(&wide_x, &wide_weights, start),
    );

    let again = backward(kind, walk, &x, &weights, &trace, &d_out, false);
    assert!(again.x.is_none());
    assert_eq!(
        again.weights, gradients.weights,
        "{what}: walking back changes the trace"
    );
}

const KINDS: [Kind; 3] = [Kind::SimpleRnn, Kind::Lstm, Kind::Gru];

/// Batches beside whole groups, units and features beside whole vectors; the last is too large for groups.
const SIZES: [[usize; 4]; 8] = [
    [1, 1, 1, 1],
    [2, 3, 1, 5],
    [7, 4, 3, 8],
    [6, 5, 14, 16],
    [13, 3, 18, 17],
    [3, 2, 40, 33],
    [2, 2, 3, 129],
    [3, 3, 150, 170],
];

#[test]
fn forward_and_backward_agree_with_the_formulas() {
    for kind in KINDS {
        for [batch, steps, features, units] in SIZES {
            for (backwards, sequences, in_place) in [
                (false, false, false),
                (false, true, false),
                (true, true, false),
                (true, true, true),
            ] {
                let walk = Walk {
                    batch,
                    steps,
                    features,
                    units,
                    backwards,
                    sequences,
                    in_place,
                    cell_row: kind == Kind::Lstm && !in_place,
                };
                check(kind, &walk);
            }
        }
    }
}

/// With vector instructions; without them all go with matrix products.
#[test]
fn the_sizes_take_both_ways() {
    let walk = |[batch, steps, features, units]: [usize; 4]| Walk {
        batch,
        steps,
        features,
        units,
        backwards: false,
        sequences: false,
        in_place: false,
        cell_row: false,
    };
    for kind in [Kind::Lstm, Kind::Gru] {
        assert!(SIZES.iter().any(|sizes| fits_cache(kind, &walk(*sizes), 8)));
        assert!(
            SIZES
                .iter()
                .any(|sizes| !fits_cache(kind, &walk(*sizes), 8))
        );
    }
}

#[test]
fn more_groups_than_tasks_are_shared_out() {
    let walk = Walk {
        batch: 2 * groups_of_one_task() + 5,
        steps: 2,
        features: 2,
        units: 3,
        backwards: false,
        sequences: false,
        in_place: false,
        cell_row: false,
    };
    check(Kind::Gru, &walk);
}

/// A batch from which on a task of the way back takes more than one group.
fn groups_of_one_task() -> usize {
    groups::MOST_TASKS * groups::MANY
}
