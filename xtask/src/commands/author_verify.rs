//! `author verify`: proves that a lesson is sound, and says what to do where it is not.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::commands::author_strip::exercise_text;
use crate::commands::{author_mistakes, author_mutants, author_new, author_variants};
use crate::compile::{self, Built};
use crate::coverage;
use crate::examine::{belongs, names};
use crate::lesson::{Lesson, Subject};
use crate::outcome::{CheckResult, Outcome};
use crate::play::judge_all;
use crate::select::select;
use crate::style::{BAD, BOLD, FAINT, GOOD, complain, count, indented, paint, sentence, wrap};
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, only: Option<&str>) -> Result<ExitCode> {
    let folders = match only {
        Some(only) => vec![select(workspace, only)?.lesson.package],
        None => workspace.lesson_folders()?,
    };
    let mut sound = true;
    let mut lessons = Vec::new();
    let mut totals = Totals::default();
    for folder in &folders {
        match Lesson::load(workspace, folder) {
            Ok(lesson) => {
                sound &= verify(workspace, &lesson, &mut totals)?;
                lessons.push(lesson);
            }
            Err(error) => {
                complain(&error);
                sound = false;
            }
        }
    }
    if only.is_none() {
        anstream::println!("{}", paint(BOLD, "all lessons"));
        sound &= row(
            "together they teach the course",
            coverage::problems(workspace, &lessons),
        );
        totals.show();
        anstream::println!();
    }
    let verdict = if sound {
        paint(GOOD, "All sound.")
    } else {
        paint(BAD, "Not sound yet: see the lines above.")
    };
    anstream::println!("{verdict}");
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn verify(workspace: &Workspace, lesson: &Lesson, totals: &mut Totals) -> Result<bool> {
    anstream::println!("{} — {}", paint(BOLD, lesson.name()), lesson.manifest.title);
    let texts = row("manifest, README, files", texts(workspace, lesson));
    let (drift, marked) = drift(workspace, lesson);
    let drift = row("exercise is the stripped solution", drift);
    let (solution, passing) = play(workspace, lesson, Subject::Solution)?;
    let solution = row(
        &format!("the solution passes {}", count(passing, "check")),
        solution,
    );
    let (exercise, open) = play(workspace, lesson, Subject::Exercise)?;
    let exercise = row(
        &format!(
            "the untouched exercise has {} to write",
            count(open, "check")
        ),
        exercise,
    );
    // Mistakes, mutants and variants are edits of what stands between the marks: without these each would be reported.
    let played = if marked {
        totals.play(workspace, lesson)?
    } else {
        let words = "Mistakes, mutants and variants are played when the marks are right.";
        anstream::println!("{}", paint(FAINT, &wrap(words, 2)));
        false
    };
    anstream::println!();
    Ok(texts && drift && solution && exercise && played)
}

/// What was played in the lessons so far.
#[derive(Default)]
struct Totals {
    mistakes: author_mistakes::Tally,
    mutants: author_mutants::Tally,
    variants: usize,
}

impl Totals {
    /// Plays a lesson's mistakes, mutants and variants, and prints a line about each.
    fn play(&mut self, workspace: &Workspace, lesson: &Lesson) -> Result<bool> {
        let (mistakes, problems) = author_mistakes::verify(workspace, lesson)?;
        self.mistakes = self.mistakes.plus(mistakes);
        let mut sound = row(&mistakes.to_string(), problems);
        match author_mutants::verify(workspace, lesson, None) {
            Ok((mutants, problems)) => {
                self.mutants = self.mutants.plus(mutants);
                sound &= row(&mutants.to_string(), problems);
            }
            Err(error) => sound &= row("mutants", vec![sentence(&error)]),
        }
        let (variants, problems) = author_variants::verify(workspace, lesson)?;
        self.variants += variants.len();
        sound &= row(&author_variants::summary(variants.len()), problems);
        Ok(sound)
    }

    fn show(&self) {
        anstream::println!(
            "{}\n{}\n{}",
            self.mistakes,
            self.mutants,
            author_variants::summary(self.variants)
        );
    }
}

/// Prints one line of the table and what is wrong under it.
fn row(title: &str, problems: Vec<String>) -> bool {
    let sign = if problems.is_empty() {
        paint(GOOD, "✓")
    } else {
        paint(BAD, "✗")
    };
    anstream::println!("  {sign} {title}");
    for problem in &problems {
        anstream::println!("{}", shown(problem, 6));
    }
    problems.is_empty()
}

/// A problem in lines that fit, but for what the compiler says.
pub(super) fn shown(problem: &str, indent: usize) -> String {
    const THEN: &str = "does not compile:\n";
    match problem.split_once(THEN) {
        Some((words, compiler)) => {
            let words = wrap(&format!("{words}{THEN}"), indent);
            format!("{words}\n{}", indented(compiler, indent))
        }
        None => wrap(problem, indent),
    }
}

/// What can be seen without building.
fn texts(workspace: &Workspace, lesson: &Lesson) -> Vec<String> {
    let mut problems = Vec::new();
    let manifest = format!("exercises/{}/lesson.toml", lesson.package);
    let readme_path = lesson.folder(Subject::Exercise).join("README.md");
    let readme = std::fs::read_to_string(&readme_path).unwrap_or_default();
    let readme_name = workspace.relative(&readme_path);
    if readme.is_empty() {
        problems.push(format!(
            "{readme_name} is missing: write the lesson's theory there."
        ));
    }
    for (what, text) in [
        ("title", &lesson.manifest.title),
        ("summary", &lesson.manifest.summary),
    ] {
        if text.trim().is_empty() {
            problems.push(format!("{manifest}: `{what}` is empty."));
        }
    }
    if lesson.package.split('-').next() != Some(lesson.name()) {
        problems.push(format!(
            "{manifest}: `name` must be the first part of the folder's name."
        ));
    }
    for (number, step) in lesson.steps() {
        let here = format!("{manifest}: step {number}");
        if !step.file.starts_with(&format!("step{number}_")) || !step.file.ends_with(".rs") {
            problems.push(format!(
                "{here}: `file` must be named step{number}_….rs, not {}.",
                step.file
            ));
        }
        let filled = step
            .hints
            .iter()
            .filter(|hint| !hint.trim().is_empty())
            .count();
        if filled < 2 || filled < step.hints.len() {
            problems.push(format!("{here} needs at least two hints, from a nudge to nearly the code, none of them empty."));
        }
        if step.minutes == 0 {
            problems.push(format!("{here} needs `minutes`."));
        }
        if step.learned.trim().is_empty() {
            problems.push(format!(
                "{here} needs `learned`, the line said when it passes."
            ));
        }
        let predict = step.predict.as_ref();
        if predict.is_none_or(|predict| {
            predict.question.trim().is_empty() || predict.answer.trim().is_empty()
        }) {
            problems.push(format!(
                "{here} needs `predict = {{ question = \"…\", answer = \"…\" }}`."
            ));
        }
    }
    if !readme.is_empty() {
        let titles = lesson.manifest.steps.iter().map(|step| &*step.title);
        problems.extend(headings(&readme, titles).map(|problem| format!("{readme_name}{problem}")));
    }
    problems.extend(author_new::names_twice(lesson));
    let folder = readme_path.parent().unwrap_or(Path::new(""));
    for image in linked_images(&readme).filter(|image| !folder.join(image).is_file()) {
        problems.push(format!(
            "{readme_name} shows {image}, which does not exist."
        ));
    }
    for subject in [Subject::Exercise, Subject::Solution] {
        problems.extend(modules(workspace, lesson, subject));
    }
    problems
}

/// Where the README's sections are not those of the steps: `## 4 — Its title` or `## Step 4 — Its title`, where the title may end before
/// one of its commas or colons. Each problem begins with the line, where there is one: `:12: …`.
fn headings<'a>(
    readme: &str,
    titles: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = String> {
    let mut code = false;
    let mut found = Vec::new();
    for (index, line) in readme.lines().enumerate() {
        code ^= line.trim_start().starts_with("```");
        let heading = line.strip_prefix("## ").filter(|_| !code);
        let Some((number, title)) = heading.and_then(|heading| heading.split_once(" — ")) else {
            continue;
        };
        let number = number.strip_prefix("Step ").unwrap_or(number);
        if let Ok(number) = number.parse::<usize>() {
            found.push((index + 1, number, title.trim()));
        }
    }
    let mut problems = Vec::new();
    let mut steps = 0;
    for (number, title) in (1..).zip(titles) {
        steps = number;
        let own: Vec<_> = found.iter().filter(|section| section.1 == number).collect();
        match own[..] {
            [] => problems.push(format!(
                " has no section for step {number}: head it `## {number} — {title}`."
            )),
            [(line, _, heading)] => {
                let begins = title
                    .strip_prefix(heading)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with([',', ':']));
                if !begins {
                    problems.push(format!(
                        ":{line}: the section of step {number} is headed \"{heading}\", but lesson.toml calls the step \"{title}\"."
                    ));
                }
            }
            [.., (line, ..)] => problems.push(format!(
                ":{line}: this is another section for step {number}."
            )),
        }
    }
    for (line, number, heading) in found
        .iter()
        .filter(|section| !(1..=steps).contains(&section.1))
    {
        problems.push(format!(
            ":{line}: \"{heading}\" is headed as step {number}, which lesson.toml does not have."
        ));
    }
    problems.into_iter()
}

/// The files that `![…](file)` and `src="file"` name.
fn linked_images(readme: &str) -> impl Iterator<Item = &str> {
    let markdown = readme
        .split("![")
        .skip(1)
        .filter_map(|rest| rest.split_once("](")?.1.split([')', ' ']).next());
    let html = readme
        .split("src=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    markdown
        .chain(html)
        .filter(|target| !target.contains("://"))
}

/// Where `lib.rs` and `lesson.toml` name different modules.
fn modules(workspace: &Workspace, lesson: &Lesson, subject: Subject) -> Vec<String> {
    let path = lesson.folder(subject).join("src").join("lib.rs");
    let shown = workspace.relative(&path);
    let Ok(text) = std::fs::read_to_string(&path) else {
        return vec![format!("{shown} is missing.")];
    };
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .filter(|module| module.starts_with("step"))
        .collect();
    let wanted: Vec<&str> = lesson
        .manifest
        .steps
        .iter()
        .map(|step| step.module())
        .collect();
    let mut problems = Vec::new();
    for module in wanted.iter().filter(|module| !listed.contains(module)) {
        problems.push(format!("{shown} lacks `pub mod {module};`."));
    }
    for module in listed.iter().filter(|module| !wanted.contains(module)) {
        problems.push(format!(
            "{shown} has `pub mod {module};`, which is no step of lesson.toml."
        ));
    }
    problems
}

/// Where an exercise's file is not what its solution says. The second part: whether all marks are right.
fn drift(workspace: &Workspace, lesson: &Lesson) -> (Vec<String>, bool) {
    let mut problems = Vec::new();
    let mut marked = true;
    for step in &lesson.manifest.steps {
        let file = lesson.step_file(Subject::Exercise, step);
        let shown = workspace.relative(&file);
        match exercise_text(workspace, lesson, &step.file) {
            Err(error) => {
                marked = false;
                problems.push(sentence(&error));
            }
            Ok(text) => match std::fs::read_to_string(&file) {
                Err(_) => problems.push(format!("{shown} is missing: `cargo xtask author strip {}`.", lesson.name())),
                Ok(now) if now != text => problems.push(format!(
                    "{shown} has drifted from its solution: edit the solution, then `cargo xtask author strip {}`.",
                    lesson.name()
                )),
                Ok(_) => {}
            },
        }
    }
    (problems, marked)
}

/// Builds and runs all checks of a subject. Gives what is wrong, and how many checks ended as they should.
fn play(workspace: &Workspace, lesson: &Lesson, subject: Subject) -> Result<(Vec<String>, usize)> {
    let program = match compile::compile(workspace, lesson, subject, compile::Target::Checks)? {
        Built::Program(program) => program,
        Built::Errors(errors) => {
            let words: String = errors.iter().map(|error| error.rendered.as_str()).collect();
            return Ok((
                vec![format!(
                    "{} does not compile:\n{words}",
                    lesson.package(subject)
                )],
                0,
            ));
        }
    };
    let names = match names(lesson, &program) {
        Ok(names) => names,
        Err(error) => return Ok((vec![error.to_string()], 0)),
    };
    let results = judge_all(lesson, subject, &program, &names)?;
    let problems = match subject {
        Subject::Solution => not_passing(&results),
        Subject::Exercise => not_open(lesson, &results),
    };
    let wanted = if subject == Subject::Solution {
        Outcome::Passed
    } else {
        Outcome::NotStarted
    };
    Ok((
        problems,
        results
            .iter()
            .filter(|result| result.outcome == wanted)
            .count(),
    ))
}

fn not_passing(results: &[CheckResult]) -> Vec<String> {
    let failed = results.iter().filter(|result| !result.passed);
    failed
        .map(|result| format!("{}: {}", result.name, result.message))
        .collect()
}

fn not_open(lesson: &Lesson, results: &[CheckResult]) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, step) in lesson.steps() {
        let own: Vec<_> = results
            .iter()
            .filter(|result| belongs(&result.name, step))
            .collect();
        for result in own.iter().filter(|result| result.passed) {
            problems.push(format!(
                "{} passes although nothing is written yet: it checks nothing.",
                result.name
            ));
        }
        if !own
            .iter()
            .any(|result| result.outcome == Outcome::NotStarted)
        {
            problems.push(format!(
                "Step {number}: no check reaches a `todo!` of {}.",
                step.file
            ));
        }
    }
    if !problems.is_empty() {
        problems.push(paint(
            FAINT,
            "These are judged on the exercise as it lies there.",
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_says_keeps_its_lines() {
        let code = format!(
            "12 | {}\n   | {}^^^",
            "let x = y; ".repeat(20),
            " ".repeat(200)
        );
        let text = shown(&format!("step 1, \"a\" does not compile:\n{code}"), 2);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "  step 1, \"a\" does not compile:");
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[2].ends_with("^^^"));
    }

    fn problems(readme: &str) -> Vec<String> {
        headings(readme, ["Tensors: rank, shape", "The loss"].into_iter()).collect()
    }

    #[test]
    fn sections_are_headed_as_lesson_toml_calls_the_steps() {
        assert!(problems("# L\n## 1 — Tensors\n## A word\n## Step 2 — The loss\n").is_empty());
        let code = "## 1 — Tensors: rank, shape\n```\n## 2 — Code\n```\n## 2 — The loss\n";
        assert!(problems(code).is_empty());
    }

    #[test]
    fn a_section_of_another_step_is_named_with_its_line() {
        let swapped = problems("## 1 — The loss\n\n## 2 — Tensors\n");
        assert_eq!(swapped.len(), 2, "{swapped:?}");
        assert!(swapped[0].starts_with(":1: the section of step 1 is headed \"The loss\""));
        assert!(swapped[1].starts_with(":3: ") && swapped[1].contains("\"The loss\"."));
        let cut = problems("## 1 — Tensors\n## 2 — The lo\n");
        assert!(cut[0].contains("headed \"The lo\""), "{cut:?}");
    }

    #[test]
    fn too_few_and_too_many_sections_are_named() {
        let found = problems("## 1 — Tensors\n## 1 — Tensors\n## 30 — The loss\n");
        assert_eq!(
            found,
            [
                ":2: this is another section for step 1.",
                " has no section for step 2: head it `## 2 — The loss`.",
                ":3: \"The loss\" is headed as step 30, which lesson.toml does not have.",
            ]
        );
    }
}
