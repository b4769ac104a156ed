//! How long a training step takes: the median of many, after a warm-up.

use std::time::Instant;

use anyhow::{Result, ensure};
use dlkit::prelude::*;

use crate::workloads::Workload;

/// Steps before the first that counts: memory is fetched, branches are learned, Adam has its means.
const WARM_UP: usize = 10;

/// What was measured of the steps, in milliseconds.
pub(crate) struct Times {
    pub(crate) median: f64,
    /// On a machine that others use too, this one tells what is possible.
    pub(crate) fastest: f64,
}

/// Times steps: forward, loss, backward, update.
pub(crate) fn milliseconds(mut workload: Workload, steps: usize) -> Result<Times> {
    for step in 0..WARM_UP {
        workload.step(step as u64)?;
    }
    let mut times = Vec::with_capacity(steps);
    for step in 0..steps {
        let start = Instant::now();
        workload.step((WARM_UP + step) as u64)?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let fastest = times.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(Times {
        median: median(times),
        fastest,
    })
}

impl Workload {
    /// What `fit` does with a batch, written out with dlkit's public interface. Reading the loss also waits for a GPU.
    pub(crate) fn step(&mut self, number: u64) -> Result<f32> {
        let pass = Pass::training(self.model.seed().at(number));
        let logits = self.model.forward(&self.inputs, &pass)?;
        let loss = self
            .loss
            .loss_from_logits(&logits, self.activation, &self.targets)?;
        let loss = match loss {
            Some(loss) => loss,
            None => self.loss.loss(&logits, &self.targets)?,
        };
        let value = loss.to_vec0::<f32>()?;
        ensure!(value.is_finite(), "the loss is {value}: nothing to time");
        self.optimizer
            .step(self.model.variables(), &loss.backward()?)?;
        Ok(value)
    }
}

/// The value in the middle; of an even number, the mean of both in the middle.
fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    if times.len().is_multiple_of(2) {
        (times[middle - 1] + times[middle]) / 2.0
    } else {
        times[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), 3.0);
        assert_eq!(median(vec![7.0]), 7.0);
    }
}
