//! `data list`: which data sets lessons can use, and where they are.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;

use crate::style::{ACT, BOLD, FAINT, GOOD, OPEN, paint, wrap};
use crate::workspace::Workspace;

/// A set that is made by the workshop's own code.
struct Embedded {
    name: &'static str,
    title: &'static str,
}

const EMBEDDED: [Embedded; 4] = [
    Embedded {
        name: "digits",
        title: "Digits, drawn by our own code: the embedded stand-in for MNIST. Always here.",
    },
    Embedded {
        name: "climate",
        title: "Climate, hourly weather made by our own code: the embedded stand-in for the record of Jena. Always here.",
    },
    Embedded {
        name: "dates",
        title: "Dates as people write them, made by our own code. Always here.",
    },
    Embedded {
        name: "names",
        title: "Names invented by our own code: the embedded stand-in for lists of real ones. Always here.",
    },
];

/// A set that is not embedded. Each file may also end in `.gz`.
struct Set {
    folder: &'static str,
    title: &'static str,
    /// All of these are needed; of those between bars, one.
    files: &'static [&'static str],
}

const IDX: &[&str] = &[
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

const SETS: [Set; 4] = [
    Set {
        folder: "mnist",
        title: "MNIST: 70,000 handwritten digits, 28×28",
        files: IDX,
    },
    Set {
        folder: "fashion-mnist",
        title: "Fashion-MNIST: 70,000 pieces of clothing, 28×28",
        files: IDX,
    },
    Set {
        folder: "jena",
        title: "The weather in Jena, 2009 to 2016, by the hour (6 variables) or every ten minutes (14)",
        files: &["jena_climate_2009_2016_hourly.csv|jena_climate_2009_2016.csv"],
    },
    Set {
        folder: "text",
        title: "32,033 first names, and a million characters of Shakespeare",
        files: &["names.txt", "tinyshakespeare.txt"],
    },
];

/// A place where sets are looked for.
struct Place {
    /// The folder that holds a folder for each set.
    folder: PathBuf,
    /// How the place is called.
    name: &'static str,
}

/// The places, in the order in which lessons look.
fn places(workspace: &Workspace) -> Vec<Place> {
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
    for set in &EMBEDDED {
        anstream::println!("{} {}", paint(GOOD, "✓"), paint(BOLD, set.name));
        anstream::println!("{}\n", wrap(set.title, 4));
    }
    let mut missing = Vec::new();
    for set in &SETS {
        let found = found(workspace, set);
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
                    either(&files)
                );
                anstream::println!("{}\n", wrap(&text, 4));
                missing.push(set);
            }
            None => {
                anstream::println!("{}\n", paint(FAINT, "    not here"));
                missing.push(set);
            }
        }
    }
    if missing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    anstream::println!(
        "{}",
        wrap(
            "Lessons work without these: they train on the embedded sets then, and say so. To use the real ones, put their files, \
             plain or as .gz, into one of these folders:",
            0
        )
    );
    for set in missing {
        for place in places(workspace) {
            let folder = place.folder.join(set.folder);
            anstream::println!("  {}", paint(ACT, &folder.display().to_string()));
        }
        anstream::println!("{}", wrap(&either(set.files), 6));
    }
    if std::env::var_os("DLKIT_DATA").is_none() {
        anstream::println!(
            "or name the folder around them with {}.",
            paint(ACT, "DLKIT_DATA=FOLDER")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What of a set is here, and where: the first place that has a folder for it.
fn found(workspace: &Workspace, set: &Set) -> Option<(State, Place)> {
    places(workspace)
        .into_iter()
        .find_map(|place| Some((state(&place.folder.join(set.folder), set.files)?, place)))
}

/// The names of the sets that are here with all their files, and the folders of those that are not whole, with the files that they lack.
pub(crate) fn here(workspace: &Workspace) -> (Vec<&'static str>, Vec<(PathBuf, String)>) {
    let mut whole = Vec::new();
    let mut incomplete = Vec::new();
    for set in &SETS {
        match found(workspace, set) {
            Some((State::Whole(_), _)) => whole.push(set.folder),
            Some((State::Lacks(files), place)) => {
                incomplete.push((place.folder.join(set.folder), either(&files)));
            }
            None => {}
        }
    }
    (whole, incomplete)
}

/// The names of files, with "or" between those of which one will do.
fn either(files: &[&str]) -> String {
    files.join(", ").replace('|', " or ")
}

enum State {
    /// All files, and their bytes together.
    Whole(u64),
    /// Some files; these are not here.
    Lacks(Vec<&'static str>),
}

/// What of a set lies in a folder; nothing when there is no such folder.
fn state(folder: &Path, files: &[&'static str]) -> Option<State> {
    if !folder.is_dir() {
        return None;
    }
    let size = |files: &str| {
        files
            .split('|')
            .flat_map(|file| [file.to_owned(), format!("{file}.gz")])
            .filter_map(|name| std::fs::metadata(folder.join(name)).ok())
            .find(std::fs::Metadata::is_file)
            .map(|found| found.len())
    };
    let lacking: Vec<&str> = files
        .iter()
        .copied()
        .filter(|file| size(file).is_none())
        .collect();
    if lacking.is_empty() {
        Some(State::Whole(files.iter().copied().filter_map(size).sum()))
    } else {
        Some(State::Lacks(lacking))
    }
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
