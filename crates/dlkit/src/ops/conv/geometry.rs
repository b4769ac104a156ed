//! Where windows stand on an image: padding, strides, dilation.

use crate::kernels::conv::{Border, Side};
use anyhow::{Result, ensure};
use candle_core::Tensor;

/// What stands outside of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// Nothing: windows stay inside, the map shrinks. Keras's default.
    #[default]
    Valid,
    /// Zeros on both sides (pooling: nothing that counts), so that with stride 1 the map keeps its size and with stride `s` has `⌈n / s⌉`
    /// places. If their number is odd, the extra one is at the end, as in TensorFlow; PyTorch's padding is even on both sides.
    Same,
    /// Zeros before the start only: no output sees what comes after it. For sequences.
    Causal,
}

impl Padding {
    /// Its name in Keras.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Same => "same",
            Self::Causal => "causal",
        }
    }

    fn border(self) -> Border {
        match self {
            Self::Valid => Border::Valid,
            Self::Same => Border::Same,
            Self::Causal => Border::Causal,
        }
    }
}

/// A height and a width; written as one number where both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(usize, usize);

impl From<usize> for Pair {
    fn from(both: usize) -> Self {
        Self(both, both)
    }
}

impl From<(usize, usize)> for Pair {
    fn from((height, width): (usize, usize)) -> Self {
        Self(height, width)
    }
}

impl From<Pair> for (usize, usize) {
    fn from(pair: Pair) -> Self {
        (pair.0, pair.1)
    }
}

/// How a kernel moves over an image: `(down, across)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// What stands outside of the image.
    pub padding: Padding,
    /// From one output's window to the next.
    pub strides: (usize, usize),
    /// From one weight of the kernel to the next: 2 leaves every other place out.
    pub dilation: (usize, usize),
    /// Channels are cut into this many groups, each with kernels of its own; as many as there are channels: a depthwise convolution.
    pub groups: usize,
}

impl Default for Convolution {
    fn default() -> Self {
        Self {
            padding: Padding::Valid,
            strides: (1, 1),
            dilation: (1, 1),
            groups: 1,
        }
    }
}

impl Convolution {
    /// Both sides of the map, after everything has been checked.
    pub(crate) fn sides(
        &self,
        x: &Tensor,
        kernel: &Tensor,
        bias: Option<&Tensor>,
    ) -> Result<(Side, Side)> {
        let (&[_, channels, height, width], &[outputs, seen, kernel_height, kernel_width]) =
            (x.dims(), kernel.dims())
        else {
            anyhow::bail!(
                "a convolution takes images of shape (batch, channels, height, width) and a kernel of shape (outputs, channels / groups, \
                 height, width), but these have the shapes {:?} and {:?}",
                x.dims(),
                kernel.dims()
            );
        };
        let groups = self.groups;
        ensure!(
            groups > 0 && channels % groups == 0 && outputs % groups == 0,
            "{groups} groups do not divide {channels} channels into {outputs} outputs: both numbers must be multiples of the groups"
        );
        ensure!(
            seen == channels / groups,
            "the kernel is made for {} channels ({seen} in each of {groups} groups), but the images have {channels}",
            seen * groups
        );
        if let Some(bias) = bias {
            ensure!(
                bias.dims() == [outputs],
                "the bias has the shape {:?}, but {outputs} outputs need ({outputs},)",
                bias.dims()
            );
        }
        self.sides_of(height, width, (kernel_height, kernel_width))
    }

    /// Both sides of the map that an image of this size gives.
    pub(crate) fn sides_of(
        &self,
        height: usize,
        width: usize,
        kernel: (usize, usize),
    ) -> Result<(Side, Side)> {
        // Only the width of a one-dimensional convolution is a time, which has a before and an after.
        let down = match self.padding {
            Padding::Causal => Padding::Same,
            other => other,
        };
        Ok((
            Side::new(
                height,
                kernel.0,
                self.strides.0,
                self.dilation.0,
                down.border(),
            )?,
            Side::new(
                width,
                kernel.1,
                self.strides.1,
                self.dilation.1,
                self.padding.border(),
            )?,
        ))
    }
}

/// A window that moves over each channel alone: `(down, across)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// The size of the window.
    pub size: (usize, usize),
    /// From one window to the next.
    pub strides: (usize, usize),
    /// Whether windows may reach over the edge; what lies outside does not count.
    pub padding: Padding,
}

impl Pooling {
    /// A window that moves by its own size and stays inside.
    #[must_use]
    pub fn new(size: impl Into<Pair>) -> Self {
        let size = size.into().into();
        Self {
            size,
            strides: size,
            padding: Padding::Valid,
        }
    }

    /// Its settings in one line, by their names in Keras.
    pub(crate) fn describe(&self) -> String {
        format!(
            "pool_size={:?}, strides={:?}, padding={}",
            self.size,
            self.strides,
            self.padding.name()
        )
    }

    /// The shape of a pooled image.
    pub(crate) fn output_shape(&self, input_shape: &[usize]) -> Result<Vec<usize>> {
        let &[channels, height, width] = input_shape else {
            anyhow::bail!(
                "pooling takes images of shape (channels, height, width); a grey image of 28 × 28 is (1, 28, 28)"
            );
        };
        let (rows, columns) = self.sides(height, width)?;
        Ok(vec![channels, rows.outputs, columns.outputs])
    }

    /// Both sides of the map that windows on a map of this size give.
    pub(crate) fn sides(&self, height: usize, width: usize) -> Result<(Side, Side)> {
        ensure!(
            self.padding != Padding::Causal,
            "pooling knows the paddings valid and same, not causal"
        );
        let side = |inputs, size, stride| Side::new(inputs, size, stride, 1, self.padding.border());
        Ok((
            side(height, self.size.0, self.strides.0)?,
            side(width, self.size.1, self.strides.1)?,
        ))
    }
}
