//! What happened during training, epoch by epoch.

/// The curves of one call of `fit`: `loss`, each metric, and with validation data the same names with `val_` in front.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    curves: Vec<(String, Vec<f64>)>,
    /// How long training took, in seconds.
    pub seconds: f64,
    /// Why training ended before its last epoch, if it did.
    pub stopped: Option<String>,
}

impl History {
    /// The values of one curve, an entry per epoch; `None` when there is no such curve.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.curves
            .iter()
            .find(|(curve, _)| curve == name)
            .map(|(_, values)| values.as_slice())
    }

    /// The last value of one curve.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<f64> {
        self.get(name)?.last().copied()
    }

    /// All curves in the order in which they were reported.
    #[must_use]
    pub fn curves(&self) -> &[(String, Vec<f64>)] {
        &self.curves
    }

    /// How many epochs were trained.
    #[must_use]
    pub fn epochs(&self) -> usize {
        self.curves.first().map_or(0, |(_, values)| values.len())
    }

    pub(super) fn push(&mut self, logs: &[(String, f64)]) {
        for (name, value) in logs {
            match self.curves.iter_mut().find(|(curve, _)| curve == name) {
                Some((_, values)) => values.push(*value),
                None => self.curves.push((name.clone(), vec![*value])),
            }
        }
    }
}
