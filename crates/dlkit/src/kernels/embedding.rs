//! Rows of a table by their numbers, with or without the row of the position added; forward and backward.

use super::parallel::{self, Shared};
use super::row;

/// Row `ids[i]` of `table` becomes row `i` of `out`; with `positions`, row `i mod steps` of those is added (`steps` rows of them are used).
pub(crate) fn forward(
    ids: &[u32],
    table: &[f32],
    positions: Option<(&[f32], usize)>,
    width: usize,
    out: &mut [f32],
) {
    assert_eq!(out.len(), ids.len() * width);
    let rows = row::rows_in_a_task(width);
    parallel::for_each_chunk(out, rows * width, |index, out| {
        for (i, out) in out.chunks_exact_mut(width).enumerate() {
            let at = index * rows + i;
            let token = &table[ids[at] as usize * width..][..width];
            match positions {
                None => out.copy_from_slice(token),
                Some((positions, steps)) => {
                    let position = &positions[at % steps * width..][..width];
                    for c in 0..width {
                        out[c] = token[c] + position[c];
                    }
                }
            }
        }
    });
}

/// Adds row `i` of `dy` to row `ids[i]` of `dtable`, and to row `i mod steps` of `dpositions`. A row that no id names is not touched.
///
/// Two ids may be equal, so the rows cannot be shared out among tasks; the columns can.
pub(crate) fn backward(
    ids: &[u32],
    dy: &[f32],
    width: usize,
    dtable: Option<&mut [f32]>,
    dpositions: Option<(&mut [f32], usize)>,
) {
    /// Columns of one task: two cache lines or more, so that no two tasks write the same.
    const COLUMNS: usize = 32;
    let dtable = dtable.map(Shared::new);
    let dpositions = dpositions.map(|(rows, steps)| (Shared::new(rows), steps));
    parallel::for_each(width.div_ceil(COLUMNS), |task| {
        let from = task * COLUMNS;
        let columns = COLUMNS.min(width - from);
        for (i, id) in ids.iter().enumerate() {
            let dy = &dy[i * width + from..][..columns];
            if let Some(dtable) = &dtable {
                add_to(dtable, *id as usize * width + from, dy);
            }
            if let Some((dpositions, steps)) = &dpositions {
                add_to(dpositions, i % steps * width + from, dy);
            }
        }
    });
}

#[allow(unsafe_code)]
#[inline]
fn add_to(sums: &Shared<'_, f32>, start: usize, dy: &[f32]) {
    // SAFETY: a task has its own columns of every row.
    let sums = unsafe { sums.range(start..start + dy.len()) };
    // A constant length here makes the usual case two vectors long instead of a loop.
    if let (Some(sums), Some(dy)) = (sums.first_chunk_mut::<32>(), dy.first_chunk::<32>()) {
        for c in 0..32 {
            sums[c] += dy[c];
        }
    } else {
        for c in 0..dy.len() {
            sums[c] += dy[c];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathers_and_scatters_for_odd_widths() {
        for width in [1, 3, 16, 32, 33, 70] {
            let (vocabulary, steps) = (5, 4);
            let ids: Vec<u32> = vec![4, 0, 4, 1, 3, 3, 4, 0];
            let table: Vec<f32> = (0..vocabulary * width).map(|i| i as f32).collect();
            let positions: Vec<f32> = (0..steps * width).map(|i| 1000.0 + i as f32).collect();
            let dy: Vec<f32> = (0..ids.len() * width)
                .map(|i| (i % 7) as f32 - 3.0)
                .collect();
            let mut plain = vec![f32::NAN; dy.len()];
            let mut placed = plain.clone();
            forward(&ids, &table, None, width, &mut plain);
            forward(&ids, &table, Some((&positions, steps)), width, &mut placed);
            let mut dtable = vec![0.0; table.len()];
            let mut dpositions = vec![0.0; positions.len()];
            backward(
                &ids,
                &dy,
                width,
                Some(&mut dtable),
                Some((&mut dpositions, steps)),
            );

            let (mut by_token, mut by_position) =
                (vec![0.0; table.len()], vec![0.0; positions.len()]);
            for (i, id) in ids.iter().enumerate() {
                for c in 0..width {
                    let token = *id as usize * width + c;
                    let position = i % steps * width + c;
                    assert_eq!(plain[i * width + c], table[token]);
                    assert_eq!(placed[i * width + c], table[token] + positions[position]);
                    by_token[token] += dy[i * width + c];
                    by_position[position] += dy[i * width + c];
                }
            }
            assert_eq!(dtable, by_token);
            assert_eq!(dpositions, by_position);
        }
    }
}
