//! The checks of lesson 6, run against the reference solution.

extern crate lesson6_solution as lesson6;

#[path = "../../../exercises/lesson6-attention/tests/checks.rs"]
mod checks;

fn main() -> std::process::ExitCode {
    checks::main()
}
