//! How much slower than usual this machine is: `--slow 3` or `XTASK_SLOW=3` gives each check three times its time.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use clap::Args;

/// The environment variable.
pub(crate) const VARIABLE: &str = "XTASK_SLOW";
/// More than this is no slow machine.
const MOST: f64 = 100.0;

/// The factor's bits.
static FACTOR: AtomicU64 = AtomicU64::new(1.0_f64.to_bits());

/// The option of every command that checks.
#[derive(Args)]
pub(crate) struct Slow {
    /// Give each check this many times its time, on a slow machine
    #[arg(long, value_name = "N", value_parser = parse)]
    slow: Option<f64>,
}

impl Slow {
    /// From now on, where it is given; it counts more than the environment.
    pub(crate) fn take_effect(&self) {
        if let Some(factor) = self.slow {
            set(factor);
        }
    }
}

/// What the time limits are multiplied with.
pub(crate) fn factor() -> f64 {
    f64::from_bits(FACTOR.load(Ordering::Relaxed))
}

fn set(factor: f64) {
    FACTOR.store(factor.to_bits(), Ordering::Relaxed);
}

/// Takes it from the environment, where it is given.
pub(crate) fn take_from_environment() -> Result<()> {
    if let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        let text = text.to_string_lossy();
        set(parse(&text).map_err(|wrong| anyhow!("{VARIABLE} is `{text}`: {wrong}."))?);
    }
    Ok(())
}

/// A number above 0, up to 100.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|factor| *factor > 0.0 && *factor <= MOST)
        .ok_or_else(|| {
            format!("it must be a number above 0 and up to {MOST}, such as 3 for a machine that is three times slower")
        })
}

/// What to write after `--slow` when the time was too short; nothing when it can hardly be that.
pub(crate) fn more() -> Option<f64> {
    (factor() < MOST).then(|| (3.0 * factor()).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_numbers_and_nothing_else_is() {
        assert_eq!(parse("0.5"), Ok(0.5));
        assert_eq!(parse(" 100 "), Ok(100.0));
        for wrong in ["0", "-1", "101", "inf", "nan", "three", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
