//! `data list`: which data sets lessons can use, and where they are.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::style::{ACT, BOLD, FAINT, GOOD, OPEN, paint, wrap};
use crate::workspace::Workspace;

/// The four files of MNIST and of the sets made in its image. Each may also end in `.gz`.
const IDX: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

/// A set that is not embedded.
struct Set {
    folder: &'static str,
    title: &'static str,
}

const SETS: [Set; 2] = [
    Set {
        folder: "mnist",
        title: "MNIST: 70,000 handwritten digits, 28×28",
    },
    Set {
        folder: "fashion-mnist",
        title: "Fashion-MNIST: 70,000 pieces of clothing, 28×28",
    },
];

/// A place where sets are looked for.
pub(crate) struct Place {
    /// The folder that holds a folder for each set.
    pub(crate) folder: PathBuf,
    /// How the place is called.
    pub(crate) name: &'static str,
}

/// The places, in the order in which lessons look.
pub(crate) fn places(workspace: &Workspace) -> Vec<Place> {
    let own = std::env::var_os("DLKIT_DATA").filter(|value| !value.is_empty());
    let own = own.map(|folder| Place {
        folder: folder.into(),
        name: "DLKIT_DATA",
    });
    let cache = Place {
        folder: workspace.state().join("data"),
        name: "the workshop's cache",
    };
    own.into_iter().chain([cache]).collect()
}

pub(crate) fn list(workspace: &Workspace) -> Result<ExitCode> {
    anstream::println!("{} {}", paint(GOOD, "✓"), paint(BOLD, "digits"));
    anstream::println!(
        "{}\n",
        wrap(
            "Digits, drawn by our own code: the embedded stand-in for MNIST. Always here.",
            4
        )
    );
    let mut missing = false;
    for set in &SETS {
        let found = places(workspace)
            .into_iter()
            .find_map(|place| Some((state(&place.folder.join(set.folder))?, place)));
        let sign = match &found {
            Some((State::Whole(_), _)) => paint(GOOD, "✓"),
            _ => paint(OPEN, "○"),
        };
        anstream::println!("{sign} {}", paint(BOLD, set.folder));
        anstream::println!("{}", wrap(set.title, 4));
        match found {
            Some((State::Whole(bytes), place)) => {
                let place_text = format!(
                    "in {} ({}), {:.1} MB",
                    place.folder.join(set.folder).display(),
                    place.name,
                    megabytes(bytes)
                );
                anstream::println!("{}\n", paint(FAINT, &wrap(&place_text, 4)));
            }
            Some((State::Lacks(files), place)) => {
                let folder = place.folder.join(set.folder);
                let text = format!(
                    "incomplete in {}: {} missing, plain or as .gz.",
                    folder.display(),
                    files.join(", ")
                );
                anstream::println!("{}\n", wrap(&text, 4));
                missing = true;
            }
            None => {
                anstream::println!("{}\n", paint(FAINT, "    not here"));
                missing = true;
            }
        }
    }
    if missing {
        let text = format!(
            "Lessons work without these: they train on the embedded digits then, and say so. To use the real ones, put the four \
             files {} (plain or .gz) into one of these folders:",
            IDX.join(", ")
        );
        anstream::println!("{}", wrap(&text, 0));
        for place in places(workspace) {
            for set in &SETS {
                anstream::println!(
                    "  {}",
                    paint(ACT, &place.folder.join(set.folder).display().to_string())
                );
            }
        }
        if std::env::var_os("DLKIT_DATA").is_none() {
            anstream::println!(
                "or name a folder that holds them with {}.",
                paint(ACT, "DLKIT_DATA=FOLDER")
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

enum State {
    /// All files, and their bytes together.
    Whole(u64),
    /// Some files; these are not here.
    Lacks(Vec<&'static str>),
}

/// What of a set lies in a folder; nothing when there is no such folder.
fn state(folder: &Path) -> Option<State> {
    if !folder.is_dir() {
        return None;
    }
    let size = |file: &str| {
        [file.to_owned(), format!("{file}.gz")]
            .iter()
            .filter_map(|name| std::fs::metadata(folder.join(name)).ok())
            .find(std::fs::Metadata::is_file)
            .map(|found| found.len())
    };
    let lacking: Vec<&str> = IDX
        .into_iter()
        .filter(|file| size(file).is_none())
        .collect();
    if lacking.is_empty() {
        Some(State::Whole(IDX.into_iter().filter_map(size).sum()))
    } else {
        Some(State::Lacks(lacking))
    }
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
