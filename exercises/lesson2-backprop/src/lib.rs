//! Lesson 2: backpropagation by hand. One step a file; start with the lesson's README.

pub mod matrix;
pub mod step1_losses;
pub mod step2_descent;
pub mod step3_graph;
pub mod step4_autograd;
pub mod step5_gradient_check;
pub mod step6_matrices;
pub mod step7_softmax;
pub mod step8_optimizers;
pub mod step9_spiral;
