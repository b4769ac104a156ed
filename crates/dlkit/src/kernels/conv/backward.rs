//! The gradients of a convolution.
//!
//! With `δ = ∂L/∂z` on the map, `∂L/∂w = Σ δ · x` over all windows, `∂L/∂b = Σ δ`, and `∂L/∂x` adds `δ · w` to every number a window saw. Each task adds
//! up the weights' gradients of its own images; the sums of the tasks are added in their order.

use super::direct::{Lanes, Map, Places, Source, Weights};
use super::layout::{Frame, gather, load_slopes};
use super::{Shape, Side, Windows, images_of};
use crate::kernels::buffer::uninit;
use crate::kernels::parallel::{self, Shared};

/// Which gradients somebody asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) x: bool,
    pub(crate) weights: bool,
}

/// The gradients, in the layouts of what they belong to.
pub(crate) struct Gradients {
    pub(crate) x: Option<Vec<f32>>,
    pub(crate) kernel: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// The numbers of a backward pass.
#[derive(Clone, Copy)]
pub(crate) struct Passed<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) kernel: &'a [f32],
    /// What the forward pass gave, for the slope of relu.
    pub(crate) result: &'a [f32],
    /// With pooling, what it chose.
    pub(crate) chosen: &'a [u8],
    /// ∂L/∂result.
    pub(crate) gradient: &'a [f32],
}

/// Sums that each task has for itself: more tasks serve more cores, but cost memory for a large kernel.
fn tasks_of(shape: &Shape) -> usize {
    const MOST: usize = 16;
    const NUMBERS: usize = 1 << 23;
    (NUMBERS / shape.weights().max(1))
        .clamp(2, MOST)
        .min(shape.batch)
}

/// ∂L/∂x, ∂L/∂w and ∂L/∂b.
pub(crate) fn backward(shape: &Shape, passed: Passed<'_>, wanted: Wanted) -> Gradients {
    assert_eq!(passed.x.len(), shape.batch * shape.image_len());
    assert_eq!(passed.kernel.len(), shape.weights());
    assert_eq!(passed.result.len(), shape.batch * shape.result_len());
    assert_eq!(passed.gradient.len(), passed.result.len());
    if shape.pooling.is_some() {
        assert_eq!(passed.chosen.len(), passed.result.len());
        through_maxima(shape, passed, wanted)
    } else {
        through_map(shape, passed, wanted)
    }
}

/// Adds up the tasks' sums, in their order, and puts each weight where Candle's kernel has it. `at` tells where in a task's sums a weight is.
fn add_up(
    shape: &Shape,
    sums: &[f32],
    each: usize,
    at: impl Fn(usize, usize) -> usize + Sync,
) -> Vec<f32> {
    let patch = shape.patch();
    let mut kernel = uninit(shape.weights());
    parallel::for_each_chunk(&mut kernel, patch.max(1) * 4, |chunk, weights| {
        for (row, weights) in weights.chunks_mut(patch).enumerate() {
            let output = chunk * 4 + row;
            for index in 0..patch {
                let at = at(output, index);
                let sum = sums.iter().skip(at).step_by(each).sum();
                weights[shape.weight_at(output, index) - output * patch] = sum;
            }
        }
    });
    kernel
}

/// Adds up rows in their order.
fn add_rows(rows: &[f32], columns: usize) -> Vec<f32> {
    let mut sum = vec![0.0; columns];
    for row in rows.chunks_exact(columns) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sum
}

/// Behind pooling: from maximum to maximum.
#[allow(unsafe_code)]
fn through_maxima(shape: &Shape, passed: Passed<'_>, wanted: Wanted) -> Gradients {
    let frame = Frame::of(shape);
    let windows = Windows::of(shape, &frame);
    let (patch, own, places) = (shape.patch(), shape.outputs / shape.groups, shape.places());
    // A short run would leave most of a vector empty; then the patches of all places, few numbers each, are written down after all.
    let lanes = Lanes::here();
    let patches = (!wanted.x && patch <= 4 * lanes.lanes && windows.run % lanes.lanes != 0)
        .then(|| patch.next_multiple_of(lanes.lanes));
    let width = patches.unwrap_or(patch);
    let whole = [0];
    let (taps, run) = match patches {
        Some(width) => (&whole[..], width),
        None => (&windows.taps[..], windows.run),
    };

    // The filters, each with its weights in the order of a frame.
    let mut filters = Vec::new();
    if wanted.x {
        filters.reserve(shape.weights());
        for output in 0..shape.outputs {
            filters.extend((0..patch).map(|index| passed.kernel[shape.weight_at(output, index)]));
        }
    }
    let tasks = tasks_of(shape);
    let sums_each = shape.outputs * width;
    let mut sums = vec![0.0; tasks * sums_each];
    let mut bias_sums = vec![0.0; tasks * shape.outputs];
    let (image_len, result_len) = (shape.image_len(), shape.result_len());
    let x_len = if wanted.x { image_len } else { 0 };
    let mut x_gradient = uninit(shape.batch * x_len);
    let shared_sums = Shared::new(&mut sums);
    let shared_bias = Shared::new(&mut bias_sums);
    let shared_x = Shared::new(&mut x_gradient);
    parallel::for_each(tasks, |task| {
        // SAFETY: each task has sums of its own.
        let sums = unsafe { shared_sums.range(task * sums_each..(task + 1) * sums_each) };
        let bias_sums =
            // SAFETY: as above.
            unsafe { shared_bias.range(task * shape.outputs..(task + 1) * shape.outputs) };
        let mut buffer = vec![0.0; frame.len()];
        let mut back = vec![0.0; if wanted.x { frame.len() } else { 0 }];
        let mut patch_rows = vec![0.0; patches.map_or(0, |width| windows.starts.len() * width)];
        let mut starts = vec![0; places];
        let mut slopes = vec![0.0; places];
        for image in images_of(shape.batch, tasks, task) {
            let x = &passed.x[image * image_len..(image + 1) * image_len];
            // SAFETY: each image is one task's.
            let x_gradient = unsafe { shared_x.range(image * x_len..(image + 1) * x_len) };
            for group in 0..shape.groups {
                frame.load(shape, group, x, &mut buffer);
                if let Some(width) = patches {
                    for (index, offset) in windows.offsets().enumerate() {
                        let numbers = patch_rows[index..].iter_mut().step_by(width);
                        for (number, start) in numbers.zip(&windows.starts) {
                            *number = buffer[start + offset];
                        }
                    }
                }
                back.fill(0.0);
                for output in group * own..(group + 1) * own {
                    let (first, step) = if shape.channels_last {
                        (image * result_len + output, shape.outputs)
                    } else {
                        (image * result_len + output * places, 1)
                    };
                    let from = (first, step);
                    bias_sums[output] += load_slopes(
                        shape.relu,
                        passed.result,
                        passed.gradient,
                        from,
                        &mut slopes,
                    );
                    let chosen = &passed.chosen[first..];
                    let entry =
                        |place: usize| place * windows.each + usize::from(chosen[place * step]);
                    let mut count = 0;
                    if patches.is_some() {
                        for (place, start) in starts.iter_mut().enumerate() {
                            *start = entry(place) * width;
                        }
                        count = places;
                    } else {
                        // Only the places with a gradient: gathered without a branch, which would be a guess every time.
                        for place in 0..places {
                            let slope = slopes[place];
                            starts[count] = windows.starts[entry(place)];
                            slopes[count] = slope;
                            count += usize::from(slope != 0.0);
                        }
                    }
                    crate::kernels::dispatch(Places {
                        frame: if patches.is_some() {
                            &patch_rows
                        } else {
                            &buffer
                        },
                        starts: &starts[..count],
                        slopes: &slopes[..count],
                        taps,
                        run,
                        kernel_gradient: &mut sums[output * width..(output + 1) * width],
                        image: wanted.x.then(|| {
                            (
                                &filters[output * patch..(output + 1) * patch],
                                &mut back[..],
                            )
                        }),
                    });
                }
                if wanted.x {
                    frame.store(shape, group, &back, x_gradient);
                }
            }
        }
    });
    Gradients {
        x: wanted.x.then_some(x_gradient),
        kernel: add_up(shape, &sums, sums_each, |output, index| {
            output * width + index
        }),
        bias: add_rows(&bias_sums, shape.outputs),
    }
}

/// Without pooling: the gradient of every place counts.
#[allow(unsafe_code)]
fn through_map(shape: &Shape, passed: Passed<'_>, wanted: Wanted) -> Gradients {
    let frame = Frame::of(shape);
    let windows = Windows::of(shape, &frame);
    let lanes = Lanes::here();
    let (patch, own, places) = (shape.patch(), shape.outputs / shape.groups, shape.places());
    let columns = lanes.padded(own);
    let offsets: Vec<usize> = windows.offsets().collect();
    let back = Back::of(shape, lanes, passed.kernel, wanted.x);

    let tasks = tasks_of(shape);
    let sums_each = shape.groups * patch * columns;
    let mut sums = vec![0.0; if wanted.weights { tasks * sums_each } else { 0 }];
    let mut bias_sums = vec![0.0; tasks * shape.outputs];
    let (image_len, result_len) = (shape.image_len(), shape.result_len());
    let x_len = if wanted.x { image_len } else { 0 };
    let mut x_gradient = uninit(shape.batch * x_len);
    let shared_sums = Shared::new(&mut sums);
    let shared_bias = Shared::new(&mut bias_sums);
    let shared_x = Shared::new(&mut x_gradient);
    parallel::for_each(tasks, |task| {
        let bias_sums =
            // SAFETY: each task has sums of its own.
            unsafe { shared_bias.range(task * shape.outputs..(task + 1) * shape.outputs) };
        let mut buffer = vec![0.0; frame.len()];
        let mut slopes = vec![0.0; back.height * back.width * columns];
        let mut planes = uninit(own * places);
        let mut packed = uninit(own * places);
        let mut rows = uninit(if wanted.x {
            back.longest() * back.columns
        } else {
            0
        });
        for image in images_of(shape.batch, tasks, task) {
            let x = &passed.x[image * image_len..(image + 1) * image_len];
            let result = &passed.result[image * result_len..(image + 1) * result_len];
            let gradient = &passed.gradient[image * result_len..(image + 1) * result_len];
            // SAFETY: each image is one task's.
            let x_gradient = unsafe { shared_x.range(image * x_len..(image + 1) * x_len) };
            for group in 0..shape.groups {
                for output in 0..own {
                    let channel = group * own + output;
                    let (first, step) = if shape.channels_last {
                        (channel, shape.outputs)
                    } else {
                        (channel * places, 1)
                    };
                    let plane = &mut planes[output * places..(output + 1) * places];
                    bias_sums[channel] +=
                        load_slopes(shape.relu, result, gradient, (first, step), plane);
                }
                gather(&planes, places, own, &mut packed);
                for (values, start) in packed.chunks_exact(own).zip(&back.slope_starts) {
                    slopes[*start..start + own].copy_from_slice(values);
                }
                if wanted.weights {
                    frame.load(shape, group, x, &mut buffer);
                    let start = task * sums_each + group * patch * columns;
                    crate::kernels::dispatch(Weights {
                        frame: &buffer,
                        starts: &windows.starts,
                        offsets: &offsets,
                        slopes: &slopes,
                        slope_starts: &back.slope_starts,
                        columns,
                        // SAFETY: each task has sums of its own.
                        kernel_gradient: unsafe {
                            shared_sums.range(start..start + patch * columns)
                        },
                    });
                }
                for phase in &back.phases {
                    let rows = &mut rows[..phase.starts.len() * back.columns];
                    crate::kernels::dispatch(Map {
                        source: Source {
                            frame: &slopes,
                            starts: &phase.starts,
                            taps: &phase.taps,
                            run: own,
                            panels: &phase.panels[group],
                            bias: &back.no_bias,
                            columns: back.columns,
                            relu: false,
                        },
                        out: rows,
                    });
                    phase.store(shape, group, rows, back.columns, x_gradient);
                }
            }
        }
    });
    Gradients {
        x: wanted.x.then_some(x_gradient),
        kernel: if wanted.weights {
            add_up(shape, &sums, sums_each, |output, index| {
                ((output / own) * patch + index) * columns + output % own
            })
        } else {
            Vec::new()
        },
        bias: add_rows(&bias_sums, shape.outputs),
    }
}

/// The way back to the image is a convolution of the slopes: number `Y` of the padded image was seen by output `y` through weight `i` if
/// `Y = y · stride + i · dilation`. For all `Y` with the same remainder by the stride (a *phase*) the weights that qualify are the same, and
/// their outputs lie at the same distances: `y = ⌊Y / stride⌋ − ⌊i · dilation / stride⌋`. Slopes stand in a frame of their own, with zeros around.
struct Back {
    height: usize,
    width: usize,
    /// Where in the frame of slopes each place of the map lies.
    slope_starts: Vec<usize>,
    phases: Vec<Phase>,
    /// Channels of the image, filled up to whole vectors.
    columns: usize,
    no_bias: Vec<f32>,
}

struct Phase {
    /// For each number of the image in this phase: where its window starts in the frame of slopes, and its place in the image.
    starts: Vec<usize>,
    targets: Vec<usize>,
    taps: Vec<usize>,
    /// For each group the weights, `(taps · outputs, channels)`.
    panels: Vec<Vec<f32>>,
}

impl Back {
    fn of(shape: &Shape, lanes: Lanes, kernel: &[f32], wants_x: bool) -> Self {
        let (down, across) = (&shape.rows, &shape.columns);
        let own = shape.outputs / shape.groups;
        let channels = shape.channels / shape.groups;
        let slope_columns = lanes.padded(own);
        // As many zeros before the map as the farthest weight reaches back.
        let reach = |side: &Side| (side.kernel - 1) * side.dilation / side.stride;
        let (above, left) = (reach(down), reach(across));
        let size = |side: &Side| {
            reach(side)
                + side
                    .outputs
                    .max((side.before + side.inputs).div_ceil(side.stride))
        };
        let (height, width) = (size(down), size(across));
        let at = |y: usize, x: usize| (y * width + x) * slope_columns;
        let slope_starts = (0..down.outputs)
            .flat_map(|y| (0..across.outputs).map(move |x| at(above + y, left + x)))
            .collect();
        let columns = lanes.padded(channels);

        let mut phases = Vec::new();
        let count = if wants_x {
            down.stride * across.stride
        } else {
            0
        };
        for phase in 0..count {
            let (row, column) = (phase / across.stride, phase % across.stride);
            let seen = |side: &Side, phase: usize| -> Vec<usize> {
                let (stride, dilation) = (side.stride, side.dilation);
                (0..side.kernel)
                    .filter(|i| i * dilation % stride == phase)
                    .collect()
            };
            let mut weights = Vec::new();
            let mut taps = Vec::new();
            for &i in &seen(down, row) {
                for &j in &seen(across, column) {
                    weights.push(i * across.kernel + j);
                    taps.push(at(
                        above - i * down.dilation / down.stride,
                        left - j * across.dilation / across.stride,
                    ));
                }
            }
            let (mut starts, mut targets) = (Vec::new(), Vec::new());
            for y in (0..down.inputs).filter(|y| (y + down.before) % down.stride == row) {
                for x in
                    (0..across.inputs).filter(|x| (x + across.before) % across.stride == column)
                {
                    starts.push(at(
                        (y + down.before) / down.stride,
                        (x + across.before) / across.stride,
                    ));
                    targets.push(y * across.inputs + x);
                }
            }
            let panels = (0..shape.groups)
                .map(|group| {
                    lanes.pack(taps.len() * own, channels, |row, channel| {
                        let (tap, output) = (row / own, group * own + row % own);
                        kernel[shape.weight_at(output, weights[tap] * channels + channel)]
                    })
                })
                .collect();
            phases.push(Phase {
                starts,
                targets,
                taps,
                panels,
            });
        }
        Self {
            height,
            width,
            slope_starts,
            phases,
            columns,
            no_bias: vec![0.0; columns],
        }
    }

    fn longest(&self) -> usize {
        self.phases
            .iter()
            .map(|phase| phase.starts.len())
            .max()
            .unwrap_or(0)
    }
}

impl Phase {
    fn store(&self, shape: &Shape, group: usize, rows: &[f32], width: usize, image: &mut [f32]) {
        let channels = shape.channels / shape.groups;
        let places = shape.rows.inputs * shape.columns.inputs;
        if shape.channels_last {
            for (values, target) in rows.chunks_exact(width).zip(&self.targets) {
                let to = target * shape.channels + group * channels;
                image[to..to + channels].copy_from_slice(&values[..channels]);
            }
            return;
        }
        for channel in 0..channels {
            let plane = &mut image[(group * channels + channel) * places..][..places];
            for (values, target) in rows.chunks_exact(width).zip(&self.targets) {
                plane[*target] = values[channel];
            }
        }
    }
}
