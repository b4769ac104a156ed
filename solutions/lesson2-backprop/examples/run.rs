//! The exercise's training program, run on the reference solution.
extern crate lesson2_solution as lesson2;
#[path = "../../../exercises/lesson2-backprop/examples/run.rs"]
mod run;
fn main() -> dlkit::Result<()> {
    run::main()
}
