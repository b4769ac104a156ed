//! The checks of lesson 4, run against the reference solution.

extern crate lesson4_solution as lesson4;

#[path = "../../../exercises/lesson4-cnn/tests/checks.rs"]
mod checks;

fn main() -> std::process::ExitCode {
    checks::main()
}
