//! A newer version of the workshop, with the student's code kept.
//!
//! Each file that the new version has changed is decided on its own, from three texts: what the student got, what is there now, and what
//! the new version has ([`plan`]). Everything is laid down before the first file is touched, and can be finished when it was interrupted
//! ([`journal`]). git, where the workshop was cloned, is asked for texts and told at the end where it stands ([`git`]); it never
//! writes a file. Without it the new version comes from a folder ([`folder`]).

mod folder;
mod git;
mod journal;
mod merge;
mod outline;
mod plan;
mod summary;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

pub(crate) use self::git::Repository;
pub(crate) use self::journal::unfinished;
use self::journal::{Change, Plan};
use self::outline::Outline;
use self::plan::{Delta, decide, join};
use self::summary::Summary;
use crate::backup;
use crate::lesson::Lesson;
use crate::progress::Progress;
use crate::style::{ACT, BOLD, paint, wrap};
use crate::turn;
use crate::workspace::Workspace;

/// Brings the workshop up to date, or says what that would do.
pub(crate) fn update(workspace: &Workspace, from: Option<&Path>, dry: bool) -> Result<()> {
    // Neither beside another update nor under a check that is reading the files.
    let _turns = ["update", "check"].map(|what| turn::take(workspace, what));
    if unfinished(workspace) {
        if dry {
            bail!("An update was interrupted. Finish it first: cargo xtask update");
        }
        anstream::println!("Finishing the update that was interrupted.\n");
        return done(&journal::finish(workspace)?);
    }
    let (mut plan, decided) = match from {
        Some(folder) => from_folder(workspace, folder, dry)?,
        None => match Repository::find(workspace) {
            Some(repository) => match from_git(workspace, &repository, dry)? {
                Some(found) => found,
                None => return Ok(()),
            },
            None if workspace.root.join(".git").exists() => bail!(
                "This is a git repository, but git does not work here: `git status` says why. With a newer copy in a folder: \
                 cargo xtask update --from FOLDER"
            ),
            None => bail!(
                "This copy of the workshop was not cloned with git, so it does not know where newer versions are. Unpack a newer copy \
                 into another folder, then: cargo xtask update --from FOLDER"
            ),
        },
    };
    if plan.changes.is_empty() && plan.commits.is_none() {
        anstream::println!("This is the newest version already.");
        return Ok(());
    }
    plan.summary += &decided;
    if dry {
        anstream::print!(
            "{}\n\n{}",
            paint(BOLD, "What an update would do:"),
            plan.summary
        );
        let from = from.map_or(String::new(), |folder| {
            format!(" --from {}", folder.display())
        });
        let command = format!("cargo xtask update{from}");
        anstream::println!(
            "\nNothing has been changed. To do it: {}",
            paint(ACT, &command)
        );
        return Ok(());
    }
    // Under the names that the steps have now; the new version tells which of its steps these are.
    let mut progress = Progress::load_aloud(workspace);
    for lesson in workspace.lesson_folders().unwrap_or_default() {
        if let Ok(lesson) = Lesson::load(workspace, &lesson) {
            progress.adopt(&lesson);
        }
    }
    progress.save().context("Nothing has been changed.")?;
    journal::lay_down(workspace, plan)?;
    done(&journal::finish(workspace)?)
}

fn done(summary: &str) -> Result<()> {
    anstream::print!("{summary}");
    anstream::println!("\nGo on: {}", paint(ACT, "cargo xtask check"));
    Ok(())
}

fn from_git(
    workspace: &Workspace,
    repository: &Repository,
    dry: bool,
) -> Result<Option<(Plan, String)>> {
    let branch = repository.fetch()?;
    let Some(commits) = repository.commits(&branch)? else {
        let newest = repository.named(&repository.head()?);
        anstream::println!("This is the newest version already ({newest}).");
        return Ok(None);
    };
    let older = outlines(folder::Copy::manifests(&workspace.root));
    let newer = outlines(repository.manifests(&commits.theirs)?);
    let mut deltas = repository.deltas(&commits)?;
    for delta in &mut deltas {
        delta.step = outline::is_step(&older, &delta.path) || outline::is_step(&newer, &delta.path);
    }
    let deltas = join(deltas, &outline::moved(&older, &newer));
    let scratch = journal::scratch(workspace)?;
    let to = repository.joined(&commits, &deltas, &scratch.join("index"))?;
    let _ = fs::remove_dir_all(&scratch);
    let (mut plan, decided) = decided(workspace, deltas, &older, &newer, dry)?;
    plan.summary = format!(
        "From {} to {}{}.\n\n",
        repository.named(&commits.base),
        repository.named(&commits.theirs),
        if to == commits.theirs {
            ""
        } else {
            "; your own commits are kept, and joined with it in a new one"
        }
    );
    plan.commits = Some((commits.head, to));
    Ok(Some((plan, decided)))
}

fn from_folder(workspace: &Workspace, folder: &Path, dry: bool) -> Result<(Plan, String)> {
    let copy = folder::Copy::open(workspace, folder)?;
    let older = outlines(folder::Copy::manifests(&workspace.root));
    let newer = outlines(folder::Copy::manifests(&copy.root));
    let deltas = copy.deltas(workspace, &older, &newer)?;
    let deltas = join(deltas, &outline::moved(&older, &newer));
    decided(workspace, deltas, &older, &newer, dry)
}

fn outlines(manifests: Vec<(String, String)>) -> Vec<Outline> {
    let read = |(package, text): (String, String)| Outline::read(&package, &text);
    manifests.into_iter().filter_map(read).collect()
}

/// What becomes of each file, and that in words.
fn decided(
    workspace: &Workspace,
    deltas: Vec<Delta>,
    older: &[Outline],
    newer: &[Outline],
    dry: bool,
) -> Result<(Plan, String)> {
    let backups = format!(".workshop/backups/update-{}", backup::now());
    let mut changes = Vec::new();
    let mut fates = Vec::new();
    for delta in deltas {
        let path = workspace
            .root
            .join(delta.from.as_ref().unwrap_or(&delta.path));
        let before = match fs::read(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("{} cannot be read.", workspace.relative(&path)));
            }
        };
        let fate = decide(&delta, before.as_deref()).map(|(after, fate)| {
            changes.push(Change::new(&delta, before, after, &fate));
            fate
        });
        fates.push((delta, fate));
    }
    let summary = Summary {
        older,
        newer,
        decided: &fates,
        backups: &backups,
        dry,
    };
    let mut text = summary.text();
    if text.is_empty() {
        text = wrap("Nothing that you see has changed.", 0) + "\n";
    }
    let plan = Plan {
        backups,
        changes,
        ..Plan::default()
    };
    Ok((plan, text))
}
