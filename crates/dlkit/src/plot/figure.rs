//! A finished figure, ready to be looked at or saved.

use super::scene::Scene;
use super::theme::Theme;
use super::{png, svg};
use crate::Result;
use crate::files::write_whole;
use std::fmt;
use std::path::{Path, PathBuf};

/// A picture that can be had as SVG and as PNG, light or dark.
///
/// ```
/// use dlkit::plot::{Curve, Scale, Theme, curves};
///
/// # fn main() -> dlkit::Result<()> {
/// # let folder = std::env::temp_dir().join(format!("dlkit-figure-{}", std::process::id()));
/// let figure = curves("Loss", "loss", &[Curve::new("training", [0.9, 0.5, 0.4])], Scale::Linear)?;
/// let saved = figure.titled("How it went").themed(Theme::Dark).save(folder.join("loss"))?;
/// println!("{} and {}", saved.svg.display(), saved.png.display());
/// # assert!(saved.svg.ends_with("loss.svg") && saved.png.is_file());
/// # std::fs::remove_dir_all(folder)?;
/// # Ok(())
/// # }
/// ```
pub struct Figure {
    title: String,
    theme: Theme,
    draw: Box<Draw>,
}

/// Lays the figure out under a title, in a theme.
type Draw = dyn Fn(&str, Theme) -> Scene + Send + Sync;

/// Where a figure was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// For a page or a README: sharp at every size.
    pub svg: PathBuf,
    /// For everything else.
    pub png: PathBuf,
}

impl Figure {
    pub(super) fn new(
        title: impl Into<String>,
        draw: impl Fn(&str, Theme) -> Scene + Send + Sync + 'static,
    ) -> Self {
        Self {
            title: title.into(),
            theme: Theme::default(),
            draw: Box::new(draw),
        }
    }

    /// Puts another title at the top.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Draws it light (as all figures are at first) or dark.
    #[must_use]
    pub fn themed(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// The figure as an SVG document.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn svg(&self) -> Result<String> {
        svg::write(&self.scene())
    }

    /// The figure as a PNG file, with two pixels for each of the SVG.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn png(&self) -> Result<Vec<u8>> {
        png::write(&self.scene())
    }

    /// Writes `path` + `.svg` and `path` + `.png`, and the folders they need. A file that was there is replaced whole.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<Saved> {
        let with = |extension: &str| {
            // Not `with_extension`: it would take the ".1" of "lesson3.1" for one.
            let mut name = path.as_ref().as_os_str().to_owned();
            name.push(extension);
            PathBuf::from(name)
        };
        let saved = Saved {
            svg: with(".svg"),
            png: with(".png"),
        };
        write_whole(&saved.svg, self.svg()?.as_bytes())?;
        write_whole(&saved.png, &self.png()?)?;
        Ok(saved)
    }

    pub(super) fn scene(&self) -> Scene {
        self.drawn(self.theme)
    }

    /// The figure in another theme than its own.
    pub(super) fn drawn(&self, theme: Theme) -> Scene {
        (self.draw)(&self.title, theme)
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figure")
            .field("title", &self.title)
            .field("theme", &self.theme)
            .finish_non_exhaustive()
    }
}
