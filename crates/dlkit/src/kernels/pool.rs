//! Pooling of maps `(maps, height, width)`: the maximum or the mean of each window.

use super::buffer::uninit;
use super::conv::Side;
use super::parallel::{self, Shared};

/// Which windows on which maps. `maps` counts all channels of all images.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) maps: usize,
    pub(crate) rows: Side,
    pub(crate) columns: Side,
}

impl Shape {
    fn map_len(&self) -> usize {
        self.rows.inputs * self.columns.inputs
    }

    fn result_len(&self) -> usize {
        self.rows.outputs * self.columns.outputs
    }

    /// Calls `task` for each map with its index, on all threads.
    fn for_each_map(&self, task: impl Fn(usize) + Sync) {
        /// Numbers worth a task of their own.
        const NUMBERS: usize = 1 << 14;
        let each = (NUMBERS / self.map_len().max(1)).max(1);
        parallel::for_each(self.maps.div_ceil(each), |part| {
            for map in part * each..((part + 1) * each).min(self.maps) {
                task(map);
            }
        });
    }
}

/// The maxima, and for each its place in its map: of equals the first. NaN counts as the largest.
#[allow(unsafe_code)]
pub(crate) fn max(shape: &Shape, x: &[f32]) -> (Vec<f32>, Vec<u32>) {
    let (map_len, result_len) = (shape.map_len(), shape.result_len());
    assert_eq!(x.len(), shape.maps * map_len);
    let mut result = uninit(shape.maps * result_len);
    let mut chosen = vec![0u32; result.len()];
    let shared_result = Shared::new(&mut result);
    let shared_chosen = Shared::new(&mut chosen);
    let width = shape.columns.inputs;
    shape.for_each_map(|map| {
        let x = &x[map * map_len..(map + 1) * map_len];
        let range = map * result_len..(map + 1) * result_len;
        // SAFETY: each map is one task's.
        let result = unsafe { shared_result.range(range.clone()) };
        // SAFETY: as above.
        let chosen = unsafe { shared_chosen.range(range) };
        let mut out = result.iter_mut().zip(chosen);
        for y in 0..shape.rows.outputs {
            let down = shape.rows.window(y);
            for across in 0..shape.columns.outputs {
                let right = shape.columns.window(across);
                let mut place = down.start * width + right.start;
                let mut best = x[place];
                for y in down.clone() {
                    for at in y * width + right.start..y * width + right.end {
                        let value = x[at];
                        let larger = value > best || value.is_nan();
                        best = if larger { value } else { best };
                        place = if larger { at } else { place };
                    }
                }
                if let Some((result, chosen)) = out.next() {
                    *result = best;
                    *chosen = place as u32;
                }
            }
        }
    });
    (result, chosen)
}

/// ∂L/∂x of [`max`]: each gradient goes to the place of the maximum.
#[allow(unsafe_code)]
pub(crate) fn max_backward(shape: &Shape, chosen: &[u32], gradient: &[f32]) -> Vec<f32> {
    let (map_len, result_len) = (shape.map_len(), shape.result_len());
    assert_eq!(gradient.len(), shape.maps * result_len);
    assert_eq!(chosen.len(), gradient.len());
    let mut x_gradient = uninit(shape.maps * map_len);
    let shared = Shared::new(&mut x_gradient);
    shape.for_each_map(|map| {
        // SAFETY: each map is one task's.
        let x_gradient = unsafe { shared.range(map * map_len..(map + 1) * map_len) };
        x_gradient.fill(0.0);
        let range = map * result_len..(map + 1) * result_len;
        for (place, slope) in chosen[range.clone()].iter().zip(&gradient[range]) {
            x_gradient[*place as usize] += slope;
        }
    });
    x_gradient
}

/// The means; `shares` holds one over the number of places inside the map, for each window.
#[allow(unsafe_code)]
pub(crate) fn mean(shape: &Shape, x: &[f32], shares: &[f32]) -> Vec<f32> {
    let (map_len, result_len) = (shape.map_len(), shape.result_len());
    assert_eq!(x.len(), shape.maps * map_len);
    assert_eq!(shares.len(), result_len);
    let mut result = uninit(shape.maps * result_len);
    let shared = Shared::new(&mut result);
    let width = shape.columns.inputs;
    shape.for_each_map(|map| {
        let x = &x[map * map_len..(map + 1) * map_len];
        // SAFETY: each map is one task's.
        let result = unsafe { shared.range(map * result_len..(map + 1) * result_len) };
        for y in 0..shape.rows.outputs {
            for across in 0..shape.columns.outputs {
                let right = shape.columns.window(across);
                let at = y * shape.columns.outputs + across;
                let sum: f32 = shape
                    .rows
                    .window(y)
                    .flat_map(|y| &x[y * width + right.start..y * width + right.end])
                    .sum();
                result[at] = sum * shares[at];
            }
        }
    });
    result
}

/// ∂L/∂x of [`mean`]: every place of a window gets its share.
#[allow(unsafe_code)]
pub(crate) fn mean_backward(shape: &Shape, shares: &[f32], gradient: &[f32]) -> Vec<f32> {
    let (map_len, result_len) = (shape.map_len(), shape.result_len());
    assert_eq!(gradient.len(), shape.maps * result_len);
    assert_eq!(shares.len(), result_len);
    let mut x_gradient = uninit(shape.maps * map_len);
    let shared = Shared::new(&mut x_gradient);
    let width = shape.columns.inputs;
    shape.for_each_map(|map| {
        // SAFETY: each map is one task's.
        let x_gradient = unsafe { shared.range(map * map_len..(map + 1) * map_len) };
        x_gradient.fill(0.0);
        let gradient = &gradient[map * result_len..(map + 1) * result_len];
        for y in 0..shape.rows.outputs {
            for across in 0..shape.columns.outputs {
                let right = shape.columns.window(across);
                let at = y * shape.columns.outputs + across;
                let slope = gradient[at] * shares[at];
                for y in shape.rows.window(y) {
                    for value in &mut x_gradient[y * width + right.start..y * width + right.end] {
                        *value += slope;
                    }
                }
            }
        }
    });
    x_gradient
}
