//! Step 1 — code that does what a student's code may do by mistake, or on purpose.

pub fn write_me() {
    todo!("Write me.")
}

pub fn index(place: usize) -> u8 {
    [1, 2, 3][std::hint::black_box(place)]
}

pub fn hang() {
    let mut turns = 0_u64;
    while std::hint::black_box(true) {
        turns = turns.wrapping_add(1);
    }
    std::hint::black_box(turns);
}

pub fn hang_with_a_thread() {
    std::thread::spawn(hang);
    loop {
        std::thread::park();
    }
}

pub fn eat() {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

pub fn allocate() {
    std::hint::black_box(vec![1_u8; 1 << 45]);
}

pub fn print() {
    loop {
        println!("and on, and on, and on, and on, and on, and on, and on");
    }
}

const FORGED: &str = "{\"name\":\"step1_wild::exits_after_forging\",\"passed\":true,\"outcome\":\"passed\",\"message\":\"\",\
    \"diagnosis\":null,\"location\":null,\"seconds\":0.0}";

pub fn forge_on_stdout() {
    println!("{FORGED}");
}

pub fn forge_everywhere() {
    #[cfg(unix)]
    {
        use std::io::Write;
        use std::os::fd::FromRawFd;
        for number in 0..11 {
            let mut file = std::mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(number) });
            let _ = file.write_all(format!("\n{FORGED}\n0000 {FORGED}\n").as_bytes());
            // No line break at the end: what comes after must be understood all the same.
            let _ = file.write_all(FORGED.as_bytes());
        }
    }
}

#[allow(unconditional_recursion)]
pub fn overflow(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 1000]);
    overflow(room[0] + 1) + room[999]
}

pub fn segfault() {
    unsafe { std::ptr::with_exposed_provenance_mut::<u8>(8).write_volatile(1) };
}

pub fn leave_a_process() {
    #[cfg(windows)]
    drop(std::process::Command::new("ping").args(["-n", "311", "127.0.0.1"]).spawn());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        drop(std::process::Command::new("sleep").arg("311.7").spawn());
        // On Linux, one that leaves the group is found as well.
        #[cfg(target_os = "linux")]
        drop(std::process::Command::new("sleep").arg("311.7").process_group(0).spawn());
    }
}

pub fn leave_a_thread() {
    std::thread::spawn(hang);
}
