//! Builds what a student has just saved without Cargo: two calls of the compiler, as Cargo makes them.
//!
//! Cargo looks at all packages (0.2 s) and compiles the checks of all steps (another 0.2 s), for an answer that is wanted two hundred times
//! a day. What Cargo has built for a lesson's dependencies is used here as long as nothing of it has changed ([`Stamp`]), and only
//! the steps that are asked for get their checks compiled. Sources are compared by content, and everything is written into a folder
//! of its own, so Cargo's files stay Cargo's. Whatever is unexpected, such as an error outside of the student's code, gives the work
//! back to Cargo, whose answer counts.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::compile::Built;
use crate::diagnostics::{CompileError, Diagnostic};
use crate::interrupt;
use crate::lesson::{Lesson, Subject};
use crate::rebuild::{calls, recall};
use crate::workspace::{Workspace, write_whole};

/// Errors that say that what Cargo built does not fit together any more (crates not found, or of another compiler or version). They
/// point at a `use` of the student's, who has nothing to do with them.
const OUT_OF_DATE: [&str; 8] = [
    "E0457", "E0460", "E0461", "E0462", "E0463", "E0464", "E0514", "E0786",
];

/// How to build a lesson's checks without Cargo.
#[derive(Serialize, Deserialize)]
struct Recipe {
    stamp: Stamp,
    /// How Cargo calls the compiler for the student's library.
    of_lesson: Vec<String>,
    /// The same for the checks.
    of_checks: Vec<String>,
}

/// What a build without Cargo rests on: it is tried only as long as all of this is as it was.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    /// Cargo, and the variables that tell it and the compiler what to do.
    environment: BTreeMap<String, String>,
    /// Manifests, the sources of the workspace's libraries, built dependencies: size and time of change.
    files: BTreeMap<PathBuf, (u64, u128)>,
}

/// What was built last, by its sources.
#[derive(Default, Serialize, Deserialize)]
struct Done {
    lesson: u64,
    checks: u64,
    program: PathBuf,
}

/// Builds the checks of these steps on the student's code; `None` when Cargo has to do it.
pub(crate) fn build(
    workspace: &Workspace,
    lesson: &Lesson,
    steps: &[usize],
) -> Result<Option<Built>> {
    let folder = folder(workspace, lesson);
    let Some(recipe) = Recipe::read(&folder) else {
        return Ok(None);
    };
    let exercise = lesson.folder(Subject::Exercise);
    let source = hash(&contents(&exercise.join("src"))?);
    let only = only(lesson, steps)?;
    let checks = hash((source, &only, contents(&exercise.join("tests"))?));

    let record = folder.join("done.json");
    let mut done: Done = fs::read_to_string(&record)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    if done.checks == checks && done.program.is_file() {
        return Ok(Some(Built::Program(done.program)));
    }
    // While files are being replaced, nothing is done.
    let _ = fs::remove_file(&record);
    let built = folder.join("built");
    fs::create_dir_all(&built).with_context(|| format!("{} cannot be made.", built.display()))?;
    if done.lesson != source || !built_as(&built, "lib", &recipe.of_lesson, "rlib")?.is_file() {
        match compile(workspace, lesson, &recipe.of_lesson, &|_, _| None)? {
            Compiled::Yes => done.lesson = source,
            Compiled::Errors(errors) if all_lie_in(&errors, workspace, lesson) => {
                return Ok(Some(Built::Errors(errors)));
            }
            Compiled::Errors(_) | Compiled::Unclear => return Ok(None),
        }
    }
    let archive = built_as(&built, "lib", &recipe.of_lesson, "rlib")?;
    let main = folder.join("checks.rs");
    write_whole(&main, &only)?;
    let library = lesson.name();
    let compiled = compile(workspace, lesson, &recipe.of_checks, &|_, word| {
        if word.starts_with(&format!("{library}=")) {
            Some(format!("{library}={}", archive.display()))
        } else {
            word.ends_with(".rs").then(|| main.display().to_string())
        }
    })?;
    // What is wrong with checks is said about the file that their author wrote, not about this extract.
    if !matches!(compiled, Compiled::Yes) {
        return Ok(None);
    }
    done.checks = checks;
    done.program = built_as(
        &built,
        "",
        &recipe.of_checks,
        std::env::consts::EXE_EXTENSION,
    )?;
    write_whole(&record, &serde_json::to_string(&done)?)?;
    Ok(Some(Built::Program(done.program)))
}

/// Remembers how Cargo built a lesson: `said` are its words with `--verbose`, `sources` the folders of the libraries that it was built
/// with and that somebody could edit. When Cargo had nothing to do for the lesson it says nothing of use, and nothing is remembered.
pub(crate) fn learn(workspace: &Workspace, lesson: &Lesson, said: &str, sources: &[PathBuf]) {
    let find = |name: &str| {
        calls(said).find(|call| call.windows(2).any(|pair| pair == ["--crate-name", name]))
    };
    let (Some(of_lesson), Some(of_checks)) = (find(lesson.name()), find("checks")) else {
        return;
    };
    let mut files = BTreeMap::new();
    for name in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        look_at(&workspace.root.join(name), &mut files);
    }
    look_at(&home().join("config.toml"), &mut files);
    look_at(
        &lesson.folder(Subject::Exercise).join("Cargo.toml"),
        &mut files,
    );
    for folder in sources {
        for part in ["Cargo.toml", "src", "build.rs"] {
            look_at(&folder.join(part), &mut files);
        }
    }
    let own = format!("{}=", lesson.name());
    for word in of_lesson.iter().chain(&of_checks) {
        if let Some((_, path)) = word.split_once('=').filter(|(_, path)| {
            !word.starts_with(&own) && (path.ends_with(".rlib") || path.ends_with(".rmeta"))
        }) {
            look_at(Path::new(path), &mut files);
        }
    }
    let recipe = Recipe {
        stamp: Stamp {
            environment: environment(),
            files,
        },
        of_lesson,
        of_checks,
    };
    let folder = folder(workspace, lesson);
    // What was built with other dependencies or settings has other names: it must not be taken for what is built from now on.
    let _ = fs::remove_file(folder.join("done.json"));
    let _ = fs::remove_dir_all(folder.join("built"));
    // Without it the next build is Cargo's, too.
    if let Ok(text) = serde_json::to_string(&recipe) {
        let _ = write_whole(&folder.join("recipe.json"), &text);
    }
}

/// Whether there is nothing to rest on yet, so that Cargo should be asked how it builds the lesson.
pub(crate) fn wants_to_learn(workspace: &Workspace, lesson: &Lesson) -> bool {
    Recipe::read(&folder(workspace, lesson)).is_none()
}

impl Recipe {
    /// Nothing when there is none, or when something that it rests on has changed.
    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("recipe.json")).ok()?;
        let recipe: Self = serde_json::from_str(&text).ok()?;
        let unchanged = recipe.stamp.environment == environment()
            && recipe.stamp.files.keys().all(|path| {
                let mut now = BTreeMap::new();
                see(path, &mut now);
                now.get(path) == recipe.stamp.files.get(path)
            });
        unchanged.then_some(recipe)
    }
}

fn folder(workspace: &Workspace, lesson: &Lesson) -> PathBuf {
    workspace.root.join("target/quick").join(lesson.name())
}

/// The file that this call writes: its name holds a hash of Cargo's, by which it differs from one of other settings.
fn built_as(folder: &Path, start: &str, call: &[String], extension: &str) -> Result<PathBuf> {
    let name = call
        .windows(2)
        .find(|pair| pair[0] == "--crate-name")
        .map(|pair| pair[1].as_str());
    let hash = call
        .iter()
        .find_map(|word| word.strip_prefix("extra-filename="));
    let (name, hash) = name.zip(hash).context("Cargo names what it builds.")?;
    Ok(folder
        .join(format!("{start}{name}{hash}"))
        .with_extension(extension))
}

fn home() -> PathBuf {
    std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    )
}

/// The variables that change what Cargo or the compiler does. Those that Cargo sets for the programs that it starts do not count.
fn environment() -> BTreeMap<String, String> {
    let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_TERM_"];
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let counts = name == "CARGO"
            || name.starts_with("RUSTC")
            || name.starts_with("RUSTFLAGS")
            || name.starts_with("RUSTUP_TOOLCHAIN")
            || name.starts_with("CARGO_") && !ours.iter().any(|ours| name.starts_with(ours));
        counts.then(|| (name, value.to_string_lossy().into_owned()))
    });
    variables.collect()
}

/// Notes a file, or everything in a folder.
fn look_at(path: &Path, files: &mut BTreeMap<PathBuf, (u64, u128)>) {
    see(path, files);
    // A folder's own time tells of files that came or went.
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        look_at(&entry.path(), files);
    }
}

/// Notes one file or folder. One that is not there is noted as such, in case it comes.
fn see(path: &Path, files: &mut BTreeMap<PathBuf, (u64, u128)>) {
    let known = fs::metadata(path).and_then(|metadata| {
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH);
        Ok((
            metadata.len(),
            changed.map_or(0, |changed| changed.as_nanos()),
        ))
    });
    files.insert(path.to_owned(), known.unwrap_or_default());
}

/// All files in a folder and below, with what is in them.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut all = BTreeMap::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read.", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            all.append(&mut contents(&path)?);
        } else {
            let bytes = fs::read(&path);
            let bytes = bytes.with_context(|| format!("{} cannot be read.", path.display()))?;
            all.insert(path, bytes);
        }
    }
    Ok(all)
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What came of a call of the compiler.
enum Compiled {
    Yes,
    Errors(Vec<CompileError>),
    /// It refused without naming a place, or was ended.
    Unclear,
}

/// Calls the compiler as Cargo did, but into the folder beside Cargo's, and with the words that `changed` gives others for.
fn compile(
    workspace: &Workspace,
    lesson: &Lesson,
    call: &[String],
    changed: &dyn Fn(&str, &str) -> Option<String>,
) -> Result<Compiled> {
    let folder = folder(workspace, lesson);
    let mut command = recall(call, |previous, word| {
        if previous == "--out-dir" {
            Some(folder.join("built").display().to_string())
        } else if word.starts_with("incremental=") {
            let incremental = folder.join("incremental");
            Some(format!("incremental={}", incremental.display()))
        } else {
            changed(previous, word)
        }
    })?;
    command
        .current_dir(&workspace.root)
        .env("CARGO_MANIFEST_DIR", lesson.folder(Subject::Exercise));
    let output = interrupt::output(&mut command).context("The compiler cannot be started.")?;
    if output.status.success() {
        return Ok(Compiled::Yes);
    }
    let mut errors = Vec::new();
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        let Ok(diagnostic) = serde_json::from_str::<Diagnostic>(line) else {
            continue;
        };
        if diagnostic.level != "error" {
            continue;
        }
        if OUT_OF_DATE.contains(&diagnostic.code()) {
            return Ok(Compiled::Unclear);
        }
        errors.extend(CompileError::new(diagnostic));
    }
    Ok(if errors.is_empty() || output.status.code().is_none() {
        Compiled::Unclear
    } else {
        Compiled::Errors(errors)
    })
}

fn all_lie_in(errors: &[CompileError], workspace: &Workspace, lesson: &Lesson) -> bool {
    let source = lesson.folder(Subject::Exercise).join("src");
    let source = format!("{}/", workspace.relative(&source));
    errors.iter().all(|error| error.file.starts_with(&source))
}

/// `tests/checks.rs` with the checks of these steps alone. It is read by lines: a layout that this does not know leaves more in, or does
/// not compile, and then Cargo builds the file itself.
fn only(lesson: &Lesson, steps: &[usize]) -> Result<String> {
    let tests = lesson.folder(Subject::Exercise).join("tests");
    let file = tests.join("checks.rs");
    let text =
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read.", file.display()))?;
    // `step8_training` belongs to step 8 as `step8_dates` does.
    let start = |module: &str| module.split('_').next().unwrap_or(module).to_owned() + "_";
    let out: Vec<String> = lesson
        .steps()
        .filter(|(number, _)| !steps.contains(number))
        .map(|(_, step)| start(step.module()))
        .collect();
    Ok(extract(&text, &out, &tests))
}

/// The names of all checks that `tests/checks.rs` lists, without building it.
pub(crate) fn listed(lesson: &Lesson) -> Result<Vec<String>> {
    let file = lesson.folder(Subject::Exercise).join("tests/checks.rs");
    let text =
        fs::read_to_string(&file).with_context(|| format!("{} cannot be read.", file.display()))?;
    Ok(names(&text))
}

fn names(text: &str) -> Vec<String> {
    let list = text.split_once("checks! {").map_or("", |(_, rest)| rest);
    let list = list.split_once('}').map_or("", |(list, _)| list);
    let entries = list.split(';').filter_map(|entry| entry.split_once(':'));
    entries
        .flat_map(|(module, checks)| {
            let checks = checks
                .split(',')
                .map(str::trim)
                .filter(|check| !check.is_empty());
            checks.map(move |check| format!("{}::{check}", module.trim()))
        })
        .collect()
}

/// Leaves out the modules whose names begin so, and their entries in `checks!`; paths of other modules are made whole.
fn extract(text: &str, out: &[String], tests: &Path) -> String {
    let is_out = |name: &str| out.iter().any(|start| name.starts_with(start));
    let mut kept: Vec<String> = Vec::new();
    let mut in_list = false;
    let mut leaving_out = false;
    for line in text.lines() {
        let word = line.trim_start();
        if in_list {
            leaving_out |= word.contains(':') && is_out(word);
            if !leaving_out {
                kept.push(line.to_owned());
            }
            if word.trim_end().ends_with(';') {
                leaving_out = false;
            }
            if word.starts_with('}') {
                in_list = false;
                if leaving_out {
                    leaving_out = false;
                    kept.push(line.to_owned());
                }
            }
        } else if let Some(path) = word.strip_prefix("#[path = \"") {
            kept.push(format!("#[path = r\"{}/{path}", tests.display()));
        } else if word
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
            .is_some_and(is_out)
        {
            // Its path stands before it.
            if kept.last().is_some_and(|last| last.starts_with("#[path")) {
                kept.pop();
            }
        } else {
            in_list = word.starts_with("checks! {") || word.starts_with("dlkit_harness::checks! {");
            kept.push(line.to_owned());
        }
    }
    kept.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECKS: &str = "//! Checks.\nuse dlkit_check::prelude::*;\n\n#[path = \"checks/step1_a.rs\"]\nmod step1_a;\n\
        #[path = \"checks/step2_b.rs\"]\nmod step2_b;\n#[path = \"checks/step10_c.rs\"]\nmod step10_c;\n\n\
        checks! {\n    step1_a: one, two,\n        three;\n    step2_b: one;\n    step10_c: one,\n        two;\n}\n\nfn shared() {}\n";

    #[test]
    fn leaves_out_other_steps_and_keeps_the_rest() {
        let text = extract(
            CHECKS,
            &["step1_".into(), "step10_".into()],
            Path::new("/w/tests"),
        );
        assert_eq!(
            text,
            "//! Checks.\nuse dlkit_check::prelude::*;\n\n#[path = r\"/w/tests/checks/step2_b.rs\"]\nmod step2_b;\n\n\
             checks! {\n    step2_b: one;\n}\n\nfn shared() {}\n"
        );
    }

    #[test]
    fn leaves_nothing_out_when_all_are_wanted() {
        let text = extract(CHECKS, &[], Path::new("tests"));
        assert_eq!(text.replace("r\"tests/", "\""), CHECKS);
    }

    #[test]
    fn names_are_read_without_building() {
        let all = [
            "step1_a::one",
            "step1_a::two",
            "step1_a::three",
            "step2_b::one",
            "step10_c::one",
            "step10_c::two",
        ];
        assert_eq!(names(CHECKS), all);
    }

    #[test]
    fn an_entry_without_a_semicolon_at_the_end_does_not_take_the_brace_along() {
        let text = extract(
            "checks! {\n    step1_a: one;\n    step2_b: two\n}\n",
            &["step2_".into()],
            Path::new("tests"),
        );
        assert_eq!(text, "checks! {\n    step1_a: one;\n}\n");
    }
}
