//! The exercise's training program, run on the reference solution.

extern crate lesson3_solution as lesson3;

#[path = "../../../exercises/lesson3-mnist-mlp/examples/run.rs"]
mod run;

fn main() -> dlkit::Result<()> {
    run::main()
}
