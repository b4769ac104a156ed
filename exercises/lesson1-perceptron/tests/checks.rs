//! The checks of lesson 1. Each compares your code with a few lines of its own, so that one step never depends on another.

use dlkit_check::prelude::*;

checks! {
    step1_neuron: multiplies_then_adds, works_for_any_number_of_inputs, asks_about_every_point, scales_pixels_to_between_0_and_1;
    step2_activations: sigmoid_follows_its_formula, sigmoid_comes_to_rest_far_out, tanh_follows_its_formula,
        tanh_comes_to_rest_far_out, relu_keeps_only_what_is_positive, softmax_gives_shares_of_one, softmax_survives_large_scores,
        sigmoid_slope_is_the_derivative, output_activation_fits_the_task;
    step3_layer: a_layer_is_several_neurons, any_activation_can_be_used, layers_feed_each_other,
        a_net_without_layers_gives_its_inputs, counts_weights_and_biases;
    step4_truth_tables: fires_above_one_only, answers_the_rows_in_order, weights_for_and, weights_for_or, weights_for_first_input;
    step5_loss: error_is_predicted_minus_actual, averages_over_the_samples, is_finite_when_sure_and_wrong,
        gradient_matches_the_slope_of_the_loss;
    step6_training: update_steps_against_the_gradient, descends_into_a_bowl, learns_the_truth_tables, learns_two_clouds,
        accuracy_is_the_share_of_right_answers;
    step7_xor_by_hand: counts_the_right_rows, finds_the_best_single_unit, feeds_the_hidden_answers_forward, computes_xor;
    step8_xor_trained: builds_the_described_net, trains_in_batches_of_32, decides_at_one_half, learns_xor, tells_two_moons_apart;
}

/// A row as a person writes it: `(1, −1)`.
fn row(numbers: &[f64]) -> String {
    let texts: Vec<String> = numbers.iter().map(|x| format!("{}", (x * 1000.0).round() / 1000.0)).collect();
    format!("({})", texts.join(", "))
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

mod step1_neuron {
    use super::{dot, logistic, row};
    use dlkit_check::prelude::*;
    use lesson1::step1_neuron::*;

    fn one_sum(inputs: &[f64], weights: &[f64], bias: f64) -> Verdict {
        let products = dot(inputs, weights);
        let name = format!("z for inputs {}, weights {}, bias {}", row(inputs), row(weights), row(&[bias]));
        expect(name)
            .mistake("forgotten-bias", "The products are added up rightly; now add the bias.", products)
            .mistake("bias-sign", "The bias was subtracted; it is added.", products - bias)
            .mistake(
                "bias-added-per-input",
                "The bias was added once for every input; a neuron adds it once.",
                products + bias * inputs.len() as f64,
            )
            .mistake(
                "added-instead-of-multiplied",
                "Inputs and weights were added to each other; each input is multiplied by its weight.",
                inputs.iter().sum::<f64>() + weights.iter().sum::<f64>() + bias,
            )
            .mistake(
                "activation-too-early",
                "That is already squashed by a sigmoid; here z itself is wanted.",
                logistic(products + bias),
            )
            .advice("z = w₁x₁ + … + wₙxₙ + b: multiply in pairs, add up, add the bias.")
            .close(weighted_sum(inputs, weights, bias), products + bias)
    }

    pub fn multiplies_then_adds() -> Verdict {
        for inputs in [[-1.0, 1.0], [-1.0, -2.0], [1.0, -1.0]] {
            one_sum(&inputs, &[1.0, -1.0], -1.0)?;
        }
        Ok(())
    }

    pub fn works_for_any_number_of_inputs() -> Verdict {
        let mut draw = Draw::new(1);
        for n in [1, 2, 3, 5, 8, 0] {
            for _ in 0..5 {
                one_sum(&draw.numbers(n, -3.0, 3.0), &draw.numbers(n, -3.0, 3.0), draw.number(0.5, 2.0))?;
            }
        }
        Ok(())
    }

    pub fn asks_about_every_point() -> Verdict {
        let mut draw = Draw::new(2);
        let deck = vec![vec![-1.0, 1.0], vec![-1.0, -2.0], vec![1.0, -1.0]];
        let mut cases = vec![(deck, vec![1.0, -1.0], -1.0), (Vec::new(), vec![1.0, 2.0], 3.0)];
        for n in 1..7 {
            cases.push((draw.rows(n, 3, -2.0, 2.0), draw.numbers(3, -2.0, 2.0), draw.number(-2.0, 2.0)));
        }
        for (points, weights, bias) in cases {
            let products: Vec<f64> = points.iter().map(|point| dot(point, &weights)).collect();
            let want: Vec<f64> = products.iter().map(|z| z + bias).collect();
            let running = |start: f64| {
                let mut z = start;
                products.iter().map(|p| { z += p; z }).collect::<Vec<f64>>()
            };
            expect(format!("z of {} points with weights {}, bias {}", points.len(), row(&weights), row(&[bias])))
                .mistake("forgotten-bias", "The bias is missing: every point gets it.", products.clone())
                .mistake("sum-not-restarted", "Each point must start from the bias again, not from the sum before it.", running(bias))
                .mistake("reversed", "The answers are in reverse order.", want.iter().rev().copied().collect::<Vec<_>>())
                .close_all(&weighted_sums(&points, &weights, bias), &want)?;
        }
        Ok(())
    }

    pub fn scales_pixels_to_between_0_and_1() -> Verdict {
        let pixels: Vec<u8> = (0..=255).chain([255, 0, 51, 200]).collect();
        let scaled = |by: f64| pixels.iter().map(|p| f64::from(*p) / by).collect::<Vec<f64>>();
        let want = scaled(255.0);
        expect("the activation of pixel ")
            .mistake(
                "integer-division",
                "`pixel / 255` on whole numbers throws the fraction away: convert with `f64::from(pixel)` before dividing.",
                pixels.iter().map(|p| f64::from(*p / 255)).collect::<Vec<f64>>(),
            )
            .mistake("not-scaled", "The grey levels were not scaled: divide by 255.", scaled(1.0))
            .mistake("off-by-one-scale", "The brightest pixel is 255, not 256: divide by 255, so that it becomes exactly 1.", scaled(256.0))
            .mistake(
                "inverted",
                "Black and white have changed places: 0 is 0, and 255 is 1.",
                want.iter().map(|a| 1.0 - a).collect::<Vec<f64>>(),
            )
            .close_all(&input_activations(&pixels), &want)?;
        close_all("the activations of no pixels", &input_activations(&[]), &[])
    }
}

mod step2_activations {
    use super::{logistic, row};
    use dlkit_check::prelude::*;
    use lesson1::step2_activations::*;

    /// From the deck's −3, 0, 1 to where the curves are almost flat; not a symmetric row, so that a flipped sign shows.
    const POINTS: [f64; 12] = [-3.0, 0.0, 1.0, -20.0, -7.5, -1.0, -0.25, 0.1, 0.5, 2.0, 4.0, 15.0];

    pub fn sigmoid_follows_its_formula() -> Verdict {
        for z in POINTS {
            expect(format!("σ({z})"))
                .mistake("sign", "That is σ(−z): in the formula the exponent is −z.", logistic(-z))
                .mistake("wrong-function", "That is tanh, which runs from −1 to 1.", z.tanh())
                .mistake("missing-one", "That is 1/e⁻ᶻ: the 1 + in the denominator is missing.", z.exp())
                .advice("σ(z) = 1 / (1 + e⁻ᶻ); mind the parentheses.")
                .close(sigmoid(z), logistic(z))?;
        }
        Ok(())
    }

    pub fn sigmoid_comes_to_rest_far_out() -> Verdict {
        for (z, want) in [(-1000.0, 0.0), (1000.0, 1.0), (-710.0, 0.0), (800.0, 1.0)] {
            expect(format!("σ({z})"))
                .mistake(
                    "overflow",
                    "e¹⁰⁰⁰ overflows to ∞, and ∞/∞ is NaN. In 1 / (1 + e⁻ᶻ) an ∞ ends up alone below the line and gives 0.",
                    f64::NAN,
                )
                .close(sigmoid(z), want)?;
        }
        Ok(())
    }

    pub fn tanh_follows_its_formula() -> Verdict {
        for z in POINTS {
            expect(format!("tanh({z})"))
                .mistake("wrong-function", "That is σ(z), which runs from 0 to 1.", logistic(z))
                .mistake("missing-inner-factor", "That is 2σ(z) − 1: the 2 inside, σ(2z), is missing.", 2.0 * logistic(z) - 1.0)
                .mistake("missing-shift", "That is 2σ(2z): the − 1 is missing.", 2.0 * logistic(2.0 * z))
                .close(tanh(z), z.tanh())?;
        }
        Ok(())
    }

    pub fn tanh_comes_to_rest_far_out() -> Verdict {
        for (z, want) in [(1000.0, 1.0), (-1000.0, -1.0), (-400.0, -1.0), (750.0, 1.0)] {
            expect(format!("tanh({z})"))
                .mistake("overflow", "e¹⁰⁰⁰ overflows to ∞, and ∞/∞ is NaN: use 2σ(2z) − 1.", f64::NAN)
                .close(tanh(z), want)?;
        }
        Ok(())
    }

    pub fn relu_keeps_only_what_is_positive() -> Verdict {
        for z in POINTS.into_iter().chain([-1e6, 1e6, 2.5]) {
            let step = if z > 0.0 { 1.0 } else { 0.0 };
            expect(format!("relu({z})"))
                .mistake("no-cut", "Negative sums must become 0.", z)
                .mistake("absolute-value", "That is |z|: negative sums become 0, not positive.", z.abs())
                .mistake("wrong-side", "That keeps the negative side: `max`, not `min`.", z.min(0.0))
                .mistake("slope-instead", "That is ReLU's slope, 0 or 1; ReLU gives z itself where z is positive.", step)
                .mistake("leaky", "A little of the negative side leaks through; ReLU cuts it to exactly 0.", 0.01 * z)
                .close(relu(z), z.max(0.0))?;
        }
        Ok(())
    }

    /// Independent of any trick: shifts by the largest score.
    fn shares(scores: &[f64]) -> Vec<f64> {
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = scores.iter().map(|z| (z - top).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.iter().map(|x| x / sum).collect()
    }

    fn one_softmax(scores: &[f64]) -> Verdict {
        let want = shares(scores);
        let each = |f: &dyn Fn(f64) -> f64| scores.iter().map(|z| f(*z)).collect::<Vec<f64>>();
        let sum: f64 = scores.iter().sum();
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        expect(format!("softmax{}", row(scores)))
            .mistake("not-normalised", "These are the exponentials; divide each by their sum.", each(&f64::exp))
            .mistake(
                "not-normalised",
                "These are the exponentials after the shift; divide each by their sum.",
                each(&|z| (z - top).exp()),
            )
            .mistake("missing-exponential", "The scores were divided by their sum; exponentiate them first.", each(&|z| z / sum))
            .mistake("logarithm-of-it", "That is the logarithm of softmax.", want.iter().map(|p| p.ln()).collect::<Vec<f64>>())
            .mistake("sigmoid-instead", "That is a sigmoid on each score; softmax lets the scores compete.", each(&logistic))
            .mistake("sign", "That is the softmax of −z: the largest score must get the largest share.", shares(&each(&|z| -z)))
            .close_all(&softmax(scores), &want)
    }

    pub fn softmax_gives_shares_of_one() -> Verdict {
        let mut draw = Draw::new(3);
        one_softmax(&[1.0, 2.0, 3.0])?;
        for n in [2, 3, 10, 1] {
            for _ in 0..4 {
                one_softmax(&draw.numbers(n, -4.0, 4.0))?;
            }
        }
        close_all("softmax of no scores", &softmax(&[]), &[])
    }

    pub fn softmax_survives_large_scores() -> Verdict {
        for scores in [vec![1001.0, 1002.0, 1003.0], vec![-1001.0, -1002.0], vec![0.0, 2000.0, -2000.0], vec![750.0]] {
            let got = softmax(&scores);
            if got.iter().any(|p| !p.is_finite()) {
                let message = format!(
                    "softmax{} gives {:?}: e¹⁰⁰⁰ overflows to ∞, and e⁻¹⁰⁰⁰ is 0, so the fraction becomes NaN. Subtract the largest \
                     score from every score first.",
                    row(&scores),
                    got
                );
                return Err(Failure::new(message).diagnosed("overflow"));
            }
            close_all(&format!("softmax{}", row(&scores)), &got, &shares(&scores))?;
        }
        Ok(())
    }

    pub fn sigmoid_slope_is_the_derivative() -> Verdict {
        for z in POINTS.into_iter().chain([10.0, -10.0]) {
            let a = logistic(z);
            expect(format!("σ′({z})"))
                .mistake("function-instead-of-slope", "That is σ(z) itself, not its slope.", [a])
                .mistake("missing-factor", "That is 1 − σ(z): multiply it by σ(z).", [1.0 - a])
                .mistake(
                    "derivative-at-the-wrong-place",
                    "That is z(1 − z). The formula takes the activation: a(1 − a) with a = σ(z).",
                    [z * (1.0 - z)],
                )
                .mistake("missing-factor", "That is σ(z)²: the second factor is 1 − σ(z).", [a * a])
                .gradient(|z| logistic(z[0]), &[z], &[sigmoid_slope(z)])?;
        }
        Ok(())
    }

    pub fn output_activation_fits_the_task() -> Verdict {
        let cases = [
            (Task::YesOrNo, Activation::Sigmoid, "one probability, between 0 and 1"),
            (Task::OneOfSeveral, Activation::Softmax, "probabilities that add up to 1"),
            (Task::AnyNumber, Activation::Linear, "any number, also a negative one: nothing may cut it off"),
            (Task::NumberFromZero, Activation::Relu, "any number from 0 up"),
        ];
        for (task, want, answer) in cases {
            let got = output_activation(task);
            if got != want {
                let message = format!("{got:?} does not fit the task {task:?}: its answer is {answer}.");
                return Err(Failure::new(message).diagnosed("wrong-activation"));
            }
        }
        Ok(())
    }
}

mod step3_layer {
    use super::{dot, row};
    use dlkit_check::prelude::*;
    use lesson1::step3_layer::*;

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
        layer.weights.iter().zip(&layer.biases).map(|(w, b)| dot(w, inputs) + b).collect()
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
                .map(|k| g((0..inputs.len()).map(|j| l.weights[j][k] * inputs[j]).sum::<f64>() + l.biases[k]))
                .collect()
        } else {
            Vec::new()
        };
        let bias_last: Vec<f64> = without_bias.iter().zip(&l.biases).map(|(z, b)| g(*z) + b).collect();
        expect(format!("a for inputs {} and the activation {g_name}: a", row(inputs)))
            .mistake("forgotten-bias", "The biases are missing: each neuron adds its own.", each(&without_bias, g))
            .mistake("missing-activation", "These are the sums z: pass each through the activation.", z.clone())
            .mistake(
                "transposed",
                "W was read by columns. Neuron k owns row k: its weights are `weights[k]`, one for each input.",
                transposed,
            )
            .mistake("bias-after-activation", "The bias was added after the activation; it belongs inside: g(z + b).", bias_last)
            .close_all(&layer(l, inputs, g), &each(&z, g))
    }

    pub fn a_layer_is_several_neurons() -> Verdict {
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

    pub fn any_activation_can_be_used() -> Verdict {
        let mut draw = Draw::new(5);
        let activations: [(fn(f64) -> f64, &str); 3] = [(super::logistic, "sigmoid"), (f64::tanh, "tanh"), (|z| z, "linear")];
        for (g, name) in activations {
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
            .map(|l| Layer { weights: l.weights.clone(), biases: vec![0.0; l.biases.len()] })
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
            .close_all(&forward(layers, inputs), &net(layers, inputs, relu, linear))
    }

    pub fn layers_feed_each_other() -> Verdict {
        let flat = |rows: &[&[f64]]| Layer {
            weights: rows.iter().map(|r| r.to_vec()).collect(),
            biases: vec![0.0; rows.len()],
        };
        let worked = [
            flat(&[&[1.0, 1.0], &[1.0, -1.0]]),
            flat(&[&[2.0, 1.0], &[-1.0, 3.0]]),
            flat(&[&[1.0, 5.0]]),
        ];
        one_net(&worked, &[1.0, 2.0])?;
        let mut draw = Draw::new(6);
        for sizes in [vec![2, 3, 2], vec![3, 4, 4, 2], vec![1, 5, 3, 2, 4], vec![2, 3], vec![4, 4, 4]] {
            for _ in 0..4 {
                let layers: Vec<Layer> = sizes.windows(2).map(|s| random_layer(&mut draw, s[0], s[1])).collect();
                one_net(&layers, &draw.numbers(sizes[0], -2.0, 2.0))?;
            }
        }
        Ok(())
    }

    pub fn a_net_without_layers_gives_its_inputs() -> Verdict {
        close_all("the output of a net without layers", &forward(&[], &[3.0, -1.0]), &[3.0, -1.0])
    }

    pub fn counts_weights_and_biases() -> Verdict {
        let cases: [&[usize]; 8] =
            [&[2, 4, 1], &[784, 16, 16, 10], &[784, 512, 10], &[3, 3], &[5, 1, 1, 1, 7], &[1, 1], &[784], &[]];
        for sizes in cases {
            let weights: usize = sizes.windows(2).map(|s| s[0] * s[1]).sum();
            let neurons: usize = sizes.iter().skip(1).sum();
            let all: usize = sizes.iter().sum();
            let multiplied: usize = sizes.iter().product();
            expect(format!("the number of parameters of {sizes:?}"))
                .mistake("forgotten-bias", "These are the weights alone: every neuron after the inputs has a bias too.", weights as f64)
                .mistake(
                    "bias-on-the-inputs",
                    "The input neurons were given a bias too; they only hold the inputs.",
                    (weights + all) as f64,
                )
                .mistake("only-biases", "These are the biases alone.", neurons as f64)
                .mistake("product-of-all", "The sizes were all multiplied; only neighbours are connected.", multiplied as f64)
                .close(parameters(sizes) as f64, (weights + neurons) as f64)?;
        }
        Ok(())
    }
}

mod step4_truth_tables {
    use super::row;
    use dlkit_check::prelude::*;
    use lesson1::step4_truth_tables::*;

    const ROWS: [[f64; 2]; 4] = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];

    fn sum(inputs: [f64; 2], weights: [f64; 2]) -> f64 {
        inputs[0] * weights[0] + inputs[1] * weights[1]
    }

    fn table(weights: [f64; 2]) -> [u8; 4] {
        ROWS.map(|inputs| u8::from(sum(inputs, weights) > 1.0))
    }

    pub fn fires_above_one_only() -> Verdict {
        let mut draw = Draw::new(7);
        let mut cases = vec![([1.0, 1.0], [1.0, 1.0]), ([1.0, 0.0], [1.0, 1.0]), ([0.0, 1.0], [3.0, 1.0])];
        for _ in 0..40 {
            let mut two = || [draw.number(-2.0, 2.0), draw.number(-2.0, 2.0)];
            cases.push((two(), two()));
        }
        for (inputs, weights) in cases {
            let z = sum(inputs, weights);
            let (got, want) = (fires(inputs, weights), z > 1.0);
            if got != want {
                let place = format!(
                    "inputs {} and weights {} give the sum {:.4}, so the neuron should {}fire, but yours {}",
                    row(&inputs),
                    row(&weights),
                    z,
                    if want { "" } else { "not " },
                    if got { "does." } else { "does not." }
                );
                return Err(if z == 1.0 {
                    Failure::new(format!("{place} Exactly 1 is not enough: `>`, not `>=`.")).diagnosed("threshold-included")
                } else if z > 0.0 && z < 1.0 {
                    Failure::new(format!("{place} The threshold is 1, not 0 or ½.")).diagnosed("wrong-threshold")
                } else {
                    Failure::new(place)
                });
            }
        }
        Ok(())
    }

    pub fn answers_the_rows_in_order() -> Verdict {
        let mut draw = Draw::new(8);
        let mut cases = vec![[1.0, 1.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0], [0.0, 0.0], [3.0, -2.5]];
        cases.extend((0..30).map(|_| [draw.number(-1.0, 3.0), draw.number(-1.0, 3.0)]));
        for weights in cases {
            let (got, want) = (truth_table(weights), table(weights));
            let facts = format!("the truth table of weights {} is {got:?}, but it should be {want:?}.", row(&weights));
            if got != want && got == [want[0], want[2], want[1], want[3]] {
                let message = format!("{facts} The rows 01 and 10 have changed places: the order is 00, 01, 10, 11.");
                return Err(Failure::new(message).diagnosed("rows-swapped"));
            }
            if got != want && got == want.map(|y| 1 - y) {
                return Err(Failure::new(format!("{facts} Every answer is the wrong way round.")).diagnosed("inverted"));
            }
            ensure!(got == want, "{facts}");
        }
        Ok(())
    }

    /// Wants weights that compute a table; says which row is wrong, and which table it is instead.
    fn computes(name: &str, weights: [f64; 2], want: [u8; 4]) -> Verdict {
        ensure!(weights.iter().all(|w| w.is_finite()), "the weights for {name} are {weights:?}: they must be numbers.");
        let got = table(weights);
        let Some(wrong) = (0..4).find(|i| got[*i] != want[*i]) else {
            return Ok(());
        };
        let inputs = ROWS[wrong];
        let known = [
            ([0, 0, 0, 1], "AND"),
            ([0, 1, 1, 1], "OR"),
            ([0, 0, 1, 1], "the first input"),
            ([0, 1, 0, 1], "the second input"),
            ([0, 0, 0, 0], "a neuron that never fires"),
        ];
        let is_instead = known.iter().find(|(table, _)| *table == got).map(|(_, name)| *name);
        let message = format!(
            "weights {} for {name}: inputs {} give the sum {:.4}, so the answer is {}, but it should be {}.{}",
            row(&weights),
            row(&inputs),
            sum(inputs, weights),
            got[wrong],
            want[wrong],
            is_instead.map_or(String::new(), |it| format!(" These weights compute {it}."))
        );
        Err(match is_instead {
            Some("OR") => Failure::new(message).diagnosed("or-instead"),
            Some("AND") => Failure::new(message).diagnosed("and-instead"),
            Some("the second input") => Failure::new(message).diagnosed("inputs-swapped"),
            _ => Failure::new(message),
        })
    }

    pub fn weights_for_and() -> Verdict {
        let weights = and_weights();
        computes("AND", weights, [0, 0, 0, 1])?;
        ensure!(weights != [1.0, 1.0], "(1, 1) computes AND, but it is the example: find another pair.");
        Ok(())
    }

    pub fn weights_for_or() -> Verdict {
        computes("OR", or_weights(), [0, 1, 1, 1])
    }

    pub fn weights_for_first_input() -> Verdict {
        computes("y = x₁", first_input_weights(), [0, 0, 1, 1])
    }
}

mod step5_loss {
    use super::{dot, logistic, row};
    use dlkit_check::prelude::*;
    use lesson1::step5_loss::*;

    pub fn error_is_predicted_minus_actual() -> Verdict {
        let mut draw = Draw::new(9);
        let mut cases = vec![(67.0, 56.0), (50.0, 67.0), (0.0, 0.0)];
        cases.extend((0..10).map(|_| (draw.number(-9.0, 9.0), draw.number(-9.0, 9.0))));
        for (predicted, actual) in cases {
            let want: f64 = predicted - actual;
            expect(format!("the error of predicting {predicted} where it is {actual}"))
                .mistake("sign", "That is actual minus predicted; too high should give a positive error.", -want)
                .mistake("sign-lost", "The sign was lost: too low should give a negative error.", want.abs())
                .mistake("squared", "That is the squared error; here the plain one is wanted.", want * want)
                .close(error(predicted, actual), want)?;
        }
        Ok(())
    }

    fn one_loss(p: &[f64], y: &[f64]) -> Verdict {
        let m = p.len() as f64;
        let total = |f: &dyn Fn(f64, f64) -> f64| p.iter().zip(y).map(|(p, y)| f(*p, *y)).sum::<f64>() / m;
        let ones = total(&|p, y| y * p.ln());
        let zeros = total(&|p, y| (1.0 - y) * (1.0 - p).ln());
        let want = -(ones + zeros);
        expect(format!("the loss for p {} and y {}", row(p), row(y)))
            .over(p.len())
            .mistake(
                "missing-second-term",
                "Only the samples with y = 1 count so far: the term (1 − y) ln(1 − p) is missing.",
                -ones,
            )
            .mistake("missing-first-term", "Only the samples with y = 0 count so far: the term y ln p is missing.", -zeros)
            .mistake(
                "outer-parentheses",
                "The minus sign reached only the first term: it belongs in front of the parentheses around both.",
                zeros - ones,
            )
            .mistake("wrong-logarithm", "That is with the logarithm to base 2; `ln` is wanted.", want / std::f64::consts::LN_2)
            .mistake("wrong-logarithm", "That is with the logarithm to base 10; `ln` is wanted.", want / std::f64::consts::LN_10)
            .mistake("squared-error", "That is the mean squared error.", total(&|p, y| (p - y) * (p - y)))
            .mistake("swapped-arguments", "p and y have changed places.", -total(&|p, y| {
                let c = y.clamp(EPSILON, 1.0 - EPSILON);
                p * c.ln() + (1.0 - p) * (1.0 - c).ln()
            }))
            .close(binary_cross_entropy(p, y), want)
    }

    pub fn averages_over_the_samples() -> Verdict {
        one_loss(&[0.9, 0.2], &[1.0, 0.0])?;
        let mut draw = Draw::new(10);
        for m in [3, 4, 7, 12, 1] {
            for _ in 0..4 {
                one_loss(&draw.numbers(m, 0.05, 0.95), &draw.bits(m))?;
            }
        }
        Ok(())
    }

    pub fn is_finite_when_sure_and_wrong() -> Verdict {
        let sure: [(f64, f64, f64); 4] =
            [(0.0, 1.0, -EPSILON.ln()), (1.0, 0.0, -EPSILON.ln()), (0.0, 0.0, EPSILON), (1.0, 1.0, EPSILON)];
        for (p, y, want) in sure {
            let got = binary_cross_entropy(&[p], &[y]);
            if !got.is_finite() {
                let message = format!(
                    "the loss for p = {p} and y = {y} is {got}: the logarithm of 0 is −∞ (and 0 · ∞ is NaN). Clamp p into \
                     EPSILON ..= 1 − EPSILON before you take a logarithm."
                );
                return Err(Failure::new(message).diagnosed("log-of-zero"));
            }
            expect(format!("the loss for p = {p} and y = {y}"))
                .within(1e-5)
                .mistake("added-epsilon", "Something else than p was kept from 0: clamp p itself, at both ends.", 0.0)
                .advice("Clamp p into EPSILON ..= 1 − EPSILON.")
                .close(got, want)?;
        }
        Ok(())
    }

    pub fn gradient_matches_the_slope_of_the_loss() -> Verdict {
        let mut draw = Draw::new(11);
        for (m, n) in [(1, 2), (4, 2), (5, 3), (9, 1), (3, 5)] {
            for _ in 0..3 {
                let x = draw.rows(m, n, -2.0, 2.0);
                let y = draw.bits(m);
                let at = draw.numbers(n + 1, -1.0, 1.0);
                let outputs = |w: &[f64]| x.iter().map(|x| logistic(dot(x, &w[..n]) + w[n])).collect::<Vec<f64>>();
                let loss = |w: &[f64]| {
                    let surprise = |(p, y): (&f64, &f64)| -(y * p.ln() + (1.0 - y) * (1.0 - p).ln());
                    outputs(w).iter().zip(&y).map(surprise).sum::<f64>() / m as f64
                };
                let p = outputs(&at);
                let got = gradient(&x, &p, &y);
                let by_hand = |factor: &dyn Fn(usize) -> f64, input: &dyn Fn(usize, usize) -> f64| {
                    (0..n).map(|j| (0..m).map(|i| factor(i) * input(i, j)).sum::<f64>() / m as f64).collect::<Vec<f64>>()
                };
                let (error, slope) = (|i: usize| p[i] - y[i], |i: usize| p[i] * (1.0 - p[i]));
                expect(format!("with {m} samples: dL/dw"))
                    .over(m)
                    .mistake(
                        "extra-slope",
                        "There is a factor σ′ = p(1 − p) too many: with cross-entropy it cancels.",
                        by_hand(&|i| error(i) * slope(i), &|i, j| x[i][j]),
                    )
                    .mistake(
                        "missing-input",
                        "Each error must be multiplied by the input xᵢⱼ that the weight wⱼ sees.",
                        by_hand(&error, &|_, _| 1.0),
                    )
                    .mistake("missing-target", "The target is missing: the error is p − y.", by_hand(&|i| p[i], &|i, j| x[i][j]))
                    .mistake(
                        "last-sample-only",
                        "That is the share of the last sample alone: add to the gradient with `+=`.",
                        (0..n).map(|j| error(m - 1) * x[m - 1][j] / m as f64).collect::<Vec<f64>>(),
                    )
                    .gradient(|w| loss(&[w, &at[n..]].concat()), &at[..n], &got.weights)?;
                expect(format!("with {m} samples: dL/db"))
                    .over(m)
                    .mistake("forgotten-bias", "The bias has a gradient too: the mean error.", [0.0])
                    .gradient(|b| loss(&[&at[..n], b].concat()), &at[n..], &[got.bias])?;
            }
        }
        Ok(())
    }
}

mod step6_training {
    use super::{dot, logistic, row};
    use dlkit::prelude::{Seed, Tensor};
    use dlkit_check::prelude::*;
    use lesson1::step6_training::*;

    pub fn update_steps_against_the_gradient() -> Verdict {
        let mut draw = Draw::new(12);
        let mut cases = vec![(vec![1.0, -2.0], vec![0.5, -1.0], 0.1)];
        cases.extend([1, 3, 6].map(|n| (draw.numbers(n, -2.0, 2.0), draw.numbers(n, -2.0, 2.0), draw.number(0.01, 0.9))));
        for (start, slopes, rate) in cases {
            let each = |f: &dyn Fn(f64, f64) -> f64| start.iter().zip(&slopes).map(|(w, g)| f(*w, *g)).collect::<Vec<f64>>();
            let want = each(&|w, g| w - rate * g);
            let mut last_left_out = want.clone();
            last_left_out[start.len() - 1] = start[start.len() - 1];
            let mut got = start.clone();
            update(&mut got, &slopes, rate);
            expect(format!("from {} with gradient {} and η = {:.3}: w", row(&start), row(&slopes), rate))
                .mistake("uphill", "The step goes up the slope: subtract, do not add.", each(&|w, g| w + rate * g))
                .mistake("missing-learning-rate", "The learning rate is missing.", each(&|w, g| w - g))
                .mistake("replaced", "The parameters were replaced by the step: use `-=`, not `=`.", each(&|_, g| -rate * g))
                .mistake("replaced", "The parameters were replaced by the step: use `-=`, not `=`.", each(&|_, g| rate * g))
                .mistake("not-updated", "The parameters did not change: change them in place.", start.clone())
                .mistake("bias-not-updated", "The last parameter (the bias) did not move.", last_left_out)
                .close_all(&got, &want)?;
        }
        Ok(())
    }

    /// A bowl L = Σ cᵢ (wᵢ − tᵢ)², and where gradient descent goes in it.
    fn bowl<'a>(c: &'a [f64], t: &'a [f64]) -> impl Fn(&[f64]) -> (f64, Vec<f64>) + use<'a> {
        move |w| {
            let loss = (0..w.len()).map(|i| c[i] * (w[i] - t[i]).powi(2)).sum();
            (loss, (0..w.len()).map(|i| 2.0 * c[i] * (w[i] - t[i])).collect())
        }
    }

    /// Plain gradient descent; `losses` holds one more than the steps, for the loss at the end.
    fn descent(start: &[f64], rate: f64, steps: usize, f: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> (Vec<f64>, Vec<f64>) {
        let mut w = start.to_vec();
        let mut losses = vec![f(&w).0];
        for _ in 0..steps {
            let slopes = f(&w).1;
            w.iter_mut().zip(&slopes).for_each(|(w, g)| *w -= rate * g);
            losses.push(f(&w).0);
        }
        (w, losses)
    }

    pub fn descends_into_a_bowl() -> Verdict {
        let mut draw = Draw::new(13);
        let mut cases = vec![(vec![1.0], vec![1.0], vec![0.0], 0.25, 2)];
        for (n, steps) in [(2, 1), (3, 5), (1, 20), (2, 0)] {
            cases.push((draw.numbers(n, -2.0, 2.0), draw.numbers(n, 0.5, 1.5), draw.numbers(n, -1.0, 1.0), 0.1, steps));
        }
        for (start, c, t, rate, steps) in cases {
            let f = bowl(&c, &t);
            let (end, losses) = descent(&start, rate, steps, &f);
            let slopes = f(&start).1;
            let straight: Vec<f64> = start.iter().zip(&slopes).map(|(w, g)| w - rate * g * steps as f64).collect();
            let uphill = descent(&start, -rate, steps, &f).0;
            let got = descend(&start, rate, steps, &f);
            expect(format!("after {steps} steps from {} with η = {rate}: w", row(&start)))
                .mistake(
                    "gradient-not-recomputed",
                    "Every step used the gradient of the start: ask for it anew at the current parameters.",
                    straight,
                )
                .mistake("not-updated", "The parameters did not move at all.", start.clone())
                .mistake("uphill", "The descent climbs: subtract, do not add.", uphill)
                .close_all(&got.parameters, &end)?;
            expect(format!("the losses of {steps} steps"))
                .mistake("loss-after-the-step", "Write the loss down before the step, not after it.", &losses[1..])
                .close_all(&got.losses, &losses[..steps])?;
        }
        Ok(())
    }

    /// Loss and gradient of a neuron with weights `w[..n]` and bias `w[n]` on these samples.
    fn cross_entropy<'a>(x: &'a [Vec<f64>], y: &'a [f64]) -> impl Fn(&[f64]) -> (f64, Vec<f64>) + use<'a> {
        move |w| {
            let (m, n) = (x.len() as f64, w.len() - 1);
            let mut loss = 0.0;
            let mut slopes = vec![0.0; n + 1];
            for (x, y) in x.iter().zip(y) {
                let z = dot(x, &w[..n]) + w[n];
                loss += (z.max(0.0) - z * y + (-z.abs()).exp().ln_1p()) / m;
                for j in 0..n {
                    slopes[j] += (logistic(z) - y) * x[j] / m;
                }
                slopes[n] += (logistic(z) - y) / m;
            }
            (loss, slopes)
        }
    }

    fn right_share(w: &[f64], x: &[Vec<f64>], y: &[f64]) -> f64 {
        let n = w.len() - 1;
        let right = x.iter().zip(y).filter(|(x, y)| (dot(x, &w[..n]) + w[n] > 0.0) == (**y == 1.0)).count();
        right as f64 / y.len() as f64
    }

    pub fn learns_the_truth_tables() -> Verdict {
        let x: Vec<Vec<f64>> = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|x| x.to_vec()).into();
        let tables =
            [("AND", [0.0, 0.0, 0.0, 1.0]), ("OR", [0.0, 1.0, 1.0, 1.0]), ("the first input", [0.0, 0.0, 1.0, 1.0])];
        for (name, y) in tables {
            let got = descend(&[0.0; 3], 1.0, 500, cross_entropy(&x, &y));
            ensure!(got.parameters.len() == 3, "three parameters went in, and {} came out.", got.parameters.len());
            let share = right_share(&got.parameters, &x, &y);
            at_least(&format!("the accuracy on {name} after 500 steps"), share, 1.0, "Does every step go down the slope?")?;
            // The reference ends below 0.07 on each of the three.
            let loss = got.losses.last().copied().unwrap_or(f64::NAN);
            at_most(&format!("the last loss on {name}"), loss, 0.1, "Are the losses those of the current parameters?")?;
        }
        Ok(())
    }

    pub fn learns_two_clouds() -> Verdict {
        let clouds = dlkit::data::gaussians(100, 2, 0.25, Seed(1))?;
        let as_f64 = |t: &Tensor| t.to_dtype(dlkit::prelude::DType::F64);
        let x: Vec<Vec<f64>> = as_f64(clouds.inputs())?.to_vec2()?;
        let y: Vec<f64> = as_f64(clouds.targets())?.flatten_all()?.to_vec1()?;
        let f = cross_entropy(&x, &y);
        let got = descend(&[0.1, -0.2, 0.3], 0.5, 200, &f);
        ensure!(got.parameters.len() == 3, "three parameters went in, and {} came out.", got.parameters.len());
        let (reference, _) = descent(&[0.1, -0.2, 0.3], 0.5, 200, &f);
        at_least(
            "the accuracy on two clouds after 200 steps",
            right_share(&got.parameters, &x, &y),
            right_share(&reference, &x, &y) - 0.02,
            "Does every step go down the slope?",
        )
    }

    pub fn accuracy_is_the_share_of_right_answers() -> Verdict {
        let mut draw = Draw::new(14);
        let mut cases = vec![(vec![0.9, 0.6, 0.2], vec![1.0, 0.0, 0.0])];
        for m in [1, 2, 5, 10, 33] {
            cases.push((draw.numbers(m, 0.0, 1.0), draw.bits(m)));
        }
        for (p, y) in cases {
            let right = p.iter().zip(&y).filter(|(p, y)| (**p > 0.5) == (**y == 1.0)).count() as f64;
            let total = y.len() as f64;
            expect(format!("the accuracy for p {} and y {}", row(&p), row(&y)))
                .mistake("count-instead-of-share", "That is how many are right; divide by how many there are.", right)
                .mistake("error-rate", "That is the share of wrong answers.", 1.0 - right / total)
                .mistake("percent", "That is in percent; a share from 0 to 1 is wanted.", 100.0 * right / total)
                .mistake("whole-number-division", "A division of whole numbers loses the fraction: convert to f64 first.", (right / total).floor())
                .close(accuracy(&p, &y), right / total)?;
        }
        expect("the accuracy for p = ½ and y = (1)")
            .mistake("threshold-included", "Exactly ½ is not above ½, so it means no.", 1.0)
            .close(accuracy(&[0.5], &[1.0]), 0.0)
    }
}

mod step7_xor_by_hand {
    use super::row;
    use dlkit_check::prelude::*;
    use lesson1::step7_xor_by_hand::*;

    const TABLE: [([f64; 2], f64); 4] = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)];

    fn fires(unit: &Unit, x: [f64; 2]) -> f64 {
        f64::from(u8::from(unit.weights[0] * x[0] + unit.weights[1] * x[1] + unit.bias > 0.0))
    }

    fn right(unit: &Unit) -> usize {
        TABLE.iter().filter(|(x, y)| fires(unit, *x) == *y).count()
    }

    fn random_unit(draw: &mut Draw) -> Unit {
        Unit { weights: [draw.number(-2.0, 2.0), draw.number(-2.0, 2.0)], bias: draw.number(-1.5, 1.5) }
    }

    fn describe(unit: &Unit) -> String {
        format!("weights {}, bias {}", row(&unit.weights), row(&[unit.bias]))
    }

    pub fn counts_the_right_rows() -> Verdict {
        let mut draw = Draw::new(15);
        let or = Unit { weights: [1.0, 1.0], bias: -0.5 };
        for unit in std::iter::once(or).chain((0..30).map(|_| random_unit(&mut draw))) {
            let want = right(&unit);
            expect(format!("the number of right rows for {}", describe(&unit)))
                .mistake("counted-wrong-rows", "That is how many rows are wrong.", (4 - want) as f64)
                .close(rows_right(&unit) as f64, want as f64)?;
        }
        Ok(())
    }

    pub fn finds_the_best_single_unit() -> Verdict {
        let fine: Vec<f64> = (-4..=4).map(|i| f64::from(i) / 2.0).collect();
        let cases: [&[f64]; 8] =
            [&[0.0, 1.0], &fine, &[0.0], &[1.0], &[-1.0], &[-1.0, 1.0], &[-1.5, 1.0, 2.0], &[]];
        for values in cases {
            let mut best = 0;
            let mut equal_weights = 0;
            for &w1 in values {
                for &w2 in values {
                    for &bias in values {
                        let count = right(&Unit { weights: [w1, w2], bias });
                        best = best.max(count);
                        if w1 == w2 && w2 == bias {
                            equal_weights = equal_weights.max(count);
                        }
                    }
                }
            }
            expect(format!("the most right rows with the values {}", row(values)))
                .mistake(
                    "too-few-combinations",
                    "Only units with w₁ = w₂ = b were tried: three loops, one inside the other, try every combination.",
                    equal_weights as f64,
                )
                .mistake("too-good", "No straight line gets all four rows of XOR right.", 4.0)
                .close(best_single_unit(values) as f64, best as f64)?;
        }
        Ok(())
    }

    pub fn feeds_the_hidden_answers_forward() -> Verdict {
        let mut draw = Draw::new(16);
        for _ in 0..40 {
            let network = Network {
                hidden: [random_unit(&mut draw), random_unit(&mut draw)],
                output: random_unit(&mut draw),
            };
            for (x, _) in TABLE.into_iter().chain([([0.5, -1.0], 0.0), ([-2.0, 1.5], 0.0)]) {
                let hidden = network.hidden.map(|unit| fires(&unit, x));
                let name = format!(
                    "for x = {}: the hidden answers are {}, the output unit has {}; its answer",
                    row(&x),
                    row(&hidden),
                    describe(&network.output)
                );
                close(&name, forward(&network, x), fires(&network.output, hidden))?;
            }
        }
        Ok(())
    }

    pub fn computes_xor() -> Verdict {
        let network = xor_network();
        let answer = |x| fires(&network.output, network.hidden.map(|unit| fires(&unit, x)));
        let hidden_table = |k: usize| TABLE.map(|(x, _)| fires(&network.hidden[k], x));
        let got = TABLE.map(|(x, _)| answer(x));
        let Some((x, want)) = TABLE.into_iter().find(|(x, want)| answer(*x) != *want) else {
            return Ok(());
        };
        let message = format!(
            "for x = {} your network answers {}, but XOR wants {want}. For 00, 01, 10, 11 its hidden units answer {} and {}, \
             and the output {}.",
            row(&x),
            answer(x),
            row(&hidden_table(0)),
            row(&hidden_table(1)),
            row(&got)
        );
        Err(if hidden_table(0) == hidden_table(1) {
            Failure::new(format!("{message} The two hidden units say the same, so the output learns nothing from the second."))
                .diagnosed("hidden-units-alike")
        } else if got == [1.0, 0.0, 0.0, 1.0] {
            Failure::new(format!("{message} It is exactly the opposite of XOR: flip every sign of the output unit.")).diagnosed("inverted")
        } else if got == [0.0, 1.0, 1.0, 1.0] {
            Failure::new(format!("{message} That is OR: \"not both\" has no say yet.")).diagnosed("or-instead")
        } else {
            Failure::new(message)
        })
    }
}

mod step8_xor_trained {
    use dlkit::prelude::*;
    use dlkit_check::prelude::*;
    use lesson1::step8_xor_trained::*;

    /// The net as the step describes it, or with other activations.
    fn net(hidden: usize, inner: Activation, outer: Activation, seed: Seed) -> Result<Model> {
        let mut model = Sequential::new()
            .add(Dense::new(hidden).activation(inner))
            .add(Dense::new(1).activation(outer))
            .build(2, seed, &Device::Cpu)?;
        model.compile(Adam::new(0.1), BinaryCrossEntropy, [Accuracy]);
        Ok(model)
    }

    fn reference(hidden: usize, seed: Seed) -> Result<Model> {
        net(hidden, Activation::Tanh, Activation::Sigmoid, seed)
    }

    fn points() -> Result<Tensor> {
        let grid: Vec<f32> = (0..50).map(|i| 0.13 * i as f32 - 3.0).collect();
        Ok(Tensor::from_vec(grid, (25, 2), &Device::Cpu)?)
    }

    pub fn builds_the_described_net() -> Verdict {
        for (hidden, seed) in [(4, Seed(1)), (1, Seed(2)), (9, Seed(3))] {
            let model = build(hidden, seed, &Device::Cpu).context("your `build` gave an error")?;
            expect(format!("the number of parameters with {hidden} hidden neurons"))
                .mistake("missing-hidden-layer", "That is a single neuron: the hidden layer is missing.", 3.0)
                .mistake("hidden-size-ignored", "That is a net with 4 hidden neurons: use the argument `hidden`.", 17.0)
                .mistake("forgotten-bias", "The biases are missing.", 3.0 * hidden as f64)
                .close(model.parameters() as f64, 4.0 * hidden as f64 + 1.0)?;
            use Activation::{Linear, Relu, Sigmoid, Tanh};
            let outputs = |inner, outer| net(hidden, inner, outer, seed)?.predict(&points()?);
            expect("the output of the untrained net: p")
                .within(1e-5)
                .mistake("missing-activation", "The hidden layer has no activation: give it `.tanh()`.", &outputs(Linear, Sigmoid)?)
                .mistake("wrong-activation", "The hidden layer has ReLU; here it is tanh.", &outputs(Relu, Sigmoid)?)
                .mistake("wrong-activation", "The hidden layer has a sigmoid; here it is tanh.", &outputs(Sigmoid, Sigmoid)?)
                .mistake("missing-output-activation", "The output has no activation: give it `.sigmoid()`.", &outputs(Tanh, Linear)?)
                .mistake("wrong-activation", "The output has tanh; a probability needs a sigmoid.", &outputs(Tanh, Tanh)?)
                .advice("Is it tanh inside and sigmoid outside, and is the seed the one that was given?")
                .tensors_close(&model.predict(&points()?)?, &outputs(Tanh, Sigmoid)?)?;
            // Compiled as described: the first epoch on one batch tells loss and optimiser apart.
            let data = dlkit::data::xor()?;
            let quick = || Fit { epochs: 3, progress: Progress::Silent, ..Fit::default() };
            let mut model = model;
            let history = model.fit(&data, quick()).context("the net that you built cannot be trained")?;
            let want = reference(hidden, seed)?.fit(&data, quick())?;
            ensure!(
                history.get("accuracy").is_some(),
                "the history knows no accuracy: give `compile` the metrics `[Accuracy]`."
            );
            expect("the loss of the first three epochs")
                .within(1e-4)
                .advice("Look at `compile`: Adam::new(0.1), BinaryCrossEntropy.")
                .close_all(history.get("loss").unwrap_or_default(), want.get("loss").unwrap_or_default())?;
        }
        Ok(())
    }

    pub fn trains_in_batches_of_32() -> Verdict {
        let data = dlkit::data::two_moons(100, 0.1, Seed(4))?;
        for epochs in [1, 4] {
            let fitted = |batch_size| -> Result<Vec<f64>> {
                let settings = Fit { epochs, batch_size, progress: Progress::Silent, ..Fit::default() };
                let history = reference(4, Seed(5))?.fit(&data, settings)?;
                Ok(history.get("loss").unwrap_or_default().to_vec())
            };
            let mut model = reference(4, Seed(5))?;
            let history = train(&mut model, &data, epochs, Progress::Silent).context("your `train` gave an error")?;
            ensure!(
                history.epochs() == epochs,
                "the history tells of {} epochs, but {epochs} were asked for.",
                history.epochs()
            );
            expect("the loss of each epoch")
                .within(1e-4)
                .mistake("wrong-batch-size", "That is what one batch of all samples gives; the batch size is 32.", fitted(100)?)
                .mistake("wrong-batch-size", "That is what one sample at a time gives; the batch size is 32.", fitted(1)?)
                .advice("Batches of 32, and everything else as in `Fit::default()`.")
                .close_all(history.get("loss").unwrap_or_default(), &fitted(32)?)?;
        }
        Ok(())
    }

    pub fn decides_at_one_half() -> Verdict {
        for seed in 0..6 {
            let model = reference(3, Seed(seed))?;
            let probabilities = model.predict(&points()?)?.flatten_all()?.to_vec1::<f32>()?;
            let want: Vec<bool> = probabilities.iter().map(|p| *p > 0.5).collect();
            let got = classify(&model, &points()?).context("your `classify` gave an error")?;
            ensure!(got.len() == want.len(), "{} points went in, but {} decisions came out.", want.len(), got.len());
            let Some(i) = (0..want.len()).find(|i| got[*i] != want[*i]) else {
                continue;
            };
            let message = format!("point {i}: the net gives {:.4}, so the decision should be {}.", probabilities[i], want[i]);
            let inverted = got.iter().zip(&want).all(|(g, w)| g != w);
            return Err(if inverted {
                Failure::new(format!("{message} Every decision is the wrong way round.")).diagnosed("inverted")
            } else {
                Failure::new(format!("{message} Above ½ is a yes.")).diagnosed("wrong-threshold")
            });
        }
        Ok(())
    }

    pub fn learns_xor() -> Verdict {
        let data = dlkit::data::xor()?;
        let mut model = build(4, Seed(42), &Device::Cpu).context("your `build` gave an error")?;
        train(&mut model, &data, 300, Progress::Silent).context("your `train` gave an error")?;
        let got = classify(&model, data.inputs()).context("your `classify` gave an error")?;
        ensure!(
            got == [false, true, true, false],
            "after 300 epochs the net answers {got:?} to 00, 01, 10, 11, but XOR is [false, true, true, false]."
        );
        Ok(())
    }

    pub fn tells_two_moons_apart() -> Verdict {
        let (train_set, test_set) = (
            dlkit::data::two_moons(400, 0.1, Seed(6))?,
            dlkit::data::two_moons(400, 0.1, Seed(7))?,
        );
        let mut model = build(8, Seed(42), &Device::Cpu).context("your `build` gave an error")?;
        train(&mut model, &train_set, 60, Progress::Silent).context("your `train` gave an error")?;
        let got = classify(&model, test_set.inputs()).context("your `classify` gave an error")?;
        let targets = test_set.targets().flatten_all()?.to_vec1::<f32>()?;
        ensure!(got.len() == targets.len(), "{} points went in, but {} decisions came out.", targets.len(), got.len());
        let right = got.iter().zip(&targets).filter(|(got, y)| **got == (**y > 0.5)).count();
        // The reference is right on every point or all but a few.
        at_least(
            "the accuracy on 400 new points of the two moons",
            right as f64 / targets.len() as f64,
            0.97,
            "A straight line gets about 0.88: is there a curved activation in the hidden layer?",
        )
    }
}
