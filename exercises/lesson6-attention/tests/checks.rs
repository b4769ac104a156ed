//! What lesson 6 looks at in each step, and what it says when something is not right.
//!
//! A step is judged by itself: where it needs an earlier one, a reference takes its place. A check also works out what the well-known slips
//! would have given, and when that is exactly what came out, it says so.

#[path = "checks/support.rs"]
mod support;

#[path = "checks/step1_weighted_sum.rs"]
mod step1_weighted_sum;
#[path = "checks/step2_softmax.rs"]
mod step2_softmax;
#[path = "checks/step3_query_key_value.rs"]
mod step3_query_key_value;
#[path = "checks/step4_masks.rs"]
mod step4_masks;
#[path = "checks/step5_heads.rs"]
mod step5_heads;
#[path = "checks/step6_positions.rs"]
mod step6_positions;
#[path = "checks/step7_encoder_block.rs"]
mod step7_encoder_block;
#[path = "checks/step8_dates.rs"]
mod step8_dates;
#[path = "checks/step8_training.rs"]
mod step8_training;
#[path = "checks/step9_names.rs"]
mod step9_names;
#[path = "checks/step9_writing.rs"]
mod step9_writing;

use dlkit_check::prelude::*;

checks! {
    step1_weighted_sum: finds_the_word_that_is_looked_at, knows_attention_weights_by_their_rows, a_context_is_a_weighted_sum,
        all_contexts_are_one_product;
    step2_softmax: makes_weights_of_scores, large_scores_do_no_harm, works_along_the_last_axis, large_scores_in_a_tensor_do_no_harm,
        lets_the_gradient_through, a_low_temperature_sharpens;
    step3_query_key_value: a_score_is_a_scaled_dot_product, a_query_gets_a_mean_of_the_values, the_weights_of_a_query_sum_to_1,
        a_sequence_attends_to_itself, measures_the_variance_of_dot_products, the_variance_is_the_width;
    step4_masks: the_causal_mask_shows_the_past, the_padding_mask_hides_what_fills_up, the_mask_works_before_the_softmax,
        each_sequence_has_its_own_padding,
        a_row_without_anything_to_see_is_zero, a_hidden_place_stays_hidden, the_gradient_is_a_number, the_future_does_not_leak;
    step5_heads: each_head_gets_its_part_of_every_step, keeps_the_sequences_apart, merging_undoes_splitting, each_head_looks_by_itself,
        gives_the_weights_of_every_head;
    step6_positions: the_table_holds_waves, every_sequence_gets_the_same_rows, measures_what_a_shuffle_changes,
        attention_minds_the_order_only_with_positions;
    step7_encoder_block: every_step_gets_mean_0_and_variance_1, equal_numbers_do_no_harm,
        the_gradient_goes_through_mean_and_variance, feeds_each_step_forward,
        the_block_adds_attention_and_feed_forward, a_block_that_says_nothing_changes_nothing, every_weight_can_learn;
    step8_dates: shifts_the_answers_to_the_right, reads_with_the_encoder_and_writes_with_the_decoder, drops_nothing_while_it_reads,
        the_net_is_not_told_the_answer,
        writes_one_character_after_the_other, counts_only_whole_dates, learns_16_dates_by_heart, reads_dates_it_has_not_seen;
    step9_names: builds_a_small_gpt, no_place_sees_the_next, has_these_layers_in_this_order, the_target_is_the_next_character, padding_does_not_count,
        draws_by_probability, writes_on_from_the_last_character, writes_at_its_temperature, stops_at_the_end, keeps_to_what_the_net_can_read,
        learns_names_by_heart;
}
