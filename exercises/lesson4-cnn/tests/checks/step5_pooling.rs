//! Checks of step5_pooling.

use super::panics::*;
use super::support::*;
use dlkit_check::prelude::*;
use lesson4::step1_cross_correlation::Grid;
use lesson4::step5_pooling::*;

type Winners = Vec<Vec<(usize, usize)>>;

/// Pools by the checks' own hand; with `last`, the last of equals wins.
fn pooled(map: &Grid, size: usize, last: bool) -> (Grid, Winners) {
    let (down, across) = (map.len() / size, map[0].len() / size);
    let block = |y: usize, x: usize| {
        let mut best = (y * size, x * size);
        for place in 0..size * size {
            let here = (y * size + place / size, x * size + place % size);
            let (a, b) = (map[here.0][here.1], map[best.0][best.1]);
            if a > b || (last && a >= b) {
                best = here;
            }
        }
        best
    };
    let winners: Winners = (0..down)
        .map(|y| (0..across).map(|x| block(y, x)).collect())
        .collect();
    let values = winners
        .iter()
        .map(|row| row.iter().map(|&(y, x)| map[y][x]).collect())
        .collect();
    (values, winners)
}

fn example() -> Grid {
    grid([[1, 5, 2, 0], [3, 4, 8, 1], [0, 2, 1, 1], [6, 2, 1, 1]])
}

fn blocks(map: &Grid, size: usize, of: impl Fn(&[f64]) -> f64) -> Grid {
    (0..map.len() / size)
        .map(|y| {
            (0..map[0].len() / size)
                .map(|x| {
                    let block: Vec<f64> = (0..size * size)
                        .map(|i| map[y * size + i / size][x * size + i % size])
                        .collect();
                    of(&block)
                })
                .collect()
        })
        .collect()
}

/// Calls the student's `max_pool`. When it looks beyond the edge, smaller maps tell why.
fn pool(name: &str, map: &Grid, size: usize) -> Found<Pooled> {
    let fits = |height: usize, width: usize| runs(|| max_pool(&counted(height, width), 2));
    tried(
        name,
        &[extent("map", map)],
        || max_pool(map, size),
        || {
            if !fits(2, 2) {
                return None;
            }
            if !fits(4, 4) {
                return Some((
                    "too-many-blocks",
                    "It looks for blocks beyond the edge, though one block alone is right. The blocks lie side by side: how many of them fill a side?".into(),
                ));
            }
            if !fits(4, 6) || !fits(6, 4) {
                return Some((
                    "height-and-width-swapped",
                    "Square maps pass, others do not: have height and width changed places? `values` has a row for each block down, and in it a number for each \
                     block across."
                        .into(),
                ));
            }
            (!fits(5, 5)).then(|| {
                (
                    "rounded-up",
                    "Even sides pass, odd ones do not: the last row and the last column have no partner, and are in no block. Round down.".into(),
                )
            })
        },
    )
}

fn judge_values(name: &str, map: &Grid, size: usize) -> Verdict {
    let (want, _) = pooled(map, size, false);
    let overlapping: Grid = (0..=map.len() - size)
        .map(|y| {
            (0..=map[0].len() - size)
                .map(|x| {
                    (0..size * size)
                        .map(|i| map[y + i / size][x + i % size])
                        .fold(f64::NEG_INFINITY, f64::max)
                })
                .collect()
        })
        .collect();
    let cut = overlapping
        .iter()
        .take(want.len())
        .map(|row| row[..want[0].len()].to_vec())
        .collect();
    // Searches that begin with a pixel of another block, and such that look at a part of the block.
    let began_at = |first: &dyn Fn(usize, usize) -> (usize, usize)| -> Grid {
        let row = |(y, row): (usize, &Vec<f64>)| -> Vec<f64> {
            let with = |(x, value): (usize, &f64)| {
                let (top, left) = first(y, x);
                f64::max(*value, map[top][left])
            };
            row.iter().enumerate().map(with).collect()
        };
        want.iter().enumerate().map(row).collect()
    };
    let window = |height: usize, width: usize| -> Grid {
        blocks(map, size, |b| {
            (0..size.min(height))
                .flat_map(|i| b[i * size..i * size + width.min(size)].iter())
                .fold(f64::NEG_INFINITY, |m, v| f64::max(m, *v))
        })
    };
    same_grid(
        &format!("{name}.values"),
        &pool(name, map, size)?.values,
        &want,
        &[
            (
                "average-for-maximum",
                "These are the means of the blocks; keep the largest number.",
                blocks(map, size, |b| b.iter().sum::<f64>() / b.len() as f64),
            ),
            (
                "sum-for-maximum",
                "These are the sums of the blocks; keep the largest number.",
                blocks(map, size, |b| b.iter().sum()),
            ),
            (
                "zero-wins",
                "Blocks of negative numbers gave 0: begin with the first number of the block, not with 0.",
                blocks(map, size, |b| b.iter().fold(0., |m, v| f64::max(m, *v))),
            ),
            (
                "zero-wins",
                "In a block of negative numbers the first won, though it is not the largest: does the search begin with 0 as the largest so far? Begin with the \
                 first number of the block.",
                blocks(map, size, |b| {
                    let largest = b.iter().fold(f64::NEG_INFINITY, |m, v| f64::max(m, *v));
                    if largest > 0. { largest } else { b[0] }
                }),
            ),
            (
                "starts-elsewhere",
                "The pixel (y, x) takes part in the block (y, x), but lies in another one: begin with the block's own first pixel.",
                began_at(&|y, x| (y, x)),
            ),
            (
                "starts-elsewhere",
                "The pixel (0, 0) takes part in every block: begin with the block's own first pixel.",
                began_at(&|_, _| (0, 0)),
            ),
            (
                "two-for-size",
                "Only two columns of each block were looked at: a block is as wide as `size`.",
                window(size, 2),
            ),
            (
                "two-for-size",
                "Only two rows of each block were looked at: a block is as high as `size`.",
                window(2, size),
            ),
            (
                "two-for-size",
                "Only 2×2 of each block were looked at: a block has `size` × `size` pixels.",
                window(2, 2),
            ),
            (
                "minimum-for-maximum",
                "These are the smallest numbers of the blocks.",
                blocks(map, size, |b| {
                    b.iter().fold(f64::INFINITY, |m, v| f64::min(m, *v))
                }),
            ),
            (
                "magnitude-for-value",
                "In each block the number farthest from 0 was kept, whatever its sign. Is −5 larger than 2?",
                blocks(map, size, |b| {
                    let farther = |m: f64, v: &f64| if v.abs() > m.abs() { *v } else { m };
                    b.iter().fold(0., farther)
                }),
            ),
            (
                "overlapping-blocks",
                "The blocks overlap: they lie side by side, block (y, x) starts at (y·size, x·size).",
                overlapping,
            ),
            (
                "overlapping-blocks",
                "There are as many blocks as there should be, but they overlap: block (y, x) starts at (y·size, x·size), not at (y, x).",
                cut,
            ),
        ],
    )
}

fn same_winners(name: &str, got: &Winners, map: &Grid, size: usize) -> Verdict {
    let (_, want) = pooled(map, size, false);
    if *got == want {
        return Ok(());
    }
    // Both mark their winners in a map of zeros.
    let marked = |winners: &Winners| -> Grid {
        let mut marks = vec![vec![0.; map[0].len()]; map.len()];
        for &(row, column) in winners.iter().flatten() {
            if let Some(mark) = marks.get_mut(row).and_then(|row| row.get_mut(column)) {
                *mark = 1.;
            }
        }
        marks
    };
    wrong_winners(name, got, &want, map, size)
        .drawn(|| compared_rows(&format!("{name}.winners"), &marked(got), &marked(&want)))
}

fn wrong_winners(name: &str, got: &Winners, want: &Winners, map: &Grid, size: usize) -> Verdict {
    let facts = format!("{name}.winners is {got:?}, but it should be {want:?}.");
    if *got == pooled(map, size, true).1 {
        return slip(
            "last-of-equals",
            format!(
                "{facts} Where numbers of a block are equal, the last of them won here; by the rule of this step the first wins: replace the winner only by what is larger."
            ),
        );
    }
    let swapped: Winners = want
        .iter()
        .map(|row| row.iter().map(|&(y, x)| (x, y)).collect())
        .collect();
    if *got == swapped {
        return slip(
            "row-and-column-swapped",
            format!("{facts} Row and column have changed places."),
        );
    }
    let inside: Winners = want
        .iter()
        .map(|row| row.iter().map(|&(y, x)| (y % size, x % size)).collect())
        .collect();
    if *got == inside {
        return slip(
            "place-in-block",
            format!(
                "{facts} You count from the corner of each block; count from the corner of the map."
            ),
        );
    }
    let strays = got.iter().enumerate().flat_map(|(y, row)| {
        let strays = move |&(x, &(row, column)): &(usize, &(usize, usize))| {
            row / size != y || column / size != x
        };
        row.iter()
            .enumerate()
            .filter(strays)
            .map(move |(x, at)| (y, x, *at))
    });
    if let Some((y, x, at)) = strays.min() {
        return slip(
            "starts-elsewhere",
            format!(
                "{facts} The pixel {at:?} does not lie in the block ({y}, {x}): begin with the block's own first pixel."
            ),
        );
    }
    fail!("{facts}");
}

pub(crate) fn each_block_keeps_its_largest_number() -> Verdict {
    let name = "max_pool(the 4×4 map at the top of the file, 2)";
    judge_values(name, &example(), 2)?;
    same_winners(name, &pool(name, &example(), 2)?.winners, &example(), 2)?;
    let map = random(6, 9, 1);
    judge_values("max_pool(a map 6×9, 3)", &map, 3)?;
    let name = "max_pool(a map 6×9, 3)";
    same_winners(name, &pool(name, &map, 3)?.winners, &map, 3)
}

pub(crate) fn negative_numbers_can_win() -> Verdict {
    let map = grid([[-5, -3, 2, -1], [-4, -9, -7, -8]]);
    judge_values("max_pool([[−5, −3, 2, −1], [−4, −9, −7, −8]], 2)", &map, 2)
}

pub(crate) fn of_equals_the_first_wins() -> Verdict {
    let map = grid([[0, 0, 3, 1], [0, 0, 1, 3], [7, 7, -2, -2], [1, 2, -2, -2]]);
    let name = "max_pool([[0, 0, 3, 1], [0, 0, 1, 3], [7, 7, −2, −2], [1, 2, −2, −2]], 2)";
    same_winners(name, &pool(name, &map, 2)?.winners, &map, 2)
}

pub(crate) fn an_odd_last_row_is_left_out() -> Verdict {
    // The largest numbers stand in the last row and column, so that nobody can miss whether they count.
    let map: Grid = (0..5)
        .map(|y| (0..7).map(|x| f64::from(y * 7 + x)).collect())
        .collect();
    let name = "max_pool(a map 5×7, 2)";
    let got = pool(name, &map, 2)?;
    if got.values.len() == 3 || got.values.iter().any(|row| row.len() == 4) {
        return slip(
            "rounded-up",
            format!(
                "{name} has {}: the last row and the last column have no partner, and are in no block. It should have 2 rows of 3.",
                size(&got.values)
            ),
        );
    }
    judge_values(name, &map, 2)?;
    same_winners(name, &got.winners, &map, 2)
}

/// What comes back, by the checks' own hand.
fn sent_back(winners: &Winners, gradients: &Grid, (height, width): (usize, usize)) -> Grid {
    let mut back = vec![vec![0.; width]; height];
    for (y, row) in winners.iter().enumerate() {
        for (x, &(row, column)) in row.iter().enumerate() {
            back[row][column] = gradients[y][x];
        }
    }
    back
}

fn judge_backward(name: &str, map: &Grid, size: usize, gradients: &Grid) -> Verdict {
    let shape = (map.len(), map[0].len());
    let (_, winners) = pooled(map, size, false);
    let grids = [
        ("map", shape.0, shape.1),
        extent("gradient of the pooled map", gradients),
    ];
    // With one block at (0, 0) every frame is large enough, so that a wrong one shows before anything lies outside of it.
    let frame = tried(
        &format!("max_pool_backward([[(0, 0)]], [[1]], {shape:?})"),
        &grids[..1],
        || max_pool_backward(&[vec![(0, 0)]], &grid([[1]]), shape),
        no_cause,
    )?;
    if shape.0 != shape.1 && frame.len() == shape.1 && frame.iter().all(|row| row.len() == shape.0)
    {
        return slip(
            "height-and-width-swapped",
            format!(
                "{name} makes {}, but the map has {} rows of {}: height and width have changed places.",
                super::support::size(&frame),
                shape.0,
                shape.1
            ),
        );
    }
    if frame.len() < shape.0 && frame.iter().all(|row| row.len() < shape.1) {
        return slip(
            "pooled-size",
            format!(
                "{name} makes {}, but the map has {} rows of {}: the gradient has a number for each pixel before the pooling.",
                super::support::size(&frame),
                shape.0,
                shape.1
            ),
        );
    }
    let got = tried(
        name,
        &grids,
        || max_pool_backward(&winners, gradients, shape),
        no_cause,
    )?;
    let want = sent_back(&winners, gradients, shape);
    let spread = |share: f64| -> Grid {
        (0..shape.0)
            .map(|y| {
                (0..shape.1)
                    .map(|x| {
                        gradients
                            .get(y / size)
                            .and_then(|row| row.get(x / size))
                            .map_or(0., |g| g * share)
                    })
                    .collect()
            })
            .collect()
    };
    same_grid(
        name,
        &got,
        &want,
        &[
            (
                "gradient-shared",
                "Every pixel of a block got an equal share. That is the gradient of a mean; of a maximum, the winner gets all.",
                spread(1. / (size * size) as f64),
            ),
            (
                "gradient-for-all",
                "Every pixel of a block got the whole gradient; only the winner does.",
                spread(1.),
            ),
            (
                "gradient-shared",
                "The winner got a quarter of its gradient; it gets all of it.",
                times(&want, 0.25),
            ),
            (
                "returns-too-early",
                "Only the first row of blocks sent its gradients back: does the function return inside a loop?",
                sent_back(&winners[..1].to_vec(), gradients, shape),
            ),
            (
                "returns-too-early",
                "Only the first block sent its gradient back: does the function return inside a loop?",
                sent_back(&vec![winners[0][..1].to_vec()], gradients, shape),
            ),
            (
                "transposed",
                "Rows and columns have changed places: a winner is (row, column).",
                transposed(&want),
            ),
            (
                "mask-for-gradient",
                "The winners are marked with ones; they should get the gradients of their blocks.",
                sent_back(
                    &winners,
                    &vec![vec![1.; gradients[0].len()]; gradients.len()],
                    shape,
                ),
            ),
        ],
    )
}

pub(crate) fn the_winner_gets_the_whole_gradient() -> Verdict {
    judge_backward(
        "max_pool_backward(the winners at the top of the file, [[10, 20], [30, 40]], (4, 4))",
        &example(),
        2,
        &grid([[10, 20], [30, 40]]),
    )?;
    judge_backward(
        "max_pool_backward of a map 6×9 in blocks of 3",
        &random(6, 9, 1),
        3,
        &random(2, 3, 2),
    )
}

pub(crate) fn at_odd_sizes_every_winner_gets_its_own() -> Verdict {
    for side in [5, 11, 13] {
        let gradients = random(side / 2, side / 2, 4);
        judge_backward(
            &format!("max_pool_backward of a map {side}×{side} in blocks of 2"),
            &random(side, side, 3),
            2,
            &gradients,
        )?;
    }
    Ok(())
}

pub(crate) fn the_gradient_is_the_slope() -> Verdict {
    let (map, weights) = (random(5, 6, 7), random(2, 3, 8));
    let as_map = |values: &[f64]| -> Grid { values.chunks(6).map(<[f64]>::to_vec).collect() };
    let sum = |values: &[f64]| -> f64 {
        let (pooled, _) = pooled(&as_map(values), 2, false);
        pooled
            .concat()
            .iter()
            .zip(weights.concat())
            .map(|(p, w)| p * w)
            .sum()
    };
    let name = "max_pool of a map 5×6 in blocks of 2";
    let winners = pool(name, &map, 2)?.winners;
    let back = tried(
        &format!("max_pool_backward behind {name}"),
        &[
            extent("map", &map),
            extent("gradient of the pooled map", &weights),
        ],
        || max_pool_backward(&winners, &weights, (5, 6)),
        no_cause,
    )?;
    gradient(
        "max_pool_backward(the winners of a map 5×6, weights), beside slopes of Σ weight · pooled value: ∂Σ/∂map",
        sum,
        &map.concat(),
        &back.concat(),
    )
}
