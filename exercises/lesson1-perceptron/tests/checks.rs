//! The checks of lesson 1. Each compares your code with a few lines of its own, so that one step never depends on another.

use dlkit::plot::{Figure, decision_boundary};
use dlkit::prelude::{DType, Dataset, Device, Result, Tensor};
use dlkit_check::prelude::*;

#[path = "checks/step1_neuron.rs"]
mod step1_neuron;
#[path = "checks/step2_activations.rs"]
mod step2_activations;
#[path = "checks/step3_layer.rs"]
mod step3_layer;
#[path = "checks/step4_truth_tables.rs"]
mod step4_truth_tables;
#[path = "checks/step5_loss.rs"]
mod step5_loss;
#[path = "checks/step6_training.rs"]
mod step6_training;
#[path = "checks/step7_xor_by_hand.rs"]
mod step7_xor_by_hand;
#[path = "checks/step8_xor_trained.rs"]
mod step8_xor_trained;

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
    let texts: Vec<String> = numbers
        .iter()
        .map(|x| format!("{}", (x * 1000.0).round() / 1000.0))
        .collect();
    format!("({})", texts.join(", "))
}

/// What `answer` says of each of the points `(m, 2)`, for a picture of the plane.
fn everywhere(points: &Tensor, answer: impl Fn(&[f64]) -> f64) -> Result<Tensor> {
    let rows = points.to_dtype(DType::F64)?.to_vec2::<f64>()?;
    Ok(Tensor::from_iter(
        rows.iter().map(|x| answer(x)),
        points.device(),
    )?)
}

/// The plane as `answer` divides it, and the rows 00, 01, 10, 11 with the answers that are wanted.
fn corners(title: &str, wanted: [u8; 4], answer: impl Fn(&[f64]) -> f64) -> Result<Figure> {
    let rows = Tensor::new(&[[0f32, 0.], [0., 1.], [1., 0.], [1., 1.]], &Device::Cpu)?;
    let wanted = Tensor::from_iter(wanted.map(u32::from), &Device::Cpu)?;
    let figure = decision_boundary(&Dataset::new(rows, wanted)?, |points| {
        everywhere(points, answer)
    })?;
    Ok(figure.titled(title))
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
