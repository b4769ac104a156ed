//! Lesson 1: from one neuron to XOR. One step a file; start with the lesson's README.

pub mod step1_neuron;
pub mod step2_activations;
pub mod step3_layer;
pub mod step4_truth_tables;
pub mod step5_loss;
pub mod step6_training;
pub mod step7_xor_by_hand;
pub mod step8_xor_trained;
