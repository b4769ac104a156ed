//! The exercise's training program, run on the reference solution.

extern crate lesson4_solution as lesson4;

#[path = "../../../exercises/lesson4-cnn/examples/run.rs"]
mod run;

fn main() -> dlkit::Result<()> {
    run::main()
}
