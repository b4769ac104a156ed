//! A lesson as pages. Every word comes from the files that students read and authors write: `lesson.toml`, the lesson's README,
//! the steps' own comments and the solution between its marks.

use std::fs;

use anyhow::{Context, Result};
use xtask::lesson::{Lesson, Step, Subject};
use xtask::strip::{pieces, strip};
use xtask::workspace::Workspace;

use super::markdown::{Block, read, section};

/// So many words are enough for a page.
const WORDS: usize = 80;
/// A few more are better than a page with no more than these.
const FEW: usize = 25;

/// A page of the lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The lesson's title.
    Cover,
    /// A step's title.
    Title(usize),
    /// What will come out? And its answer, when it is revealed. It comes before the idea, which often gives it away.
    Predict(usize),
    /// A part of a step's idea, from 0.
    Idea(usize, usize),
    /// The code that is given.
    Exercise(usize),
    /// Hints, one after the other.
    Hints(usize),
    /// The check, run live.
    Check(usize),
    /// The reference, revealed function by function.
    Solution(usize),
    /// What was predicted, what was learned.
    Recap(usize),
    /// What was built, and how long it took.
    End,
}

impl Page {
    /// The step, counted from 1.
    pub(crate) fn step(self) -> Option<usize> {
        match self {
            Self::Cover | Self::End => None,
            Self::Title(step)
            | Self::Idea(step, _)
            | Self::Predict(step)
            | Self::Exercise(step)
            | Self::Hints(step)
            | Self::Check(step)
            | Self::Solution(step)
            | Self::Recap(step) => Some(step),
        }
    }

    /// What it is called in the row of pages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cover => "cover",
            Self::Title(_) => "title",
            Self::Predict(_) => "predict",
            Self::Idea(..) => "idea",
            Self::Exercise(_) => "exercise",
            Self::Hints(_) => "hints",
            Self::Check(_) => "check",
            Self::Solution(_) => "solution",
            Self::Recap(_) => "recap",
            Self::End => "end",
        }
    }
}

/// All there is to show of a lesson.
pub(crate) struct Book {
    /// `lesson3`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) chapters: Vec<Chapter>,
    pub(crate) pages: Vec<Page>,
}

/// All there is to show of a step.
pub(crate) struct Chapter {
    pub(crate) title: String,
    /// The sentence behind the title in the step's own file.
    pub(crate) subtitle: Vec<Block>,
    pub(crate) minutes: u32,
    pub(crate) learned: String,
    /// The idea, a few blocks a page.
    pub(crate) idea: Vec<Vec<Block>>,
    /// What the README says is to be written.
    pub(crate) write: Vec<Block>,
    /// The question and the answer.
    pub(crate) predict: Option<(String, String)>,
    pub(crate) hints: Vec<String>,
    /// The exercise as nobody has touched it.
    pub(crate) untouched: String,
    /// Where the student's file lies, relative to the workspace.
    pub(crate) file: String,
    /// What of the solution a student writes, with what stands around it.
    pub(crate) items: Vec<Item>,
}

/// A function of the solution, or whatever holds a part that a student writes.
pub(crate) type Item = Vec<Part>;

/// Lines of a function: given, or to be revealed.
#[derive(Debug, PartialEq)]
pub(crate) struct Part {
    /// What a student is told to write here; `None` for lines that are given.
    pub(crate) task: Option<String>,
    pub(crate) text: String,
}

impl Book {
    /// Reads a lesson.
    pub(crate) fn read(workspace: &Workspace, lesson: &Lesson) -> Result<Self> {
        // A lesson without a README has its steps' own comments.
        let readme = lesson.folder(Subject::Exercise).join("README.md");
        let readme = fs::read_to_string(readme).unwrap_or_default();
        let chapters = lesson
            .steps()
            .map(|(number, step)| Chapter::read(workspace, lesson, number, step, &readme))
            .collect::<Result<Vec<_>>>()?;
        let manifest = &lesson.manifest;
        Ok(Self::new(
            lesson.name(),
            &manifest.title,
            &manifest.summary,
            chapters,
        ))
    }

    /// The pages of these steps.
    pub(crate) fn new(name: &str, title: &str, summary: &str, chapters: Vec<Chapter>) -> Self {
        let mut pages = vec![Page::Cover];
        for (index, chapter) in chapters.iter().enumerate() {
            let step = index + 1;
            pages.push(Page::Title(step));
            pages.extend(chapter.predict.iter().map(|_| Page::Predict(step)));
            pages.extend((0..chapter.idea.len()).map(|part| Page::Idea(step, part)));
            pages.push(Page::Exercise(step));
            if !chapter.hints.is_empty() {
                pages.push(Page::Hints(step));
            }
            pages.extend([Page::Check(step), Page::Solution(step), Page::Recap(step)]);
        }
        pages.push(Page::End);
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            summary: summary.to_owned(),
            chapters,
            pages,
        }
    }

    /// Step `number`, counted from 1.
    pub(crate) fn chapter(&self, number: usize) -> &Chapter {
        &self.chapters[number - 1]
    }

    /// The planned minutes of all steps.
    pub(crate) fn minutes(&self) -> u32 {
        self.chapters.iter().map(|chapter| chapter.minutes).sum()
    }
}

impl Chapter {
    fn read(
        workspace: &Workspace,
        lesson: &Lesson,
        number: usize,
        step: &Step,
        readme: &str,
    ) -> Result<Self> {
        let path = lesson.step_file(Subject::Solution, step);
        let shown = workspace.relative(&path);
        let solution =
            fs::read_to_string(&path).with_context(|| format!("{shown} cannot be read."))?;
        let (subtitle, comments) = opening(&solution);
        let told = match section(readme, number) {
            Some(section) if !section.is_empty() => read(section),
            _ => comments,
        };
        let (write, idea): (Vec<_>, Vec<_>) = told
            .into_iter()
            .partition(|block| block.starts_with("Write") || block.starts_with("What to write"));
        Ok(Self {
            title: step.title.clone(),
            subtitle,
            minutes: step.minutes,
            learned: step.learned.clone(),
            idea: in_pages(idea),
            write,
            predict: step
                .predict
                .as_ref()
                .map(|predict| (predict.question.clone(), predict.answer.clone())),
            hints: step.hints.clone(),
            untouched: strip(&solution, &shown)?,
            file: workspace.relative(&lesson.step_file(Subject::Exercise, step)),
            items: items(&solution),
        })
    }

    /// How many parts of the solution there are to reveal.
    pub(crate) fn parts(&self) -> usize {
        let parts = self.items.iter().flatten();
        parts.filter(|part| part.task.is_some()).count()
    }
}

/// The comment at the head of a step's file: what stands behind "Step 4 — The forward pass", and the rest.
fn opening(solution: &str) -> (Vec<Block>, Vec<Block>) {
    let comment: String = solution
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    let (first, rest) = comment.split_once("\n\n").unwrap_or((&comment, ""));
    // "Step 4 — Masks: who may look at whom."
    let behind = first.split_once(" — ").map_or(first, |(_, title)| title);
    let subtitle = behind.split_once(": ").map_or("", |(_, subtitle)| subtitle);
    let mut signs = subtitle.chars();
    let subtitle: String = signs
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(signs)
        .collect();
    (read(&subtitle), read(rest))
}

/// Blocks in pages of a few words. A paragraph stays with its formula, and with the rest of its sentence below that.
fn in_pages(blocks: Vec<Block>) -> Vec<Vec<Block>> {
    // What must not be torn apart: a sentence may begin above a formula and end below it.
    let mut groups: Vec<Vec<Block>> = Vec::new();
    for block in blocks {
        match groups.last_mut() {
            Some(group) if block.goes_on() || group.last().is_some_and(Block::leads_on) => {
                group.push(block);
            }
            _ => groups.push(vec![block]),
        }
    }
    let mut pages: Vec<Vec<Block>> = Vec::new();
    let mut words = 0;
    for group in groups {
        let more: usize = group.iter().map(Block::words).sum();
        let starts = matches!(group[0], Block::Heading(_));
        let fits = words + more <= WORDS || (more <= FEW && words <= WORDS);
        match pages.last_mut() {
            Some(page) if !starts && fits => {
                page.extend(group);
                words += more;
            }
            _ => {
                pages.push(group);
                words = more;
            }
        }
    }
    pages
}

/// The functions of a solution that hold something to write, without their comments.
fn items(solution: &str) -> Vec<Item> {
    let lines: Vec<(Option<usize>, &str)> = pieces(solution)
        .iter()
        .enumerate()
        .flat_map(|(at, piece)| {
            let part = piece.task.is_some().then_some(at);
            piece.lines.iter().map(move |line| (part, *line))
        })
        .collect();
    let tasks: Vec<Option<String>> = pieces(solution)
        .into_iter()
        .map(|piece| piece.task)
        .collect();
    let mut found = Vec::new();
    for chunk in chunks(&lines, "") {
        let mut item: Item = Vec::new();
        let mut last = None;
        for (part, line) in chunk {
            if item.is_empty() || part != last {
                item.push(Part {
                    task: part.and_then(|part| tasks[part].clone()),
                    text: String::new(),
                });
                last = part;
            }
            if let Some(part) = item.last_mut() {
                part.text += line;
                part.text.push('\n');
            }
        }
        found.push(item);
    }
    found
}

type Tagged<'a> = (Option<usize>, &'a str);

/// The items at this indentation that hold something to write. Of an `impl` only the methods that do are kept.
fn chunks<'a>(lines: &[Tagged<'a>], margin: &str) -> Vec<Vec<Tagged<'a>>> {
    let mut found = Vec::new();
    let mut chunk: Vec<Tagged<'a>> = Vec::new();
    let mut inside = false;
    for &(part, line) in lines {
        let own = line.strip_prefix(margin).unwrap_or(line);
        let at_margin = !own.is_empty() && !own.starts_with(' ');
        let comment = own.trim_start().starts_with("///") || own.starts_with("//!");
        if part.is_none() && (comment || (at_margin && own.starts_with("#["))) {
            continue;
        }
        if part.is_none() && own.is_empty() && !inside {
            take(&mut chunk, &mut found, margin);
            continue;
        }
        chunk.push((part, line));
        if part.is_none() && at_margin {
            inside = own.ends_with(['{', '(']) && !own.starts_with('}');
            if own.starts_with('}') {
                take(&mut chunk, &mut found, margin);
            }
        }
    }
    take(&mut chunk, &mut found, margin);
    found
}

fn take<'a>(chunk: &mut Vec<Tagged<'a>>, found: &mut Vec<Vec<Tagged<'a>>>, margin: &str) {
    let chunk = std::mem::take(chunk);
    if chunk.iter().all(|(part, _)| part.is_none()) {
        return;
    }
    let holds_methods = chunk
        .first()
        .is_some_and(|(_, line)| line.starts_with("impl") && line.ends_with('{'));
    if margin.is_empty() && holds_methods && chunk.len() > 2 {
        let methods = chunks(&chunk[1..chunk.len() - 1], "    ");
        let mut kept = vec![chunk[0]];
        for (index, method) in methods.into_iter().enumerate() {
            if index > 0 {
                kept.push((None, ""));
            }
            kept.extend(method);
        }
        kept.push(chunk[chunk.len() - 1]);
        found.push(kept);
    } else {
        found.push(chunk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOLUTION: &str = "//! Step 4 — Masks: who may look at whom.\n//!\n//! The **future** is hidden.\n\nuse a::b;\n\n/// Given.\n\
        pub fn given() -> u8 {\n    1\n}\n\n/// Written.\npub fn written(\n    x: u8,\n) -> u8 {\n    let y = x;\n\n    // solution: Add\n    \
        // one.\n    let y = y + 1;\n    // end solution\n    y\n}\n\nimpl A {\n    /// Given.\n    fn a() {}\n\n    /// Written.\n    fn b() -> u8 {\n        \
        // solution: Two.\n        2\n        // end solution\n    }\n}\n";

    #[test]
    fn the_head_of_a_file_gives_the_subtitle_and_the_idea() {
        let (subtitle, rest) = opening(SOLUTION);
        assert!(subtitle[0].starts_with("Who may look at whom."));
        assert!(rest[0].starts_with("The "));
        let (subtitle, rest) = opening("//! Step 2 — Activations.\n\nuse a;\n");
        assert!(subtitle.is_empty() && rest.is_empty());
    }

    #[test]
    fn of_a_solution_only_what_is_written_is_shown_and_what_stands_around_it() {
        let items = items(SOLUTION);
        assert_eq!(items.len(), 2, "{items:?}");
        let texts: Vec<String> = items
            .iter()
            .map(|item| item.iter().map(|part| part.text.as_str()).collect())
            .collect();
        assert_eq!(
            texts[1],
            "impl A {\n    fn b() -> u8 {\n        2\n    }\n}\n"
        );
        let tasks: Vec<&str> = items
            .iter()
            .flatten()
            .filter_map(|part| part.task.as_deref())
            .collect();
        assert_eq!(tasks, ["Add one.", "Two."]);
    }

    #[test]
    fn pages_hold_few_words_and_what_leads_on_stays_with_what_follows() {
        let words = "Word ".repeat(50);
        let pages = in_pages(read(&format!(
            "{words}\n\n{words}\n\nAnd so:\n\n> y = x\n\n{words}"
        )));
        let kinds: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(kinds, [1, 3, 1]);
        let pages = in_pages(read(&format!(
            "{words}\n\nX has the shape\n\n> (n, 784)\n\nwith {words}\n\n```\nlet y = x;\n```\n\n`net` {words}"
        )));
        let kinds: Vec<usize> = pages.iter().map(Vec::len).collect();
        assert_eq!(kinds, [1, 4, 1], "{pages:?}");
    }
}
