//! Text: how wide it is, and its pixels. The font is DejaVu Sans, compiled in, so a picture looks the same on every machine.

use super::scene::{Anchor, Text};
use super::theme::Color;
use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use std::sync::LazyLock;

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::regular()));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| font(dejavu::sans::bold()));

fn font(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the font that is compiled in can be read")
}

fn face(bold: bool) -> &'static FontRef<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// The width of a text whose em is `size` high.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    glyphs(text, size, bold).1
}

/// The greatest size, at most `size`, at which the text is no wider than `width`.
pub(super) fn fitting(text: &str, size: f64, width: f64, bold: bool) -> f64 {
    let natural = self::width(text, size, bold);
    if natural <= width {
        size
    } else {
        size * width / natural
    }
}

/// Half the height of a capital letter: how far the line of writing lies below the middle of the text.
pub(super) fn half_height(size: f64) -> f64 {
    0.365 * size
}

/// The text's glyphs, from x = 0 on the line y = 0, and the width of the whole.
fn glyphs(text: &str, size: f64, bold: bool) -> (Vec<Glyph>, f64) {
    let font = face(bold);
    // A `PxScale` measures from the lowest to the highest a glyph may reach; sizes of text are given in ems.
    let em = font.units_per_em().unwrap_or(1000.);
    let scale = PxScale::from(size as f32 * font.height_unscaled() / em);
    let scaled = font.as_scaled(scale);
    let mut x = 0.;
    let mut previous = None;
    let glyphs = text
        .chars()
        .map(|character| {
            let id = font.glyph_id(character);
            if let Some(previous) = previous.replace(id) {
                x += scaled.kern(previous, id);
            }
            let glyph = id.with_scale_and_position(scale, point(x, 0.));
            x += scaled.h_advance(id);
            glyph
        })
        .collect();
    (glyphs, f64::from(x))
}

/// Draws the text, `zoom` pixels for each of its own, onto an image of RGB bytes.
pub(super) fn draw(text: &Text, zoom: f64, image: &mut [u8], (columns, rows): (usize, usize)) {
    let (glyphs, width) = glyphs(&text.text, text.size * zoom, text.bold);
    let start = match text.anchor {
        Anchor::Start => 0.,
        Anchor::Middle => -width / 2.,
        Anchor::End => -width,
    };
    let (left, baseline) = (text.at.0 * zoom, text.at.1 * zoom);
    // Glyphs are placed at fractions of a pixel along the line but on whole ones across it, where blur would show.
    let (left, baseline) = match text.upward {
        false => (left + start, baseline.round()),
        true => (left.round(), baseline - start),
    };
    let shift = if text.upward { start } else { left };
    for mut glyph in glyphs {
        glyph.position.x += (shift - shift.floor()) as f32;
        let Some(outline) = face(text.bold).outline_glyph(glyph) else {
            continue; // a space
        };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, coverage| {
            let along = f64::from(corner.x) + f64::from(x);
            let below = f64::from(corner.y) + f64::from(y);
            let (column, row) = if text.upward {
                (left + below, baseline + start - shift.floor() - along)
            } else {
                (shift.floor() + along, baseline + below)
            };
            if column >= 0. && row >= 0. && (column as usize) < columns && (row as usize) < rows {
                let at = 3 * (row as usize * columns + column as usize);
                blend(&mut image[at..at + 3], text.color, f64::from(coverage));
            }
        });
    }
}

fn blend(pixel: &mut [u8], color: Color, coverage: f64) {
    let mixed = Color(pixel[0], pixel[1], pixel[2]).mixed(color, coverage);
    pixel.copy_from_slice(&[mixed.0, mixed.1, mixed.2]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_and_larger_text_is_wider() {
        assert!(width("epoch", 20., false) > width("epo", 20., false));
        let (small, large) = (width("epoch", 20., false), width("epoch", 40., false));
        assert!((large / small - 2.).abs() < 0.01);
    }

    #[test]
    fn a_digit_is_as_wide_as_the_font_says() {
        // 1303 of the 2048 units of an em in DejaVu Sans.
        assert!((width("5", 100., false) - 63.6).abs() < 0.1);
    }

    #[test]
    fn shrinks_only_what_does_not_fit() {
        assert_eq!(fitting("short", 20., 500., false), 20.);
        let size = fitting("much too long for this", 20., 50., false);
        assert!((width("much too long for this", size, false) - 50.).abs() < 0.5);
    }

    #[test]
    fn has_every_sign_that_figures_use() {
        for sign in "✓✗→⋮…×−₁₂σ∂ηŷ·".chars() {
            for font in [&REGULAR, &BOLD] {
                assert_ne!(font.glyph_id(sign).0, 0, "{sign}");
            }
        }
    }
}
