//! The exercise's training program, run on the reference solution.
extern crate lesson1_solution as lesson1;
#[path = "../../../exercises/lesson1-perceptron/examples/run.rs"]
mod run;
fn main() -> dlkit::Result<()> {
    run::main()
}
