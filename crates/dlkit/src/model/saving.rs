//! Weights in a file, as safetensors, with the architecture beside them.
//!
//! Candle's `VarMap::load` fills what it finds and says nothing when the map is empty. Here the file carries the architecture
//! as text, and loading compares it first: weights never end up in another net.

use super::Model;
use crate::variable::Variable;
use anyhow::{Context, Result, bail, ensure};
use candle_core::safetensors::load_buffer;
use safetensors::SafeTensors;
use std::collections::HashMap;
use std::path::Path;

const FORMAT: &str = "dlkit-1";

impl Model {
    /// Writes all variables to a file, whole or not at all: beside first, then renamed.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        save(path.as_ref(), &self.architecture, &self.variables)
    }

    /// Reads all variables from a file that [`Model::save`] wrote for the same architecture. On an error nothing is changed.
    ///
    /// # Errors
    /// When the file is not there, damaged, not from dlkit, or holds another architecture; the message names the first
    /// difference.
    ///
    /// ```
    /// # fn main() -> dlkit::Result<()> {
    /// use dlkit::prelude::*;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("xor.safetensors");
    /// let net = |seed| Sequential::new().add(Dense::new(4).tanh()).add(Dense::new(1)).build(2, seed, &Device::Cpu);
    /// net(Seed(1))?.save(&path)?;
    /// let mut model = net(Seed(2))?;
    /// model.load(&path)?; // now it is the first one
    /// # Ok(()) }
    /// ```
    pub fn load(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .with_context(|| format!("the weights in {} cannot be read", path.display()))?;
        self.set_all(&bytes)
            .with_context(|| format!("the weights in {} were not loaded", path.display()))
    }

    fn set_all(&mut self, bytes: &[u8]) -> Result<()> {
        let (_, metadata) =
            SafeTensors::read_metadata(bytes).context("it is not a whole safetensors file")?;
        let info = metadata.metadata().as_ref();
        let architecture =
            info.filter(|info| info.get("format").is_some_and(|format| format == FORMAT));
        let Some(architecture) = architecture.and_then(|info| info.get("architecture")) else {
            bail!(
                "it is a safetensors file, but not one that dlkit saved: it does not say for which architecture it is"
            );
        };
        if let Some(difference) = first_difference(architecture, &self.architecture) {
            bail!(difference);
        }
        let mut tensors = load_buffer(bytes, &self.device).context("it is damaged")?;
        let mut values = Vec::with_capacity(self.variables.len());
        for variable in &self.variables {
            let value = tensors
                .remove(variable.name())
                .with_context(|| format!("{} is missing", variable.name()))?;
            ensure!(
                value.shape() == variable.tensor().shape()
                    && value.dtype() == variable.tensor().dtype(),
                "{} has the shape {:?} there, but {:?} in this model",
                variable.name(),
                value.dims(),
                variable.tensor().dims()
            );
            values.push(value);
        }
        for (variable, value) in self.variables.iter().zip(values) {
            variable.var().set(&value)?;
        }
        Ok(())
    }
}

pub(super) fn save(path: &Path, architecture: &str, variables: &[Variable]) -> Result<()> {
    let tensors = variables
        .iter()
        .map(|variable| (variable.name(), variable.tensor()));
    let info = HashMap::from([
        ("format".to_string(), FORMAT.to_string()),
        ("architecture".to_string(), architecture.to_string()),
    ]);
    let bytes = safetensors::serialize(tensors, Some(info))
        .context("the weights cannot be written as safetensors")?;
    crate::files::write_whole(path, &bytes)
}

/// The first line in which two architectures differ, in words.
fn first_difference(saved: &str, ours: &str) -> Option<String> {
    let (mut saved, mut ours) = (saved.lines(), ours.lines());
    for number in 0.. {
        let layer = if number == 0 {
            "the input".to_string()
        } else {
            format!("layer {number}")
        };
        match (saved.next(), ours.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => {
                return Some(format!(
                    "{layer} was saved as {a}, but is {b} in this model"
                ));
            }
            (Some(a), None) => {
                return Some(format!(
                    "the saved net goes on with {a} where this model ends"
                ));
            }
            (None, Some(b)) => {
                return Some(format!(
                    "the saved net ends where this model goes on with {b}"
                ));
            }
        }
    }
    None
}
