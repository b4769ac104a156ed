//! The exercise's training program, run on the reference solution.

extern crate lesson5_solution as lesson5;

#[path = "../../../exercises/lesson5-lstm-temperature/examples/run.rs"]
mod run;

fn main() -> dlkit::Result<()> {
    run::main()
}
