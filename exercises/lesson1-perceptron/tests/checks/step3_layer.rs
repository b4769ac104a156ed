//! Layers by hand, against the same sums written out here.

use super::{dot, row};
use dlkit_check::prelude::*;
use lesson1::step3_layer::*;

/// An activation function and its name.
type Named = (fn(f64) -> f64, &'static str);

fn random_layer(draw: &mut Draw, inputs: usize, neurons: usize) -> Layer {
    Layer {
        weights: draw.rows(neurons, inputs, -2.0, 2.0),
        biases: draw.numbers(neurons, -1.0, 1.0),
    }
}

fn relu(z: f64) -> f64 {
    z.max(0.0)
}

fn sums(layer: &Layer, inputs: &[f64]) -> Vec<f64> {
    layer
        .weights
        .iter()
        .zip(&layer.biases)
        .map(|(w, b)| dot(w, inputs) + b)
        .collect()
}

fn each(row: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    row.iter().map(|z| f(*z)).collect()
}

fn one_layer(l: &Layer, inputs: &[f64], g: fn(f64) -> f64, g_name: &str) -> Verdict {
    let z = sums(l, inputs);
    let without_bias: Vec<f64> = l.weights.iter().map(|w| dot(w, inputs)).collect();
    let square = l.weights.len() == inputs.len();
    let transposed: Vec<f64> = if square {
        (0..inputs.len())
            .map(|k| {
                g((0..inputs.len())
                    .map(|j| l.weights[j][k] * inputs[j])
                    .sum::<f64>()
                    + l.biases[k])
            })
            .collect()
    } else {
        Vec::new()
    };
    let bias_last: Vec<f64> = without_bias
        .iter()
        .zip(&l.biases)
        .map(|(z, b)| g(*z) + b)
        .collect();
    let product_by_product: Vec<f64> = l
        .weights
        .iter()
        .zip(&l.biases)
        .map(|(row, b)| row.iter().zip(inputs).map(|(w, x)| g(w * x)).sum::<f64>() + b)
        .collect();
    // Where no sum is negative, ReLU and no activation at all look the same.
    let bends = z.iter().any(|z| *z < 0.0);
    expect(format!("a for inputs {} and the activation {g_name}: a", row(inputs)))
        .mistake("forgotten-bias", "The biases are missing: each neuron adds its own.", each(&without_bias, g))
        .mistake(
            "bias-twice",
            "The bias was added twice. (Step 1's `weighted_sum` has already added the one that it is given.)",
            z.iter().zip(&l.biases).map(|(z, b)| g(z + b)).collect::<Vec<f64>>(),
        )
        .mistake("missing-activation", "These are the sums z: pass each through the activation.", if bends { z.clone() } else { Vec::new() })
        .mistake(
            "fixed-activation",
            "These are the sums after ReLU: the activation to use is the one that is handed to `layer`.",
            if bends { each(&z, relu) } else { Vec::new() },
        )
        .mistake(
            "transposed",
            "W was read by columns. Neuron k owns row k: its weights are `weights[k]`, one for each input.",
            transposed,
        )
        .mistake(
            "first-bias-for-all",
            "Every neuron got the bias of the first one: neuron k has `biases[k]`.",
            each(&without_bias, |z| g(z + l.biases[0])),
        )
        .mistake(
            "activation-of-each-product",
            "Each product went through the activation by itself: first the whole sum z, then g(z), once for each neuron.",
            product_by_product,
        )
        .mistake("bias-after-activation", "The bias was added after the activation; it belongs inside: g(z + b).", bias_last)
        .close_all(&layer(l, inputs, g), &each(&z, g))
}

pub(super) fn a_layer_is_several_neurons() -> Verdict {
    let worked = Layer {
        weights: vec![vec![1.0, 1.0], vec![1.0, -1.0]],
        biases: vec![0.0, 0.0],
    };
    one_layer(&worked, &[1.0, 2.0], relu, "ReLU")?;
    let mut draw = Draw::new(4);
    for (inputs, neurons) in [(3, 3), (2, 4), (5, 1), (1, 3), (4, 4), (2, 2)] {
        for _ in 0..4 {
            let l = random_layer(&mut draw, inputs, neurons);
            one_layer(&l, &draw.numbers(inputs, -2.0, 2.0), relu, "ReLU")?;
        }
    }
    Ok(())
}

pub(super) fn any_activation_can_be_used() -> Verdict {
    let mut draw = Draw::new(5);
    let activations: [Named; 3] = [
        (super::logistic, "sigmoid"),
        (f64::tanh, "tanh"),
        (|z| z, "linear"),
    ];
    // One sum is 3.5 and one is −1, so that ReLU and no activation at all give different numbers.
    let bent = Layer {
        weights: vec![vec![1.0, 1.0], vec![1.0, -1.0]],
        biases: vec![0.5, 0.0],
    };
    for (g, name) in activations {
        one_layer(&bent, &[1.0, 2.0], g, name)?;
        for (inputs, neurons) in [(3, 2), (2, 2), (1, 5)] {
            let l = random_layer(&mut draw, inputs, neurons);
            one_layer(&l, &draw.numbers(inputs, -2.0, 2.0), g, name)?;
        }
    }
    Ok(())
}

/// A net forward, with one activation for the hidden layers and one for the last.
fn net(layers: &[Layer], inputs: &[f64], hidden: fn(f64) -> f64, last: fn(f64) -> f64) -> Vec<f64> {
    let mut a = inputs.to_vec();
    for (i, l) in layers.iter().enumerate() {
        let g = if i + 1 == layers.len() { last } else { hidden };
        a = each(&sums(l, &a), g);
    }
    a
}

fn one_net(layers: &[Layer], inputs: &[f64]) -> Verdict {
    let linear: fn(f64) -> f64 = |z| z;
    let without_biases: Vec<Layer> = layers
        .iter()
        .map(|l| Layer {
            weights: l.weights.clone(),
            biases: vec![0.0; l.biases.len()],
        })
        .collect();
    let up_to_the_last = &layers[..layers.len() - 1];
    expect(format!("the output for inputs {} through {} layers: h", row(inputs), layers.len()))
        .mistake(
            "missing-activation",
            "There is no ReLU between the layers: without one, all the layers together are a single linear one.",
            net(layers, inputs, linear, linear),
        )
        .mistake("activation-on-the-output", "The last layer has a ReLU too; it should be linear.", net(layers, inputs, relu, relu))
        .mistake(
            "activation-on-the-wrong-layer",
            "ReLU is on the last layer instead of on all the others.",
            net(layers, inputs, linear, relu),
        )
        .mistake("forgotten-bias", "The biases are missing.", net(&without_biases, inputs, relu, linear))
        .mistake("missing-layer", "The last layer was left out.", net(up_to_the_last, inputs, relu, relu))
        .mistake(
            "layers-reversed",
            "The layers were gone through from the last to the first.",
            net(&layers.iter().rev().cloned().collect::<Vec<_>>(), inputs, relu, linear),
        )
        .mistake(
            "first-layer-skipped",
            "The first layer was left out: does the loop start at 0?",
            net(&layers[1..], inputs, relu, linear),
        )
        .mistake(
            "inputs-not-passed-on",
            "That is the last layer applied to the inputs of the net: what the layers before it gave is lost.",
            sums(&layers[layers.len() - 1], inputs),
        )
        .advice("Does each layer get the activations of the one before it?")
        .close_all(&forward(layers, inputs), &net(layers, inputs, relu, linear))
}

pub(super) fn layers_feed_each_other() -> Verdict {
    let flat = |rows: &[&[f64]]| Layer {
        weights: rows.iter().map(|r| r.to_vec()).collect(),
        biases: vec![0.0; rows.len()],
    };
    let worked = [
        flat(&[&[1.0, 1.0], &[1.0, -1.0]]),
        flat(&[&[2.0, 1.0], &[-1.0, 3.0]]),
        flat(&[&[1.0, 5.0]]),
    ];
    // First a net with layers of one size, in which every mistake gives a row of the right length.
    let mut draw = Draw::new(17);
    let square: Vec<Layer> = (0..3).map(|_| random_layer(&mut draw, 3, 3)).collect();
    one_net(&square, &draw.numbers(3, -2.0, 2.0))?;
    one_net(&worked, &[1.0, 2.0])?;
    let mut draw = Draw::new(6);
    for sizes in [
        vec![2, 3, 2],
        vec![3, 4, 4, 2],
        vec![1, 5, 3, 2, 4],
        vec![2, 3],
        vec![4, 4, 4],
    ] {
        for _ in 0..4 {
            let layers: Vec<Layer> = sizes
                .windows(2)
                .map(|s| random_layer(&mut draw, s[0], s[1]))
                .collect();
            one_net(&layers, &draw.numbers(sizes[0], -2.0, 2.0))?;
        }
    }
    Ok(())
}

pub(super) fn a_net_without_layers_gives_its_inputs() -> Verdict {
    close_all(
        "the output of a net without layers",
        &forward(&[], &[3.0, -1.0]),
        &[3.0, -1.0],
    )
}

pub(super) fn counts_weights_and_biases() -> Verdict {
    let cases: [&[usize]; 8] = [
        &[2, 4, 1],
        &[784, 16, 16, 10],
        &[784, 512, 10],
        &[3, 3],
        &[5, 1, 1, 1, 7],
        &[1, 1],
        &[784],
        &[],
    ];
    for sizes in cases {
        let weights: usize = sizes.windows(2).map(|s| s[0] * s[1]).sum();
        let neurons: usize = sizes.iter().skip(1).sum();
        let all: usize = sizes.iter().sum();
        let left: usize = sizes.iter().rev().skip(1).sum();
        let multiplied: usize = sizes.iter().product();
        expect(format!("the number of parameters of {sizes:?}"))
            .mistake(
                "forgotten-bias",
                "These are the weights alone: every neuron after the inputs has a bias too.",
                weights as f64,
            )
            .mistake(
                "bias-on-the-inputs",
                "The input neurons were given a bias too; they only hold the inputs.",
                (weights + all) as f64,
            )
            .mistake(
                "bias-on-the-wrong-side",
                "A pair (n, m) has m biases, one for each neuron of the later layer; n were counted.",
                (weights + left) as f64,
            )
            .mistake(
                "biases-on-both-sides",
                "A pair (n, m) has m biases, one for each neuron of the later layer; n + m were counted.",
                (weights + left + neurons) as f64,
            )
            .mistake(
                "one-bias-per-layer",
                "One bias was counted for each layer; each neuron has one of its own.",
                (weights + sizes.len().saturating_sub(1)) as f64,
            )
            .mistake(
                "neurons-for-parameters",
                "These are the neurons; what can be learned are their weights and biases.",
                all as f64,
            )
            .mistake("only-biases", "These are the biases alone.", neurons as f64)
            .mistake(
                "product-of-all",
                "The sizes were all multiplied; only neighbours are connected.",
                multiplied as f64,
            )
            .close(parameters(sizes) as f64, (weights + neurons) as f64)?;
    }
    Ok(())
}
