//! What lesson 4 looks at in each step, and what it says when something is not right.
//!
//! A step is judged by itself: where it needs an earlier one, a reference of the checks takes its place. A check does not only
//! compare: it also works out what a well-known slip would have given, and when that is exactly what came out, it says so.

#[path = "checks/panics.rs"]
mod panics;
#[path = "checks/support.rs"]
mod support;

#[path = "checks/step1_cross_correlation.rs"]
mod step1_cross_correlation;
#[path = "checks/step2_filters.rs"]
mod step2_filters;
#[path = "checks/step3_sizes.rs"]
mod step3_sizes;
#[path = "checks/step4_channels.rs"]
mod step4_channels;
#[path = "checks/step5_pooling.rs"]
mod step5_pooling;
#[path = "checks/step6_receptive_field.rs"]
mod step6_receptive_field;
#[path = "checks/step7_learning_a_kernel.rs"]
mod step7_learning_a_kernel;
#[path = "checks/step8_networks.rs"]
mod step8_networks;
#[path = "checks/step9_shifts.rs"]
mod step9_shifts;

use dlkit_check::prelude::*;

checks! {
    step1_cross_correlation: a_window_of_3_has_three_places_along_5, one_place_gives_one_sum,
        the_map_of_the_small_picture_is_19_25_37_43, height_and_width_may_differ, the_turned_kernel_starts_with_its_end,
        the_true_convolution_is_5_11_23_29;
    step2_filters: the_vertical_filter_finds_66_on_the_one, the_horizontal_filter_lies_down,
        the_diagonal_filter_leans_as_a_backslash, a_balanced_filter_answers_nothing_to_a_plain_patch,
        what_is_below_zero_is_dropped, each_stroke_is_found_by_its_own_filter, without_a_filter_there_is_an_error;
    step3_sizes: a_dilated_window_covers_its_holes_too, the_formula_holds_for_every_setting,
        same_padding_keeps_the_size, a_frame_of_zeros_stands_around_the_picture, the_stride_leaves_places_out,
        dilation_spreads_the_weights, padding_stride_and_dilation_go_together;
    step4_channels: counts_a_bias_for_each_filter, a_dense_layer_needs_a_weight_for_every_pair,
        one_filter_adds_its_channels_up, every_filter_makes_a_map_with_its_own_bias, a_batch_stays_a_batch,
        kernel_and_bias_can_learn, a_grey_picture_in_colour_gives_the_same_maps;
    step5_pooling: each_block_keeps_its_largest_number, negative_numbers_can_win, of_equals_the_first_wins,
        an_odd_last_row_is_left_out, the_winner_gets_the_whole_gradient, at_odd_sizes_every_winner_gets_its_own,
        the_gradient_is_the_slope;
    step6_receptive_field: the_sides_shrink_layer_by_layer, two_convolutions_of_3_see_5, pooling_widens_what_comes_after,
        neighbours_see_fields_a_jump_apart, a_pixel_outside_changes_nothing;
    step7_learning_a_kernel: an_error_is_map_minus_target, the_loss_is_the_mean_of_the_squares,
        the_gradient_is_the_picture_correlated_with_the_errors, the_gradient_is_the_slope_of_the_loss,
        one_step_goes_against_the_gradient, the_hidden_kernel_is_found;
    step8_networks: images_get_a_channel, the_net_of_keras_has_34_826_parameters, its_layers_are_those_of_the_table,
        parameters_are_counted_layer_by_layer, the_rival_is_as_large, the_rival_is_a_dense_net,
        both_are_compiled_to_be_trained, it_learns_64_digits_by_heart, it_reads_digits_better_than_its_rival;
    step9_shifts: images_move_in_all_four_directions, what_moves_in_is_black, shifted_accuracy_is_the_mean_of_four,
        augmentation_is_for_training_alone, the_augmented_net_moves_and_turns, the_rate_falls_along_half_a_cosine,
        the_schedule_counts_every_step, it_learns_from_moved_digits;
}
