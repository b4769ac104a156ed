//! What a figure is worth nothing without: when, on what, and which versions.

use std::collections::BTreeMap;
use std::process::Command;

use super::figures::Figure;
use super::{Options, Simd};
use crate::calendar::Moment;

/// All of it in a few sentences.
pub(super) fn sentence(
    figures: &[Figure],
    threads: &str,
    rounds: u32,
    options: &Options,
) -> String {
    let mut versions: BTreeMap<&str, &str> = BTreeMap::new();
    let mut instructions = None;
    for figure in figures {
        for (name, version) in &figure.versions {
            if name == "instructions" {
                instructions = Some(version);
            } else {
                versions.insert(name, version);
            }
        }
    }
    let kernels = figures.iter().find_map(|figure| figure.kernels.as_deref());
    let mut parts = vec![
        format!(
            "{}, {threads} threads on {}.",
            Moment::now().date(),
            processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned())
        ),
        format!(
            "dlkit: release build by {}, kernels: {}.",
            output("rustc", &["--version"]).map_or_else(
                || "an unknown rustc".to_owned(),
                |words| words.split(" (").next().unwrap_or_default().to_owned()
            ),
            kernels.unwrap_or("unknown")
        ),
    ];
    if !versions.is_empty() {
        let versions: Vec<String> = versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let masked = if options.mask_peers && options.simd == Some(Simd::Avx2) {
            ", asked to use no AVX-512"
        } else {
            ""
        };
        let used = instructions.map_or_else(String::new, |used| format!(" (torch uses {used})"));
        parts.push(format!("Beside it: {}{used}{masked}.", versions.join(", ")));
    }
    if rounds > 1 {
        parts.push(format!("The median of {rounds} rounds in turn."));
    }
    parts.join(" ")
}

/// A warning where other programs have kept the processor busy over the last minute: threads that wait for each other then
/// wait many times as long.
pub(super) fn others_at_work() -> Option<String> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let load: f64 = text.split(' ').next()?.parse().ok()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let much = f64::from(u32::try_from(cores).ok()?) * 0.75;
    (load > much).then(|| {
        format!(
            "this machine has been busy (load {load:.1} on {cores} cores in the last minute, the build of this command \
             included). Where others go on working on it, the times say little; the fastest step says more."
        )
    })
}

/// The first line of what a program says.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The processor's own name.
fn processor() -> Option<String> {
    let named = |text: String| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(named)
        .or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
        .or_else(|| std::env::var("PROCESSOR_IDENTIFIER").ok())
}
