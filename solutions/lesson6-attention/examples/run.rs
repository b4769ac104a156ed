//! The exercise's training program, run on the reference solution.

extern crate lesson6_solution as lesson6;

#[path = "../../../exercises/lesson6-attention/examples/run.rs"]
mod run;

fn main() -> dlkit::Result<()> {
    run::main()
}
