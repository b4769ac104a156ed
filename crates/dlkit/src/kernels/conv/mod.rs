//! Convolution of images, with bias, relu and max-pooling in the same pass; and its gradients.
//!
//! Each task takes a few images, one after the other: it lays an image out with its padding and its channels innermost, in a buffer that the cache holds, and
//! convolves that buffer directly (see [`direct`]); the matrix of all patches is never written down. With pooling behind it, places that no
//! window sees are not computed, the map itself is not written down either, and the backward pass visits only the places of the maxima whose gradient
//! is not zero: after pooling, relu and dropout that is one in eight or less.

mod backward;
mod direct;
mod layout;
mod side;
#[cfg(test)]
mod tests;

pub(crate) use backward::{Passed, Wanted, backward};
pub(crate) use side::{Border, Side};

use super::buffer::uninit;
use super::parallel::{self, Shared};
use direct::{Lanes, Map, PooledMap, Source, TOGETHER};
use layout::{Frame, store_map};

/// What is convolved with what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) batch: usize,
    pub(crate) channels: usize,
    pub(crate) outputs: usize,
    pub(crate) groups: usize,
    pub(crate) rows: Side,
    pub(crate) columns: Side,
    /// Images and maps are `(batch, height, width, channels)`, not `(batch, channels, height, width)`.
    pub(crate) channels_last: bool,
    pub(crate) relu: bool,
    /// The windows of a max-pooling behind it, on the map's rows and columns.
    pub(crate) pooling: Option<(Side, Side)>,
}

impl Shape {
    /// The most places of a pooling window: the choice among them is noted in a byte.
    pub(crate) const LARGEST_WINDOW: usize = 252;

    fn image_len(&self) -> usize {
        self.channels * self.rows.inputs * self.columns.inputs
    }

    /// Rows and columns of the result.
    pub(crate) fn result_sides(&self) -> (usize, usize) {
        let (rows, columns) = self.pooling.unwrap_or((self.rows, self.columns));
        (rows.outputs, columns.outputs)
    }

    /// Places of the result.
    fn places(&self) -> usize {
        let (rows, columns) = self.result_sides();
        rows * columns
    }

    fn result_len(&self) -> usize {
        self.outputs * self.places()
    }

    /// Numbers of the kernel that one output sees.
    fn patch(&self) -> usize {
        self.channels / self.groups * self.rows.kernel * self.columns.kernel
    }

    fn weights(&self) -> usize {
        self.outputs * self.patch()
    }

    /// Where in Candle's kernel `(outputs, channels / groups, height, width)` the weight of an output lies that is the
    /// `index`-th in the order of a frame: row, column, channel.
    fn weight_at(&self, output: usize, index: usize) -> usize {
        let channels = self.channels / self.groups;
        let (place, channel) = (index / channels, index % channels);
        (output * channels + channel) * (self.rows.kernel * self.columns.kernel) + place
    }
}

/// Where the numbers of a window lie in a frame.
struct Windows {
    /// The runs of a window, from its start.
    taps: Vec<usize>,
    /// The length of a run.
    run: usize,
    /// The starts of all windows, in the order of the map. With pooling, of those of each pooling window one behind the other, the last
    /// repeated until there are `each`.
    starts: Vec<usize>,
    each: usize,
}

impl Windows {
    /// Where each number of a window lies from its start.
    fn offsets(&self) -> impl Iterator<Item = usize> {
        self.taps
            .iter()
            .flat_map(|tap| (0..self.run).map(move |offset| tap + offset))
    }

    fn of(shape: &Shape, frame: &Frame) -> Self {
        let (rows, columns) = (&shape.rows, &shape.columns);
        // Without dilation the weights of a kernel's row are neighbours in the frame.
        let whole_rows = columns.dilation == 1;
        let across = if whole_rows { 1 } else { columns.kernel };
        let mut taps = Vec::with_capacity(rows.kernel * across);
        for i in 0..rows.kernel {
            for j in 0..across {
                taps.push(frame.at(i * rows.dilation, j * columns.dilation));
            }
        }
        let run = if whole_rows { columns.kernel } else { 1 } * frame.channels;

        let start = |y: usize, x: usize| frame.at(y * rows.stride, x * columns.stride);
        let mut starts = Vec::new();
        let mut each = 1;
        match &shape.pooling {
            None => {
                for y in 0..rows.outputs {
                    starts.extend((0..columns.outputs).map(|x| start(y, x)));
                }
            }
            Some((down, right)) => {
                each = (down.kernel * right.kernel).next_multiple_of(TOGETHER);
                for window_y in 0..down.outputs {
                    for window_x in 0..right.outputs {
                        let first = starts.len();
                        for y in down.window(window_y) {
                            starts.extend(right.window(window_x).map(|x| start(y, x)));
                        }
                        let last = starts[starts.len() - 1];
                        starts.resize(first + each, last);
                    }
                }
            }
        }
        Self {
            taps,
            run,
            starts,
            each,
        }
    }
}

/// The images of a task. Their number does not depend on the number of threads.
fn images_of(batch: usize, tasks: usize, task: usize) -> std::ops::Range<usize> {
    let each = batch.div_ceil(tasks);
    (task * each).min(batch)..((task + 1) * each).min(batch)
}

/// What a forward pass gives.
pub(crate) struct Forward {
    /// The map, or what pooling leaves of it.
    pub(crate) result: Vec<f32>,
    /// With pooling, which place of its window each number comes from.
    pub(crate) chosen: Vec<u8>,
}

/// `g(x ∗ w + b)`, pooled if `shape` says so. `kernel` is Candle's `(outputs, channels / groups, height, width)`.
#[allow(unsafe_code)]
pub(crate) fn forward(shape: &Shape, x: &[f32], kernel: &[f32], bias: &[f32]) -> Forward {
    /// Enough for any number of cores; more only cost their buffers.
    const MOST_TASKS: usize = 64;
    assert_eq!(x.len(), shape.batch * shape.image_len());
    assert_eq!(kernel.len(), shape.weights());
    assert_eq!(bias.len(), shape.outputs);
    let frame = Frame::of(shape);
    let windows = Windows::of(shape, &frame);
    let lanes = Lanes::here();
    let own = shape.outputs / shape.groups;
    let columns = lanes.padded(own);
    let groups: Vec<(Vec<f32>, Vec<f32>)> = (0..shape.groups)
        .map(|group| {
            let first = group * own;
            let panels = lanes.pack(shape.patch(), own, |index, output| {
                kernel[shape.weight_at(first + output, index)]
            });
            let mut padded = vec![0.0; columns];
            padded[..own].copy_from_slice(&bias[first..first + own]);
            (panels, padded)
        })
        .collect();

    let (image_len, result_len) = (shape.image_len(), shape.result_len());
    let pooled = shape.pooling.is_some();
    let chosen_len = if pooled { result_len } else { 0 };
    let mut result = uninit(shape.batch * result_len);
    let mut chosen = vec![0u8; shape.batch * chosen_len];
    let shared_result = Shared::new(&mut result);
    let shared_chosen = Shared::new(&mut chosen);
    let tasks = shape.batch.min(MOST_TASKS);
    parallel::for_each(tasks, |task| {
        let mut buffer = vec![0.0; frame.len()];
        let mut rows = uninit(shape.places() * columns);
        let mut rows_chosen = vec![0u32; if pooled { rows.len() } else { 0 }];
        for image in images_of(shape.batch, tasks, task) {
            let x = &x[image * image_len..(image + 1) * image_len];
            // SAFETY: each image is one task's.
            let result =
                unsafe { shared_result.range(image * result_len..(image + 1) * result_len) };
            let chosen =
                // SAFETY: as above.
                unsafe { shared_chosen.range(image * chosen_len..(image + 1) * chosen_len) };
            for (group, (panels, bias)) in groups.iter().enumerate() {
                frame.load(shape, group, x, &mut buffer);
                let source = Source {
                    frame: &buffer,
                    starts: &windows.starts,
                    taps: &windows.taps,
                    run: windows.run,
                    panels,
                    bias,
                    columns,
                    relu: shape.relu,
                };
                if pooled {
                    super::dispatch(PooledMap {
                        source,
                        places: windows.each,
                        out: &mut rows,
                        chosen: &mut rows_chosen,
                    });
                    store_map(&rows_chosen, columns, group, shape, chosen, |place| {
                        place as u8
                    });
                } else {
                    super::dispatch(Map {
                        source,
                        out: &mut rows,
                    });
                }
                store_map(&rows, columns, group, shape, result, |value| value);
            }
        }
    });
    Forward { result, chosen }
}
