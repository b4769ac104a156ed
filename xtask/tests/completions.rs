//! The completion scripts, tried in the shells that are here: bash is there on every Unix, the others are tried where they are.
#![cfg(unix)]

mod common;

use std::process::Command;

use common::Scratch;

/// What a shell says after it has read the script and then this.
fn in_shell(scratch: &Scratch, shell: &str, arguments: &[&str], lines: &str) -> Option<String> {
    let script = scratch.says(&["completions", shell]).expect(0).stdout;
    scratch.write("completions", &script);
    scratch.write("try", lines);
    let output = Command::new(shell)
        .args(arguments)
        .arg("try")
        .current_dir(scratch.root())
        .output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("SKIPPED: {shell} is not installed.");
            return None;
        }
        output => output.expect("the shell starts"),
    };
    let words = String::from_utf8(output.stderr).expect("the shell speaks UTF-8");
    assert!(words.is_empty(), "{shell} complains: {words}");
    Some(String::from_utf8(output.stdout).expect("the shell speaks UTF-8"))
}

const BASH: &str = r#"
_cargo() { COMPREPLY=(build:"$2"); }
complete -F _cargo cargo
source ./completions
source ./completions
try() {
    local spec=$(complete -p cargo)
    [[ $spec =~ -F\ ([^ ]+) ]]
    COMP_WORDS=("$@")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    "${BASH_REMATCH[1]}" cargo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    echo "${COMPREPLY[*]}"
}
try cargo xtask che
try cargo xtask check les
try cargo xtask check lesson1
try cargo xtask check --all lesson1.2
try cargo +nightly xtask check --so
try cargo xtask run lesson1 les
try cargo xtask author st
try cargo xtask completions ba
cd exercises/lesson1-sums/src
try cargo xtask hint lesson1.
try cargo bu
"#;

#[test]
fn bash_completes_xtask_and_leaves_the_rest_to_cargo() {
    let scratch = Scratch::new();
    let said = in_shell(&scratch, "bash", &["--norc"], BASH).expect("bash is here");
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "check",
            "lesson1",
            "lesson1 lesson1.1 lesson1.2",
            "lesson1.2",
            "--solution",
            "",
            "strip",
            "bash",
            "lesson1.1 lesson1.2",
            "build:bu"
        ]
    );
}

#[test]
fn bash_without_a_completion_for_cargo_has_one_for_xtask() {
    let scratch = Scratch::new();
    let lines = "source ./completions\ncomplete -p cargo\nCOMP_WORDS=(cargo bu) COMP_CWORD=1\n_xtask_cargo cargo bu cargo\n\
                 echo \"${#COMPREPLY[@]}\"\n";
    let said = in_shell(&scratch, "bash", &["--norc"], lines).expect("bash is here");
    assert_eq!(
        said, "complete -o bashdefault -o default -F _xtask_cargo cargo\n0\n",
        "files are completed as before"
    );
}

/// The functions that show candidates print them instead: there is no line editor here.
const ZSH: &str = r#"
compdef() { _comps[$2]=$1 }
typeset -A _comps
_comps[cargo]=_cargo
_cargo() { print build }
source ./completions
source ./completions
compadd() { print -r -- ${@[4,-1]} }
_describe() { print -rl -- ${(P)2} | grep -- "^$words[CURRENT]" }
try() { words=("$@"); CURRENT=$#; $_comps[cargo] }
try cargo xtask check lesson1
try cargo xtask run lesson1 les
try cargo xtask che
try cargo xtask check --so
try cargo +nightly xtask author st
try cargo bu
"#;

#[test]
fn zsh_completes_xtask_and_leaves_the_rest_to_cargo() {
    let scratch = Scratch::new();
    let Some(said) = in_shell(&scratch, "zsh", &["-f"], ZSH) else {
        return;
    };
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "lesson1 lesson1.1 lesson1.2",
            "check:Check your code and say what is wrong with it",
            "--solution:Check the reference instead of your code",
            "strip:Write the exercises from the solutions",
            "build"
        ]
    );
}

const FISH: &str = r#"
source ./completions
complete -C "cargo xtask che"
complete -C "cargo xtask check lesson1"
complete -C "cargo xtask run lesson1 lesson1"
complete -C "cargo xtask check --sol"
complete -C "cargo xtask author strip --he"
complete -C "cargo bui" | string match -r '^xtask|^check.*Check your'
"#;

#[test]
fn fish_completes_xtask() {
    let scratch = Scratch::new();
    let Some(said) = in_shell(&scratch, "fish", &["--no-config"], FISH) else {
        return;
    };
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "check\tCheck your code and say what is wrong with it",
            "lesson1\tSums and squares",
            "lesson1.1",
            "lesson1.2",
            "--solution\tCheck the reference instead of your code",
            "--help\tShow how it is used",
        ]
    );
}
