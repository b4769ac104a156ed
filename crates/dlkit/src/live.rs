//! The loss of a training that runs, told to whoever watches: `cargo xtask watch` draws it.
//!
//! [`fit`](crate::model::Model::fit) tells its own. A loop of another kind tells that it begins with [`begin`], and each step's
//! with [`loss`]:
//!
//! ```
//! # let train_one_batch = || 0.5;
//! dlkit::live::begin();
//! for _ in 0..10 {
//!     let loss = train_one_batch();
//!     dlkit::live::loss(loss);
//! }
//! ```
//!
//! Unless `DLKIT_LIVE` names a file that exists, nobody watches, and nothing is done. With one, a line is written at most fifty
//! times a second, the mean of the steps since the last, and an empty one between two trainings. An error of the file is not
//! told: no training shall end because of a curve.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// From one line to the next.
const EVERY: Duration = Duration::from_millis(20);
/// Whoever watches sees no more than this.
const MOST_LINES: usize = 10_000;

/// Tells that a training begins: what comes now is another curve.
pub fn begin() {
    with(Curve::begin);
}

/// Tells the loss of a step.
pub fn loss(value: f64) {
    with(|curve| curve.add(value, Instant::now()));
}

fn with(act: impl FnOnce(&mut Curve)) {
    static CURVE: OnceLock<Option<Mutex<Curve>>> = OnceLock::new();
    let curve = CURVE.get_or_init(|| {
        let path = std::env::var_os("DLKIT_LIVE").filter(|path| !path.is_empty())?;
        Curve::open(Path::new(&path)).map(Mutex::new)
    });
    if let Some(curve) = curve {
        act(&mut curve.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

struct Curve {
    file: File,
    sum: f64,
    count: u32,
    written: Option<Instant>,
    lines: usize,
    /// Whether another training has begun since the last line.
    another: bool,
}

impl Curve {
    /// The file is not made here: who watches has made it.
    fn open(path: &Path) -> Option<Self> {
        let file = File::options().append(true).open(path).ok()?;
        Some(Self {
            file,
            sum: 0.,
            count: 0,
            written: None,
            lines: 0,
            another: false,
        })
    }

    fn begin(&mut self) {
        (self.sum, self.count) = (0., 0);
        self.another = self.lines > 0;
    }

    fn add(&mut self, value: f64, now: Instant) {
        self.sum += value;
        self.count += 1;
        let soon = self.written.is_some_and(|written| now < written + EVERY);
        if soon || self.lines == MOST_LINES {
            return;
        }
        let gap = if std::mem::take(&mut self.another) {
            "\n"
        } else {
            ""
        };
        let _ = writeln!(self.file, "{gap}{}", self.sum / f64::from(self.count));
        (self.sum, self.count) = (0., 0);
        self.written = Some(now);
        self.lines += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_mean_of_the_steps_now_and_then_and_comes_to_an_end() {
        let folder = std::env::temp_dir().join(format!("dlkit-live-{}", std::process::id()));
        assert!(Curve::open(&folder).is_none(), "nobody watches");
        std::fs::write(&folder, "").unwrap();
        let mut curve = Curve::open(&folder).unwrap();
        let start = Instant::now();
        curve.begin();
        for (value, milliseconds) in [(4., 0), (3., 5), (1., 10), (2., 25), (9., 30)] {
            curve.add(value, start + Duration::from_millis(milliseconds));
        }
        assert_eq!(std::fs::read_to_string(&folder).unwrap(), "4\n2\n");
        curve.begin();
        curve.add(7., start + Duration::from_millis(500));
        assert_eq!(
            std::fs::read_to_string(&folder).unwrap(),
            "4\n2\n\n7\n",
            "apart, and without the step that was not written"
        );
        for second in 1..2 * MOST_LINES as u64 {
            curve.add(1., start + Duration::from_secs(second));
        }
        let written = std::fs::read_to_string(&folder).unwrap();
        std::fs::remove_file(&folder).unwrap();
        assert_eq!(
            written.lines().filter(|line| !line.is_empty()).count(),
            MOST_LINES
        );
    }
}
