//! From images as Candle has them to padded images with their channels innermost, and back.

use super::Shape;

/// A padded image of one group of channels: `(height, width, channels)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl Shape {
    /// Lines of the image that are neighbours in a frame too: its rows, or without padding beside them all of it as one.
    fn lines(&self, frame: &Frame) -> (usize, usize) {
        let (height, width) = (self.rows.inputs, self.columns.inputs);
        if frame.width == width {
            (1, height * width)
        } else {
            (height, width)
        }
    }
}

impl Frame {
    pub(super) fn of(shape: &Shape) -> Self {
        Self {
            height: shape.rows.reach(),
            width: shape.columns.reach(),
            channels: shape.channels / shape.groups,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    pub(super) fn at(&self, y: usize, x: usize) -> usize {
        (y * self.width + x) * self.channels
    }

    /// Copies the channels of a group into the frame, whose padding must be zeros already.
    pub(super) fn load(&self, shape: &Shape, group: usize, image: &[f32], frame: &mut [f32]) {
        let (height, width) = shape.lines(self);
        for y in 0..height {
            let start = self.at(shape.rows.before + y, shape.columns.before);
            let row = &mut frame[start..start + width * self.channels];
            if shape.channels_last {
                let from = y * width * shape.channels + group * self.channels;
                for (x, place) in row.chunks_exact_mut(self.channels).enumerate() {
                    let from = from + x * shape.channels;
                    place.copy_from_slice(&image[from..from + self.channels]);
                }
            } else {
                let planes = &image[group * self.channels * height * width..];
                gather(&planes[y * width..], height * width, self.channels, row);
            }
        }
    }

    /// Copies what is not padding back into the channels of a group.
    pub(super) fn store(&self, shape: &Shape, group: usize, frame: &[f32], image: &mut [f32]) {
        let (height, width) = shape.lines(self);
        for y in 0..height {
            let start = self.at(shape.rows.before + y, shape.columns.before);
            let row = &frame[start..start + width * self.channels];
            if shape.channels_last {
                let to = y * width * shape.channels + group * self.channels;
                for (x, place) in row.chunks_exact(self.channels).enumerate() {
                    let to = to + x * shape.channels;
                    image[to..to + self.channels].copy_from_slice(place);
                }
            } else {
                let planes = &mut image[group * self.channels * height * width + y * width..];
                scatter(
                    row,
                    self.channels,
                    self.channels,
                    planes,
                    height * width,
                    |value| value,
                );
            }
        }
    }
}

/// Channels that are moved at once: one read from each plane, one write for all.
const TOGETHER: usize = 8;

/// `out[place · width + channel] = planes[channel · stride + place]`, for as many places as `out` has rows.
pub(super) fn gather(planes: &[f32], stride: usize, channels: usize, out: &mut [f32]) {
    if channels == 1 {
        out.copy_from_slice(&planes[..out.len()]);
        return;
    }
    let places = out.len() / channels;
    let plane = |channel: usize| &planes[channel * stride..][..places];
    let mut channel = 0;
    while channel + TOGETHER <= channels {
        let from: [&[f32]; TOGETHER] = std::array::from_fn(|i| plane(channel + i));
        for place in 0..places {
            let to = &mut out[place * channels + channel..][..TOGETHER];
            for i in 0..TOGETHER {
                to[i] = from[i][place];
            }
        }
        channel += TOGETHER;
    }
    for channel in channel..channels {
        for (to, value) in out[channel..]
            .iter_mut()
            .step_by(channels)
            .zip(plane(channel))
        {
            *to = *value;
        }
    }
}

/// `planes[channel · stride + place] = rows[place · width + channel]` for the first `channels` of each row.
fn scatter<T: Copy, U>(
    rows: &[T],
    width: usize,
    channels: usize,
    planes: &mut [U],
    stride: usize,
    convert: impl Fn(T) -> U,
) {
    let places = rows.len() / width;
    let mut channel = 0;
    for planes in planes.chunks_mut(TOGETHER * stride) {
        let count = TOGETHER.min(channels - channel);
        if count == TOGETHER {
            let mut rest = planes;
            let to: [&mut [U]; TOGETHER] = std::array::from_fn(|_| {
                let all = std::mem::take(&mut rest);
                let (plane, others) = all.split_at_mut(stride.min(all.len()));
                rest = others;
                &mut plane[..places]
            });
            for place in 0..places {
                let from = &rows[place * width + channel..][..TOGETHER];
                for i in 0..TOGETHER {
                    to[i][place] = convert(from[i]);
                }
            }
        } else {
            for (i, plane) in planes.chunks_mut(stride).take(count).enumerate() {
                let from = rows[channel + i..].iter().step_by(width);
                for (to, value) in plane[..places].iter_mut().zip(from) {
                    *to = convert(*value);
                }
            }
        }
        channel += count;
        if channel == channels {
            break;
        }
    }
}

/// Writes `(places, width)` into the channels of a group of a map: `outputs` in all, `own` in this group.
pub(super) fn store_map<T: Copy, U>(
    rows: &[T],
    width: usize,
    group: usize,
    shape: &Shape,
    map: &mut [U],
    convert: impl Fn(T) -> U,
) {
    let own = shape.outputs / shape.groups;
    let places = rows.len() / width;
    if shape.channels_last {
        for (place, values) in rows.chunks_exact(width).enumerate() {
            let to = place * shape.outputs + group * own;
            for (value, out) in values.iter().zip(&mut map[to..to + own]) {
                *out = convert(*value);
            }
        }
    } else {
        let planes = &mut map[group * own * places..(group + 1) * own * places];
        scatter(rows, width, own, planes, places, convert);
    }
}

/// `∂L/∂z` of one output of one image from `∂L/∂result` and, where relu is behind it, from the result: a NaN passes its gradient on, as in
/// [`crate::ops::relu`]. `first` and `step` say where the output's places are. Returns the sum.
pub(super) fn load_slopes(
    relu: bool,
    result: &[f32],
    gradient: &[f32],
    (first, step): (usize, usize),
    slopes: &mut [f32],
) -> f32 {
    if step == 1 {
        let range = first..first + slopes.len();
        let (result, gradient) = (&result[range.clone()], &gradient[range]);
        if relu {
            for ((slope, y), g) in slopes.iter_mut().zip(result).zip(gradient) {
                // A mask of bits instead of a branch, which would be a guess for every number.
                let kept = u32::from(*y <= 0.0).wrapping_sub(1);
                *slope = f32::from_bits(g.to_bits() & kept);
            }
        } else {
            slopes.copy_from_slice(gradient);
        }
    } else {
        for (place, slope) in slopes.iter_mut().enumerate() {
            let at = first + place * step;
            *slope = if relu && result[at] <= 0.0 {
                0.0
            } else {
                gradient[at]
            };
        }
    }
    // Eight sums side by side, so that one addition need not wait for the one before.
    let (eights, rest) = slopes.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for eight in eights {
        for i in 0..8 {
            sums[i] += eight[i];
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}
