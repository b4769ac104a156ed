//! What a figure is worth nothing without: when, on what, and which versions.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use super::figures::Figure;
use super::{Options, Simd};

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
            date(today()),
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

/// Days since 1970-01-01, in UTC.
fn today() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs() / 86_400)
}

/// A day as year-month-day.
fn date(mut days: u64) -> String {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_become_dates() {
        for (days, wanted) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (364, "1970-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (19_782, "2024-02-29"),
            (20_778, "2026-11-21"),
        ] {
            assert_eq!(date(days), wanted);
        }
    }
}
