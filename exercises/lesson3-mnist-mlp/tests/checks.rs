//! What lesson 3 looks at in each step, and what it says when something is not right.
//!
//! A step is judged by itself: where it needs an earlier one, the reference below takes its place. Most mistakes in these steps
//! are old acquaintances, so a check does not only compare: it also works out what a well-known slip would have given, and when
//! that is exactly what came out, it says so.

#[path = "checks/support.rs"]
mod support;

#[path = "checks/step1_tensors.rs"]
mod step1_tensors;
#[path = "checks/step2_preprocessing.rs"]
mod step2_preprocessing;
#[path = "checks/step3_batches.rs"]
mod step3_batches;
#[path = "checks/step4_forward.rs"]
mod step4_forward;
#[path = "checks/step5_loss.rs"]
mod step5_loss;
#[path = "checks/step6_training_loop.rs"]
mod step6_training_loop;
#[path = "checks/step7_with_dlkit.rs"]
mod step7_with_dlkit;
#[path = "checks/step8_evaluation.rs"]
mod step8_evaluation;
#[path = "checks/step9_networks.rs"]
mod step9_networks;

use dlkit_check::prelude::*;

checks! {
    step1_tensors: describes_any_tensor, counts_the_bytes_of_a_tensor, builds_a_batch_from_rows_of_pixels,
        cuts_the_bottom_right_quarter, moves_the_channels_to_the_front;
    step2_preprocessing: lays_each_image_out_as_a_row, leaves_the_dtype_to_scale, scales_bytes_to_between_0_and_1,
        prepares_real_digits;
    step3_batches: counts_the_last_smaller_batch, adds_no_step_when_the_batches_come_out_even, a_shuffled_image_keeps_its_label,
        shuffling_loses_and_doubles_no_image, the_seed_alone_decides_the_order, the_last_batch_holds_what_is_left,
        every_batch_holds_its_own_images_with_their_labels;
    step4_forward: a_dense_layer_is_a_product_and_a_bias, a_batch_goes_through_row_by_row, gives_the_logits,
        every_weight_can_learn, counts_weights_and_biases, an_untrained_net_guesses;
    step5_loss: log_softmax_works_along_each_row, large_logits_do_no_harm, averages_over_the_batch,
        the_loss_is_no_larger_for_a_larger_batch, no_idea_costs_ln_10, its_gradient_is_probability_minus_truth,
        accuracy_is_the_share_of_right_answers;
    step6_training_loop: moves_against_the_gradient, says_so_when_a_parameter_has_no_gradient,
        a_step_is_forward_loss_and_update, an_epoch_sees_every_sample_once, trains_for_as_many_epochs_as_asked,
        each_epoch_has_an_order_of_its_own, the_history_is_the_mean_loss_of_each_epoch, learns_one_batch_by_heart,
        learns_to_read_digits;
    step7_with_dlkit: builds_the_net_784_64_10, is_compiled_to_be_trained, fits_with_the_settings_it_is_given,
        measures_loss_and_accuracy_on_the_test_data, reads_digits_after_five_epochs;
    step8_evaluation: reads_the_digit_off_each_row, counts_truth_in_rows_and_answers_in_columns,
        keeps_a_row_for_a_digit_that_did_not_come, accuracy_is_the_diagonal, names_the_most_frequent_mistake,
        judges_the_net_on_images_it_has_not_seen;
    step9_networks: the_drawn_net_is_784_16_16_10_sigmoid, the_printed_net_has_a_layer_of_784_more,
        the_wide_net_is_784_512_10_relu, the_wide_net_reads_digits, the_regression_net_gives_any_number,
        the_regression_net_learns_with_adam_and_mse, the_last_quarter_is_held_back;
}
