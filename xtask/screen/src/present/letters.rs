//! Block letters for titles: a font of eight by eight pixels, four of which go into a cell.

use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};

/// How many columns a letter takes.
pub(crate) const WIDTH: usize = 4;

/// The cell with these pixels: upper left, upper right, lower left, lower right, from the lowest bit on.
const QUADRANTS: [char; 16] = [
    ' ', '▘', '▝', '▀', '▖', '▌', '▞', '▛', '▗', '▚', '▐', '▜', '▄', '▙', '▟', '█',
];

/// A title in rows of block letters that fit into so many columns, four lines a row; `None` when a word does not fit, or the
/// font lacks a letter.
pub(crate) fn set(title: &str, width: usize) -> Option<Vec<String>> {
    let room = width / WIDTH;
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
        let glyphs = row.chars().map(glyph).collect::<Option<Vec<_>>>()?;
        lines.extend((0..4).map(|line| {
            let cells = glyphs.iter().flat_map(|pixels| {
                (0..WIDTH).map(move |column| {
                    let pair = |row: u8| usize::from(row >> (2 * column)) & 3;
                    QUADRANTS[pair(pixels[2 * line]) | pair(pixels[2 * line + 1]) << 2]
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
        let lines = set("How wrong is it?", 64).expect("the font has these letters");
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.chars().count() <= 64));
        assert_eq!(
            set("How wrong is it?", 40).map(|lines| lines.len()),
            Some(8)
        );
    }

    #[test]
    fn what_cannot_be_set_is_refused() {
        assert_eq!(set("Cross-correlation", 40), None, "too long");
        assert_eq!(set("数", 40), None, "no such letter");
    }

    #[test]
    fn letters_have_their_shape() {
        let lines = set("I", 4).expect("a letter");
        assert_eq!(lines[0], "▝█▘");
    }
}
