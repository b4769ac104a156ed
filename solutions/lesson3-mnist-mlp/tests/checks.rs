//! The checks of lesson 3, run against the reference solution.

extern crate lesson3_solution as lesson3;

#[path = "../../../exercises/lesson3-mnist-mlp/tests/checks.rs"]
mod checks;

fn main() -> std::process::ExitCode {
    checks::main()
}
