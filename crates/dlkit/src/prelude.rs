//! What a lesson imports: `use dlkit::prelude::*;`.

pub use crate::activation::Activation;
pub use crate::data::Dataset;
pub use crate::data::augmentation::{
    Fill, RandomFlip, RandomRotation, RandomTranslation, RandomZoom,
};
pub use crate::device::device;
pub use crate::init::Initializer;
pub use crate::layers::{
    ActivationLayer, BatchNormalization, Dense, Dropout, Flatten, GaussianNoise, Layer, Pass,
    Residual,
    ActivationLayer, AveragePooling2D, Conv1D, Conv2D, Dense, Dropout, Flatten,
    GlobalAveragePooling1D, GlobalAveragePooling2D, Layer, MaxPooling2D, Pass,
    ActivationLayer, Dense, Dropout, Embedding, Flatten, Layer, LayerNormalization,
    MultiHeadAttention, Pass, PositionEmbedding, SinePositionEncoding, TokenAndPositionEmbedding,
    TransformerDecoderBlock, TransformerEncoderBlock,
    ActivationLayer, Bidirectional, Dense, Dropout, Flatten, GRU, LSTM, Layer, Merge, Pass,
    SimpleRNN,
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
pub use crate::optimizers::{Adagrad, Adam, AdamW, Clip, Clipped, Optimizer, RmsProp, Sgd};
pub use crate::regularizers::Regularizer;
pub use crate::ops::Padding;
pub use crate::optimizers::{Adagrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
pub use crate::seed::Seed;
pub use crate::variable::Variable;
pub use anyhow::{Context, Result};
pub use candle_core::{D, DType, Device, Tensor, Var};
