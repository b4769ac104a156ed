//! What a person sees while a model trains: a bar on a terminal, one line per epoch elsewhere. All on standard error, because
//! progress is not a program's result.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// What [`fit`](super::Model::fit) shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// A bar with loss, metrics and time left.
    Bar,
    /// A line after each epoch; with more than 20 epochs, after each twentieth part.
    Lines,
    /// Nothing.
    Silent,
}

/// The display of one run.
pub(super) struct Display {
    kind: Progress,
    epochs: usize,
    steps: usize,
    bar: ProgressBar,
    said: Instant,
    drawn: Instant,
}

impl Display {
    pub(super) fn new(kind: Progress, epochs: usize, steps: usize) -> Self {
        let kind = match kind {
            Progress::Auto if std::io::stderr().is_terminal() => Progress::Bar,
            Progress::Auto => Progress::Lines,
            chosen => chosen,
        };
        let bar = if kind == Progress::Bar {
            let style =
                ProgressStyle::with_template("{prefix} {bar:24.cyan/dim} {msg}, {eta} left");
            ProgressBar::new((epochs * steps) as u64).with_style(
                style
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("━━─"),
            )
        } else {
            ProgressBar::hidden()
        };
        let now = Instant::now();
        Self {
            kind,
            epochs,
            steps,
            bar,
            said: now,
            drawn: now,
        }
    }

    /// After a step. The figures are asked for only when there is something to draw.
    pub(super) fn step(
        &mut self,
        epoch: usize,
        step: usize,
        figures: impl FnOnce() -> Vec<(String, f64)>,
    ) {
        let is_first = epoch == 0 && step == 0;
        if self.kind != Progress::Bar
            || (!is_first && self.drawn.elapsed() < Duration::from_millis(50))
        {
            return;
        }
        self.drawn = Instant::now();
        self.bar
            .set_prefix(format!("epoch {}/{}", epoch + 1, self.epochs));
        self.bar.set_message(text(&figures()));
        self.bar
            .set_position((epoch * self.steps + step + 1) as u64);
    }

    pub(super) fn end_epoch(&mut self, epoch: usize, figures: &[(String, f64)]) {
        let every = self.epochs.div_ceil(20);
        if (epoch + 1).is_multiple_of(every) || epoch + 1 == self.epochs {
            let seconds = self.said.elapsed().as_secs_f64();
            self.said = Instant::now();
            let (epoch, epochs) = (epoch + 1, self.epochs);
            self.say(&format!(
                "epoch {epoch}/{epochs}  {seconds:.1} s  {}",
                text(figures)
            ));
        }
        if self.kind == Progress::Bar && epoch + 1 == self.epochs {
            self.bar.finish_and_clear();
        }
    }

    /// A line for the person: above the bar, or by itself.
    pub(super) fn say(&self, line: &str) {
        match self.kind {
            Progress::Bar => self.bar.println(line),
            Progress::Lines => eprintln!("{line}"),
            Progress::Auto | Progress::Silent => {}
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn text(figures: &[(String, f64)]) -> String {
    figures
        .iter()
        .map(|(name, value)| format!("{name} {value:.4}"))
        .collect::<Vec<_>>()
        .join("  ")
}
