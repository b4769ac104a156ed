//! From images as Candle has them to padded images with their channels innermost, and back.

use super::Shape;

/// A padded image of one group of channels: `(height, width, channels)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
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
        let (height, width) = (shape.rows.inputs, shape.columns.inputs);
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
        let (height, width) = (shape.rows.inputs, shape.columns.inputs);
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
                scatter(row, self.channels, self.channels, planes, height * width);
            }
        }
    }
}

/// `out[place · channels + channel] = planes[channel · stride + place]`.
fn gather(planes: &[f32], stride: usize, channels: usize, out: &mut [f32]) {
    if channels == 1 {
        out.copy_from_slice(&planes[..out.len()]);
        return;
    }
    for (place, values) in out.chunks_exact_mut(channels).enumerate() {
        for (value, plane) in values
            .iter_mut()
            .zip(planes[place..].iter().step_by(stride))
        {
            *value = *plane;
        }
    }
}

/// `planes[channel · stride + place] = rows[place · width + channel]` for the first `channels` of each row.
fn scatter(rows: &[f32], width: usize, channels: usize, planes: &mut [f32], stride: usize) {
    for (place, values) in rows.chunks_exact(width).enumerate() {
        let planes = planes[place..].iter_mut().step_by(stride);
        for (value, plane) in values[..channels].iter().zip(planes) {
            *plane = *value;
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
        for (output, plane) in map[group * own * places..(group + 1) * own * places]
            .chunks_exact_mut(places)
            .enumerate()
        {
            for (out, values) in plane.iter_mut().zip(rows.chunks_exact(width)) {
                *out = convert(values[output]);
            }
        }
    }
}
