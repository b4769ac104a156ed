//! Block letters for titles: a font of eight by eight pixels, four of which go into a cell.

use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};

/// How many lines a letter takes.
pub(crate) const HEIGHT: usize = 4;

/// The cell with these pixels: upper left, upper right, lower left, lower right, from the lowest bit on.
const QUADRANTS: [char; 16] = [
    ' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█',
];

/// A title in block letters, in lines of at most so many columns, an empty one between its rows; `None` when a word does not fit, or the font lacks a letter.
///
/// Wide letters have two pixels in a cell and are as wide as high; narrow ones have four and are half as wide.
pub(crate) fn set(title: &str, columns: usize, wide: bool) -> Option<Vec<String>> {
    let room = columns / if wide { 8 } else { 4 };
    let mut rows: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        let length = word.chars().count();
        match rows.last_mut() {
            Some(row) if row.chars().count() + 1 + length <= room => {
                row.push(' ');
                row.push_str(word);
            }
            _ if length <= room => rows.push(word.to_owned()),
            _ => return None,
        }
    }
    let mut lines = Vec::new();
    for row in rows {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let glyphs = row.chars().map(glyph).collect::<Option<Vec<_>>>()?;
        lines.extend((0..HEIGHT).map(|line| {
            let cells = glyphs.iter().flat_map(|pixels| {
                let (upper, lower) = (pixels[2 * line], pixels[2 * line + 1]);
                (0..8).step_by(if wide { 1 } else { 2 }).map(move |column| {
                    let [upper, lower] = [upper, lower].map(|row| {
                        let pixels = usize::from(row >> column);
                        // One pixel stands for both halves.
                        if wide { (pixels & 1) * 3 } else { pixels & 3 }
                    });
                    QUADRANTS[upper | lower << 2]
                })
            });
            cells.collect::<String>().trim_end().to_owned()
        }));
    }
    Some(lines)
}

fn glyph(letter: char) -> Option<[u8; 8]> {
    let letter = match letter {
        '’' => '\'',
        '–' | '—' | '−' => '-',
        letter => letter,
    };
    BASIC_FONTS
        .get(letter)
        .or_else(|| LATIN_FONTS.get(letter))
        .or_else(|| GREEK_FONTS.get(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_takes_as_many_rows_as_it_needs() {
        let lines = set("How wrong is it?", 64, false).expect("the font has these letters");
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.chars().count() <= 64));
        let length =
            |columns, wide| set("How wrong is it?", columns, wide).map(|lines| lines.len());
        assert_eq!(length(40, false), Some(9));
        assert_eq!(length(64, true), Some(14));
    }

    #[test]
    fn what_cannot_be_set_is_refused() {
        assert_eq!(set("Cross-correlation", 40, false), None, "too long");
        assert_eq!(set("数", 40, false), None, "no such letter");
    }

    #[test]
    fn letters_have_their_shape() {
        let first = |wide| set("I", 8, wide).map(|lines| lines[0].clone());
        assert_eq!(first(false).as_deref(), Some("▝█▘"));
        assert_eq!(first(true).as_deref(), Some(" ▀██▀"));
    }
}
