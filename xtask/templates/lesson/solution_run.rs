//! The exercise's training program, run on the reference solution.
extern crate @lesson@_solution as @lesson@;
#[path = "../../../exercises/@package@/examples/run.rs"]
mod run;
fn main() -> dlkit::Result<()> {
    run::main()
}
