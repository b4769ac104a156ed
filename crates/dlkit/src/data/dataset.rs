//! Samples with their targets, and the batches that a training loop takes from them.
//!
//! ```
//! use candle_core::{Device, Tensor};
//! use dlkit::data::Dataset;
//! use dlkit::seed::Seed;
//!
//! # fn main() -> dlkit::Result<()> {
//! let inputs = Tensor::arange(0f32, 10., &Device::Cpu)?.reshape((10, 1))?;
//! let targets = (&inputs * 2.)?;
//! let data = Dataset::new(inputs, targets)?;
//! let (train, validation) = data.split(0.2)?;
//! assert_eq!((train.len(), validation.len()), (8, 2));
//!
//! for batch in train.batches(3).shuffled(Seed(42)) {
//!     let batch = batch?; // 3, 3 and then the 2 that are left
//!     assert_eq!(batch.inputs.dim(0)?, batch.targets.dim(0)?);
//! }
//! # Ok(())
//! # }
//! ```

use crate::Result;
use crate::seed::Seed;
use anyhow::{Context, ensure};
use candle_core::{Device, Tensor};

/// Inputs `(n, …)` and targets `(n, …)` of the same `n` samples.
///
/// Cloning is cheap: a tensor is a counted reference to its values.
#[derive(Clone, Debug)]
pub struct Dataset {
    inputs: Tensor,
    targets: Tensor,
}

/// A few samples that are learned from in one step: inputs `(b, …)` and targets `(b, …)`.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What the net is given, `(b, …)`.
    pub inputs: Tensor,
    /// What it should answer, `(b, …)`.
    pub targets: Tensor,
}

impl Batch {
    /// How many samples this batch holds: the last one of an epoch may be smaller than the others.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.dims()[0]
    }

    /// True when there is no sample in it. No iterator of this library gives such a batch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Dataset {
    /// Joins inputs `(n, …)` to their targets `(n, …)`.
    ///
    /// # Errors
    /// When either is a scalar, or when they do not hold the same number of samples.
    pub fn new(inputs: Tensor, targets: Tensor) -> Result<Self> {
        ensure!(
            inputs.rank() > 0 && targets.rank() > 0,
            "a dataset needs a first dimension that counts the samples, but the inputs have the shape {:?} and the targets {:?}; \
             for a single sample add the dimension with `.unsqueeze(0)?`",
            inputs.dims(),
            targets.dims(),
        );
        ensure!(
            inputs.dims()[0] == targets.dims()[0],
            "inputs and targets must hold the same number of samples (their first dimension), but the inputs have the shape {:?} \
             and the targets {:?}",
            inputs.dims(),
            targets.dims(),
        );
        Ok(Self { inputs, targets })
    }

    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inputs.dims()[0]
    }

    /// True when there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All inputs, `(n, …)`.
    #[must_use]
    pub fn inputs(&self) -> &Tensor {
        &self.inputs
    }

    /// All targets, `(n, …)`.
    #[must_use]
    pub fn targets(&self) -> &Tensor {
        &self.targets
    }

    /// The first `n` samples.
    ///
    /// # Errors
    /// When there are fewer than `n`.
    pub fn take(&self, n: usize) -> Result<Self> {
        ensure!(
            n <= self.len(),
            "cannot take the first {n} samples of a dataset that has {}",
            self.len()
        );
        self.range(0, n)
    }

    /// Cuts off the last `fraction` of the samples: `(the first ones, the last ones)`.
    ///
    /// This is what Keras does for `validation_split`: nothing is shuffled, and the cut is at `⌊n · (1 − fraction)⌋`. When the
    /// samples are sorted (by class, say) call [`shuffled`](Self::shuffled) first, or the last part will not look like the first.
    ///
    /// # Errors
    /// When `fraction` is not between 0 and 1, or so near to either that one part would be empty.
    pub fn split(&self, fraction: f64) -> Result<(Self, Self)> {
        ensure!(
            fraction > 0. && fraction < 1.,
            "a split needs a fraction between 0 and 1 (such as 0.25 for the last quarter), not {fraction}"
        );
        let n = self.len();
        let cut = (n as f64 * (1. - fraction)).floor() as usize;
        ensure!(
            cut > 0 && cut < n,
            "splitting {n} samples at the fraction {fraction} would leave {cut} for the first part and {} for the last; \
             both need at least one, so use more samples or another fraction",
            n - cut
        );
        Ok((self.range(0, cut)?, self.range(cut, n - cut)?))
    }

    /// The same samples in a random order that depends on `seed` alone. Each input keeps its target.
    ///
    /// This copies the whole set. To shuffle anew each epoch use [`Batches::shuffled`], which copies one batch at a time.
    ///
    /// # Errors
    /// When the device runs out of memory.
    pub fn shuffled(&self, seed: Seed) -> Result<Self> {
        self.select(&seed.permutation(self.len()))
    }

    /// The samples at `indices`, in that order; an index may come more than once.
    ///
    /// # Errors
    /// When an index is not below [`len`](Self::len).
    pub fn select(&self, indices: &[usize]) -> Result<Self> {
        let (inputs, targets) = self.gather(indices)?;
        Ok(Self { inputs, targets })
    }

    /// The same samples on another device.
    ///
    /// # Errors
    /// When the device has no room for them.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        Ok(Self {
            inputs: self.inputs.to_device(device)?,
            targets: self.targets.to_device(device)?,
        })
    }

    /// Iterates over batches of `batch_size` samples, in order; the last one holds what is left. Nothing is copied.
    ///
    /// Asking for batches of no samples gives an iterator whose only item is an error.
    #[must_use]
    pub fn batches(&self, batch_size: usize) -> Batches<'_> {
        Batches {
            data: self,
            batch_size,
            order: None,
            next: 0,
        }
    }

    fn range(&self, start: usize, len: usize) -> Result<Self> {
        Ok(Self {
            inputs: self.inputs.narrow(0, start, len)?,
            targets: self.targets.narrow(0, start, len)?,
        })
    }

    /// One list of indices picks from both tensors: there is no way to reorder only one of them.
    fn gather(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        let n = self.len();
        let ids: Vec<u32> = indices
            .iter()
            .map(|&i| {
                ensure!(
                    i < n,
                    "there is no sample {i} in a dataset of {n} (the first is 0)"
                );
                u32::try_from(i)
                    .with_context(|| format!("sample {i} is out of reach: indices end at 2³² − 1"))
            })
            .collect::<Result<_>>()?;
        let ids = Tensor::new(ids, self.inputs.device())?;
        let inputs = self.inputs.contiguous()?.index_select(&ids, 0)?;
        let ids = ids.to_device(self.targets.device())?;
        let targets = self.targets.contiguous()?.index_select(&ids, 0)?;
        Ok((inputs, targets))
    }
}

/// Iterator over the batches of one epoch; made by [`Dataset::batches`].
///
/// `len()` says how many batches are still to come, which before the first is the number of steps of the epoch.
#[derive(Clone, Debug)]
pub struct Batches<'a> {
    data: &'a Dataset,
    batch_size: usize,
    /// Where each position takes its sample from; `None` is the order in which they lie.
    order: Option<Vec<usize>>,
    /// Position of the first sample of the next batch.
    next: usize,
}

impl Batches<'_> {
    /// Goes through the samples in a random order that depends on `seed` alone.
    ///
    /// Use another seed each epoch: `seed.derive("shuffle").at(epoch)`.
    #[must_use]
    pub fn shuffled(mut self, seed: Seed) -> Self {
        self.order = Some(seed.permutation(self.data.len()));
        self
    }

    fn batch(&self, start: usize, len: usize) -> Result<Batch> {
        let (inputs, targets) = match &self.order {
            Some(order) => self.data.gather(&order[start..start + len])?,
            None => {
                let part = self.data.range(start, len)?;
                (part.inputs, part.targets)
            }
        };
        Ok(Batch { inputs, targets })
    }
}

impl Iterator for Batches<'_> {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.data.len() - self.next;
        if left == 0 {
            return None;
        }
        if self.batch_size == 0 {
            self.next = self.data.len();
            return Some(Err(anyhow::anyhow!(
                "a batch must hold at least one sample, but the batch size is 0"
            )));
        }
        let len = left.min(self.batch_size);
        let batch = self.batch(self.next, len);
        self.next += len;
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.data.len() - self.next;
        let batches = match self.batch_size {
            0 => left.min(1), // the one error
            size => left.div_ceil(size),
        };
        (batches, Some(batches))
    }
}

impl ExactSizeIterator for Batches<'_> {}

#[cfg(test)]
mod tests;
