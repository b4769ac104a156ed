//! One at a time: two runs at once in one workspace would write over each other's pictures and take the cores from each other,
//! so that checks of sound code run out of time. The second waits, and says for whom.
//!
//! The lock belongs to an open file, so it goes with the process that holds it, however that ends. Who holds it stands in a
//! file of its own, because on Windows nobody else can read a file that is locked.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::style;
use crate::workspace::Workspace;

/// Nobody is told of a wait that is shorter.
const PATIENCE: Duration = Duration::from_millis(400);
/// How often to try.
const AGAIN: Duration = Duration::from_millis(20);

/// The turn of this process, until it is dropped.
pub(crate) struct Turn {
    /// The locked file and who holds it; nothing where files cannot be locked or written.
    held: Option<(File, PathBuf)>,
}

/// Waits until no other process of this workspace does the same. Where files cannot be locked (some network folders) or
/// written, it goes without.
pub(crate) fn take(workspace: &Workspace, what: &str) -> Turn {
    let folder = workspace.state();
    let holder = folder.join(format!("{what}.holder"));
    let opened = fs::create_dir_all(&folder).and_then(|()| {
        File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(format!("{what}.lock")))
    });
    let Ok(file) = opened else {
        return Turn { held: None };
    };
    let start = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if told || start.elapsed() < PATIENCE => {
                thread::sleep(AGAIN);
            }
            Err(TryLockError::WouldBlock) => {
                told = true;
                style::note(&format!(
                    "Waiting for another run in this workspace{}.",
                    who(&holder).unwrap_or_default()
                ));
            }
            Err(TryLockError::Error(_)) => return Turn { held: None },
        }
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let me = format!("{}\ncargo xtask {}\n", std::process::id(), words.join(" "));
    let _ = fs::write(&holder, me);
    Turn {
        held: Some((file, holder)),
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some((file, holder)) = self.held.take() {
            // In this order: once it is unlocked the file is somebody else's.
            let _ = fs::remove_file(holder);
            let _ = file.unlock();
        }
    }
}

/// `: cargo xtask check lesson3 (process 4321, for 12 s)`
fn who(holder: &Path) -> Option<String> {
    let text = fs::read_to_string(holder).ok()?;
    let (id, command) = text.trim_end().split_once('\n')?;
    let since = fs::metadata(holder).ok()?.modified().ok()?.elapsed().ok()?;
    Some(format!(
        ": {command} (process {id}, for {} s)",
        since.as_secs()
    ))
}
