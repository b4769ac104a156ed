//! Against PyTorch and Keras (tables printed by `reference/recurrent.py`), and what a layer promises.

use super::*;
use crate::layers::{Bidirectional, GRU, LSTM, Merge, SimpleRNN};
use crate::model::Sequential;
use crate::seed::Seed;
use candle_core::{DType, Device};

/// Element `i` is `scale · sin(a · i + b)`: what the script fills its tensors with.
fn fill(shape: &[usize], a: f64, b: f64, scale: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|i| (scale * (a * i as f64 + b).sin()) as f32)
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn input() -> Tensor {
    fill(&[2, 3, 2], 1.3, 0.4, 1.0)
}

/// The layer, built for the script's input and filled with its weights (each direction of a `Bidirectional` with the same).
fn built(layer: &dyn Layer) -> (Box<dyn BuiltLayer>, Vec<Variable>) {
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    let built = scope.build(layer, &[3, 2]).unwrap();
    let variables = scope.variables().to_vec();
    for variable in &variables {
        let (a, b) = match variable.name().rsplit('/').next().unwrap() {
            "kernel" => (0.7, 0.1),
            "recurrent_kernel" => (0.9, 0.2),
            _ => (1.1, 0.3),
        };
        let values = fill(variable.tensor().dims(), a, b, 0.5);
        variable.var().set(&values).unwrap();
    }
    (built.layer, variables)
}

fn assert_close(what: &str, found: &Tensor, wanted: &[f64]) {
    let found = found.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (i, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        // The tables have six decimals.
        assert!(
            (f64::from(*found) - wanted).abs() < 2e-6 * wanted.abs().max(1.0),
            "{what}: number {i} is {found} instead of {wanted}"
        );
    }
}

struct Reference {
    cell: Cell,
    output: &'static [f64],
    /// Gradients.
    x: &'static [f64],
    kernel: &'static [f64],
    recurrent_kernel: &'static [f64],
    bias: &'static [f64],
}

#[rustfmt::skip]
const TORCH: [Reference; 3] = [
    Reference {
        cell: Cell::SimpleRnn,
        output: &[0.513946, 0.635762, 0.267381, -0.171142, 0.459773, 0.542921, 0.213388, 0.175151, -0.204388, 0.162875, 0.675698, 0.655596, -0.190536, 0.023469, -0.059621, 0.484852, 0.641641, 0.341876],
        x: &[0.032188, 0.309126, -0.224608, -0.317301, 0.238322, 0.488740, -0.232282, -0.204233, 0.500872, 0.267577, -0.352279, -0.248537],
        kernel: &[-1.570914, -2.538404, -0.303518, 0.951119, 0.364144, -0.618012],
        recurrent_kernel: &[-0.297126, -0.116333, 0.098317, 0.291268, 0.737198, 0.036072, 0.635208, 1.024772, 0.038970],
        bias: &[0.348736, 0.466057, -0.445834],
    },
    Reference {
        cell: Cell::Lstm,
        output: &[0.057311, 0.167461, 0.129180, 0.041618, 0.081172, -0.057330, 0.152135, 0.165746, 0.082460, -0.033000, 0.005103, -0.055939, 0.089932, 0.099100, 0.019060, 0.042682, 0.176512, 0.126702],
        x: &[-0.124584, 0.046080, 0.036624, -0.011939, -0.053727, 0.079371, 0.193364, -0.093521, 0.002809, 0.052817, 0.173221, -0.125783],
        kernel: &[-0.028694, -0.068754, -0.010394, -0.024009, -0.031338, -0.000771, -0.393082, -0.468894, -0.060604, -0.084162, -0.174518, -0.021089, 0.046853, -0.001355, -0.016397, -0.008442, -0.001746, -0.010305, 0.221624, -0.014835, -0.193437, 0.061771, 0.024962, -0.042769],
        recurrent_kernel: &[0.001529, -0.002250, -0.002082, -0.001920, -0.003436, 0.000507, -0.019847, -0.027369, -0.002533, -0.001381, -0.009016, -0.002260, 0.003482, -0.000187, -0.003956, -0.002305, -0.005498, 0.001712, -0.022134, -0.038627, 0.004756, 0.000306, -0.007778, -0.003495, -0.004592, -0.004369, -0.001473, -0.001646, -0.003700, 0.001235, -0.026432, -0.025399, 0.010333, -0.010949, -0.015041, -0.000906],
        bias: &[0.093427, 0.043236, -0.047015, -0.019815, -0.039699, 0.010581, -0.016813, -0.435472, -0.083306, 0.126908, 0.081591, -0.061052],
    },
    Reference {
        cell: Cell::Gru,
        output: &[-0.302437, -0.135171, -0.052978, 0.117979, 0.276781, 0.161648, 0.127548, 0.314929, 0.184312, -0.198829, -0.053809, -0.017014, 0.294354, 0.462623, 0.310201, -0.129110, 0.167130, 0.154363],
        x: &[-0.179534, -0.179408, 0.136470, 0.138826, -0.392637, -0.393620, 0.326936, 0.326266, -0.101827, -0.102320, 0.196226, 0.193167],
        kernel: &[-0.048318, -0.125909, -0.013852, 0.079497, 0.058781, -0.000798, -0.891260, -0.691979, -0.090854, -0.085348, -0.127968, -0.015792, -0.063501, -0.020062, -0.003014, 0.603078, 0.151025, -0.330862],
        recurrent_kernel: &[-0.066073, -0.057746, 0.000024, -0.006756, 0.001773, -0.000279, 0.012722, -0.021540, -0.033970, -0.087063, -0.090159, -0.010323, -0.007248, 0.001195, -0.000987, 0.008662, -0.023007, -0.029683, -0.055636, -0.059824, -0.007959, -0.002929, 0.001540, -0.000679, -0.004624, -0.019575, -0.016631],
        bias: &[-0.089965, -0.178734, -0.078137, 0.002034, 0.013183, -0.005791, 0.002366, -0.153714, -0.061402, -0.089965, -0.178734, -0.078137, 0.002034, 0.013183, -0.005791, -0.032830, -0.089276, -0.001238],
    },
];
#[rustfmt::skip]
const SIMPLE_RNN_BACKWARDS: &[f64] = &[0.336449, 0.323453, -0.142613, -0.098110, 0.437694, 0.461722, 0.434115, 0.553262, 0.214690, 0.482785, 0.695976, 0.447337, -0.092689, 0.136564, -0.017963, 0.175308, 0.626808, 0.582713];
#[rustfmt::skip]
const LSTM_LAST: &[f64] = &[0.152135, 0.165746, 0.082460, 0.042682, 0.176512, 0.126702];
#[rustfmt::skip]
const GRU_LAST: &[f64] = &[0.127548, 0.314929, 0.184312, -0.129110, 0.167130, 0.154363];
#[rustfmt::skip]
const BIDIRECTIONAL_LSTM: &[f64] = &[0.152135, 0.165746, 0.082460, 0.081527, 0.194247, 0.124468, 0.042682, 0.176512, 0.126702, 0.027064, 0.078196, -0.021173];
#[rustfmt::skip]
const BIDIRECTIONAL_GRU_AVE: &[f64] = &[-0.210329, 0.008823, 0.034904, 0.190127, 0.343626, 0.206915, 0.083616, 0.235875, 0.139316, -0.109764, 0.085636, 0.072640, 0.269971, 0.444767, 0.296016, -0.232223, 0.003934, 0.045142];

#[test]
fn outputs_and_gradients_are_those_of_pytorch() {
    for wanted in TORCH {
        let layer: Box<dyn Layer> = match wanted.cell {
            Cell::SimpleRnn => Box::new(SimpleRNN::new(3).return_sequences()),
            Cell::Lstm => Box::new(LSTM::new(3).return_sequences()),
            Cell::Gru => Box::new(GRU::new(3).return_sequences()),
        };
        let (layer_built, variables) = built(layer.as_ref());
        let x = candle_core::Var::from_tensor(&input()).unwrap();
        let output = layer_built.forward(&x, &Pass::inference()).unwrap();
        let name = layer.kind();
        assert_close(name, &output, wanted.output);
        let cosines: Vec<f32> = (0..18).map(|i| (i as f32).cos()).collect();
        let cosines = Tensor::from_vec(cosines, (2, 3, 3), &Device::Cpu).unwrap();
        let loss = (output * cosines).unwrap().sum_all().unwrap();
        let gradients = loss.backward().unwrap();
        assert_close(&format!("{name}, x"), gradients.get(&x).unwrap(), wanted.x);
        for (variable, wanted) in
            variables
                .iter()
                .zip([wanted.kernel, wanted.recurrent_kernel, wanted.bias])
        {
            let gradient = gradients.get(variable.var()).unwrap();
            assert_close(variable.name(), gradient, wanted);
        }
    }
}

#[test]
fn outputs_are_those_of_keras() {
    let cases: [(Box<dyn Layer>, &[f64]); 5] = [
        (
            Box::new(SimpleRNN::new(3).go_backwards().return_sequences()),
            SIMPLE_RNN_BACKWARDS,
        ),
        (Box::new(LSTM::new(3)), LSTM_LAST),
        (Box::new(GRU::new(3)), GRU_LAST),
        (
            Box::new(Bidirectional::new(LSTM::new(3))),
            BIDIRECTIONAL_LSTM,
        ),
        (
            Box::new(Bidirectional::new(GRU::new(3).return_sequences()).merge_mode(Merge::Ave)),
            BIDIRECTIONAL_GRU_AVE,
        ),
    ];
    for (layer, wanted) in cases {
        let (built, _) = built(layer.as_ref());
        let output = built.forward(&input(), &Pass::inference()).unwrap();
        assert_close(&layer.describe(), &output, wanted);
    }
}

#[test]
fn merging_is_what_its_name_says() {
    let run = |layer: &dyn Layer| {
        let (built, _) = built(layer);
        built.forward(&input(), &Pass::inference()).unwrap()
    };
    let both = run(&Bidirectional::new(LSTM::new(3)));
    let (a, b) = (both.narrow(1, 0, 3).unwrap(), both.narrow(1, 3, 3).unwrap());
    for (merge, wanted) in [
        (Merge::Sum, &a + &b),
        (Merge::Mul, &a * &b),
        (Merge::Ave, (&a + &b).unwrap() * 0.5),
    ] {
        let found = run(&Bidirectional::new(LSTM::new(3)).merge_mode(merge));
        let wanted = wanted.unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(found.to_vec2::<f32>().unwrap(), wanted, "{merge:?}");
    }
}

#[test]
fn parameters_and_shapes_are_those_of_keras() {
    let cases: [(Box<dyn Layer>, usize, &[usize]); 7] = [
        (Box::new(SimpleRNN::new(16)), 16 * (14 + 16 + 1), &[16]),
        (Box::new(LSTM::new(16)), 1_984, &[16]),
        (
            Box::new(LSTM::new(16).return_sequences()),
            1_984,
            &[120, 16],
        ),
        (Box::new(GRU::new(16)), 3 * 16 * (14 + 16 + 2), &[16]),
        (
            Box::new(GRU::new(16).without_bias()),
            3 * 16 * (14 + 16),
            &[16],
        ),
        (
            Box::new(Bidirectional::new(LSTM::new(16))),
            2 * 1_984,
            &[32],
        ),
        (
            Box::new(Bidirectional::new(LSTM::new(16).return_sequences()).merge_mode(Merge::Sum)),
            2 * 1_984,
            &[120, 16],
        ),
    ];
    for (layer, parameters, shape) in cases {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = scope.build(layer.as_ref(), &[120, 14]).unwrap();
        let found: usize = scope.variables().iter().map(Variable::parameters).sum();
        assert_eq!(found, parameters, "{}", layer.describe());
        assert_eq!(built.output_shape, shape, "{}", layer.describe());
        let x = Tensor::zeros((2, 120, 14), DType::F32, &Device::Cpu).unwrap();
        let output = built.layer.forward(&x, &Pass::inference()).unwrap();
        assert_eq!(output.dims()[1..], *shape, "{}", layer.describe());
    }
}

#[test]
fn variables_start_as_in_keras() {
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    scope.build(&LSTM::new(16), &[120, 14]).unwrap();
    let variables = scope.variables();
    let names: Vec<&str> = variables.iter().map(Variable::name).collect();
    assert_eq!(names, ["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"]);
    let limit = (6.0f32 / (14.0 + 64.0)).sqrt();
    let kernel = variables[0]
        .tensor()
        .flatten_all()
        .unwrap()
        .to_vec1::<f32>()
        .unwrap();
    assert!(kernel.iter().all(|w| w.abs() <= limit));
    assert!(kernel.iter().any(|w| w.abs() > 0.9 * limit));
    let recurrent = variables[1].tensor();
    let product = recurrent.matmul(&recurrent.t().unwrap()).unwrap();
    for (i, row) in product.to_vec2::<f32>().unwrap().iter().enumerate() {
        for (j, value) in row.iter().enumerate() {
            assert!(
                (value - f32::from(u8::from(i == j))).abs() < 1e-5,
                "row {i} times row {j}"
            );
        }
    }
    let bias = variables[2].tensor().to_vec1::<f32>().unwrap();
    for (i, value) in bias.iter().enumerate() {
        let is_forget_gate = (16..32).contains(&i);
        assert_eq!(*value, f32::from(u8::from(is_forget_gate)), "bias {i}");
    }
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    scope
        .build(&LSTM::new(16).without_unit_forget_bias(), &[120, 14])
        .unwrap();
    let bias = scope.variables()[2].tensor().to_vec1::<f32>().unwrap();
    assert!(bias.iter().all(|value| *value == 0.0));
}

#[test]
fn the_directions_have_weights_of_their_own() {
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    scope
        .build(&Bidirectional::new(GRU::new(4)), &[5, 3])
        .unwrap();
    let names: Vec<&str> = scope.variables().iter().map(Variable::name).collect();
    assert_eq!(
        names,
        [
            "bidirectional/forward_gru/kernel",
            "bidirectional/forward_gru/recurrent_kernel",
            "bidirectional/forward_gru/bias",
            "bidirectional/backward_gru/kernel",
            "bidirectional/backward_gru/recurrent_kernel",
            "bidirectional/backward_gru/bias",
        ]
    );
    let kernel = |i: usize| scope.variables()[i].tensor().to_vec2::<f32>().unwrap();
    assert_ne!(kernel(0), kernel(3));
}

#[test]
fn a_stack_of_all_kinds_reaches_every_variable() {
    let net = Sequential::new()
        .add(LSTM::new(5).return_sequences())
        .add(Bidirectional::new(GRU::new(4).return_sequences()))
        .add(SimpleRNN::new(6).go_backwards().return_sequences())
        .add(Bidirectional::new(LSTM::new(3)).merge_mode(Merge::Mul));
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    let built = scope.build(&net, &[7, 2]).unwrap();
    let x = fill(&[4, 7, 2], 1.3, 0.4, 1.0);
    let output = built.layer.forward(&x, &Pass::training(Seed(2))).unwrap();
    let gradients = output.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    assert_eq!(scope.variables().len(), 18);
    for variable in scope.variables() {
        let gradient = gradients
            .get(variable.var())
            .unwrap_or_else(|| panic!("{} gets no gradient", variable.name()));
        let largest = gradient
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(largest > 0.0, "the gradient of {} is zero", variable.name());
    }
}

#[test]
fn a_sequence_in_pieces_gives_the_same_states_and_gradients() {
    let layers: [Box<dyn RecurrentLayer>; 3] = [
        Box::new(SimpleRNN::new(5).return_sequences()),
        Box::new(LSTM::new(5).return_sequences()),
        Box::new(GRU::new(5).return_sequences()),
    ];
    for layer in layers {
        let mut scope = Scope::new(Seed(1), &Device::Cpu);
        let built = layer.build_with_state(&[9, 2], &mut scope).unwrap();
        let x = fill(&[4, 9, 2], 1.3, 0.4, 1.0);
        let gradients_of = |output: &Tensor| -> Vec<Vec<f32>> {
            let gradients = output.sqr().unwrap().sum_all().unwrap().backward().unwrap();
            let of = |variable: &Variable| {
                let gradient = gradients
                    .get(variable.var())
                    .unwrap()
                    .flatten_all()
                    .unwrap();
                gradient.to_vec1::<f32>().unwrap()
            };
            scope.variables().iter().map(of).collect()
        };
        let whole = built.forward(&x, &Pass::inference()).unwrap();
        let mut state = None;
        let mut pieces = Vec::new();
        for (from, length) in [(0, 4), (4, 1), (5, 4)] {
            let piece = x.narrow(1, from, length).unwrap();
            let (output, after) = built.forward_with_state(&piece, state.as_ref()).unwrap();
            pieces.push(output);
            state = Some(after);
        }
        let pieces = Tensor::cat(&pieces, 1).unwrap();
        assert_eq!(
            pieces.to_vec3::<f32>().unwrap(),
            whole.to_vec3::<f32>().unwrap()
        );
        for (found, wanted) in gradients_of(&pieces).iter().zip(gradients_of(&whole)) {
            for (found, wanted) in found.iter().zip(wanted) {
                let error = (found - wanted).abs();
                assert!(
                    error < 1e-5 * wanted.abs().max(1.0),
                    "{found} instead of {wanted}"
                );
            }
        }
        let cut = state.unwrap().detach();
        assert!(!cut.hidden.track_op());
    }
}

#[test]
fn ten_thousand_steps_do_not_overflow_a_small_stack() {
    // Composed of one operation per step, a graph is as deep as the sequence is long, and walking back needs stack for all of it: only
    // the kernel promises more than a few hundred steps.
    let steps = if crate::kernels::enabled() {
        10_000
    } else {
        100
    };
    let work = move || {
        for layer in [
            Box::new(SimpleRNN::new(2)) as Box<dyn Layer>,
            Box::new(LSTM::new(2)),
            Box::new(GRU::new(2)),
        ] {
            let mut scope = Scope::new(Seed(1), &Device::Cpu);
            let built = scope.build(layer.as_ref(), &[steps, 1]).unwrap();
            let x = fill(&[2, steps, 1], 0.1, 0.4, 1.0);
            let output = built.layer.forward(&x, &Pass::inference()).unwrap();
            let gradients = output.sum_all().unwrap().backward().unwrap();
            for variable in scope.variables() {
                let gradient = gradients
                    .get(variable.var())
                    .unwrap()
                    .flatten_all()
                    .unwrap();
                let gradient = gradient.to_vec1::<f32>().unwrap();
                assert!(
                    gradient.iter().all(|g| g.is_finite()),
                    "{}",
                    variable.name()
                );
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work);
    thread.unwrap().join().unwrap();
}

#[test]
fn wrong_inputs_are_named() {
    let mut scope = Scope::new(Seed(1), &Device::Cpu);
    let message = |result: Result<Built>| format!("{:#}", result.err().unwrap());
    let forgotten = message(scope.build(&LSTM::new(4), &[16]));
    assert!(forgotten.contains("return_sequences"), "{forgotten}");
    assert!(scope.build(&GRU::new(0), &[5, 3]).is_err());
    let twice = message(scope.build(&Bidirectional::new(GRU::new(4).go_backwards()), &[5, 3]));
    assert!(twice.contains("go_backwards"), "{twice}");

    let built = LSTM::new(4).build_with_state(&[5, 3], &mut scope).unwrap();
    let zeros = |shape: &[usize]| Tensor::zeros(shape, DType::F32, &Device::Cpu).unwrap();
    let error = |x: &Tensor, state: Option<&RecurrentState>| {
        format!("{:#}", built.forward_with_state(x, state).unwrap_err())
    };
    let features = error(&zeros(&[2, 5, 7]), None);
    assert!(
        features.contains("[2, 5, 7]") && features.contains("steps, 3"),
        "{features}"
    );
    assert!(error(&zeros(&[2, 0, 3]), None).contains("empty"));
    let no_cell = RecurrentState {
        hidden: zeros(&[2, 4]),
        cell: None,
    };
    assert!(error(&zeros(&[2, 5, 3]), Some(&no_cell)).contains("cell state"));
    let other_batch = RecurrentState {
        hidden: zeros(&[3, 4]),
        cell: Some(zeros(&[3, 4])),
    };
    let message = error(&zeros(&[2, 5, 3]), Some(&other_batch));
    assert!(message.contains("(2, 4)"), "{message}");
}
