//! A sheet of images with their labels, and what a net made of them.

use super::figure::Figure;
use super::font;
use super::scene::{Area, Line, MARGIN, Scene, Shape, TICK_SIZE};
use super::theme::{Color, Theme};
use crate::Result;
use crate::data::images::DIGIT_NAMES;
use anyhow::{Context, ensure};
use candle_core::{D, DType, Tensor};

/// More than these cannot be made out on one sheet.
const MOST: usize = 100;
/// The side of an image on the sheet, and the height of a line under it.
const IMAGE: f64 = 84.;
const LINE: f64 = TICK_SIZE + 6.;

/// Draws digits with their labels and, if given, the predictions for them: a wrong one is framed and says what it was taken for.
///
/// Images are `(n, 28, 28)`, also with a dimension of 1 for the channel, or `(n, 784)`; u8 from 0 to 255 or floating point from 0
/// to 1; at most 100. Labels are `(n,)`. Predictions are classes `(n,)` or probabilities `(n, 10)`.
///
/// ```
/// use dlkit::data::Digits;
/// use dlkit::seed::Seed;
///
/// # fn main() -> dlkit::Result<()> {
/// let digits = Digits::generate(40, 1, Seed(1))?;
/// let figure = dlkit::plot::digit_sheet(&digits.train_images, &digits.train_labels, None)?;
/// assert!(figure.svg()?.len() < 100_000);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When shapes do not fit together, a label or prediction is no digit, or there are no images or more than 100.
pub fn digit_sheet(
    images: &Tensor,
    labels: &Tensor,
    predictions: Option<&Tensor>,
) -> Result<Figure> {
    image_sheet(images, labels, predictions, &DIGIT_NAMES)
}

/// As [`digit_sheet`] for other square images, with the name of each class.
///
/// # Errors
/// As [`digit_sheet`].
pub fn image_sheet(
    images: &Tensor,
    labels: &Tensor,
    predictions: Option<&Tensor>,
    names: &[&str],
) -> Result<Figure> {
    let (pixels, side) = pixels(images)?;
    let labels = class_numbers("labels", labels, pixels.len(), names.len())?;
    let predictions = predictions
        .map(|predictions| class_numbers("predictions", predictions, pixels.len(), names.len()))
        .transpose()?;
    let tiles: Vec<Tile> = pixels
        .into_iter()
        .enumerate()
        .map(|(i, pixels)| {
            let label = names[labels[i]];
            let (caption, verdict) = match &predictions {
                None => (vec![label.to_owned()], Verdict::None),
                Some(p) if p[i] == labels[i] => (vec![format!("{label} ✓")], Verdict::Right),
                Some(p) => (mistake(label, names[p[i]]), Verdict::Wrong),
            };
            Tile {
                pixels,
                caption,
                verdict,
            }
        })
        .collect();
    let title = if predictions.is_some() {
        "Actual → predicted"
    } else {
        "Images and labels"
    };
    Ok(Figure::new(title, move |title, theme| {
        draw(&tiles, side, title, theme)
    }))
}

struct Tile {
    pixels: Vec<Color>,
    /// What is written under the image, line by line.
    caption: Vec<String>,
    verdict: Verdict,
}

/// What was shown and what it was taken for: on one line where the names are short, else on two.
fn mistake(label: &str, predicted: &str) -> Vec<String> {
    let line = format!("{label} → {predicted} ✗");
    if font::width(&line, TICK_SIZE, false) <= IMAGE + 8. {
        vec![line]
    } else {
        vec![label.to_owned(), format!("→ {predicted} ✗")]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    None,
    Right,
    Wrong,
}

fn draw(tiles: &[Tile], side: usize, title: &str, theme: Theme) -> Scene {
    let columns = tiles.len().min(10);
    let rows = tiles.len().div_ceil(columns);
    let captions = tiles.iter().flat_map(|tile| &tile.caption);
    let widest = captions
        .map(|caption| font::width(caption, TICK_SIZE, false))
        .fold(0., f64::max);
    let lines = tiles
        .iter()
        .map(|tile| tile.caption.len())
        .max()
        .unwrap_or(1);
    let tile_width = (IMAGE + 16.).max((widest + 16.).min(190.));
    let tile_height = IMAGE + LINE * lines as f64 + 18.;
    let title_width = font::width(title, super::scene::TITLE_SIZE, true);
    let width = (tile_width * columns as f64).max(title_width) + 2. * MARGIN;
    let mut scene = Scene::new(width, tile_height * rows as f64 + 90., theme, title);
    let space = scene.draw_title();
    let left = (scene.width - tile_width * columns as f64) / 2.;
    for (i, tile) in tiles.iter().enumerate() {
        let (column, row) = ((i % columns) as f64, (i / columns) as f64);
        let area = Area {
            x: left + tile_width * column + (tile_width - IMAGE) / 2.,
            y: space.y + tile_height * row,
            width: IMAGE,
            height: IMAGE,
        };
        scene.shapes.push(Shape::Cells {
            area,
            columns: side,
            colors: tile.pixels.clone(),
        });
        let color = match tile.verdict {
            Verdict::None => theme.ink(),
            Verdict::Right => theme.right(),
            Verdict::Wrong => theme.wrong(),
        };
        if tile.verdict == Verdict::Wrong {
            scene.frame(area, Line::solid(color, 5.));
        } else {
            // On dark paper the black of an image would have no edge.
            scene.frame(area, Line::solid(theme.grid(), 1.));
        }
        for (i, caption) in tile.caption.iter().enumerate() {
            let below = 8. + TICK_SIZE / 2. + LINE * i as f64;
            let at = (area.middle().0, area.bottom() + below);
            let size = font::fitting(caption, TICK_SIZE, tile_width - 8., false);
            scene.centred(caption, at, size, color);
        }
    }
    scene
}

/// The grey values of each image, and how many pixels a side has.
fn pixels(images: &Tensor) -> Result<(Vec<Vec<Color>>, usize)> {
    let dims = images.dims();
    let n = *dims.first().unwrap_or(&0);
    ensure!(
        (1..=MOST).contains(&n),
        "a sheet shows 1 to {MOST} images, but these have the shape {dims:?}; `images.narrow(0, 0, 40)?` takes the first 40"
    );
    let each = images.elem_count() / n;
    let side = each.isqrt();
    let square = match dims {
        [_, all] => side * side == *all,
        [_, height, width] | [_, 1, height, width] => height == width,
        _ => false,
    };
    ensure!(
        square && side > 0,
        "a sheet shows square grey images, (n, side, side), (n, 1, side, side) or (n, side · side), but these have the shape {dims:?}"
    );
    let scale = if images.dtype() == DType::U8 {
        1.
    } else {
        255.
    };
    let values = images
        .flatten_all()?
        .to_dtype(DType::F32)?
        .to_vec1::<f32>()?;
    let grey = |value: &f32| {
        let value = (value * scale).round().clamp(0., 255.) as u8;
        Color(value, value, value)
    };
    let images = values
        .chunks(each)
        .map(|image| image.iter().map(grey).collect())
        .collect();
    Ok((images, side))
}

/// Classes from class numbers `(n,)`, or from probabilities `(n, classes)` the most probable one.
fn class_numbers(what: &str, values: &Tensor, n: usize, classes: usize) -> Result<Vec<usize>> {
    let numbers = match values.dims() {
        [m] if *m == n => values.clone(),
        [m, k] if *m == n && *k == classes => values.argmax(D::Minus1)?,
        dims => anyhow::bail!(
            "there are {n} images, so the {what} should have the shape ({n},) or ({n}, {classes}), but they have {dims:?}"
        ),
    };
    numbers
        .to_dtype(DType::F64)?
        .to_vec1::<f64>()?
        .into_iter()
        .map(|class| {
            Some(class)
                .filter(|c| *c >= 0. && c.fract() == 0. && *c < classes as f64)
                .map(|c| c as usize)
                .with_context(|| {
                    format!("{class} among the {what} is none of the {classes} classes")
                })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Digits, one_hot};
    use crate::seed::Seed;
    use candle_core::Device;

    fn digits(n: usize) -> (Tensor, Tensor) {
        let images = Digits::generate(n, 1, Seed(1)).unwrap();
        (images.train_images, images.train_labels)
    }

    #[test]
    fn wrong_predictions_are_marked_and_say_what_was_seen() {
        let (images, _) = digits(3);
        let labels = Tensor::new(&[4u32, 5, 6], &Device::Cpu).unwrap();
        let predicted = Tensor::new(&[4u32, 9, 6], &Device::Cpu).unwrap();
        let svg = digit_sheet(&images, &labels, Some(&predicted))
            .unwrap()
            .svg()
            .unwrap();
        assert!(svg.contains("5 → 9 ✗") && svg.contains("4 ✓") && svg.contains("6 ✓"));
        assert_eq!(svg.matches('✗').count(), 1);
    }

    #[test]
    fn probabilities_and_classes_give_the_same_sheet() {
        let (images, labels) = digits(10);
        let probabilities = one_hot(&labels, 10).unwrap();
        let sheet = |p: &Tensor| {
            digit_sheet(&images, &labels, Some(p))
                .unwrap()
                .svg()
                .unwrap()
        };
        assert_eq!(sheet(&labels), sheet(&probabilities));
    }

    #[test]
    fn bytes_floats_and_flat_images_give_the_same_sheet() {
        let (images, labels) = digits(4);
        let sheet = |images: &Tensor| digit_sheet(images, &labels, None).unwrap().svg().unwrap();
        let floats = (images.to_dtype(DType::F32).unwrap() / 255.).unwrap();
        assert_eq!(sheet(&images), sheet(&floats));
        assert_eq!(sheet(&images), sheet(&floats.flatten_from(1).unwrap()));
        assert_eq!(sheet(&images), sheet(&floats.unsqueeze(1).unwrap()));
    }

    #[test]
    fn refuses_what_does_not_fit_together() {
        let (images, labels) = digits(4);
        let fewer = labels.narrow(0, 0, 3).unwrap();
        assert!(digit_sheet(&images, &fewer, None).is_err());
        assert!(digit_sheet(&images.narrow(2, 0, 20).unwrap(), &labels, None).is_err());
        let none = Tensor::new(&[1u32, 2, 3, 10], &Device::Cpu).unwrap();
        assert!(digit_sheet(&images, &none, None).is_err());
        let (many, labels) = digits(101);
        assert!(
            digit_sheet(&many, &labels, None)
                .unwrap_err()
                .to_string()
                .contains("narrow")
        );
    }
}
