//! One axis of an image under a moving window: its size, the number of places, the padding.

use anyhow::{Result, ensure};

/// What stands before and after an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Border {
    /// Nothing.
    Valid,
    /// As much on both sides as keeps `⌈n / stride⌉` places; an odd one at the end.
    Same,
    /// All of it before the start.
    Causal,
}

/// One axis of an image under a moving window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    /// Padding before the first input.
    pub(crate) before: usize,
}

impl Side {
    pub(crate) fn new(
        inputs: usize,
        kernel: usize,
        stride: usize,
        dilation: usize,
        border: Border,
    ) -> Result<Self> {
        ensure!(
            kernel > 0 && stride > 0 && dilation > 0,
            "a window needs a size, a stride and a dilation of at least 1, not {kernel}, {stride} and {dilation}"
        );
        let reach = (kernel - 1) * dilation + 1;
        let (outputs, before) = match border {
            Border::Valid => {
                ensure!(
                    inputs >= reach,
                    "a window that reaches over {reach} places does not fit on a side of {inputs}: use a smaller kernel, \
                     less pooling before it, or padding same"
                );
                ((inputs - reach) / stride + 1, 0)
            }
            Border::Same => {
                let outputs = inputs.div_ceil(stride);
                let total = (outputs.max(1) - 1) * stride + reach;
                (outputs, total.saturating_sub(inputs) / 2)
            }
            Border::Causal => (inputs.div_ceil(stride), reach - 1),
        };
        ensure!(
            outputs > 0,
            "there is nothing to see: a side of the image is {inputs} long"
        );
        Ok(Self {
            inputs,
            outputs,
            kernel,
            stride,
            dilation,
            before,
        })
    }

    /// The length of the axis with its padding, as far as windows reach and the inputs go.
    pub(crate) fn reach(&self) -> usize {
        let windows = (self.outputs - 1) * self.stride + (self.kernel - 1) * self.dilation + 1;
        windows.max(self.before + self.inputs)
    }

    /// The inputs under the window of an output, without those outside; for windows without dilation.
    pub(crate) fn window(&self, output: usize) -> std::ops::Range<usize> {
        let start = output * self.stride;
        start.saturating_sub(self.before)..(start + self.kernel - self.before).min(self.inputs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_those_of_keras() {
        // (inputs, kernel, stride, dilation, padding) → (outputs, zeros before), as tf.nn.conv1d gives them.
        for (inputs, kernel, stride, dilation, padding, wanted) in [
            (28, 3, 1, 1, Border::Valid, (26, 0)),
            (13, 2, 2, 1, Border::Valid, (6, 0)),
            (28, 3, 1, 1, Border::Same, (28, 1)),
            (28, 3, 2, 1, Border::Same, (14, 0)),
            (27, 3, 2, 1, Border::Same, (14, 1)),
            (7, 4, 1, 1, Border::Same, (7, 1)),
            (10, 3, 1, 2, Border::Same, (10, 2)),
            (10, 3, 1, 2, Border::Causal, (10, 4)),
            (5, 2, 4, 1, Border::Same, (2, 0)),
        ] {
            let side = Side::new(inputs, kernel, stride, dilation, padding).unwrap();
            assert_eq!(
                (side.outputs, side.before),
                wanted,
                "{inputs} {kernel} {stride} {dilation} {padding:?}"
            );
        }
    }

    #[test]
    fn a_window_that_does_not_fit_is_refused() {
        let error = Side::new(4, 3, 1, 2, Border::Valid)
            .unwrap_err()
            .to_string();
        assert!(error.contains("reaches over 5 places"), "{error}");
        assert!(Side::new(4, 0, 1, 1, Border::Same).is_err());
        assert!(Side::new(0, 3, 1, 1, Border::Same).is_err());
    }
}
