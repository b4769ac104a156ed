//! Names, one a line, for a net that learns to write more of them: the list of makemore where it is to be had, else names that dlkit
//! invents.
//!
//! The invented ones are put together from syllables after four patterns of sound, so that they sound like something, and like one thing each:
//! a net that has learned them must have noticed that `kh` goes with `akhrun` and not with `liwena`. No list of real people's names went in.
//!
//! ```
//! use dlkit::data::names::Names;
//! use dlkit::seed::Seed;
//!
//! let names = Names::invent(900, 100, Seed(42));
//! assert_eq!((names.train.len(), names.validation.len()), (900, 100));
//! println!("{}", names.train[..5].join(", "));
//! ```

use super::Source;
use super::places::Places;
use super::source::thousands;
use super::text::{Vocabulary, read_text};
use crate::Result;
use crate::seed::{Rng, Seed};
use anyhow::{bail, ensure};
use rand::Rng as _;
use std::collections::HashSet;

/// Names to learn from, and others that are held back. None occurs twice.
#[derive(Clone, Debug)]
pub struct Names {
    /// To learn from.
    pub train: Vec<String>,
    /// To measure on.
    pub validation: Vec<String>,
    /// Where they came from.
    pub source: Source,
}

/// The names of makemore from `text/names.txt` in `DLKIT_DATA` or the workspace's cache, a random 1,000 of them held back (as many as makemore
/// holds back, but not the same ones). Names that the file has twice, for girls and for boys, are taken once: what is held back is never learned
/// from. Without that file 4,500 invented names to learn from and 500 held back.
///
/// # Errors
/// When the file is there but damaged.
pub fn names_or_invented() -> Result<Names> {
    names_in(&Places::from_environment()?)
}

/// Everyone who has no file has the same names, and everyone who has it the same split.
const SPLIT_SEED: Seed = Seed(2022);

fn names_in(places: &Places) -> Result<Names> {
    let Some((place, path)) = places.text_file("names.txt") else {
        return Ok(Names::invent(4_500, 500, SPLIT_SEED));
    };
    let text = read_text(&path)?;
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let name = line.trim();
        if name.is_empty() {
            continue;
        }
        if let Some(odd) = name.chars().find(|letter| !letter.is_ascii_lowercase()) {
            bail!(
                "{}, line {}: {name:?} holds {odd:?}, but names are written in small letters from a to z; the file is damaged or another \
                 one: fetch it again",
                path.display(),
                number + 1
            );
        }
        if seen.insert(name) {
            names.push(name.to_owned());
        }
    }
    ensure!(
        names.len() >= 100,
        "{} holds only {} names, too few to learn from: fetch it again",
        path.display(),
        names.len()
    );
    let held_out = (names.len() / 10).min(1_000);
    let (train, validation) = split(&names, held_out, SPLIT_SEED);
    let contents = counts(&train, &validation);
    Ok(Names {
        train,
        validation,
        source: Source::files("names", "makemore's names", contents, (place, path)),
    })
}

/// A random `held_out` of the names, and the others.
fn split(names: &[String], held_out: usize, seed: Seed) -> (Vec<String>, Vec<String>) {
    let order = seed.derive("split").permutation(names.len());
    let (validation, train) = order.split_at(held_out);
    let pick = |places: &[usize]| places.iter().map(|&i| names[i].clone()).collect();
    (pick(train), pick(validation))
}

fn counts(train: &[String], validation: &[String]) -> String {
    format!(
        "{} + {}",
        thousands(train.len()),
        thousands(validation.len())
    )
}

impl Names {
    /// This many invented names for each half, all different.
    ///
    /// # Panics
    /// When far more are asked for than the patterns can make, some 100,000.
    #[must_use]
    pub fn invent(train: usize, validation: usize, seed: Seed) -> Self {
        let wanted = train + validation;
        assert!(wanted <= 100_000, "there are not that many names to invent");
        let mut rng = seed.derive("invented names").rng();
        let mut seen = HashSet::new();
        let mut names = Vec::with_capacity(wanted);
        while names.len() < wanted {
            let name = invent_one(&mut rng);
            if (3..=LONGEST_INVENTED).contains(&name.len()) && seen.insert(name.clone()) {
                names.push(name);
            }
        }
        let held_back = names.split_off(train);
        let contents = counts(&names, &held_back);
        Self {
            train: names,
            validation: held_back,
            source: Source::stand_in(
                "invented-names",
                "invented names, the embedded stand-in for makemore's",
                contents,
            ),
        }
    }

    /// The letters that occur, and the mark `.` that stands before and behind each name.
    #[must_use]
    pub fn vocabulary(&self) -> Vocabulary {
        let mut text = String::from(".");
        for name in self.train.iter().chain(&self.validation) {
            text.push_str(name);
        }
        Vocabulary::of(&text)
    }

    /// The length of the longest name.
    #[must_use]
    pub fn longest(&self) -> usize {
        let all = self.train.iter().chain(&self.validation);
        all.map(String::len).max().unwrap_or(0)
    }
}

const LONGEST_INVENTED: usize = 12;

/// What the names of one kind are made of.
struct Sound {
    /// How a syllable may begin.
    onsets: &'static [&'static str],
    vowels: &'static [&'static str],
    /// How a syllable inside the name may end.
    codas: &'static [&'static str],
    /// How the name may end.
    endings: &'static [&'static str],
}

/// Soft, hard, watery and short: four kinds of names that can be told apart by ear.
const SOUNDS: [Sound; 4] = [
    Sound {
        onsets: &["l", "m", "n", "r", "v", "s", "f", "w", "el", "al"],
        vowels: &["a", "e", "i", "ia", "ie", "a", "e"],
        codas: &["", "", "", "", "n", "l"],
        endings: &["na", "ra", "lia", "wen", "riel", "sa", "nne"],
    },
    Sound {
        onsets: &["k", "g", "d", "t", "br", "dr", "gr", "kr", "th", "kh"],
        vowels: &["a", "o", "u", "a", "o"],
        codas: &["", "r", "k", "g", "rn", "sk"],
        endings: &["k", "rn", "gar", "dor", "mund", "rik", "th"],
    },
    Sound {
        onsets: &["h", "k", "l", "m", "p", "w", "n", ""],
        vowels: &["a", "i", "o", "u", "e", "ai", "oa", "ua"],
        codas: &[""],
        endings: &["kai", "lani", "o", "nui", "lu", "mea"],
    },
    Sound {
        onsets: &["b", "c", "d", "j", "p", "t", "st", "cl", "fl"],
        vowels: &["a", "e", "i", "o", "u", "ay", "ee"],
        codas: &["", "n", "m", "x", "l", "ck"],
        endings: &["y", "ie", "by", "ton", "ley", "son", "a"],
    },
];

fn invent_one(rng: &mut Rng) -> String {
    let sound = &SOUNDS[rng.random_range(0..SOUNDS.len())];
    let syllables = rng.random_range(1..=2) + rng.random_range(0..=1);
    let mut name = String::new();
    let mut add = |name: &mut String, parts: &[&str]| {
        name.push_str(parts[rng.random_range(0..parts.len())]);
    };
    for _ in 0..syllables {
        add(&mut name, sound.onsets);
        add(&mut name, sound.vowels);
        add(&mut name, sound.codas);
    }
    add(&mut name, sound.endings);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_names_are_all_different_and_repeatable() {
        let names = Names::invent(4_500, 500, Seed(1));
        let all: HashSet<&String> = names.train.iter().chain(&names.validation).collect();
        assert_eq!(all.len(), 5_000);
        assert!(names.longest() <= LONGEST_INVENTED);
        assert!(
            all.iter()
                .all(|name| name.bytes().all(|b| b.is_ascii_lowercase()))
        );
        assert_eq!(names.train, Names::invent(4_500, 500, Seed(1)).train);
        assert_ne!(names.train, Names::invent(4_500, 500, Seed(2)).train);
        assert_eq!(names.vocabulary().id('.'), Some(1));
        assert!(names.source.is_stand_in());
    }

    #[test]
    fn a_file_is_split_without_loss() {
        let data = tempfile::tempdir().unwrap();
        let places = Places::new(Some(data.path().to_path_buf()), None);
        assert!(names_in(&places).unwrap().source.is_stand_in());
        std::fs::create_dir(data.path().join("text")).unwrap();
        let path = data.path().join("text").join("names.txt");
        let all: Vec<String> = Names::invent(200, 0, Seed(1)).train;
        // Some come a second time.
        let lines = format!("{}\n{}\n", all.join("\n"), all[..30].join("\n"));
        std::fs::write(&path, lines).unwrap();
        let names = names_in(&places).unwrap();
        assert_eq!((names.train.len(), names.validation.len()), (180, 20));
        let mut again: Vec<String> = [names.train, names.validation].concat();
        let mut all = all;
        again.sort();
        all.sort();
        assert_eq!(again, all);
        assert_eq!(names.source.name(), "names");
    }

    #[test]
    fn a_damaged_file_is_refused_by_its_line() {
        let data = tempfile::tempdir().unwrap();
        let places = Places::new(Some(data.path().to_path_buf()), None);
        std::fs::create_dir(data.path().join("text")).unwrap();
        let path = data.path().join("text").join("names.txt");
        let refused = |text: &str, named: &str| {
            std::fs::write(&path, text).unwrap();
            let message = names_in(&places).unwrap_err().to_string();
            assert!(
                message.contains(named) && message.contains("names.txt"),
                "{message}"
            );
        };
        refused("emma\nOlivia\n", "line 2");
        refused("emma\nava\n", "only 2 names");
        refused("", "empty");
    }
}
