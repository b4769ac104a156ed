//! What lesson 5 looks at in each step, and what it says when something is not right.
//!
//! A step is judged by itself. A check does not only compare: it also works out what well-known slips would have given, and when that is
//! exactly what came out, it says so.

#[path = "checks/support.rs"]
mod support;

#[path = "checks/step1_record.rs"]
mod step1_record;
#[path = "checks/step2_windows.rs"]
mod step2_windows;
#[path = "checks/step3_baselines.rs"]
mod step3_baselines;
#[path = "checks/step4_recurrence.rs"]
mod step4_recurrence;
#[path = "checks/step5_state.rs"]
mod step5_state;
#[path = "checks/step6_lstm.rs"]
mod step6_lstm;
#[path = "checks/step7_forecaster.rs"]
mod step7_forecaster;
#[path = "checks/step8_relatives.rs"]
mod step8_relatives;
#[path = "checks/step9_better.rs"]
mod step9_better;

use dlkit_check::prelude::*;

checks! {
    step1_record: the_parts_follow_each_other_in_time, the_rest_goes_to_the_test_part,
        mean_and_deviation_are_those_of_each_column, scales_with_what_was_fitted, the_future_has_no_say_in_the_scaling,
        all_three_parts_get_the_same_scale, a_temperature_gets_its_mean_back, an_error_has_no_mean_to_add;
    step2_windows: the_target_lies_the_horizon_after_the_last_row, counts_windows_whose_target_is_there,
        too_few_rows_make_no_window, each_window_begins_a_row_later, each_window_has_its_own_target,
        a_longer_future_changes_no_window;
    step3_baselines: mae_is_the_mean_of_the_distances, common_sense_says_what_is_now, skill_is_the_share_that_is_saved,
        the_dense_net_sees_one_long_row, reorders_the_hours_of_every_window_alike, a_dense_net_cannot_tell_the_order;
    step4_recurrence: a_step_weighs_input_and_state, unrolling_hands_the_state_on, the_state_begins_with_zeros,
        takes_the_last_state, a_then_b_is_not_b_then_a;
    step5_state: runs_on_from_the_state_it_is_given, pieces_are_as_good_as_the_whole, any_length_of_the_pieces_will_do,
        a_gradient_goes_back_through_all_pieces, a_new_batch_begins_with_zeros, batches_may_differ_in_size;
    step6_lstm: cuts_the_sums_into_i_f_g_o, keeps_by_the_forget_gate_and_adds_by_the_input_gate,
        an_open_forget_gate_keeps_what_is_written, says_the_same_as_the_lstm_of_dlkit, at_first_everything_is_remembered,
        counts_what_it_can_learn;
    step7_forecaster: is_an_lstm_of_16_and_one_neuron, has_2001_parameters_with_14_columns, validates_after_each_epoch,
        keeps_the_weights_of_the_best_epoch, stops_when_patience_is_at_its_end,
        shows_what_it_is_asked_to_show, says_its_error_in_degrees, beats_common_sense_on_made_weather;
    step8_relatives: the_gru_stands_where_the_lstm_stood, the_bidirectional_net_reads_from_both_ends,
        the_second_layer_reads_the_states_of_the_first, they_have_the_parameters_of_their_kind;
    step9_better: says_what_time_it_is, midnight_has_no_edge, a_change_is_counted_from_the_last_hour,
        a_forecast_is_now_plus_the_change, saying_nothing_is_common_sense, several_opinions_become_one,
        asking_for_the_change_learns_faster;
}
