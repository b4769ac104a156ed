//! Data to learn from: toy sets in the plane, images of digits, records of the weather, and what is done to data before a net sees it.
//!
//! A [`Dataset`] is a tensor of inputs and a tensor of targets whose first dimensions count the same samples. Everything that
//! reorders samples does it to both at once: images that lose their labels still train, they only never learn.

pub mod augmentation;
mod climate;
mod dataset;
pub mod dates;
mod digits;
pub mod idx;
pub mod images;
mod jena;
pub mod mnist;
pub mod names;
mod one_hot;
mod places;
pub mod plane;
pub mod scaler;
mod source;
pub mod text;
pub mod truth_tables;
pub mod weather;
pub mod windows;

pub use augmentation::{RandomFlip, RandomRotation, RandomTranslation, RandomZoom};
pub use climate::Climate;
pub use dataset::{Batch, Batches, Dataset};
pub use digits::Digits;
pub use images::Images;
pub use mnist::{FashionMnist, Mnist, mnist_or_digits};
pub use one_hot::one_hot;
pub use places::Place;
pub use plane::{circles, gaussians, spirals, two_moons};
pub use scaler::{MinMaxScaler, StandardScaler};
pub use source::Source;
pub use truth_tables::{and, first_input, or, xor};
pub use weather::{Jena, Weather, weather_or_climate};
pub use windows::Windows;
