//! Pictures for verdicts: some differences are seen at once and read slowly.
//!
//! Nothing is drawn for a check that passes, nor when nobody asked for pictures (see [`picture_path`]); a picture that cannot be
//! drawn costs the verdict nothing but itself.

use candle_core::{DType, Tensor};
use dlkit::Result;
use dlkit::plot::{Figure, MapRow, maps};

use crate::failure::Failure;
use crate::harness::picture_path;
use crate::samples::scalar;

/// Adds a picture to a verdict that is none too happy.
///
/// ```
/// use dlkit_check::prelude::*;
///
/// let (got, want) = (wave(&[4, 4], 0.)?, wave(&[4, 4], 1.)?);
/// let verdict = tensors_close("the map", &got, &want).drawn(|| compared("the map", &got, &want));
/// assert!(verdict.is_err());
/// # Ok::<(), candle_core::Error>(())
/// ```
pub trait Drawn {
    /// The same verdict; when it is a failure without a picture, `figure` is drawn and goes with it.
    #[must_use]
    fn drawn(self, figure: impl FnOnce() -> Result<Figure>) -> Self;
}

impl<T> Drawn for std::result::Result<T, Failure> {
    fn drawn(self, figure: impl FnOnce() -> Result<Figure>) -> Self {
        self.map_err(|failure| {
            if failure.picture.is_some() {
                return failure;
            }
            match save(figure) {
                Some(picture) => failure.pictured(picture),
                None => failure,
            }
        })
    }
}

fn save(figure: impl FnOnce() -> Result<Figure>) -> Option<std::path::PathBuf> {
    let path = picture_path()?;
    let saved = figure().and_then(|figure| figure.save(path)).ok()?;
    Some(saved.png)
}

/// The picture of two maps that should be equal: yours, what it should be, and the difference. `(height, width)`, or up to 16 maps
/// `(k, height, width)`; they are drawn in rows then.
///
/// # Errors
///
/// When the shapes are others or differ, or a value is no number.
pub fn compared(name: &str, got: &Tensor, want: &Tensor) -> Result<Figure> {
    let (got, want) = (got.to_dtype(DType::F64)?, want.to_dtype(DType::F64)?);
    let difference = (&got - &want)?;
    let largest = scalar(&want.abs()?.max_all()?)?;
    let row = |title: &str, map: &Tensor, beside: bool| -> Result<MapRow> {
        let row = MapRow::new(title, map)?;
        let row = if small(map) { row.numbered() } else { row };
        // One scale for both, so that a factor shows; what is too large for it has the full colour.
        let row = if title == DIFFERENCE {
            row
        } else {
            row.full_at(largest)
        };
        Ok(if beside { row.beside() } else { row })
    };
    // One map fits next to the others; several need the width.
    let beside = got.rank() == 2;
    let rows = [
        row("yours", &got, false)?,
        row("should be", &want, beside)?,
        row(DIFFERENCE, &difference, beside)?,
    ];
    Ok(maps(&rows)?.titled(name))
}

/// The title of the third part of [`compared`].
const DIFFERENCE: &str = "yours − should be";

/// [`compared`] for numbers in rows and columns that are no tensors.
///
/// # Errors
///
/// When the rows are of different lengths, or a value is no number.
pub fn compared_rows(name: &str, got: &[Vec<f64>], want: &[Vec<f64>]) -> Result<Figure> {
    compared(name, &tensor(got)?, &tensor(want)?)
}

fn tensor(rows: &[Vec<f64>]) -> Result<Tensor> {
    let columns = rows.first().map_or(0, Vec::len);
    anyhow::ensure!(
        rows.iter().all(|row| row.len() == columns),
        "the rows are of different lengths"
    );
    let device = &candle_core::Device::Cpu;
    Ok(Tensor::from_vec(
        rows.concat(),
        (rows.len(), columns),
        device,
    )?)
}

/// Whether the numbers of a map can be written into its cells.
fn small(map: &Tensor) -> bool {
    map.rank() == 2 && map.dims().iter().all(|side| *side <= 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::wave;

    #[test]
    fn shows_both_and_the_difference() {
        for shape in [&[5, 5][..], &[3, 9, 8]] {
            let (got, want) = (wave(shape, 0.).unwrap(), wave(shape, 1.).unwrap());
            let svg = compared("the map", &got, &want).unwrap().svg().unwrap();
            for text in ["the map", "yours", "should be", "yours − should be"] {
                assert!(svg.contains(text), "{text} is missing in {svg}");
            }
        }
        assert!(compared_rows("", &[vec![1.], vec![]], &[vec![1.], vec![]]).is_err());
    }

    #[test]
    fn without_a_folder_nothing_is_drawn() {
        let verdict: crate::failure::Verdict = Err(Failure::new("z is wrong"));
        let drawn = verdict
            .clone()
            .drawn(|| panic!("drawn although nobody looks"));
        assert_eq!(drawn, verdict);
        assert_eq!(
            Ok::<(), Failure>(()).drawn(|| panic!("nothing is wrong")),
            Ok(())
        );
    }
}
