//! The exercise's checks, run on the reference solution.
extern crate lesson1_solution as lesson1;
#[path = "../../../exercises/lesson1-perceptron/tests/checks.rs"]
mod checks;
fn main() -> std::process::ExitCode {
    checks::main()
}
