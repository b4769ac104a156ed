//! One program that holds many plays, and is told at its start which of them to be.
//!
//! Every play changes one of the parts that a student writes, and such a part is the end of a block. So each part becomes a `match`
//! with the solution's own code in its first arm and a changed one in each of the others:
//!
//! ```text
//! match crate::played() {
//!     number if !(3..=4).contains(&number) => { z.max(0.0) }
//!     3 => { z.min(0.0) }
//!     4 => { 0.0 }
//!     _ => unreachable!(),
//! }
//! ```
//!
//! The compiler names the arms that it refuses by their lines; these are left out, and it is asked again.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::play::Play;
use crate::rebuild::Bench;
use crate::strip::marked;

/// Asks so often what the compiler refuses. Each time it may get further: from names to types to borrows.
const ROUNDS: usize = 12;

/// What every copy of the library has at the end of its `lib.rs`. Which play is asked for stands in the program's name, as
/// its environment belongs to the checks.
const PLAYED: &str = r#"
pub(crate) fn played() -> usize {
    static PLAYED: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *PLAYED.get_or_init(|| {
        let name = std::env::args().next().unwrap_or_default();
        let name = name.strip_suffix(std::env::consts::EXE_SUFFIX).unwrap_or(&name);
        name.rsplit_once("-play").and_then(|(_, number)| number.parse().ok()).unwrap_or(0)
    })
}
"#;

/// The built program.
pub(crate) struct Batch {
    program: PathBuf,
    arms: Vec<Arm>,
}

/// A play's code for one part of one file.
struct Arm {
    /// The play's place in the list of all.
    play: usize,
    file: String,
    /// Which marked part of the file.
    part: usize,
    code: String,
}

impl Batch {
    /// Builds a program with all plays that change just one part; nothing when the compiler does not say which arms it refuses.
    pub(crate) fn build(bench: &Bench<'_>, plays: &[&Play]) -> Result<Option<Self>> {
        let mut arms = Vec::new();
        for (number, play) in plays.iter().enumerate() {
            if let [(file, text)] = &play.files[..]
                && let Some((part, code)) = changed_part(&bench.original(file)?, text)
            {
                arms.push(Arm {
                    play: number,
                    file: file.clone(),
                    part,
                    code,
                });
            }
        }
        arms.sort_by(|a, b| (&a.file, a.part, a.play).cmp(&(&b.file, b.part, b.play)));
        let files: BTreeSet<String> = arms.iter().map(|arm| arm.file.clone()).collect();
        bench.write("lib.rs", &format!("{}{PLAYED}", bench.original("lib.rs")?))?;
        for _ in 0..ROUNDS {
            let mut lines = Vec::new();
            for file in &files {
                let (text, of_arms) = with_arms(&bench.original(file)?, file, &arms);
                bench.write(file, &text)?;
                lines.extend(of_arms);
            }
            let words = match bench.build()? {
                Ok(program) => return Ok(Some(Self { program, arms })),
                Err(words) => words,
            };
            let refused = refused(&words, &arms, &lines);
            if refused.is_empty() {
                return Ok(None);
            }
            let mut index = 0;
            arms.retain(|_| {
                index += 1;
                !refused.contains(&(index - 1))
            });
        }
        Ok(None)
    }

    /// The program, which behaves as the solution does under its own name.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The plays in it.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        self.arms.iter().map(|arm| arm.play).collect()
    }

    /// The program under the name that makes it behave as this play.
    pub(crate) fn program_of(&self, play: usize) -> Result<PathBuf> {
        let index = self.arms.iter().position(|arm| arm.play == play);
        let number = index.context("the batch does not hold this play")? + 1;
        let name = format!("checks-play{number}{}", std::env::consts::EXE_SUFFIX);
        let link = self.program.with_file_name(name);
        fs::hard_link(&self.program, &link)
            .with_context(|| format!("{} cannot be linked.", link.display()))?;
        Ok(link)
    }
}

/// The one marked part in which `text` differs from the solution, and its code there.
fn changed_part(solution: &str, text: &str) -> Option<(usize, String)> {
    let (ours, theirs) = (marked(solution), marked(text));
    let outside = |text: &str, parts: &[Range<usize>]| -> Vec<String> {
        let starts = [0].into_iter().chain(parts.iter().map(|part| part.end));
        let ends = parts.iter().map(|part| part.start).chain([text.len()]);
        starts
            .zip(ends)
            .map(|(start, end)| text[start..end].to_owned())
            .collect()
    };
    if outside(solution, &ours) != outside(text, &theirs) {
        return None;
    }
    let mut changed =
        (0..ours.len()).filter(|&part| solution[ours[part].clone()] != text[theirs[part].clone()]);
    match (changed.next(), changed.next()) {
        (Some(part), None) => Some((part, text[theirs[part].clone()].to_owned())),
        _ => None,
    }
}

/// The solution's file with the arms that belong to it, and the lines on which each of them stands, from 1. An arm's number is its
/// index, from 1.
fn with_arms(solution: &str, file: &str, arms: &[Arm]) -> (String, Vec<(usize, Range<usize>)>) {
    let mut text = String::new();
    let mut lines = Vec::new();
    let mut at = 0;
    for (part, place) in marked(solution).into_iter().enumerate() {
        let own: Vec<usize> = (0..arms.len())
            .filter(|&index| arms[index].file == file && arms[index].part == part)
            .collect();
        let (Some(first), Some(last)) = (own.first(), own.last()) else {
            continue;
        };
        text += &solution[at..place.start];
        text += &format!(
            "match crate::played() {{\nnumber if !({}..={}).contains(&number) => {{\n{}}}\n",
            first + 1,
            last + 1,
            &solution[place.clone()]
        );
        for &index in &own {
            let start = text.lines().count() + 1;
            text += &format!("{} => {{\n{}}}\n", index + 1, arms[index].code);
            lines.push((index, start..text.lines().count() + 1));
        }
        text += "_ => unreachable!(),\n}\n";
        at = place.end;
    }
    text += &solution[at..];
    (text, lines)
}

/// The arms in which the compiler finds an error, by their index. An error elsewhere in a file (a part may stand where no `match`
/// can) costs all its arms.
fn refused(words: &str, arms: &[Arm], lines: &[(usize, Range<usize>)]) -> BTreeSet<usize> {
    let mut refused = BTreeSet::new();
    for (path, line) in words.lines().filter_map(place_of_error) {
        let of_file = |index: usize| Path::new(path).ends_with(&arms[index].file);
        let arm = lines
            .iter()
            .find(|(index, lines)| of_file(*index) && lines.contains(&line));
        match arm {
            Some((index, _)) => drop(refused.insert(*index)),
            None => refused.extend((0..arms.len()).filter(|index| of_file(*index))),
        }
    }
    refused
}

/// Path and line of `src/step1.rs:12:5: error[E0308]: …`.
fn place_of_error(line: &str) -> Option<(&str, usize)> {
    let (place, _) = line.split_once(": error")?;
    let mut parts = place.rsplitn(3, ':');
    let _column = parts.next()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLUTION: &str = "fn f() -> u8 {\n    // solution: One.\n    1\n    // end solution\n}\nfn g() -> u8 {\n    // solution: Two.\n    2\n    // end solution\n}\n";

    fn arms() -> Vec<Arm> {
        [(4, "3"), (7, "\"4\"")]
            .map(|(play, code)| Arm {
                play,
                file: "a.rs".into(),
                part: 1,
                code: format!("    {code}\n"),
            })
            .into()
    }

    #[test]
    fn a_play_is_an_arm_when_it_changes_one_part_and_nothing_else() {
        let changed = |from: &str, to: &str| changed_part(SOLUTION, &SOLUTION.replace(from, to));
        assert_eq!(changed("    2\n", "    3\n"), Some((1, "    3\n".into())));
        assert_eq!(changed("u8", "u16"), None);
        assert_eq!(changed("    ", "  "), None);
        assert_eq!(changed("    1\n    // end solution\n", "    1\n"), None);
        assert_eq!(changed_part(SOLUTION, SOLUTION), None);
    }

    #[test]
    fn a_part_becomes_a_match_and_the_lines_of_its_arms_are_known() {
        let (text, lines) = with_arms(SOLUTION, "a.rs", &arms());
        let part = "    // solution: Two.\nmatch crate::played() {\nnumber if !(1..=2).contains(&number) => {\n    2\n}\n1 => {\n    3\n}\n\
            2 => {\n    \"4\"\n}\n_ => unreachable!(),\n}\n    // end solution\n}\n";
        assert!(
            text.starts_with(&SOLUTION[..40]) && text.ends_with(part),
            "{text}"
        );
        assert_eq!(lines, [(0, 12..15), (1, 15..18)]);
        assert_eq!(text.lines().nth(15), Some("    \"4\""));
        assert_eq!(with_arms(SOLUTION, "b.rs", &arms()).0, SOLUTION);
    }

    #[test]
    fn an_error_costs_its_arm_and_one_elsewhere_all_of_the_file() {
        let arms = arms();
        let (_, lines) = with_arms(SOLUTION, "a.rs", &arms);
        let refused = |words: &str| Vec::from_iter(refused(words, &arms, &lines));
        assert_eq!(
            refused("/x y/src/a.rs:16:5: error[E0308]: mismatched types\n"),
            [1]
        );
        assert_eq!(refused("src/a.rs:12:1: error: expected `;`\n"), [0]);
        assert_eq!(refused("src/a.rs:1:1: error[E0015]: not const\n"), [0, 1]);
        assert!(refused("src/b.rs:16:5: error: no\nerror: aborting due to 1 error\n").is_empty());
    }
}
