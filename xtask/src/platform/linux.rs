//! Linux: what `/proc` tells, and strays that the runner adopts.
//!
//! A control group would hold a check's memory to the byte, but a process that joins one waits for all cores to take notice:
//! 6 to 18 ms were measured, more than all else that the runner does for a check. And few users may make one. A look at
//! `/proc` costs a fraction of a millisecond.

use std::fmt::Display;
use std::fs;

use crate::platform::Usage;

/// Makes processes whose parent has ended children of the runner, so that it finds those that left their group; or no longer.
pub(crate) fn adopt_strays(adopt: bool) {
    // SAFETY: `prctl` with this option takes a number and touches no memory of ours.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, libc::c_ulong::from(adopt)) };
}

/// The runner's children now.
pub(crate) fn children() -> Vec<u32> {
    children_of("self")
}

fn children_of(process: impl Display) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for thread in threads.flatten() {
        if let Ok(list) = fs::read_to_string(thread.path().join("children")) {
            found.extend(
                list.split_whitespace()
                    .filter_map(|id| id.parse::<u32>().ok()),
            );
        }
    }
    found
}

/// What these processes and all below them use; no more of them are looked for than the `limit` allows. The memory is counted
/// page by page when it is over the limit, because pages that processes share were counted several times.
pub(crate) fn usage(roots: &[u32], limit: Usage) -> Usage {
    let mut all = roots.to_vec();
    let mut next = 0;
    while next < all.len() && all.len() <= limit.processes {
        all.extend(children_of(all[next]));
        next += 1;
    }
    if all.len() > limit.processes {
        return Usage {
            bytes: 0,
            processes: all.len(),
        };
    }
    let mut bytes = all.iter().filter_map(|id| resident_bytes(*id)).sum();
    if all.len() > 1 && bytes > limit.bytes {
        let shared_once = |id: &u32| shared_once(*id).or_else(|| resident_bytes(*id));
        bytes = all.iter().filter_map(shared_once).sum();
    }
    Usage {
        bytes,
        processes: all.len(),
    }
}

/// The memory that one process has in use now.
pub(crate) fn resident_bytes(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/statm")).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: `sysconf` takes a number and touches no memory of ours.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page).ok()?)
}

/// The same, with a shared page divided among those who share it.
fn shared_once(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// How many processes and threads there are on the machine.
pub(crate) fn everything_that_runs() -> Option<u64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').nth(3)?.split('/').nth(1)?.parse().ok()
}
