//! Lesson 6 — Attention and the transformer: the reference solution.

pub mod step1_weighted_sum;
pub mod step2_softmax;
pub mod step3_query_key_value;
pub mod step4_masks;
pub mod step5_heads;
pub mod step6_positions;
pub mod step7_encoder_block;
pub mod step8_dates;
pub mod step9_names;
