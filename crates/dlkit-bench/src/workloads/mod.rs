//! The models that are timed, each with one batch that stays the same. One a file; `bench/peers.py` has their twins.

mod attn;
pub(crate) mod cnn;
mod lstm;
mod mlp;

use anyhow::{Result, ensure};
use dlkit::prelude::*;

/// A model, how it is trained, and what on.
pub(crate) struct Workload {
    /// It ends in logits: the loss applies `activation`.
    pub(crate) model: Model,
    /// The activation that the loss takes the model's outputs for.
    pub(crate) activation: Activation,
    pub(crate) loss: Box<dyn Loss>,
    pub(crate) optimizer: Adam,
    pub(crate) inputs: Tensor,
    pub(crate) targets: Tensor,
}

/// Makes a workload.
type Make = fn() -> Result<Workload>;

/// Each with its name and the number of steps that the median is taken of.
const ALL: [(&str, Make, usize); 4] = [
    ("mlp", mlp::workload, 300),
    ("cnn", cnn::workload, 60),
    ("lstm", lstm::workload, 60),
    ("attn", attn::workload, 30),
];

/// The workload of this name, and how many steps to time.
pub(crate) fn find(name: &str) -> Option<(Make, usize)> {
    ALL.iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, make, steps)| (*make, *steps))
}

/// The names in the order in which they are told.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, ..)| *name)
}

/// Everything random in a workload starts here.
const SEED: Seed = Seed(7);

/// Builds a net, after a look that it has as many parameters as its twins.
fn model(net: Sequential, input_shape: &[usize], parameters: usize) -> Result<Model> {
    let model = net.build(input_shape.to_vec(), SEED, &device()?)?;
    ensure!(
        model.parameters() == parameters,
        "the model has {} parameters, but its twins have {parameters}: the times would not compare",
        model.parameters()
    );
    Ok(model)
}

/// Numbers from 0 to 1, as inputs.
fn uniform(shape: &[usize], device: &Device) -> Result<Tensor> {
    let numbers = Initializer::Uniform(0.5).tensor(shape, SEED.derive("inputs"), device)?;
    Ok((numbers + 0.5)?)
}

/// `n` class numbers below `classes`, about equally many of each, in a random order.
fn labels(n: usize, classes: usize, device: &Device) -> Result<Tensor> {
    let order = SEED.derive("labels").permutation(n);
    let labels: Vec<u32> = order
        .into_iter()
        .map(|i| u32::try_from(i % classes))
        .collect::<Result<_, _>>()?;
    Ok(Tensor::new(labels, device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_learns_its_batch() {
        for name in names() {
            let (make, _) = find(name).unwrap();
            let mut workload = make().unwrap();
            let first = workload.step(0).unwrap();
            let last = (1..6).map(|step| workload.step(step).unwrap()).last();
            assert!(
                last.unwrap() < first,
                "{name}: the loss went from {first} to {last:?}"
            );
        }
    }

    #[test]
    fn batches_are_the_same_every_time() {
        let numbers = || uniform(&[3, 4], &Device::Cpu).unwrap().to_vec2::<f32>();
        assert_eq!(numbers().unwrap(), numbers().unwrap());
        assert!(
            numbers()
                .unwrap()
                .iter()
                .flatten()
                .all(|x| (0.0..=1.0).contains(x))
        );
        let labels = labels(20, 10, &Device::Cpu).unwrap();
        let mut labels = labels.to_vec1::<u32>().unwrap();
        labels.sort_unstable();
        assert_eq!(labels[..4], [0, 0, 1, 1]);
    }
}
