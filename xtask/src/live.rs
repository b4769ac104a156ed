//! A training curve while the check runs: the check appends its losses to a file that the runner made, and the runner reads along.
//!
//! It is no verdict, and anybody may have written into it: what is no number is passed over, and there is an end to how much is read. An empty line is where another training begins.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::events::Event;

/// How often to look.
const EVERY: Duration = Duration::from_millis(50);
/// More bytes than any curve has.
const MOST: u64 = 256 * 1024;

/// A file of losses, read while it grows. Dropped, it is gone.
pub(crate) struct Live<'a> {
    path: PathBuf,
    reader: RefCell<Reader>,
    tell: &'a dyn Fn(Event),
}

struct Reader {
    file: std::io::Take<File>,
    /// A line that has not come to its end.
    rest: Vec<u8>,
    looked: Instant,
}

impl<'a> Live<'a> {
    /// A new file in this folder. Each look hands what is new to `tell`.
    pub(crate) fn new(folder: &Path, tell: &'a dyn Fn(Event)) -> Result<Self> {
        let path = folder.join(format!(".live-{}", std::process::id()));
        let shown = || format!("{} cannot be written.", path.display());
        fs::create_dir_all(folder).with_context(shown)?;
        // What is read is this file, whatever lies in its place later.
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .with_context(shown)?;
        let reader = RefCell::new(Reader {
            file: file.take(MOST),
            rest: Vec::new(),
            looked: Instant::now(),
        });
        Ok(Self { path, reader, tell })
    }

    /// The file, for the check.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Tells what is new, when it is time to look.
    pub(crate) fn look(&self) {
        if self.reader.borrow().looked.elapsed() >= EVERY {
            self.read();
        }
    }

    /// Tells what is new.
    pub(crate) fn read(&self) {
        let reader = &mut *self.reader.borrow_mut();
        reader.looked = Instant::now();
        for (index, values) in reader.curves().into_iter().enumerate() {
            if index > 0 {
                (self.tell)(Event::Training);
            }
            if !values.is_empty() {
                (self.tell)(Event::Curve { values });
            }
        }
    }
}

impl Reader {
    /// What is new of the curve that was read last, and of those after it.
    fn curves(&mut self) -> Vec<Vec<f64>> {
        let mut curves = vec![Vec::new()];
        let _ = self.file.read_to_end(&mut self.rest);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return curves;
        };
        let lines: Vec<u8> = self.rest.drain(..=end).collect();
        for line in lines[..end].split(|byte| *byte == b'\n') {
            let number = str::from_utf8(line)
                .ok()
                .and_then(|line| line.trim().parse().ok());
            match (number, curves.last_mut()) {
                (Some(value), Some(curve)) if f64::is_finite(value) => curve.push(value),
                _ if line.is_empty() => curves.push(Vec::new()),
                _ => {}
            }
        }
        curves
    }
}

impl Drop for Live<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::thread::sleep;

    #[test]
    fn reads_along_and_passes_over_what_is_no_number() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let told = RefCell::new(Vec::new());
        let tell = |event| told.borrow_mut().push(event);
        let live = Live::new(folder.path(), &tell)?;
        let mut file = File::options().append(true).open(live.path())?;
        let mut write = |text: &[u8]| {
            file.write_all(text)?;
            sleep(2 * EVERY);
            live.look();
            std::io::Result::Ok(())
        };
        write(b"2.5\nnonsense\n\xff\xfe\nNaN\ninf\n1.")?;
        write(b"5\n\n")?;
        write(b"7\n")?;
        write(&b"1\n".repeat(MOST as usize))?;
        write(b"3\n")?;
        let path = live.path().to_path_buf();
        drop(live);
        assert!(!path.exists());
        let told: Vec<Option<Vec<f64>>> = told
            .into_inner()
            .into_iter()
            .map(|event| match event {
                Event::Curve { values } => Some(values),
                Event::Training => None,
                other => panic!("{other:?}"),
            })
            .collect();
        let begins = [Some(vec![2.5]), Some(vec![1.5]), None, Some(vec![7.])];
        assert_eq!(told[..4], begins);
        let much = told[4]
            .as_ref()
            .is_some_and(|much| much.len() < MOST as usize);
        assert!(told.len() == 5 && much, "an end to it");
        Ok(())
    }
}
