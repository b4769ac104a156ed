//! Lesson 3 — MNIST with a multilayer perceptron: the reference solution.

pub mod step1_tensors;
pub mod step2_preprocessing;
pub mod step3_batches;
pub mod step4_forward;
pub mod step5_loss;
pub mod step6_training_loop;
pub mod step7_with_dlkit;
pub mod step8_evaluation;
pub mod step9_networks;
