//! `author new`, `author new-step`: a lesson, or one more step of it, that `author verify` calls sound from the first minute.
//!
//! What they write is in `xtask/templates/`; `@word@` stands for what differs.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};

use crate::lesson::{Lesson, Subject};
use crate::progress::bare;
use crate::select::select;
use crate::strip;
use crate::style::{ACT, GOOD, paint, wrap};
use crate::workspace::{Workspace, write_whole};

/// A file of a new lesson: on which side it lies, where, and its template.
type Template = (Side, &'static str, &'static str);

#[derive(Clone, Copy)]
enum Side {
    Exercise,
    Solution,
    Both,
}

const LESSON: [Template; 12] = [
    (
        Side::Exercise,
        "Cargo.toml",
        include_str!("../../templates/lesson/exercise.toml"),
    ),
    (
        Side::Solution,
        "Cargo.toml",
        include_str!("../../templates/lesson/solution.toml"),
    ),
    (
        Side::Exercise,
        "README.md",
        include_str!("../../templates/lesson/README.md"),
    ),
    (
        Side::Both,
        "src/lib.rs",
        include_str!("../../templates/lesson/lib.rs"),
    ),
    (
        Side::Exercise,
        "tests/checks.rs",
        include_str!("../../templates/lesson/checks.rs"),
    ),
    (
        Side::Solution,
        "tests/checks.rs",
        include_str!("../../templates/lesson/solution_checks.rs"),
    ),
    (
        Side::Exercise,
        "examples/run.rs",
        include_str!("../../templates/lesson/run.rs"),
    ),
    (
        Side::Solution,
        "examples/run.rs",
        include_str!("../../templates/lesson/solution_run.rs"),
    ),
    (
        Side::Solution,
        "COVERAGE.md",
        include_str!("../../templates/lesson/COVERAGE.md"),
    ),
    (
        Side::Solution,
        "variants/another_order.toml",
        include_str!("../../templates/lesson/variants/another_order.toml"),
    ),
    (
        Side::Solution,
        "variants/in_place.toml",
        include_str!("../../templates/lesson/variants/in_place.toml"),
    ),
    (
        Side::Solution,
        "variants/index_loops.toml",
        include_str!("../../templates/lesson/variants/index_loops.toml"),
    ),
];
const MANIFEST: &str = include_str!("../../templates/lesson/lesson.toml");

/// The checks of the template.
const CHECKS: &str = "multiplies_every_value, gives_nothing_for_nothing";

/// Makes a lesson with one step.
pub(crate) fn lesson(
    workspace: &Workspace,
    name: &str,
    title: Option<&str>,
    step: &str,
) -> Result<ExitCode> {
    let folders = workspace.lesson_folders()?;
    let next = folders
        .iter()
        .filter_map(|folder| number(folder))
        .max()
        .unwrap_or(0)
        + 1;
    let package = package(name, next, &folders)?;
    let words = Words::new(&package, 1, step, title.unwrap_or(&spoken(bare(&package))))?;
    let mut first = Words::new(&package, 1, step, &spoken(step))?;
    // All files beside their place first: a lesson is there whole or not at all.
    let beside = workspace.state().join("author-new");
    let _ = fs::remove_dir_all(&beside);
    let write =
        |side: &str, file: &str, text: &str| write_whole(&beside.join(side).join(file), text);
    for (side, file, template) in LESSON {
        let mut text = words.fill(template);
        match file {
            "src/lib.rs" => text += &first.module_line(),
            "README.md" => text += &first.fill(README),
            "tests/checks.rs" if matches!(side, Side::Exercise) => text = first.in_checks(&text)?,
            _ => {}
        }
        if !matches!(side, Side::Solution) {
            write("exercises", file, &text)?;
        }
        if !matches!(side, Side::Exercise) {
            write("solutions", file, &text)?;
        }
    }
    let manifest = words
        .fill(MANIFEST)
        .replace("@steps@\n", &first.fill(STEP_MANIFEST));
    write("exercises", "lesson.toml", &manifest)?;
    first.write_step(&beside.join("exercises"), &beside.join("solutions"))?;
    for side in ["exercises", "solutions"] {
        let place = workspace.root.join(side).join(&package);
        fs::create_dir_all(workspace.root.join(side))?;
        if let Err(error) = fs::rename(beside.join(side), &place) {
            let _ = fs::remove_dir_all(workspace.root.join("exercises").join(&package));
            return Err(error)
                .with_context(|| format!("{} cannot be made.", workspace.relative(&place)));
        }
    }
    let _ = fs::remove_dir_all(&beside);
    first.lesson.clone_from(&words.lesson);
    anstream::println!(
        "{} exercises/{package} and solutions/{package}\n",
        paint(GOOD, "made")
    );
    next_words(
        &words.lesson,
        &format!("solutions/{package}/src/{}.rs", first.module),
    );
    anstream::println!(
        "{}",
        wrap(
            "Then tell of it: the table of lessons in README.md, and the loop over the lessons in .ci/run. CONTRIBUTING.md says what belongs \
             into each file.",
            0
        )
    );
    Ok(ExitCode::SUCCESS)
}

/// Adds a step to the end of a lesson.
pub(crate) fn step(
    workspace: &Workspace,
    lesson: &str,
    name: &str,
    title: Option<&str>,
) -> Result<ExitCode> {
    let lesson = select(workspace, lesson)?.lesson;
    let taken = lesson
        .manifest
        .steps
        .iter()
        .find(|step| bare(&step.file) == bare(name));
    if let Some(taken) = taken {
        bail!("{} has a step {} already.", lesson.name(), taken.module());
    }
    let number = lesson.manifest.steps.len() + 1;
    let name = bare(name);
    let words = Words::new(
        &lesson.package,
        number,
        name,
        title.unwrap_or(&spoken(name)),
    )?;
    let (exercise, solution) = (
        lesson.folder(Subject::Exercise),
        lesson.folder(Subject::Solution),
    );
    let read = |path: &Path| {
        fs::read_to_string(path)
            .with_context(|| format!("{} cannot be read.", workspace.relative(path)))
    };
    // First all texts, then all files.
    let paths = [
        exercise.join("lesson.toml"),
        exercise.join("tests/checks.rs"),
        exercise.join("README.md"),
        exercise.join("src/lib.rs"),
        solution.join("src/lib.rs"),
    ];
    let [manifest, checks, readme, exercise_lib, solution_lib] = &paths;
    let manifest = read(manifest)?;
    // Behind the steps and before the models.
    let end = manifest
        .find("\n[[model]]")
        .map_or(manifest.len(), |at| at + 1);
    let end = manifest[..end].trim_end().len();
    let texts = [
        format!(
            "{}\n\n{}\n{}",
            &manifest[..end],
            words.fill(STEP_MANIFEST).trim_end(),
            &manifest[end..]
        ),
        words.in_checks(&read(checks)?)?,
        read(readme)? + &words.fill(README),
        read(exercise_lib)? + &words.module_line(),
        read(solution_lib)? + &words.module_line(),
    ];
    toml::from_str::<toml::Table>(&texts[0]).context("The step does not go into lesson.toml.")?;
    words.write_step(&exercise, &solution)?;
    for (path, text) in paths.iter().zip(&texts) {
        write_whole(path, text)?;
    }
    anstream::println!(
        "{} step {number} of {}\n",
        paint(GOOD, "made"),
        lesson.name()
    );
    next_words(
        lesson.name(),
        &format!("solutions/{}/src/{}.rs", lesson.package, words.module),
    );
    Ok(ExitCode::SUCCESS)
}

const STEP: &str = include_str!("../../templates/step/step.rs");
const STEP_CHECKS: &str = include_str!("../../templates/step/checks.rs");
const STEP_MANIFEST: &str = include_str!("../../templates/step/step.toml");
const README: &str = include_str!("../../templates/step/README.md");
const MISTAKES: &str = include_str!("../../templates/step/mistakes.toml");

fn next_words(lesson: &str, file: &str) {
    anstream::println!(
        "It is sound as it stands: {}\nNow write what it is to teach, in {} first;\nthen {} writes the exercise.",
        paint(ACT, &format!("cargo xtask author verify {lesson}")),
        paint(ACT, file),
        paint(ACT, &format!("cargo xtask author strip {lesson}"))
    );
}

/// What stands in the templates' places.
struct Words {
    package: String,
    lesson: String,
    module: String,
    step: usize,
    title: String,
}

impl Words {
    fn new(package: &str, step: usize, name: &str, title: &str) -> Result<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ensure!(
            name.bytes().all(fits) && name.starts_with(|c: char| c.is_ascii_lowercase()),
            "`{name}` cannot be a step's name: it becomes a Rust module, so small letters, digits and _ only, such as hidden_state."
        );
        ensure!(
            !title.trim().is_empty() && !title.contains(char::is_control),
            "The title must be a line of text."
        );
        Ok(Self {
            package: package.to_owned(),
            lesson: crate::workspace::short(package).to_owned(),
            module: format!("step{step}_{name}"),
            step,
            title: title.trim().to_owned(),
        })
    }

    fn fill(&self, template: &str) -> String {
        // TOML's strings are JSON's.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let number = number(&self.package).unwrap_or_default();
        template
            .replace("@package@", &self.package)
            .replace("@lesson@", &self.lesson)
            .replace("@number@", &number.to_string())
            .replace("@module@", &self.module)
            .replace("@step@", &self.step.to_string())
            .replace(
                "@description@",
                &quoted(&format!("Lesson {number}: {}", self.title)),
            )
            .replace("@quoted-title@", &quoted(&self.title))
            .replace("@title@", &self.title)
    }

    fn module_line(&self) -> String {
        format!("pub mod {};\n", self.module)
    }

    /// The lesson's `tests/checks.rs` with this step's checks in it.
    fn in_checks(&self, text: &str) -> Result<String> {
        let module = &self.module;
        let (before, list) = text
            .split_once("checks! {\n")
            .context("tests/checks.rs has no line `checks! {` to put the step's checks behind.")?;
        // `checks!` may be written with its path.
        let (before, path) = before.split_at(before.rfind('\n').map_or(0, |at| at + 1));
        let end = list
            .find('}')
            .context("`checks! {` in tests/checks.rs is not closed.")?;
        let (listed, rest) = list.split_at(end);
        Ok(format!(
            "{}\n#[path = \"checks/{module}.rs\"]\nmod {module};\n\n{path}checks! {{\n{listed}    {module}: {CHECKS};\n{rest}",
            before.trim_end().to_owned() + if self.step == 1 { "\n" } else { "" }
        ))
    }

    /// The files that are the step's own.
    fn write_step(&self, exercise: &Path, solution: &Path) -> Result<()> {
        let module = &self.module;
        let text = self.fill(STEP);
        let stripped = strip::strip(&text, module)?;
        write_whole(&solution.join(format!("src/{module}.rs")), text)?;
        write_whole(&exercise.join(format!("src/{module}.rs")), stripped)?;
        let checks = exercise.join(format!("tests/checks/{module}.rs"));
        write_whole(&checks, self.fill(STEP_CHECKS))?;
        let mistakes = solution.join(format!("mistakes/{module}.toml"));
        write_whole(&mistakes, self.fill(MISTAKES))
    }
}

/// The folder's name of the new lesson.
fn package(name: &str, next: u32, folders: &[String]) -> Result<String> {
    let slug = bare(name);
    let taken = |folder: &&String| bare(folder) == slug || folder.as_str() == name;
    if let Some(taken) = folders.iter().find(taken) {
        bail!("There is a lesson {taken} already.");
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let starts = slug.starts_with(|c: char| c.is_ascii_lowercase());
    ensure!(
        slug.bytes().all(fits) && starts && !slug.ends_with('-') && number(slug).is_none(),
        "`{name}` cannot be a lesson's name: small letters, digits and hyphens, with what it is about behind the number, such as \
         lesson{next}-rnn."
    );
    let package = format!("lesson{next}-{slug}");
    if let Some(number) = number(name).filter(|_| name != slug) {
        ensure!(
            number == next,
            "The lessons are numbered without gaps, so the next one is lesson {next}: cargo xtask author new {package}"
        );
    }
    Ok(package)
}

/// `lesson7-rnn` → 7.
fn number(folder: &str) -> Option<u32> {
    crate::workspace::short(folder)
        .strip_prefix("lesson")?
        .parse()
        .ok()
}

/// `hidden_state` → `Hidden state`.
fn spoken(name: &str) -> String {
    let words = bare(name).replace(['_', '-'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Which names a lesson's steps and it must not share: progress is remembered by them.
pub(crate) fn names_twice(lesson: &Lesson) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, step) in lesson.steps() {
        let today = bare(&step.file);
        for (other, second) in lesson.steps().filter(|(other, _)| *other != number) {
            if other > number && bare(&second.file) == today {
                problems.push(format!(
                    "Steps {number} and {other} are both called {today}; progress is remembered by that name."
                ));
            }
            if step.was.iter().any(|was| bare(was) == bare(&second.file)) {
                problems.push(format!(
                    "Step {number} says that it was called {}, but that is step {other}: give it a name that was never used.",
                    bare(&second.file)
                ));
            }
        }
    }
    problems
}
