//! Lesson 4 — Convolutional nets.

pub mod step1_cross_correlation;
pub mod step2_filters;
pub mod step3_sizes;
pub mod step4_channels;
pub mod step5_pooling;
pub mod step6_receptive_field;
pub mod step7_learning_a_kernel;
pub mod step8_networks;
pub mod step9_shifts;
