//! What a lesson imports: `use dlkit::prelude::*;`.

pub use crate::activation::Activation;
pub use crate::data::Dataset;
pub use crate::data::augmentation::{
    Fill, RandomFlip, RandomRotation, RandomTranslation, RandomZoom,
};
pub use crate::device::device;
pub use crate::init::Initializer;
pub use crate::layers::{
    ActivationLayer, AveragePooling2D, BatchNormalization, Bidirectional, Conv1D, Conv2D, Dense,
    Dropout, Embedding, Flatten, GRU, GaussianNoise, GlobalAveragePooling1D,
    GlobalAveragePooling2D, LSTM, Layer, LayerNormalization, MaxPooling2D, Merge,
    MultiHeadAttention, Pass, PositionEmbedding, Residual, SimpleRNN, SinePositionEncoding,
    TokenAndPositionEmbedding, TransformerDecoderBlock, TransformerEncoderBlock,
};
pub use crate::losses::{
    BinaryCrossEntropy, CategoricalCrossEntropy, Loss, MeanAbsoluteError, MeanSquaredError,
    SparseCategoricalCrossEntropy,
};
pub use crate::metrics::{Accuracy, ConfusionMatrix, Metric};
pub use crate::model::{
    Callback, EarlyStopping, Fit, History, LearningRateScheduler, Model, ModelCheckpoint,
    OnEpochEnd, Progress, ScheduleUnit, Scores, Sequential, Training, Validation,
};
pub use crate::ops::Padding;
pub use crate::optimizers::{Adagrad, Adam, AdamW, Clip, Clipped, Optimizer, RmsProp, Sgd};
pub use crate::regularizers::Regularizer;
pub use crate::seed::Seed;
pub use crate::variable::Variable;
pub use anyhow::{Context, Result};
pub use candle_core::{D, DType, Device, Tensor, Var};
