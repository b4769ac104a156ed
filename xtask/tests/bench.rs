//! `bench` on a workspace whose program and Python tell made-up times: what is passed on, what is told, what is refused.

mod common;

use common::{Said, Scratch};
use serde_json::Value;

/// Stands in for the program that is timed: tells what it was given.
const PROGRAM: &str = r#"//! Tells times.

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words[0] == "lstm" {
        eprintln!("error: the weather is bad");
        std::process::exit(2);
    }
    let kernels = std::env::var("DLKIT_KERNELS").unwrap_or_else(|_| "best".into());
    let threads = std::env::var("RAYON_NUM_THREADS").unwrap();
    assert_eq!(std::env::var("CANDLE_NUM_THREADS").unwrap(), threads);
    let steps = words.get(2).cloned().unwrap_or_else(|| "300".into());
    println!("A word in between.");
    println!(
        "{{\"framework\":\"dlkit\",\"workload\":\"{}\",\"ms_per_step\":{}.5,\"steps\":{steps},\"kernels\":\"{kernels}\",\"peak_mib\":42.0}}",
        words[0], threads
    );
}
"#;

fn scratch() -> Scratch {
    let scratch = Scratch::new();
    let manifest = scratch.read("Cargo.toml");
    scratch.write(
        "Cargo.toml",
        &manifest.replace("members = [", "members = [\"crates/*\", "),
    );
    scratch.write(
        "crates/dlkit-bench/Cargo.toml",
        "[package]\nname = \"dlkit-bench\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    scratch.write("crates/dlkit-bench/src/main.rs", PROGRAM);
    scratch
}

fn lines(said: &Said) -> Vec<Value> {
    said.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {said:?}")))
        .collect()
}

#[test]
fn an_unknown_workload_is_answered_with_those_there_are() {
    let scratch = Scratch::new();
    let said = scratch.says(&["bench", "rnn"]).expect(2);
    for name in ["rnn", "mlp", "cnn", "lstm", "attn"] {
        assert!(said.stderr.contains(name), "{said:?}");
    }
    scratch.says(&["bench", "--help"]).expect(0).contains(&[
        "mlp:",
        "cnn:",
        "lstm:",
        "attn:",
        "BENCH_THREADS",
        "cargo xtask bench --peers",
    ]);
    scratch
        .says(&["bench", "mlp"])
        .expect(2)
        .complains("crates/dlkit-bench is missing");
    scratch
        .says(&["bench", "mlp", "--steps", "0"])
        .expect(2)
        .complains("--steps");
    scratch
        .says(&["bench", "fit"])
        .expect(2)
        .complains("--data FOLDER");
}

#[test]
fn json_is_a_line_for_each_workload_and_nothing_else() {
    let scratch = scratch();
    let said = scratch.says(&["bench", "mlp", "--json"]).expect(0);
    let told = lines(&said);
    assert_eq!(told.len(), 1, "{said:?}");
    assert_eq!(told[0]["framework"], "dlkit");
    assert_eq!(told[0]["workload"], "mlp");
    assert_eq!(told[0]["ms_per_step"], 2.5, "two threads are the default");
    assert_eq!(told[0]["peak_mib"], 42.0);
    assert_eq!(told[0]["kernels"], "best");

    let mut runner = scratch.runner("");
    let output = runner
        .args(["bench", "attn", "--json", "--composed", "--steps", "7"])
        .env("BENCH_THREADS", "3")
        .output()
        .expect("it starts");
    let told = lines(&Said::from(output).expect(0));
    assert_eq!(told[0]["ms_per_step"], 3.5);
    assert_eq!(told[0]["kernels"], "composed");
    assert_eq!(told[0]["steps"], 7);
}

#[test]
fn people_get_a_table_and_a_failure_in_the_programs_own_words() {
    let scratch = scratch();
    scratch.says(&["bench", "cnn"]).expect(0).contains(&[
        "workload   ms a step   peak MiB",
        "cnn             2.50         42",
        "2 threads on ",
        "release build by rustc",
    ]);
    // All four: the third one fails, and nothing is told as if it had been measured.
    let said = scratch
        .says(&["bench"])
        .expect(2)
        .complains("dlkit could not be timed on lstm")
        .complains("the weather is bad");
    assert!(!said.stdout.contains("ms a step"), "{said:?}");
    let mut runner = scratch.runner("");
    let output = runner
        .args(["bench", "mlp"])
        .env("BENCH_THREADS", "two")
        .output()
        .expect("it starts");
    Said::from(output)
        .expect(2)
        .complains("BENCH_THREADS is `two`");
}

#[test]
#[cfg(unix)]
fn peers_are_timed_in_turn_and_the_ratio_is_to_the_fastest() {
    use std::os::unix::fs::PermissionsExt;

    let scratch = scratch();
    let mut runner = scratch.runner("");
    let output = runner
        .args(["bench", "mlp", "--peers"])
        .env_remove("BENCH_PYTHON")
        .output()
        .expect("it starts");
    Said::from(output)
        .expect(2)
        .complains("python3 -m venv bench/.venv")
        .complains("bench/.venv/bin/pip install -r bench/requirements.txt");

    // Keeps a list of the calls; `-c` asks for modules that are missing, and none is.
    scratch.write(
        "python",
        "#!/bin/sh\n[ \"$1\" = -c ] && exit 0\necho \"$2 $3 $ONEDNN_MAX_CPU_ISA\" >> \"$(dirname \"$0\")/calls\"\n\
         case $2 in torch) time=10;; keras) time=5;; *) time=20;; esac\n\
         echo \"{\\\"framework\\\":\\\"$2\\\",\\\"workload\\\":\\\"$3\\\",\\\"ms_per_step\\\":$time,\\\"versions\\\":{\\\"$2\\\":\\\"9.9\\\"}}\"\n",
    );
    let python = scratch.path("python");
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).expect("allowed");
    let python = python.to_str().expect("UTF-8");
    let said = scratch
        .says(&[
            "bench", "mlp", "--peers", "--python", python, "--rounds", "2",
        ])
        .expect(0);
    let words = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "workload dlkit torch torch-compile keras dlkit ÷ fastest peer",
        "mlp 2.50 10.0 20.0 5.00 0.50",
        "keras 9.9",
        "The median of 2 rounds in turn.",
    ] {
        assert!(words.contains(part), "{part} in {said:?}");
    }
    let calls = scratch.read("calls");
    let calls: Vec<&str> = calls.lines().map(str::trim).collect();
    let round = ["torch mlp", "torch-compile mlp", "keras mlp"];
    assert_eq!(calls, [round, round].concat());

    let said = scratch
        .says(&[
            "bench",
            "mlp",
            "--peers=keras",
            "--python",
            python,
            "--json",
        ])
        .expect(0);
    let told = lines(&said);
    assert_eq!(told[0]["ratio_to_fastest_peer"], 0.5, "{said:?}");
    assert_eq!(told[1]["framework"], "keras");
    scratch
        .says(&[
            "bench",
            "mlp",
            "--peers=keras",
            "--python",
            python,
            "--markdown",
        ])
        .expect(0)
        .contains(&["| mlp | 2.50 | 5.00 | 0.50 |"]);
}
