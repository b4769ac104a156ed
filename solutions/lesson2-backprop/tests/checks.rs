//! The exercise's checks, run on the reference solution.
extern crate lesson2_solution as lesson2;
#[path = "../../../exercises/lesson2-backprop/tests/checks.rs"]
mod checks;
fn main() -> std::process::ExitCode {
    checks::main()
}
