//! The new version from the repository that the workshop was cloned from.
//!
//! Only git's plumbing, and nothing that touches the student's files: what becomes of these is decided and written by the update itself.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::plan::{Delta, decide};
use crate::workspace::Workspace;

/// A clone of the workshop.
pub(crate) struct Repository {
    root: PathBuf,
}

/// The commits that an update is about.
pub(super) struct Commits {
    /// The last that the student got.
    pub(super) base: String,
    /// Where the student is: the same, or commits of their own.
    pub(super) head: String,
    /// The new version.
    pub(super) theirs: String,
}

impl Repository {
    /// The workspace's repository; `None` when it is none of its own, or there is no git.
    pub(crate) fn find(workspace: &Workspace) -> Option<Self> {
        let repository = Self {
            root: workspace.root.clone(),
        };
        let top = repository.says(&["rev-parse", "--show-toplevel"]).ok()?;
        let same = |path: &Path| path.canonicalize().ok();
        (same(Path::new(&top)) == same(&repository.root)).then_some(repository)
    }

    /// Fetches the newest version, and gives its branch's name.
    pub(super) fn fetch(&self) -> Result<String> {
        let git = |name: &str| {
            self.says(&["rev-parse", "--git-path", name])
                .is_ok_and(|path| self.root.join(path).exists())
        };
        for (file, what) in [
            ("MERGE_HEAD", "merge"),
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
        ] {
            ensure!(
                !git(file),
                "A git {what} is under way here. Finish it, or give it up with `git {what} --abort`; then update."
            );
        }
        let remotes = self.says(&["remote"])?;
        let remotes: Vec<&str> = remotes.lines().collect();
        let branch = self
            .says(&["symbolic-ref", "--quiet", "--short", "HEAD"])
            .ok();
        let followed = branch.as_deref().and_then(|branch| {
            let setting = format!("branch.{branch}.remote");
            self.says(&["config", &setting]).ok()
        });
        // In a fork, `upstream` is by custom where new versions come from.
        let wished = [Some("upstream"), followed.as_deref(), Some("origin")];
        let remote = wished
            .into_iter()
            .flatten()
            .find(|name| remotes.contains(name))
            .or_else(|| remotes.first().copied());
        let Some(remote) = remote else {
            bail!(
                "This repository has no remote to get a newer version from. With a newer copy in a folder: \
                 cargo xtask update --from FOLDER"
            );
        };
        let address = self
            .says(&["remote", "get-url", remote])
            .unwrap_or_default();
        anstream::println!("Looking for a newer version at {address} …");
        // A network that answers nothing shall not be waited for without end.
        let patience = ["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=30"];
        let mut tries = 0;
        loop {
            let fetched = self.says(&[&patience[..], &["fetch", "--quiet", remote]].concat());
            let Err(error) = fetched else { break };
            // An update that was killed may have left a git behind that is still fetching.
            let busy = error.to_string().contains("lock");
            ensure!(
                !busy || tries < 10,
                "Another git is at work in this folder, so nothing has changed. Try again when it has ended.\n{error}"
            );
            if !busy {
                return Err(error).with_context(|| {
                    format!(
                        "{address} cannot be reached, so nothing has changed. Try again with a network, or with a newer copy in a \
                         folder: cargo xtask update --from FOLDER"
                    )
                });
            }
            tries += 1;
            thread::sleep(Duration::from_millis(300));
        }
        let tracked = followed
            .as_deref()
            .filter(|followed| *followed == remote)
            .and_then(|_| {
                let short = ["rev-parse", "--abbrev-ref", "@{upstream}"];
                self.says(&short).ok()
            });
        let usual = ["HEAD", "main", "master"].map(|name| format!("{remote}/{name}"));
        tracked
            .into_iter()
            .chain(usual)
            .find(|name| self.commit(name).is_ok())
            .with_context(|| format!("{address} has no branch that a newer version could be on."))
    }

    /// Where the student is and where the branch is; `None` when it has nothing new.
    pub(super) fn commits(&self, branch: &str) -> Result<Option<Commits>> {
        let head = self
            .commit("HEAD")
            .context("This repository has no commit yet.")?;
        let theirs = self.commit(branch)?;
        if self
            .says(&["merge-base", "--is-ancestor", &theirs, &head])
            .is_ok()
        {
            return Ok(None);
        }
        // The fork point is right also where the branch was rewritten; git knows it only while it remembers the branch's past.
        let base = self
            .says(&["merge-base", "--fork-point", branch, &head])
            .or_else(|_| self.says(&["merge-base", branch, &head]))
            .with_context(|| {
                format!(
                    "{branch} has no commit in common with what you have. Clone the new version into another folder, then here: \
                     cargo xtask update --from FOLDER"
                )
            })?;
        Ok(Some(Commits { base, head, theirs }))
    }

    fn commit(&self, name: &str) -> Result<String> {
        let commit = format!("{name}^{{commit}}");
        self.says(&["rev-parse", "--quiet", "--verify", &commit])
    }

    /// A commit as people name it: `4eaa1c4 of 2026-11-21`.
    pub(super) fn named(&self, commit: &str) -> String {
        let format = "--format=%h of %cs";
        self.says(&["show", "--no-patch", format, commit])
            .unwrap_or_else(|_| commit.to_owned())
    }

    /// What the new version has changed since the one that the student got.
    pub(super) fn deltas(&self, commits: &Commits) -> Result<Vec<Delta>> {
        let raw = [
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-abbrev",
        ];
        let output = self.says(&[&raw[..], &[&commits.base, &commits.theirs]].concat())?;
        let mut words = output.split('\0');
        let mut changes = Vec::new();
        // `:100644 100755 <before> <after> M`, then the path.
        while let (Some(facts), Some(path)) = (words.next(), words.next()) {
            let facts: Vec<&str> = facts.split(' ').collect();
            ensure!(facts.len() == 5, "git tells its changes in an unknown way.");
            changes.push((path.to_owned(), facts[1] == "100755"));
        }
        let both = |path: &String| {
            [&commits.base, &commits.theirs].map(|commit| format!("{commit}:{path}"))
        };
        let names = changes.iter().flat_map(|(path, _)| both(path)).collect();
        let mut texts = self.read(names)?.into_iter();
        let mut next = || texts.next().flatten();
        let deltas = changes.into_iter().map(|(path, executable)| Delta {
            path,
            base: next(),
            theirs: next(),
            executable,
            ..Delta::default()
        });
        Ok(deltas.collect())
    }

    /// The `lesson.toml` of every lesson in a commit, with its folder's name.
    pub(super) fn manifests(&self, commit: &str) -> Result<Vec<(String, String)>> {
        let list = self.says(&["ls-tree", "-r", "-z", "--name-only", commit, "exercises/"])?;
        let folders: Vec<&str> = list
            .split('\0')
            .filter_map(|path| {
                let (folder, file) = path.strip_prefix("exercises/")?.split_once('/')?;
                (file == "lesson.toml").then_some(folder)
            })
            .collect();
        let names = folders
            .iter()
            .map(|folder| format!("{commit}:exercises/{folder}/lesson.toml"))
            .collect();
        let texts = self.read(names)?.into_iter();
        let texts =
            texts.map(|text| String::from_utf8_lossy(&text.unwrap_or_default()).into_owned());
        Ok(folders.into_iter().map(str::to_owned).zip(texts).collect())
    }

    /// The commit that the student is to be at: the new version, or one that joins it with the student's own commits.
    pub(super) fn joined(
        &self,
        commits: &Commits,
        deltas: &[Delta],
        scratch: &Path,
    ) -> Result<String> {
        if commits.base == commits.head {
            return Ok(commits.theirs.clone());
        }
        let ours = |delta: &Delta| {
            format!(
                "{}:{}",
                commits.head,
                delta.from.as_ref().unwrap_or(&delta.path)
            )
        };
        let ours = self.read(deltas.iter().map(ours).collect())?;
        let mut entries = String::new();
        for (delta, ours) in deltas.iter().zip(ours) {
            let Some((after, _)) = decide(delta, ours.as_deref()) else {
                continue;
            };
            if let Some(from) = &delta.from {
                entries += &format!("0 {}\t{from}\n", "0".repeat(40));
            }
            entries += &match after {
                None => format!("0 {}\t{}\n", "0".repeat(40), delta.path),
                Some(text) => {
                    let blob = self.asked(&["hash-object", "-w", "--stdin"], &text, None)?;
                    let mode = if delta.executable { "100755" } else { "100644" };
                    format!("{mode} {blob}\t{}\n", delta.path)
                }
            };
        }
        // An index of its own: the student's is left alone until all is done.
        let index = Some(scratch);
        self.asked(&["read-tree", &commits.head], b"", index)?;
        self.asked(&["update-index", "--index-info"], entries.as_bytes(), index)?;
        let tree = self.asked(&["write-tree"], b"", index)?;
        let commit = [
            "commit-tree",
            &tree,
            "-p",
            &commits.head,
            "-p",
            &commits.theirs,
            "-m",
            "A newer version of the workshop",
        ];
        self.asked(&commit, b"", None)
    }

    /// Where the student is now.
    pub(super) fn head(&self) -> Result<String> {
        self.commit("HEAD")
    }

    /// Moves the branch (or a detached HEAD) to a commit. No file changes: what differs from the commit is the student's work.
    pub(super) fn move_to(&self, commit: &str) -> Result<()> {
        self.says(&["reset", "--mixed", "--quiet", commit])
            .map(drop)
            .context(
                "The files are up to date, but git cannot be told. Run `cargo xtask update` again.",
            )
    }

    /// Tracked files that are not as in the last commit, below a folder.
    pub(crate) fn edited(&self, below: &str) -> Vec<String> {
        let list = self.says(&["diff", "--name-only", "-z", "HEAD", "--", below]);
        let list = list.unwrap_or_default();
        list.split('\0')
            .filter(|path| !path.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The contents of `commit:path`s; `None` where there is no such file.
    fn read(&self, names: Vec<String>) -> Result<Vec<Option<Vec<u8>>>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut git = self.git(&["cat-file", "--batch"]);
        let mut git = git
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("git cannot be started.")?;
        let mut questions = git.stdin.take().context("a pipe")?;
        let mut answers = BufReader::new(git.stdout.take().context("a pipe")?);
        let count = names.len();
        // Beside the reading: git answers before it has read all.
        let asking = thread::spawn(move || {
            let all: String = names.iter().map(|name| format!("{name}\n")).collect();
            questions.write_all(all.as_bytes())
        });
        let mut texts = Vec::new();
        for _ in 0..count {
            let mut facts = String::new();
            answers.read_line(&mut facts)?;
            let size = match facts.trim_end().rsplit_once(' ') {
                Some((_, "missing")) => None,
                Some((_, size)) => Some(
                    size.parse::<usize>()
                        .context("git answers in an unknown way.")?,
                ),
                None => bail!("git answers in an unknown way."),
            };
            texts.push(match size {
                None => None,
                Some(size) => {
                    let mut text = vec![0; size + 1];
                    answers.read_exact(&mut text)?;
                    text.pop();
                    Some(text)
                }
            });
        }
        asking
            .join()
            .map_err(|_| anyhow::anyhow!("git cannot be asked."))??;
        git.wait()?;
        Ok(texts)
    }

    fn git(&self, arguments: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.current_dir(&self.root)
            .env("LC_ALL", "C")
            // Set inside hooks and aliases of git; they would mean another repository.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .args(arguments);
        git
    }

    fn says(&self, arguments: &[&str]) -> Result<String> {
        self.asked(arguments, b"", None)
    }

    fn asked(&self, arguments: &[&str], stdin: &[u8], index: Option<&Path>) -> Result<String> {
        let mut git = self.git(arguments);
        if let Some(index) = index {
            git.env("GIT_INDEX_FILE", index);
        }
        if arguments[0] == "commit-tree" && self.says(&["config", "user.email"]).is_err() {
            for who in ["AUTHOR", "COMMITTER"] {
                git.env(format!("GIT_{who}_NAME"), "cargo xtask update")
                    .env(format!("GIT_{who}_EMAIL"), "workshop@localhost");
            }
        }
        let mut git = git
            .stdin(if stdin.is_empty() {
                Stdio::null()
            } else {
                Stdio::piped()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("git cannot be started.")?;
        if let Some(mut pipe) = git.stdin.take() {
            pipe.write_all(stdin)?;
        }
        let output = git.wait_with_output()?;
        let words = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git: {}", words.trim());
        Ok(String::from_utf8_lossy(&output.stdout)
            .trim_end_matches('\n')
            .to_owned())
    }
}
