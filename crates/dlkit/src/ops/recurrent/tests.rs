use super::*;
use crate::ops::finite_differences::assert_gradient;
use crate::seed::Seed;
use candle_core::{DType, Device, Var};
use rand::Rng as _;

const CELLS: [Cell; 3] = [Cell::SimpleRnn, Cell::Lstm, Cell::Gru];

/// All ways to walk: states of all steps or the last, forwards or backwards, in the order of reading or in place.
fn directions() -> Vec<Direction> {
    let mut all = Vec::new();
    for (return_sequences, go_backwards, in_place) in [
        (false, false, false),
        (true, false, false),
        (false, true, false),
        (true, true, false),
        (true, true, true),
    ] {
        all.push(Direction {
            return_sequences,
            go_backwards,
            in_place,
        });
    }
    all
}

fn numbers(shape: &[usize], limit: f64, seed: Seed) -> Tensor {
    let mut rng = seed.rng();
    let count: usize = shape.iter().product();
    let values: Vec<f64> = (0..count)
        .map(|_| rng.random_range(-limit..limit))
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// Input, three weights and a start, all of them variables.
struct Problem {
    cell: Cell,
    variables: Vec<Var>,
}

impl Problem {
    fn new(cell: Cell, [batch, steps, features, units]: [usize; 4], dtype: DType) -> Self {
        let columns = cell.gates() * units;
        let mut shapes = vec![
            vec![batch, steps, features],
            vec![features, columns],
            vec![units, columns],
            if cell == Cell::Gru {
                vec![2, columns]
            } else {
                vec![columns]
            },
            vec![batch, units],
        ];
        if cell == Cell::Lstm {
            shapes.push(vec![batch, units]);
        }
        // Small enough that the gates do not all stand at their ends.
        let spread = |i: usize| match i {
            1 => 1.5 / (features as f64).sqrt(),
            2 => 1.5 / (units as f64).sqrt(),
            _ => 1.0,
        };
        let variables = shapes
            .iter()
            .enumerate()
            .map(|(i, shape)| {
                let values = numbers(shape, spread(i), Seed(3).at(i as u64));
                Var::from_tensor(&values.to_dtype(dtype).unwrap()).unwrap()
            })
            .collect();
        Self { cell, variables }
    }

    fn x(&self) -> &Tensor {
        &self.variables[0]
    }

    fn weights(&self) -> RecurrentWeights<'_> {
        RecurrentWeights {
            kernel: &self.variables[1],
            recurrent_kernel: &self.variables[2],
            bias: Some(&self.variables[3]),
        }
    }

    fn start(&self) -> RecurrentState {
        RecurrentState {
            hidden: self.variables[4].as_tensor().clone(),
            cell: self.variables.get(5).map(|cell| cell.as_tensor().clone()),
        }
    }

    fn units(&self) -> usize {
        self.variables[2].dims()[0]
    }

    /// The output and the final states in one vector; and the gradient of each variable for a weighted sum of these.
    fn run(&self, direction: Direction, by_kernel: bool) -> (Vec<f64>, Vec<Vec<f64>>) {
        let (cell, start, units) = (self.cell, self.start(), self.units());
        let (output, state) = if by_kernel {
            let (output, state) = fused(
                cell,
                self.x(),
                self.weights(),
                Some(&start),
                direction,
                true,
                units,
            )
            .unwrap();
            (output, state.unwrap())
        } else {
            composed(
                cell,
                self.x(),
                self.weights(),
                Some(&start),
                direction,
                units,
            )
            .unwrap()
        };
        let all = together(&output, &state);
        let weights = numbers(all.dims(), 1.0, Seed(99))
            .to_dtype(all.dtype())
            .unwrap();
        let gradients = (&all * weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        let gradients = self
            .variables
            .iter()
            .map(|variable| {
                flat(
                    gradients
                        .get(variable)
                        .expect("every variable has a gradient"),
                )
            })
            .collect();
        (flat(&all), gradients)
    }
}

fn together(output: &Tensor, state: &RecurrentState) -> Tensor {
    let mut all = vec![
        output.flatten_all().unwrap(),
        state.hidden.flatten_all().unwrap(),
    ];
    all.extend(state.cell.iter().map(|cell| cell.flatten_all().unwrap()));
    Tensor::cat(&all, 0).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.to_dtype(DType::F64).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Relative to the largest of the wanted numbers.
fn assert_close(what: &str, found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    let largest = wanted
        .iter()
        .fold(1e-3f64, |most, value| most.max(value.abs()));
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= tolerance * largest,
            "{what}: number {i} is {found} instead of {wanted} (the largest is {largest})"
        );
    }
}

/// The last size is one for [`crate::kernels::recurrent`]'s way with matrix products, the others take groups.
const SIZES: [[usize; 4]; 7] = [
    [1, 1, 1, 1],
    [2, 3, 1, 5],
    [7, 4, 3, 8],
    [6, 5, 14, 16],
    [13, 3, 18, 17],
    [1, 9, 2, 33],
    [5, 3, 7, 131],
];

#[test]
fn kernels_agree_with_the_composed_form_in_f64() {
    for cell in CELLS {
        for sizes in SIZES {
            for direction in directions() {
                let what = format!("{cell:?} {sizes:?} {direction:?}");
                let (values, gradients) =
                    Problem::new(cell, sizes, DType::F32).run(direction, true);
                let exact = Problem::new(cell, sizes, DType::F32).in_f64();
                let (wanted_values, wanted_gradients) = exact.run(direction, false);
                assert_close(&what, &values, &wanted_values, 4e-6);
                for (i, (found, wanted)) in gradients.iter().zip(&wanted_gradients).enumerate() {
                    assert_close(&format!("{what}, gradient {i}"), found, wanted, 1e-5);
                }
            }
        }
    }
}

impl Problem {
    /// The same numbers, as f64.
    fn in_f64(self) -> Self {
        let variables = self
            .variables
            .iter()
            .map(|v| Var::from_tensor(&v.to_dtype(DType::F64).unwrap()).unwrap())
            .collect();
        Self { variables, ..self }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    for cell in CELLS {
        for direction in directions() {
            let problem = Problem::new(cell, [2, 3, 2, 3], DType::F64);
            let shapes: Vec<Vec<usize>> = problem
                .variables
                .iter()
                .map(|v| v.dims().to_vec())
                .collect();
            let point: Vec<f64> = problem.variables.iter().flat_map(|v| flat(v)).collect();
            let name = format!("{cell:?} {direction:?}");
            assert_gradient(&name, &point, &[point.len()], |all| {
                let mut from = 0;
                let mut parts = Vec::new();
                for shape in &shapes {
                    let count = shape.iter().product();
                    parts.push(all.narrow(0, from, count)?.reshape(shape.as_slice())?);
                    from += count;
                }
                let weights = RecurrentWeights {
                    kernel: &parts[1],
                    recurrent_kernel: &parts[2],
                    bias: Some(&parts[3]),
                };
                let start = RecurrentState {
                    hidden: parts[4].clone(),
                    cell: parts.get(5).cloned(),
                };
                let (output, state) =
                    recurrent_with_state(cell, &parts[0], weights, Some(&start), direction)?;
                Ok(together(&output, &state))
            });
        }
    }
}
