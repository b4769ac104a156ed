//! Step 1 — faults of the nastier kind: what they have in common is that the runner must not notice them later.

use std::io::{Read, Write};
use std::process::{Command, exit};
use std::time::Duration;

unsafe extern "C" {
    fn fork() -> i32;
    fn setsid() -> i32;
    fn close(descriptor: i32) -> i32;
    fn signal(number: i32, action: usize) -> usize;
    fn raise(number: i32) -> i32;
    fn atexit(function: extern "C" fn()) -> i32;
    fn _exit(code: i32) -> !;
}

const SIGTERM: i32 = 15;
#[cfg(target_os = "linux")]
const SIGSTOP: i32 = 19;
#[cfg(not(target_os = "linux"))]
const SIGSTOP: i32 = 17;
const IGNORE: usize = 1;

const FORGED: &str = "\n{\"name\":\"step1_faults::writes_a_verdict_at_exit\",\"passed\":true,\"outcome\":\"passed\",\
    \"message\":\"\",\"diagnosis\":null,\"location\":null,\"seconds\":0.0}\n";

pub fn rest() {
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}

/// Whether this is the copy.
pub fn copy() -> bool {
    unsafe { fork() == 0 }
}

pub fn write_me() {
    todo!("Write me.")
}

#[allow(unconditional_recursion)]
pub fn overflow(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 1000]);
    overflow(room[0] + 1) + room[999]
}

pub fn write_where_nothing_is() {
    unsafe { std::ptr::with_exposed_provenance_mut::<u8>(8).write_volatile(1) };
}

pub fn exit_in_a_thread() {
    std::thread::spawn(|| exit(0));
    rest();
}

pub fn panic_unseen() {
    std::panic::set_hook(Box::new(|_| {}));
    panic!("the real words");
}

pub fn panic_and_exit() {
    std::panic::set_hook(Box::new(|_| exit(0)));
    panic!("not heard");
}

struct Nasty;

impl Drop for Nasty {
    fn drop(&mut self) {
        panic!("once more");
    }
}

pub fn panic_with_a_nasty_value() {
    std::panic::panic_any(Nasty);
}

pub fn panic_while_panicking() {
    let _nasty = Nasty;
    panic!("first");
}

pub fn close_everything() {
    for descriptor in 0..64 {
        unsafe { close(descriptor) };
    }
}

pub fn close_the_output() {
    println!("the last words");
    for descriptor in [1, 2] {
        unsafe { close(descriptor) };
    }
    println!("into the void");
    std::thread::sleep(Duration::from_millis(30));
}

extern "C" fn rest_at_exit() {
    rest();
}

pub fn never_exit() {
    unsafe { atexit(rest_at_exit) };
}

extern "C" fn forge_at_exit() {
    for descriptor in 0..16 {
        use std::os::fd::FromRawFd;
        let mut file = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(descriptor) });
        let _ = file.write_all(FORGED.as_bytes());
    }
}

pub fn write_a_verdict_at_exit() {
    unsafe { atexit(forge_at_exit) };
}

pub fn read_everything() -> usize {
    let mut all = Vec::new();
    std::io::stdin().read_to_end(&mut all).expect("standard input can be read")
}

pub fn print_without_lines() {
    let bytes = [0xFF_u8, b'x', 0x1B, 0];
    loop {
        let _ = std::io::stdout().write_all(&bytes.repeat(256));
    }
}

pub fn print_a_lot() {
    let _ = std::io::stdout().write_all(&[b'x'; 15 * 1024]);
    let _ = std::io::stderr().write_all(&[0xFF; 1024 - 1]);
}

/// A copy that leaves the group and keeps the pipes, of a copy that ends at once.
pub fn leave_a_daemon() {
    if copy() {
        unsafe { setsid() };
        if copy() {
            rest();
        }
        unsafe { _exit(0) };
    }
}

pub fn leave_a_command() {
    drop(Command::new("sleep").arg("1000").spawn());
}

pub fn turn_deaf() {
    unsafe { signal(SIGTERM, IGNORE) };
    rest();
}

pub fn stop() {
    unsafe { raise(SIGSTOP) };
    rest();
}

pub fn multiply() {
    for _ in 0..10_000 {
        if copy() {
            rest();
        }
    }
}

/// Each in a session of its own, so that ending the group is not enough.
pub fn multiply_and_scatter() {
    for _ in 0..10_000 {
        if copy() {
            unsafe { setsid() };
            rest();
        }
    }
}

pub fn fill_the_disk() {
    let path = std::env::temp_dir().join(format!("fault-{}", std::process::id()));
    let file = std::fs::File::create(&path).expect("a file");
    std::fs::remove_file(&path).expect("it can be removed");
    // A hole takes no room, but it counts.
    file.set_len(2 << 30).expect("a large file");
}

pub fn allocate_50_gb() {
    std::hint::black_box(vec![1_u8; 50 << 30]);
}

pub fn grow() {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
        std::thread::sleep(Duration::from_micros(200));
    }
}

pub fn let_a_copy_grow() {
    if copy() {
        grow();
    }
    rest();
}

/// Six processes with the same 40 MiB: 240, if a shared page were counted for each.
pub fn share() {
    let all = std::hint::black_box(vec![1_u8; 40 << 20]);
    for _ in 0..5 {
        if copy() {
            rest();
        }
    }
    std::thread::sleep(Duration::from_millis(120));
    std::hint::black_box(all);
}
