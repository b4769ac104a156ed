//! A picture in a terminal: two pixels in each cell, the upper half block in one colour on the other.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};

/// Which colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Palette {
    /// All of them.
    Full,
    /// 256.
    Few,
    /// None: light and dark must do.
    Grey,
}

impl Palette {
    /// What the environment says: nothing asks the terminal itself.
    fn of_the_terminal() -> Self {
        let says = |name| std::env::var(name).unwrap_or_default();
        let full = ["truecolor", "24bit"].contains(&says("COLORTERM").as_str())
            || says("TERM").ends_with("-direct")
            || std::env::var_os("WT_SESSION").is_some();
        if !says("NO_COLOR").is_empty() {
            Self::Grey
        } else if full {
            Self::Full
        } else {
            Self::Few
        }
    }

    fn colour(self, [red, green, blue]: [u8; 3]) -> Color {
        if self == Self::Full {
            return Color::Rgb(red, green, blue);
        }
        let (least, most) = (red.min(green).min(blue), red.max(green).max(blue));
        // The cube has six levels for each colour, the row of greys 24.
        if most - least < 12 {
            return match most {
                0..8 => Color::Indexed(16),
                248.. => Color::Indexed(231),
                grey => Color::Indexed(232 + (grey - 8) / 10),
            };
        }
        let level = |part: u8| match part {
            0..48 => 0,
            48..115 => 1,
            _ => (part - 35) / 40,
        };
        Color::Indexed(16 + 36 * level(red) + 6 * level(green) + level(blue))
    }
}

/// Signs from dark to light.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// A picture, as large as it was written.
pub(crate) struct Picture {
    width: usize,
    height: usize,
    /// Red, green, blue; row by row.
    pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Reads a PNG file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let failed = || format!("{} cannot be shown.", path.display());
        let mut decoder = png::Decoder::new(BufReader::new(File::open(path).with_context(failed)?));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().with_context(failed)?;
        let size = reader.output_buffer_size().with_context(failed)?;
        let mut bytes = vec![0; size];
        let info = reader.next_frame(&mut bytes).with_context(failed)?;
        let bytes = &bytes[..info.buffer_size()];
        let pixels = match info.color_type {
            png::ColorType::Rgb => bytes.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect(),
            png::ColorType::Rgba => bytes.chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect(),
            png::ColorType::Grayscale => bytes.iter().map(|p| [*p; 3]).collect(),
            png::ColorType::GrayscaleAlpha => bytes.chunks_exact(2).map(|p| [p[0]; 3]).collect(),
            png::ColorType::Indexed => {
                bail!("{} has a palette that was not expanded.", path.display())
            }
        };
        Ok(Self {
            width: info.width as usize,
            height: info.height as usize,
            pixels,
        })
    }

    /// The picture in at most so many columns and rows of cells, each of which is about twice as high as wide.
    pub(crate) fn lines(&self, columns: usize, rows: usize) -> Vec<Line<'static>> {
        self.lines_in(columns, rows, Palette::of_the_terminal())
    }

    fn lines_in(&self, columns: usize, rows: usize, palette: Palette) -> Vec<Line<'static>> {
        if columns == 0 || rows == 0 || self.width == 0 || self.height == 0 {
            return Vec::new();
        }
        let zoom = (columns as f64 / self.width as f64).min(2. * rows as f64 / self.height as f64);
        let across = ((self.width as f64 * zoom) as usize).clamp(1, columns);
        let down = ((self.height as f64 * zoom) as usize).clamp(1, 2 * rows);
        (0..down.div_ceil(2))
            .map(|row| {
                let cells = (0..across).map(|column| {
                    let [upper, lower] = [2 * row, 2 * row + 1]
                        .map(|y| self.average(column, across, y.min(down - 1), down));
                    if palette == Palette::Grey {
                        return Span::raw(shade(upper, lower).to_string());
                    }
                    let [upper, lower] = [upper, lower].map(|colour| palette.colour(colour));
                    Span::styled("▀", Style::new().fg(upper).bg(lower))
                });
                Line::from(cells.collect::<Vec<_>>())
            })
            .collect()
    }

    /// The mean colour of what falls on one small pixel.
    fn average(&self, x: usize, across: usize, y: usize, down: usize) -> [u8; 3] {
        let range = |at: usize, of: usize, size: usize| {
            let (start, end) = (at * size / of, ((at + 1) * size / of).min(size));
            start..end.max(start + 1).min(size)
        };
        let (mut sum, mut count) = ([0_usize; 3], 0);
        for row in range(y, down, self.height) {
            for column in range(x, across, self.width) {
                let pixel = self.pixels[row * self.width + column];
                for (sum, part) in sum.iter_mut().zip(pixel) {
                    *sum += usize::from(part);
                }
                count += 1;
            }
        }
        sum.map(|sum| u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX))
    }
}

/// The sign that is about as light as both halves of a cell.
fn shade(upper: [u8; 3], lower: [u8; 3]) -> char {
    let sum: usize = upper
        .iter()
        .chain(&lower)
        .map(|part| usize::from(*part))
        .sum();
    SHADES[sum * SHADES.len() / (6 * 255 + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves() -> Picture {
        let (white, black) = ([255; 3], [0; 3]);
        Picture {
            width: 8,
            height: 8,
            pixels: (0..64)
                .map(|i| if i < 32 { white } else { black })
                .collect(),
        }
    }

    #[test]
    fn keeps_its_shape_and_its_colours() {
        let lines = halves().lines_in(40, 2, Palette::Full);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].spans.len(), 4);
        let style = |row: usize| lines[row].spans[0].style;
        assert_eq!(style(0).fg, Some(Color::Rgb(255, 255, 255)));
        assert_eq!(style(1).bg, Some(Color::Rgb(0, 0, 0)));
    }

    #[test]
    fn a_terminal_with_fewer_colours_gets_the_nearest() {
        for (colour, nearest) in [
            ([0; 3], 16),
            ([255; 3], 231),
            ([128; 3], 244),
            ([255, 0, 0], 196),
            ([95, 135, 255], 69),
        ] {
            assert_eq!(Palette::Few.colour(colour), Color::Indexed(nearest));
        }
        let grey = halves().lines_in(40, 2, Palette::Grey);
        assert_eq!(grey[0].to_string(), "████");
        assert_eq!(grey[1].to_string(), "    ");
        assert_eq!(grey[0].spans[0].style, Style::new());
    }

    #[test]
    fn fits_into_the_smallest_window() {
        assert_eq!(halves().lines_in(1, 1, Palette::Few).len(), 1);
        assert!(halves().lines_in(0, 5, Palette::Full).is_empty());
    }

    #[test]
    fn a_file_that_is_no_picture_is_refused() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("a.png");
        std::fs::write(&file, "no picture")?;
        assert!(Picture::read(&file).is_err());
        assert!(Picture::read(&folder.path().join("none.png")).is_err());
        Ok(())
    }
}
