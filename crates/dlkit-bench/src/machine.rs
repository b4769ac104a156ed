//! How and on what it was measured: threads, instructions, memory.

use serde_json::{Value, json};

/// The threads in use, the instructions that the kernels run with, and the largest amount of memory so far.
pub(crate) fn facts() -> Value {
    json!({
        "threads": threads(),
        "kernels": dlkit::instructions(),
        "peak_mib": peak_mebibytes(),
    })
}

/// As many as `cargo xtask bench` asked for; without it, what Candle would take.
fn threads() -> usize {
    std::env::var("RAYON_NUM_THREADS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The largest amount of memory that this process has had in use; not known outside of Linux.
fn peak_mebibytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kibibytes / 102.4).round() / 10.0)
}
