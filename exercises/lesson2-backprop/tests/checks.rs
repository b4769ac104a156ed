//! The checks of lesson 2. Each compares your code with a few lines of its own, so that one step never depends on another.

use dlkit::prelude::{Device, Tensor};
use dlkit_check::prelude::*;
use lesson2::matrix::Matrix;

#[path = "checks/step1_losses.rs"]
mod step1_losses;
#[path = "checks/step2_descent.rs"]
mod step2_descent;
#[path = "checks/step3_graph.rs"]
mod step3_graph;
#[path = "checks/step4_autograd.rs"]
mod step4_autograd;
#[path = "checks/step5_gradient_check.rs"]
mod step5_gradient_check;
#[path = "checks/step6_matrices.rs"]
mod step6_matrices;
#[path = "checks/step7_softmax.rs"]
mod step7_softmax;
#[path = "checks/step8_optimizers.rs"]
mod step8_optimizers;
#[path = "checks/step9_spiral.rs"]
mod step9_spiral;

checks! {
    step1_losses: errors_are_predicted_minus_actual, squares_and_averages, averages_the_sizes, binary_averages_the_surprise,
        categorical_averages_over_the_samples, categorical_is_the_divergence_and_a_constant, sparse_looks_up_the_label,
        stays_finite_when_sure_and_wrong;
    step2_descent: slope_is_measured_from_both_sides, descends_step_by_step, stops_where_the_ground_is_flat,
        jumps_out_when_the_rate_is_too_large, ends_in_the_valley_it_starts_in, best_of_finds_the_deeper_valley,
        best_of_survives_a_descent_that_diverges, convex_functions_lie_below_their_chords;
    step3_graph: forward_multiplies_adds_and_compares, backward_of_the_worked_graph, backward_on_both_sides_of_the_corner,
        chain_multiplies_from_the_end, sum_times_gives_the_value_and_three_slopes, slopes_add_up_where_paths_meet;
    step4_autograd: computes_each_operation, knows_the_local_slopes, order_puts_what_is_read_first, order_holds_each_node_once,
        order_leaves_out_what_does_not_matter, backward_of_the_worked_graph, backward_adds_up, backward_waits_for_all_readers,
        backward_of_any_graph;
    step5_gradient_check: leaves_the_point_as_it_was, nudges_one_coordinate_at_a_time, error_is_relative_to_the_larger,
        two_zeros_are_equal, a_corner_is_recognised, a_smooth_valley_is_no_corner, names_the_worst_coordinate, a_corner_is_no_fault,
        finds_planted_mistakes, finds_the_wrong_suspects;
    step6_matrices: dense_gradients_of_the_worked_example, dense_gradients_have_their_shapes, dense_gradients_match_the_slopes,
        relu_lets_through_where_it_was_on, sigmoid_uses_its_output, a_net_of_one_layer, a_net_of_two_layers, a_net_of_any_depth,
        learns_the_truth_table;
    step7_softmax: softmax_gradient_of_the_worked_example, softmax_gradient_matches_the_slopes, loss_gradient_is_p_minus_y_over_n,
        both_ways_through_softmax_agree, forward_keeps_everything, backward_of_the_worked_net, backward_matches_the_slopes,
        backward_agrees_with_candle;
    step8_optimizers: sgd_steps_against_the_gradient, momentum_rolls_on, slide_momentum_looks_ahead, the_two_momenta_differ,
        adagrad_grows_tired, rmsprop_divides_by_the_recent_size, adam_corrects_its_start, all_agree_with_dlkit,
        asks_for_the_gradient_where_it_is, descends_until_it_is_enough;
    step9_spiral: counts_the_iterations, cuts_a_shuffled_order, takes_the_largest_probability, accuracy_is_the_share_of_right_answers,
        trains_batch_by_batch, overfits_one_batch, learns_the_spiral;
}

/// A row as a person writes it: `(1, −1)`.
fn row(numbers: &[f64]) -> String {
    let texts: Vec<String> = numbers
        .iter()
        .map(|x| format!("{}", (x * 1000.0).round() / 1000.0).replace('-', "−"))
        .collect();
    format!("({})", texts.join(", "))
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The same numbers as a tensor, whose comparison knows shapes, places and transposes.
fn tensor(matrix: &Matrix) -> Tensor {
    let values = matrix.values().to_vec();
    Tensor::from_vec(values, matrix.shape(), &Device::Cpu)
        .expect("the values of a matrix fill its shape")
}

/// Compares two matrices: shape, then values.
fn same(comparison: &Expect, got: &Matrix, want: &Matrix) -> Verdict {
    comparison.tensors_close(&tensor(got), &tensor(want))
}

/// A matrix of repeatable numbers.
fn random(draw: &mut Draw, rows: usize, columns: usize) -> Matrix {
    Matrix::from_values(rows, columns, draw.numbers(rows * columns, -1.5, 1.5))
}

/// `1 place`, `2 places`.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Wants as many numbers as there should be, before they are compared one by one.
fn same_length(what: &str, got: usize, want: usize) -> Verdict {
    if got == want {
        return Ok(());
    }
    let message = format!(
        "{what} are {}, but there should be {want}.",
        count(got, "number")
    );
    Err(Failure::new(message).diagnosed("wrong-length"))
}

/// Compares the places of a walk. One that is too short or too long is told by what is missing or too much.
fn same_walk(name: &str, comparison: &Expect, got: &[f64], want: &[f64]) -> Verdict {
    let equals = |part: &[f64]| {
        got.len() == part.len()
            && got
                .iter()
                .zip(part)
                .all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + b.abs()))
    };
    let steps = |n: usize| count(n, "step");
    let (told, diagnosis) = if got.len() == want.len() {
        let n = want.len();
        if n > 2 && equals(&[&want[..1], &want[..n - 1]].concat()) {
            return Err(Failure::new(format!(
                "{name}: the start stands there twice, and the last place is missing. Is the place written down before the step or after it?"
            ))
            .diagnosed("written-before-the-step"));
        }
        return comparison.close_all(got, want);
    } else if want.len() > 1 && equals(&want[1..]) {
        (
            "The start is missing: it is the first place.".to_owned(),
            "start-missing",
        )
    } else if want.len() > 2 && equals(&want[..want.len() - 1]) {
        (
            format!(
                "It is one step short. Is a step taken {}, and the place after each written down?",
                if want.len() == 2 {
                    "once".to_owned()
                } else {
                    format!("{} times", want.len() - 1)
                }
            ),
            "one-step-short",
        )
    } else if got.is_empty() {
        (
            "There is no place at all; the start is the first one.".to_owned(),
            "start-missing",
        )
    } else if got.len() < want.len() {
        let sentence = format!(
            "The walk ends after {}, but it should take {}: why does it stop?",
            steps(got.len() - 1),
            want.len() - 1
        );
        (sentence, "stops-too-early")
    } else {
        let sentence = format!(
            "The walk takes {}, but it should end after {}.",
            steps(got.len() - 1),
            want.len() - 1
        );
        (sentence, "too-many-steps")
    };
    Err(Failure::new(format!(
        "{name}: {} came out, but it should be {}. {told}",
        count(got.len(), "place"),
        want.len()
    ))
    .diagnosed(diagnosis))
}

/// Softmax, row by row.
fn shares(scores: &Matrix) -> Matrix {
    Matrix::from_rows((0..scores.rows()).map(|i| {
        let top = scores
            .row(i)
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = scores.row(i).iter().map(|z| (z - top).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.into_iter().map(|e| e / sum).collect::<Vec<_>>()
    }))
}
