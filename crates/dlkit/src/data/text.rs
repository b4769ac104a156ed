//! Text for a net that predicts the next character: characters as numbers, and pieces of text as rows.
//!
//! A [`Vocabulary`] gives every character a number from 1 on; 0 is kept for what only fills up a row. A row holds one character more than
//! the net reads: all but the last are its inputs, all but the first its targets.
//!
//! ```
//! use dlkit::data::text::{Vocabulary, windows};
//!
//! # fn main() -> dlkit::Result<()> {
//! let vocabulary = Vocabulary::of("to be or not to be");
//! let ids = vocabulary.encode("to be or not to be")?;
//! assert_eq!(vocabulary.decode(&ids), "to be or not to be");
//! let rows = windows(&ids, 4)?; // 17 characters have one before them: 4 whole windows of 4
//! assert_eq!(rows.dims(), [4, 5]);
//! # Ok(())
//! # }
//! ```

use super::Source;
use super::places::Places;
use crate::Result;
use crate::seed::Seed;
use anyhow::{Context, bail, ensure};
use candle_core::{Device, Tensor};
use rand::Rng as _;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The characters of a text, each with a number from 1 on, in the order of Unicode. The number 0 is [padding](Self::PADDING).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    characters: Vec<char>,
}

impl Vocabulary {
    /// What fills up a row that is shorter than the others: no character.
    pub const PADDING: u32 = 0;

    /// The characters that occur in this text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let distinct: BTreeSet<char> = text.chars().collect();
        Self {
            characters: distinct.into_iter().collect(),
        }
    }

    /// How many numbers there are: the characters, and padding.
    #[must_use]
    pub fn size(&self) -> usize {
        self.characters.len() + 1
    }

    /// The characters, that of number 1 first.
    #[must_use]
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// The number of a character, if it has one.
    #[must_use]
    pub fn id(&self, character: char) -> Option<u32> {
        let place = self.characters.binary_search(&character).ok()?;
        Some(place as u32 + 1)
    }

    /// The numbers of a text.
    ///
    /// # Errors
    /// When it holds a character without a number; the message names it.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        text.chars()
            .map(|character| {
                self.id(character).with_context(|| {
                    format!(
                        "{character:?} (in {:?}) is not among the {} characters that are known here",
                        text.chars().take(40).collect::<String>(),
                        self.characters.len()
                    )
                })
            })
            .collect()
    }

    /// The text of such numbers. Padding, and numbers that no character has, are left out.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        ids.iter()
            .filter_map(|&id| self.characters.get((id as usize).checked_sub(1)?))
            .collect()
    }
}

/// A text cut into rows of `length + 1` numbers: the first takes in the beginning, and each begins with the character that the one before
/// ends with, so that every character but the first is a target once. What does not fill a row at the end is left out.
///
/// # Errors
/// When the text does not fill a single row.
pub fn windows(ids: &[u32], length: usize) -> Result<Tensor> {
    let count = fits(ids, length)? / length;
    rows_at(ids, length, (0..count).map(|row| row * length))
}

/// `count` rows of `length + 1` numbers from random places of the text.
///
/// # Errors
/// When the text does not fill a single row.
pub fn random_windows(ids: &[u32], length: usize, count: usize, seed: Seed) -> Result<Tensor> {
    let last = fits(ids, length)? - length;
    let mut rng = seed.rng();
    let starts: Vec<usize> = (0..count).map(|_| rng.random_range(0..=last)).collect();
    rows_at(ids, length, starts)
}

/// How many characters of the text have one before them, when that is enough for a row.
fn fits(ids: &[u32], length: usize) -> Result<usize> {
    ensure!(
        length > 0 && ids.len() > length,
        "rows of {length} + 1 characters were asked for, but the text has {}",
        ids.len()
    );
    Ok(ids.len() - 1)
}

fn rows_at(ids: &[u32], length: usize, starts: impl IntoIterator<Item = usize>) -> Result<Tensor> {
    let mut rows = Vec::new();
    for start in starts {
        rows.extend_from_slice(&ids[start..=start + length]);
    }
    let count = rows.len() / (length + 1);
    Ok(Tensor::from_vec(rows, (count, length + 1), &Device::Cpu)?)
}

/// Lines of a text as rows of `length + 1` numbers: each between two marks `.` that stand for its beginning and its end, and padded.
/// `emma` becomes `. e m m a .` and zeros.
///
/// # Errors
/// When a line is longer than `length − 1`, holds a character without a number, or the vocabulary has no `.`.
pub fn marked_lines(lines: &[String], vocabulary: &Vocabulary, length: usize) -> Result<Tensor> {
    let mut rows = Vec::with_capacity(lines.len() * (length + 1));
    for line in lines {
        let mut row = vocabulary.encode(&format!(".{line}."))?;
        ensure!(
            row.len() <= length + 1,
            "{line:?} has {} characters, but a row of {length} has room for {}",
            row.len() - 2,
            length.saturating_sub(1)
        );
        row.resize(length + 1, Vocabulary::PADDING);
        rows.extend(row);
    }
    Ok(Tensor::from_vec(
        rows,
        (lines.len(), length + 1),
        &Device::Cpu,
    )?)
}

/// Reads a text file whole.
///
/// # Errors
/// When it is not there, cannot be read, is not UTF-8, or is empty; the message names it and says what to do.
pub fn read_text(path: &Path) -> Result<String> {
    let bytes =
        std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => bail!(
            "{} is no text in UTF-8 (from byte {} on): it is damaged or another file; fetch it again",
            path.display(),
            error.utf8_error().valid_up_to()
        ),
    };
    ensure!(
        !text.trim().is_empty(),
        "{} is empty: fetch it again",
        path.display()
    );
    Ok(text)
}

/// A text to learn from and its last part, which is held back.
#[derive(Clone, Debug)]
pub struct Text {
    /// The first nine tenths.
    pub train: String,
    /// The last tenth.
    pub validation: String,
    /// Where it came from.
    pub source: Source,
}

/// Tiny Shakespeare, 1,115,394 characters, from `text/tinyshakespeare.txt` in `DLKIT_DATA` or the workspace's cache: the first nine
/// tenths and the last, the split that nanoGPT uses. `None` where there is no such file.
///
/// # Errors
/// When the file is there but damaged.
pub fn shakespeare() -> Result<Option<Text>> {
    shakespeare_in(&Places::from_environment()?)
}

const SHAKESPEARE: usize = 1_115_394;

fn shakespeare_in(places: &Places) -> Result<Option<Text>> {
    let Some((place, path)) = places.text_file("tinyshakespeare.txt") else {
        return Ok(None);
    };
    let text = read_text(&path)?;
    ensure!(
        text.len() == SHAKESPEARE && text.is_ascii(),
        "{} has {} bytes, but Tiny Shakespeare has {SHAKESPEARE}: it is not whole, or another file; fetch it again",
        path.display(),
        text.len()
    );
    let (train, validation) = text.split_at(text.len() * 9 / 10);
    let contents = format!(
        "{} + {} characters",
        super::source::thousands(train.len()),
        super::source::thousands(validation.len())
    );
    Ok(Some(Text {
        train: train.to_owned(),
        validation: validation.to_owned(),
        source: Source::files(
            "tinyshakespeare",
            "Tiny Shakespeare",
            contents,
            (place, path),
        ),
    }))
}

impl Places {
    /// The first of the places that has this file in its folder `text`.
    pub(super) fn text_file(&self, name: &str) -> Option<(super::places::Place, PathBuf)> {
        self.folders("text")
            .into_iter()
            .map(|(place, folder)| (place, folder.join(name)))
            .find(|(_, path)| path.exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tensor: &Tensor) -> Vec<Vec<u32>> {
        tensor.to_vec2().unwrap()
    }

    #[test]
    fn every_character_has_a_number_from_1_on() {
        let vocabulary = Vocabulary::of("banana");
        assert_eq!(vocabulary.characters(), ['a', 'b', 'n']);
        assert_eq!(vocabulary.size(), 4);
        assert_eq!(vocabulary.encode("nab").unwrap(), [3, 1, 2]);
        assert_eq!(vocabulary.decode(&[3, 0, 1, 2, 9]), "nab");
        let message = vocabulary.encode("bandana").unwrap_err().to_string();
        assert!(
            message.contains("'d'") && message.contains("bandana"),
            "{message}"
        );
    }

    #[test]
    fn every_character_but_the_first_is_a_target_once() {
        let ids: Vec<u32> = (1..=9).collect();
        assert_eq!(
            rows(&windows(&ids, 4).unwrap()),
            [[1, 2, 3, 4, 5], [5, 6, 7, 8, 9]]
        );
        assert_eq!(rows(&windows(&ids[..8], 4).unwrap()), [[1, 2, 3, 4, 5]]);
        assert!(windows(&ids[..4], 4).is_err());
        assert!(windows(&ids, 0).is_err());
    }

    #[test]
    fn random_rows_are_pieces_of_the_text_and_reach_both_ends() {
        let ids: Vec<u32> = (1..=9).collect();
        let some = rows(&random_windows(&ids, 4, 200, Seed(1)).unwrap());
        assert!(
            some.iter()
                .all(|row| row.windows(2).all(|pair| pair[1] == pair[0] + 1))
        );
        assert!(some.iter().any(|row| row[0] == 1) && some.iter().any(|row| row[4] == 9));
        assert_eq!(some, rows(&random_windows(&ids, 4, 200, Seed(1)).unwrap()));
        assert_ne!(some, rows(&random_windows(&ids, 4, 200, Seed(2)).unwrap()));
    }

    #[test]
    fn lines_stand_between_marks() {
        let vocabulary = Vocabulary::of(".ab");
        let lines = ["ab".to_string(), "a".into()];
        assert_eq!(
            rows(&marked_lines(&lines, &vocabulary, 4).unwrap()),
            [[1, 2, 3, 1, 0], [1, 2, 1, 0, 0]]
        );
        let message = marked_lines(&lines, &vocabulary, 2)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("\"ab\"") && message.contains("room for 1"),
            "{message}"
        );
    }

    #[test]
    fn a_file_is_read_whole_or_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.txt");
        let message = format!("{:#}", read_text(&path).unwrap_err());
        assert!(message.contains("some.txt"), "{message}");
        std::fs::write(&path, [b'a', 0xff]).unwrap();
        let message = read_text(&path).unwrap_err().to_string();
        assert!(
            message.contains("UTF-8") && message.contains("byte 1"),
            "{message}"
        );
        std::fs::write(&path, " \n").unwrap();
        assert!(read_text(&path).unwrap_err().to_string().contains("empty"));
        std::fs::write(&path, "to be").unwrap();
        assert_eq!(read_text(&path).unwrap(), "to be");
    }

    #[test]
    fn a_shakespeare_that_is_not_whole_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let places = Places::new(Some(data.path().to_path_buf()), None);
        assert!(shakespeare_in(&places).unwrap().is_none());
        std::fs::create_dir(data.path().join("text")).unwrap();
        let path = data.path().join("text").join("tinyshakespeare.txt");
        std::fs::write(&path, "To be, or not").unwrap();
        let message = shakespeare_in(&places).unwrap_err().to_string();
        assert!(
            message.contains("1115394") && message.contains("13 bytes"),
            "{message}"
        );
        std::fs::write(&path, "x".repeat(SHAKESPEARE)).unwrap();
        let text = shakespeare_in(&places).unwrap().unwrap();
        assert_eq!(
            (text.train.len(), text.validation.len()),
            (1_003_854, 111_540)
        );
        assert!(!text.source.is_stand_in());
    }
}
