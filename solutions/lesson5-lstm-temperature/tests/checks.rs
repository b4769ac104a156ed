//! The checks of lesson 5, run against the reference solution.

extern crate lesson5_solution as lesson5;

#[path = "../../../exercises/lesson5-lstm-temperature/tests/checks.rs"]
mod checks;

fn main() -> std::process::ExitCode {
    checks::main()
}
