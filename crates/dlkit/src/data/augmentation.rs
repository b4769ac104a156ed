//! Image augmentation: each training image a little different every time it is seen.
//!
//! A net that sees a digit only upright and in the middle learns only that. Moved, turned, zoomed and mirrored copies cost nothing to
//! collect, and what they must not change (the label) is knowledge that the net gets for free. Mirror only what stays itself in a
//! mirror: a shirt does, a 2 does not.
//!
//! These are layers without parameters for images `(batch, channels, height, width)`, which they give back in the same shape. As
//! dropout they are active in training alone, and draw anew for each image and each step from the seed of the step.
//!
//! ```
//! # fn main() -> dlkit::Result<()> {
//! use dlkit::prelude::*;
//!
//! let model = Sequential::new()
//!     .add(RandomTranslation::new(0.1, 0.1)) // up to a tenth of the image up, down, left or right
//!     .add(RandomRotation::new(0.03).fill(Fill::Constant(0.0))) // up to 0.03 of a full turn either way: 11°
//!     .add(Flatten::new())
//!     .add(Dense::new(10).softmax())
//!     .build((1, 28, 28), Seed(42), &Device::Cpu)?;
//!
//! // The same without a net: a set of changed copies, made once.
//! let images = Tensor::zeros((5, 1, 28, 28), DType::F32, &Device::Cpu)?;
//! let copies = RandomFlip::horizontal().augment(&images, Seed(1))?;
//! assert_eq!(copies.dims(), [5, 1, 28, 28]);
//! # Ok(()) }
//! ```
//!
//! All of them are one operation. Each pixel of the new image looks up where it comes from in the old one, an affine map about the
//! middle of the image, and mixes the four pixels around that place (bilinear interpolation):
//!
//! ```text
//! new(x, y) = old(A · (x − middle) + middle − shift)     A = turn · zoom · mirror
//! ```
//!
//! No gradient passes through: the result is new data, and nothing before these layers can learn. Put them first. The names, the
//! meaning of the factors and the borders are those of Keras's preprocessing layers.

use crate::kernels::parallel;
use crate::layers::{Built, BuiltLayer, Layer, Pass, Scope};
use crate::seed::Seed;
use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use rand::Rng as _;

/// The numbers that a random factor is drawn from, evenly: `0.1` is −0.1 to 0.1, and `(0.0, 0.2)` is 0 to 0.2.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Factor {
    lowest: f64,
    highest: f64,
}

impl From<f64> for Factor {
    fn from(largest: f64) -> Self {
        Self {
            lowest: -largest,
            highest: largest,
        }
    }
}

impl From<(f64, f64)> for Factor {
    fn from((lowest, highest): (f64, f64)) -> Self {
        Self { lowest, highest }
    }
}

impl Factor {
    fn draw(self, rng: &mut crate::seed::Rng) -> f64 {
        self.lowest + (self.highest - self.lowest) * rng.random::<f64>()
    }

    fn describe(self) -> String {
        format!("{}..{}", self.lowest, self.highest)
    }
}

/// What is seen where the old image ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fill {
    /// One brightness everywhere, such as 0 for black.
    Constant(f64),
    /// The nearest pixel of the border: `a a a | a b c d | d d d`.
    Nearest,
    /// The image in a mirror along its edge: `c b a | a b c d | d c b`. Keras's default.
    #[default]
    Reflect,
}

/// Moves each image up or down and left or right, each by a share of the image's size.
///
/// A positive factor moves down and to the right.
#[derive(Clone, Copy, Debug)]
pub struct RandomTranslation(Change);

impl RandomTranslation {
    /// By these shares of the height and the width: `RandomTranslation::new(0.1, 0.1)` is up to a tenth in each direction.
    #[must_use]
    pub fn new(height: impl Into<Factor>, width: impl Into<Factor>) -> Self {
        Self(Change {
            translation: Some([height.into(), width.into()]),
            ..Change::default()
        })
    }
}

/// Turns each image about its middle, by a share of a full turn.
///
/// A positive factor turns anticlockwise.
#[derive(Clone, Copy, Debug)]
pub struct RandomRotation(Change);

impl RandomRotation {
    /// By this share of a full turn: `RandomRotation::new(0.05)` is up to 18° either way.
    #[must_use]
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self(Change {
            rotation: Some(factor.into()),
            ..Change::default()
        })
    }
}

/// Makes what each image shows larger or smaller.
///
/// A positive factor zooms out: with 0.25 the new image shows 1.25 times the height and width of the old one, so everything in it
/// is smaller. A negative one zooms in.
#[derive(Clone, Copy, Debug)]
pub struct RandomZoom(Change);

impl RandomZoom {
    /// By this factor, the same for height and width.
    #[must_use]
    pub fn new(factor: impl Into<Factor>) -> Self {
        Self(Change {
            zoom: Some([factor.into(), Factor::default()]),
            same_zoom: true,
            ..Change::default()
        })
    }

    /// With another factor for the width, drawn by itself: shapes are stretched too.
    #[must_use]
    pub fn width(self, width: impl Into<Factor>) -> Self {
        Self(Change {
            zoom: self.0.zoom.map(|[height, _]| [height, width.into()]),
            same_zoom: false,
            ..self.0
        })
    }
}

/// Mirrors every other image, drawn by lot.
#[derive(Clone, Copy, Debug)]
pub struct RandomFlip(Change);

impl RandomFlip {
    /// Left and right change places in every other image.
    #[must_use]
    pub fn horizontal() -> Self {
        Self(Change {
            flip: [false, true],
            ..Change::default()
        })
    }

    /// Top and bottom change places in every other image.
    #[must_use]
    pub fn vertical() -> Self {
        Self(Change {
            flip: [true, false],
            ..Change::default()
        })
    }

    /// Both, each drawn by itself.
    #[must_use]
    pub fn both() -> Self {
        Self(Change {
            flip: [true, true],
            ..Change::default()
        })
    }
}

macro_rules! augmentation {
    ($name:ident, $kind:literal) => {
        impl $name {
            /// Changes each of these images `(batch, channels, height, width)`, with numbers drawn from this seed; one seed, one
            /// result. Outside of any graph.
            ///
            /// # Errors
            /// When the tensor is no batch of images, or a factor is out of its range.
            pub fn augment(&self, images: &Tensor, seed: Seed) -> Result<Tensor> {
                self.0.check()?;
                self.0.apply(images, seed)
            }
        }

        impl Layer for $name {
            fn kind(&self) -> &'static str {
                $kind
            }

            fn describe(&self) -> String {
                format!("{}({})", $kind, self.0.describe())
            }

            fn build(&self, input_shape: &[usize], scope: &mut Scope) -> Result<Built> {
                self.0.build(input_shape, scope)
            }
        }
    };
}
augmentation!(RandomTranslation, "random_translation");
augmentation!(RandomRotation, "random_rotation");
augmentation!(RandomZoom, "random_zoom");
augmentation!(RandomFlip, "random_flip");

macro_rules! with_fill {
    ($($name:ident),+) => {$(
        impl $name {
            /// With this where the old image ends; [`Fill::Reflect`] unless told.
            #[must_use]
            pub fn fill(self, fill: Fill) -> Self {
                Self(Change { fill, ..self.0 })
            }
        }
    )+};
}
with_fill!(RandomTranslation, RandomRotation, RandomZoom);

/// All that may happen to an image, each layer using its part. Pairs are (height, width).
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    flip: [bool; 2],
    translation: Option<[Factor; 2]>,
    rotation: Option<Factor>,
    zoom: Option<[Factor; 2]>,
    same_zoom: bool,
    fill: Fill,
}

impl Change {
    fn describe(self) -> String {
        let mut parts = Vec::new();
        match self.flip {
            [true, true] => parts.push("both".to_string()),
            [true, false] => parts.push("vertical".to_string()),
            [false, true] => parts.push("horizontal".to_string()),
            [false, false] => {}
        }
        if let Some([height, width]) = self.translation {
            parts.push(format!("height={}", height.describe()));
            parts.push(format!("width={}", width.describe()));
        }
        if let Some(factor) = self.rotation {
            parts.push(format!("factor={}", factor.describe()));
        }
        if let Some([height, width]) = self.zoom {
            parts.push(format!("height={}", height.describe()));
            if !self.same_zoom {
                parts.push(format!("width={}", width.describe()));
            }
        }
        if self.flip == [false, false] {
            parts.push(match self.fill {
                Fill::Constant(value) => format!("fill=constant({value})"),
                Fill::Nearest => "fill=nearest".to_string(),
                Fill::Reflect => "fill=reflect".to_string(),
            });
        }
        parts.join(", ")
    }

    fn check(self) -> Result<()> {
        let factors = (self.translation.into_iter().flatten())
            .chain(self.rotation)
            .chain(self.zoom.into_iter().flatten());
        for factor in factors {
            ensure!(
                factor.lowest.is_finite()
                    && factor.highest.is_finite()
                    && factor.lowest <= factor.highest,
                "a random factor cannot be drawn from {}: give one number that is not negative (0.1 means -0.1 to 0.1), or the \
                 lowest and the highest",
                factor.describe()
            );
        }
        for factor in self.zoom.into_iter().flatten() {
            ensure!(
                factor.lowest > -1.0,
                "a zoom factor from {} can be -1 or less, but the image shows 1 + factor of its size, and that must be above 0",
                factor.describe()
            );
        }
        Ok(())
    }

    fn build(self, input_shape: &[usize], scope: &Scope) -> Result<Built> {
        self.check()?;
        ensure!(
            input_shape.len() == 3,
            "augmentation needs images of shape (channels, height, width), but the input has the shape {input_shape:?}; a grey \
             image has one channel, (1, height, width)"
        );
        Ok(Built {
            layer: Box::new(BuiltAugmentation {
                change: self,
                name: scope.full_name("draw"),
            }),
            output_shape: input_shape.to_vec(),
        })
    }

    fn apply(self, images: &Tensor, seed: Seed) -> Result<Tensor> {
        ensure!(
            images.rank() == 4,
            "augmentation needs images of shape (batch, channels, height, width), but this tensor has {:?}",
            images.dims()
        );
        ensure!(
            images.dtype().is_float(),
            "augmentation mixes pixels, which needs numbers with a fraction, but these images are {:?}: convert them with \
             `.to_dtype(DType::F32)?`",
            images.dtype()
        );
        let (batch, channels, height, width) = images.dims4()?;
        let pixels: Vec<f32> = images
            .to_dtype(DType::F32)?
            .to_device(&Device::Cpu)?
            .flatten_all()?
            .to_vec1()?;
        let size = channels * height * width;
        let mut changed = vec![0.0; pixels.len()];
        if size > 0 {
            parallel::for_each_chunk(&mut changed, size, |image, new| {
                let source = self.draw(height, width, &mut seed.at(image as u64).rng());
                let old = &pixels[image * size..(image + 1) * size];
                resample(old, new, height, width, source, self.fill);
            });
        }
        Ok(
            Tensor::from_vec(changed, (batch, channels, height, width), &Device::Cpu)?
                .to_dtype(images.dtype())?
                .to_device(images.device())?,
        )
    }

    /// Where each new pixel of one image comes from.
    fn draw(self, height: usize, width: usize, rng: &mut crate::seed::Rng) -> Affine {
        let mirror = self
            .flip
            .map(|may| if may && rng.random() { -1.0 } else { 1.0 });
        let turn = self.rotation.map_or(0.0, |factor| factor.draw(rng)) * std::f64::consts::TAU;
        let zoom = match self.zoom {
            Some([both, _]) if self.same_zoom => [1.0 + both.draw(rng); 2],
            Some(factors) => factors.map(|factor| 1.0 + factor.draw(rng)),
            None => [1.0; 2],
        };
        let shift = match self.translation {
            Some([y, x]) => [y.draw(rng) * height as f64, x.draw(rng) * width as f64],
            None => [0.0; 2],
        };
        let (sin, cos) = turn.sin_cos();
        let [scale_y, scale_x] = [zoom[0] * mirror[0], zoom[1] * mirror[1]];
        let [middle_y, middle_x] = [(height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0];
        let (xx, xy, yx, yy) = (cos * scale_x, -sin * scale_y, sin * scale_x, cos * scale_y);
        Affine {
            x: [xx, xy, middle_x - xx * middle_x - xy * middle_y - shift[1]],
            y: [yx, yy, middle_y - yx * middle_x - yy * middle_y - shift[0]],
        }
    }
}

struct BuiltAugmentation {
    change: Change,
    name: String,
}

impl BuiltLayer for BuiltAugmentation {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Result<Tensor> {
        match pass.training_seed() {
            Some(seed) => self.change.apply(input, seed.derive(&self.name)),
            None => Ok(input.clone()),
        }
    }
}

/// New pixel (x, y) comes from `x[0]·x + x[1]·y + x[2]` and `y[0]·x + y[1]·y + y[2]`; y grows downwards. In f64, so that what only
/// moves by whole pixels stays as sharp as it was.
#[derive(Clone, Copy, Debug)]
struct Affine {
    x: [f64; 3],
    y: [f64; 3],
}

/// All channels of one image, by bilinear interpolation.
fn resample(old: &[f32], new: &mut [f32], height: usize, width: usize, from: Affine, fill: Fill) {
    let plane = height * width;
    let outside = if let Fill::Constant(value) = fill {
        value as f32
    } else {
        0.0
    };
    for y in 0..height {
        for x in 0..width {
            let at = |[a, b, c]: [f64; 3]| a * x as f64 + b * y as f64 + c;
            let (source_x, source_y) = (at(from.x), at(from.y));
            let (left, top) = (source_x.floor(), source_y.floor());
            let (right_share, lower_share) = ((source_x - left) as f32, (source_y - top) as f32);
            let columns = [left as i64, left as i64 + 1].map(|x| inside(x, width, fill));
            let rows = [top as i64, top as i64 + 1].map(|y| inside(y, height, fill));
            for channel in 0..new.len() / plane {
                let old = &old[channel * plane..(channel + 1) * plane];
                let pixel = |row: Option<usize>, column: Option<usize>| match (row, column) {
                    (Some(row), Some(column)) => old[row * width + column],
                    _ => outside,
                };
                let [upper, lower] = rows.map(|row| {
                    let [left, right] = columns.map(|column| pixel(row, column));
                    left * (1.0 - right_share) + right * right_share
                });
                new[channel * plane + y * width + x] =
                    upper * (1.0 - lower_share) + lower * lower_share;
            }
        }
    }
}

/// The pixel of the image that stands for this position, or `None` where there is only the constant.
fn inside(position: i64, size: usize, fill: Fill) -> Option<usize> {
    let last = size as i64 - 1;
    if (0..=last).contains(&position) {
        return Some(position as usize);
    }
    match fill {
        Fill::Constant(_) => None,
        Fill::Nearest => Some(position.clamp(0, last) as usize),
        Fill::Reflect => {
            let place = position.rem_euclid(2 * size as i64);
            Some(place.min(2 * size as i64 - 1 - place) as usize)
        }
    }
}

#[cfg(test)]
mod tests;
