//! The exercise's checks, run on the reference solution.
extern crate @lesson@_solution as @lesson@;
#[path = "../../../exercises/@package@/tests/checks.rs"]
mod checks;
fn main() -> std::process::ExitCode {
    checks::main()
}
