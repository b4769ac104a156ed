//! Unix: process groups, resource limits, a socket pair for the verdict.

// The standard library has no process groups to signal, no resource limits and no look at a child's memory.
#![allow(unsafe_code)]

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

/// The runner's end of the connection over which a verdict comes.
pub(crate) struct Channel(UnixStream);

impl Channel {
    /// A connection, and its other end for the child's standard input.
    pub(crate) fn open() -> io::Result<(Self, Stdio)> {
        let (ours, theirs) = UnixStream::pair()?;
        Ok((Self(ours), OwnedFd::from(theirs).into()))
    }

    /// Tells the child the secret, and gives the way on which the verdict comes.
    pub(crate) fn greet(
        mut self,
        secret: &str,
        _stdin: Option<ChildStdin>,
    ) -> io::Result<impl Read + Send + 'static> {
        writeln!(self.0, "dlkit-check 1 {secret}")?;
        Ok(self.0)
    }
}

/// Gives the command a process group of its own, so that what it starts in turn can be ended with it.
pub(crate) fn own_group(command: &mut Command) {
    command.process_group(0);
}

/// Gives the command a process group of its own, a bound on its memory, and an end when the runner ends.
pub(crate) fn isolate(command: &mut Command, memory_bytes: u64) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    let runner = std::process::id();
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are bare system calls, and the closure
    // allocates nothing.
    unsafe {
        command.pre_exec(move || {
            let memory = libc::rlimit {
                rlim_cur: memory_bytes,
                rlim_max: memory_bytes,
            };
            // Not every system knows this limit; there the sampling of the resident memory does alone.
            libc::setrlimit(libc::RLIMIT_AS, &raw const memory);
            // A crash is expected here: writing a core file would only make it slow.
            let core = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            libc::setrlimit(libc::RLIMIT_CORE, &raw const core);
            #[cfg(target_os = "linux")]
            {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                // The runner may have gone before the line above.
                if libc::getppid().cast_unsigned() != runner {
                    return Err(io::Error::from_raw_os_error(libc::ESRCH));
                }
            }
            Ok(())
        });
    }
}

/// Whether the child has ended. It is not reaped yet, so its number still belongs to its group and to no other process.
pub(crate) fn has_ended(child: &mut Child) -> io::Result<bool> {
    // SAFETY: all zeroes is a valid `siginfo_t`, and `waitid` writes only into it.
    let (result, pid) = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        let result = libc::waitid(libc::P_PID, child.id(), &raw mut info, flags);
        (result, info.si_pid())
    };
    if result == 0 {
        Ok(pid != 0)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Makes processes whose parent has ended children of the runner, so that [`kill_strays`] finds those that left their group.
#[cfg(target_os = "linux")]
pub(crate) fn adopt_strays() {
    // SAFETY: `prctl` with this option takes a number and touches no memory of ours.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1) };
}

/// Strays cannot be adopted on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn adopt_strays() {}

/// The runner's children now.
#[cfg(target_os = "linux")]
pub(crate) fn children() -> Vec<u32> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    let lists = threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|id| id.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

/// Ends children of the runner that it did not start itself, and theirs: what a check left behind outside of its group.
#[cfg(target_os = "linux")]
pub(crate) fn kill_strays(known: &[u32]) {
    // The children of a stray become the runner's when the stray has gone; a chain of them is followed so far.
    for _ in 0..16 {
        let strays: Vec<u32> = children()
            .into_iter()
            .filter(|id| !known.contains(id))
            .collect();
        if strays.is_empty() {
            return;
        }
        for id in strays {
            // SAFETY: both calls take numbers, and a null pointer stands for "no status wanted". The process is a child that
            // was not waited for, so its number belongs to no other process.
            unsafe {
                libc::kill(id.cast_signed(), libc::SIGKILL);
                libc::waitpid(id.cast_signed(), std::ptr::null_mut(), 0);
            }
        }
    }
}

/// Strays are not adopted on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn children() -> Vec<u32> {
    Vec::new()
}

/// Strays are not adopted on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn kill_strays(_known: &[u32]) {}

/// Asks the child's whole group to end.
pub(crate) fn ask_to_end(child: &mut Child) {
    signal_group(child.id(), libc::SIGTERM);
}

/// Ends the child's whole group, at once.
pub(crate) fn kill_group(child: &mut Child) {
    signal_group(child.id(), libc::SIGKILL);
}

/// Ends a process or its whole group by number, from the handler of Ctrl-C.
pub(crate) fn kill_by_id(id: u32, whole_group: bool) {
    if whole_group {
        signal_group(id, libc::SIGKILL);
    } else {
        // SAFETY: `kill` takes two numbers and touches no memory of ours.
        unsafe { libc::kill(id.cast_signed(), libc::SIGTERM) };
    }
}

fn signal_group(id: u32, signal: i32) {
    // SAFETY: `killpg` takes two numbers and touches no memory of ours. A group that has gone is no error here.
    unsafe { libc::killpg(id.cast_signed(), signal) };
}

/// The memory that the child has in use now.
#[cfg(target_os = "linux")]
pub(crate) fn resident_bytes(child: &Child) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{}/statm", child.id())).ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    // SAFETY: `sysconf` takes a number and touches no memory of ours.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page).ok()?)
}

/// The memory that the child has in use now.
#[cfg(target_os = "macos")]
pub(crate) fn resident_bytes(child: &Child) -> Option<u64> {
    let size = i32::try_from(size_of::<libc::proc_taskinfo>()).ok()?;
    // SAFETY: all zeroes is a valid `proc_taskinfo`, and the call writes at most `size` bytes into it.
    unsafe {
        let mut info: libc::proc_taskinfo = std::mem::zeroed();
        let pid = child.id().cast_signed();
        let written =
            libc::proc_pidinfo(pid, libc::PROC_PIDTASKINFO, 0, (&raw mut info).cast(), size);
        (written == size).then_some(info.pti_resident_size)
    }
}

/// The memory that the child has in use now: not known on this system.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn resident_bytes(_child: &Child) -> Option<u64> {
    None
}

/// The name of the signal that ended the process, when one did.
pub(crate) fn signal_name(status: ExitStatus) -> Option<String> {
    let signal = status.signal()?;
    let name = match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGILL => "SIGILL",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGTERM => "SIGTERM",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGPIPE => "SIGPIPE",
        _ => return Some(format!("signal {signal}")),
    };
    Some(name.to_owned())
}

/// Columns of the terminal that standard output is connected to.
pub(crate) fn terminal_width() -> Option<usize> {
    // SAFETY: all zeroes is a valid `winsize`, and the call writes only into it.
    let (result, size) = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (
            libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size),
            size,
        )
    };
    (result == 0 && size.ws_col > 0).then_some(size.ws_col.into())
}

/// Free space where `path` lies.
pub(crate) fn free_disk_bytes(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: `path` ends with a zero byte, all zeroes is a valid `statvfs`, and the call writes only into it.
    let (result, stat) = unsafe {
        let mut stat: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &raw mut stat), stat)
    };
    // The fields' widths differ between systems.
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
    (result == 0).then(|| stat.f_bavail as u64 * stat.f_frsize as u64)
}

/// The machine's memory.
pub(crate) fn memory_bytes() -> Option<u64> {
    // SAFETY: `sysconf` takes a number and touches no memory of ours.
    let (pages, page) = unsafe {
        (
            libc::sysconf(libc::_SC_PHYS_PAGES),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    Some(u64::try_from(pages).ok()? * u64::try_from(page).ok()?)
}
