//! Lesson 5 — LSTM temperature forecasting.

pub mod step1_record;
pub mod step2_windows;
pub mod step3_baselines;
pub mod step4_recurrence;
pub mod step5_state;
pub mod step6_lstm;
pub mod step7_forecaster;
pub mod step8_relatives;
pub mod step9_better;
