//! Builds changed copies of a solution as Cargo builds the solution, with two calls of the compiler and without Cargo.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail, ensure};

use crate::compile::{cargo, same_features};
use crate::interrupt;
use crate::lesson::{Lesson, Subject};
use crate::workspace::Workspace;

/// How Cargo calls the compiler for the two parts of a lesson.
pub(crate) struct Calls {
    of_solution: Vec<String>,
    of_checks: Vec<String>,
}

impl Calls {
    /// Builds them with Cargo and listens.
    pub(crate) fn ask(workspace: &Workspace, lesson: &Lesson) -> Result<Self> {
        let package = lesson.package(Subject::Solution);
        // Cargo says how it calls the compiler only when it does, so the source has to look new.
        let source = lesson.folder(Subject::Solution).join("src/lib.rs");
        File::options()
            .append(true)
            .open(&source)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .with_context(|| format!("{} cannot be touched.", workspace.relative(&source)))?;
        let mut cargo = cargo(workspace);
        cargo
            .args(["test", "--no-run", "--verbose", "--test", "checks"])
            .args(["--package", &package])
            .args(same_features(workspace));
        let output = interrupt::output(&mut cargo).context("Cargo cannot be started.")?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{package} does not build:\n{words}"
        );
        let find = |name: &str| {
            calls(&words)
                .find(|call| call.windows(2).any(|pair| pair == ["--crate-name", name]))
                .with_context(|| format!("Cargo does not say how it compiles {name}:\n{words}"))
        };
        Ok(Self {
            of_solution: find(&library(lesson))?,
            of_checks: find("checks")?,
        })
    }
}

/// How the compiler is to say what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    /// At length.
    ForPeople,
    /// A line for each error, which begins with its place.
    OneLine,
}

/// The name of the solution's library.
fn library(lesson: &Lesson) -> String {
    format!("{}_solution", lesson.name())
}

/// Cargo's lines about what it runs, as words.
pub(crate) fn calls(said: &str) -> impl Iterator<Item = Vec<String>> {
    said.lines()
        .filter_map(|line| line.trim().strip_prefix("Running `")?.strip_suffix('`'))
        .filter_map(shlex::split)
}

/// A call of the compiler once more. `changed` sees each word and the one before it, and may give another for it.
pub(crate) fn recall(
    call: &[String],
    changed: impl Fn(&str, &str) -> Option<String>,
) -> Result<Command> {
    let [compiler, words @ ..] = call else {
        bail!("Cargo's call of the compiler is empty.");
    };
    let mut command = Command::new(compiler);
    let mut previous = "";
    for word in words {
        command.arg(changed(previous, word).as_deref().unwrap_or(word));
        previous = word;
    }
    Ok(command)
}

/// A copy of the solution's source, and a place for what is built from it.
pub(crate) struct Bench<'a> {
    workspace: &'a Workspace,
    lesson: &'a Lesson,
    calls: &'a Calls,
    messages: Messages,
    /// Where both lie.
    pub(crate) folder: PathBuf,
}

impl<'a> Bench<'a> {
    /// `name` is the folder's, one for each that builds at the same time.
    pub(crate) fn new(
        workspace: &'a Workspace,
        lesson: &'a Lesson,
        calls: &'a Calls,
        messages: Messages,
        name: &str,
    ) -> Result<Self> {
        let folder = workspace
            .root
            .join("target/mistakes")
            .join(lesson.name())
            .join(name);
        let source = folder.join("src");
        // What an earlier run left may carry another hash in its name.
        for part in [&source, &folder.join("built")] {
            if part.exists() {
                fs::remove_dir_all(part)?;
            }
        }
        for part in ["src", "built", "incremental"] {
            fs::create_dir_all(folder.join(part))
                .with_context(|| format!("{} cannot be made.", folder.display()))?;
        }
        let original = lesson.folder(Subject::Solution).join("src");
        for entry in fs::read_dir(&original)? {
            let entry = entry?;
            fs::copy(entry.path(), source.join(entry.file_name()))?;
        }
        Ok(Self {
            workspace,
            lesson,
            calls,
            messages,
            folder,
        })
    }

    /// Writes a file of the copied source, whose name is in `src/`.
    pub(crate) fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.join("src").join(file);
        fs::write(&path, text).with_context(|| format!("{} cannot be written.", path.display()))
    }

    /// Makes a file of the copied source what it is in the solution.
    pub(crate) fn restore(&self, file: &str) -> Result<()> {
        self.write(file, &self.original(file)?)
    }

    /// The text of a file in the solution's `src/`.
    pub(crate) fn original(&self, file: &str) -> Result<String> {
        let path = self.lesson.folder(Subject::Solution).join("src").join(file);
        fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read.", self.workspace.relative(&path)))
    }

    /// Builds the checks on the copied source, or gives the compiler's words when it refuses.
    pub(crate) fn build(&self) -> Result<std::result::Result<PathBuf, String>> {
        let built = self.folder.join("built");
        let library = library(self.lesson);
        if let Some(words) = self.compile(&self.calls.of_solution, |word| {
            let main = word.ends_with(".rs");
            main.then(|| self.folder.join("src/lib.rs").display().to_string())
        })? {
            return Ok(Err(words));
        }
        let archive = file_with(&built, &format!("lib{library}"), "rlib")?;
        if let Some(words) = self.compile(&self.calls.of_checks, |word| {
            word.starts_with(&format!("{library}="))
                .then(|| format!("{library}={}", archive.display()))
        })? {
            return Ok(Err(words));
        }
        file_with(&built, "checks", std::env::consts::EXE_EXTENSION).map(Ok)
    }

    /// Calls the compiler as Cargo did, but into the bench's own folder, and with the words that `changed` gives others for. Gives
    /// the compiler's words when it refuses.
    fn compile(
        &self,
        call: &[String],
        changed: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<String>> {
        let mut command = recall(call, |previous, word| match previous {
            "--out-dir" => Some(self.folder.join("built").display().to_string()),
            _ if word.starts_with("incremental=") => Some(format!(
                "incremental={}",
                self.folder.join("incremental").display()
            )),
            // Cargo asks for messages in JSON.
            _ if word.starts_with("--error-format") => Some(match self.messages {
                Messages::ForPeople => "--error-format=human".into(),
                Messages::OneLine => "--error-format=short".into(),
            }),
            _ if word.starts_with("--json") => Some("--cap-lints=allow".into()),
            _ => changed(word),
        })?;
        command
            .current_dir(&self.workspace.root)
            .env("CARGO_MANIFEST_DIR", self.lesson.folder(Subject::Solution));
        let output = interrupt::output(&mut command).context("The compiler cannot be started.")?;
        let words = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Ok(None),
            Some(_) => Ok(Some(words.into_owned())),
            // Not the code's fault: out of memory, or somebody stopped it.
            None => bail!("The compiler was ended ({}): {words}", output.status),
        }
    }
}

/// The file in `folder` whose name begins so and has this extension: its hash is Cargo's business.
pub(crate) fn file_with(folder: &Path, start: &str, extension: &str) -> Result<PathBuf> {
    let found = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{start}-"))
                && path.extension().unwrap_or_default() == extension
        });
    found.with_context(|| format!("The compiler left no {start} in {}.", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_cargo_calls_the_compiler() {
        let said = "   Compiling one v0.1.0 (/a b)\n     Running `rustc --crate-name one '--allow=clippy::x' --out-dir '/a b/deps'`\n    \
            Finished in 1 s\n     Running `rustc --crate-name checks`\n";
        let calls: Vec<Vec<String>> = calls(said).collect();
        assert_eq!(
            calls[0],
            [
                "rustc",
                "--crate-name",
                "one",
                "--allow=clippy::x",
                "--out-dir",
                "/a b/deps"
            ]
        );
        assert_eq!(calls.len(), 2);
    }
}
