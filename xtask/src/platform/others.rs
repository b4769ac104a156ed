//! macOS and other Unixes than Linux: processes that left their group are not found again.

use crate::platform::Usage;

/// Strays cannot be adopted on this system.
pub(crate) fn adopt_strays(_adopt: bool) {}

/// The runner's children; only strays would be of interest, and there are none.
pub(crate) fn children() -> Vec<u32> {
    Vec::new()
}

/// What the groups that these processes lead use.
#[cfg(target_os = "macos")]
pub(crate) fn usage(roots: &[u32], _limit: Usage) -> Usage {
    let mut usage = Usage::default();
    for root in roots {
        let mut members = [0_i32; 1000];
        let Ok(size) = i32::try_from(size_of_val(&members)) else {
            continue;
        };
        // SAFETY: the call writes at most `size` bytes into the array and gives how many numbers it wrote.
        let count = unsafe {
            libc::proc_listpgrppids(root.cast_signed(), members.as_mut_ptr().cast(), size)
        };
        let count = usize::try_from(count).unwrap_or(0).min(members.len());
        let ids = members[..count].iter().filter(|id| **id > 0);
        for id in ids {
            usage.processes += 1;
            usage.bytes += resident_bytes(id.cast_unsigned()).unwrap_or(0);
        }
    }
    usage
}

/// The memory that one process has in use now.
#[cfg(target_os = "macos")]
pub(crate) fn resident_bytes(id: u32) -> Option<u64> {
    let size = i32::try_from(size_of::<libc::proc_taskinfo>()).ok()?;
    // SAFETY: all zeroes is a valid `proc_taskinfo`, and the call writes at most `size` bytes into it.
    unsafe {
        let mut info: libc::proc_taskinfo = std::mem::zeroed();
        let id = id.cast_signed();
        let written =
            libc::proc_pidinfo(id, libc::PROC_PIDTASKINFO, 0, (&raw mut info).cast(), size);
        (written == size).then_some(info.pti_resident_size)
    }
}

/// What a check uses: not known on this system; the limit on addresses holds alone.
#[cfg(not(target_os = "macos"))]
pub(crate) fn usage(_roots: &[u32], _limit: Usage) -> Usage {
    Usage::default()
}

/// The memory that one process has in use now: not known on this system.
#[cfg(not(target_os = "macos"))]
pub(crate) fn resident_bytes(_id: u32) -> Option<u64> {
    None
}

/// How many processes and threads there are on the machine: not known.
pub(crate) fn everything_that_runs() -> Option<u64> {
    None
}
