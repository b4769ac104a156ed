//! Checks of step2_windows.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step2_windows::*;

pub(crate) fn the_target_lies_the_horizon_after_the_last_row() -> Verdict {
    for (start, length, horizon) in [(0_usize, 120_usize, 24), (5, 3, 2), (7, 1, 1)] {
        let right = start + length - 1 + horizon;
        expect(format!("target_row({start}, {length}, {horizon})"))
            .mistake(
                "off-by-one",
                format!(
                    "One too far: the window that begins at row {start} has its last row at {}, not at {}.",
                    start + length - 1,
                    start + length
                ),
                (right + 1) as f64,
            )
            .mistake(
                "horizon-from-the-start",
                "The horizon was counted from the window's first row; it begins at its last.",
                (start + horizon) as f64,
            )
            .mistake(
                "start-forgotten",
                "That is the target of the window that begins at row 0.",
                (length - 1 + horizon) as f64,
            )
            .mistake(
                "off-by-one",
                format!(
                    "One too early: the window that begins at row {start} has its last row at {}, not at {}.",
                    start + length - 1,
                    (start + length).saturating_sub(2)
                ),
                (right - 1) as f64,
            )
            .mistake(
                "horizon-forgotten",
                "That is the window's last row; the target lies the horizon after it.",
                (start + length - 1) as f64,
            )
            .mistake(
                "the-next-row",
                "That is the row right after the window: the horizon is missing.",
                (start + length) as f64,
            )
            .close(target_row(start, length, horizon) as f64, right as f64)?;
    }
    Ok(())
}

pub(crate) fn counts_windows_whose_target_is_there() -> Verdict {
    for (rows, length, horizon) in [(17_509, 120, 24), (7, 3, 2), (35_019, 120, 24)] {
        let right = rows - (length - 1) - horizon;
        expect(format!("count({rows}, {length}, {horizon})"))
            .mistake(
                "off-by-one",
                "One too few: the last window's target may be the last row.",
                (right - 1) as f64,
            )
            .mistake(
                "off-by-one",
                "One too many: the target of the last window would lie one row behind the end.",
                (right + 1) as f64,
            )
            .mistake(
                "target-outside",
                "So many windows fit into the rows, but the targets of the last ones lie behind the end.",
                (rows - length + 1) as f64,
            )
            .mistake(
                "target-outside",
                "The horizon has no part in it: the targets of the last windows lie behind the end.",
                (rows - length) as f64,
            )
            .mistake(
                "length-forgotten",
                "The length of the windows has no part in it: the last of them would reach over the end.",
                (rows - horizon) as f64,
            )
            .mistake(
                "without-overlap",
                "These windows and their horizons do not overlap; a window begins at every row.",
                (rows / (length + horizon)) as f64,
            )
            .mistake(
                "without-overlap",
                "These windows do not overlap; one begins at every row.",
                (rows / length) as f64,
            )
            .close(count(rows, length, horizon) as f64, right as f64)?;
    }
    Ok(())
}

/// Whether a panic is that of a subtraction which would go below 0.
fn is_below_zero(panic: &(dyn std::any::Any + Send)) -> bool {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    message.is_some_and(|message| message.contains("subtract with overflow"))
}

pub(crate) fn too_few_rows_make_no_window() -> Verdict {
    for rows in [0, 1, 3, 4] {
        let got = match std::panic::catch_unwind(|| count(rows, 3, 2)) {
            Ok(got) => got,
            Err(panic) if is_below_zero(&*panic) => {
                return slip(
                    "below-zero",
                    format!(
                        "count({rows}, 3, 2) panicked: {rows} rows are too few for a single window, and a usize cannot go below 0. \
                         `saturating_sub` stops there."
                    ),
                );
            }
            Err(panic) => std::panic::resume_unwind(panic),
        };
        ensure!(
            got == 0,
            "{rows} rows are too few for a window of 3 with its target 2 rows later (that needs 5), but count gives {got}."
        );
    }
    close("count(5, 3, 2)", count(5, 3, 2) as f64, 1.)
}

/// Windows, each as the numbers of its rows.
fn cut(rows: usize, length: usize, horizon: usize) -> Found<(Tensor, Tensor)> {
    name_sizes([
        (rows - length - horizon + 1, "windows"),
        (length, "hours"),
        (2, "columns"),
    ]);
    called(
        &format!("windows of {length} with horizon {horizon} from {rows} rows"),
        windows(&counted(rows, 2)?, 1, length, horizon),
    )
}

fn stacked(starts: &[usize], length: usize) -> Result<Tensor> {
    let rows = counted(40, 2)?;
    let pieces: Vec<Tensor> = starts
        .iter()
        .map(|&start| Ok(rows.narrow(0, start, length)?))
        .collect::<Result<_>>()?;
    Ok(Tensor::stack(&pieces, 0)?)
}

pub(crate) fn each_window_begins_a_row_later() -> Verdict {
    let (inputs, targets) = cut(9, 3, 2)?;
    let starts: Vec<usize> = (0..5).collect();
    let want = stacked(&starts, 3)?;
    if inputs.dims() == want.dims() {
        in_order_with_their_targets(&inputs, &targets)?;
    }
    same(
        "inputs",
        &inputs,
        &want,
        &[
            Slip::new(
                "without-overlap",
                "The windows do not overlap: one begins at every row, 0, 1, 2, …",
                stacked(&[0, 3], 3)?,
            ),
            Slip::new(
                "target-outside",
                "There are windows whose target lies behind the end: as many as `count` says are possible.",
                stacked(&[0, 1, 2, 3, 4, 5, 6], 3)?,
            ),
            Slip::new(
                "off-by-one",
                "The first window begins at row 0.",
                stacked(&[1, 2, 3, 4, 5], 3)?,
            ),
            Slip::new(
                "target-in-the-window",
                "The first window begins at row 2, and each ends with its own target. A window begins at its start; the horizon lies behind it.",
                stacked(&[2, 3, 4, 5, 6], 3)?,
            ),
            Slip::new(
                "one-too-few",
                "The last window is missing: its target may be the last row.",
                stacked(&[0, 1, 2, 3], 3)?,
            ),
            Slip::new(
                "time-and-columns-swapped",
                "Hours and columns are swapped: a window is (length, columns).",
                stacked(&starts, 3)?.transpose(1, 2)?,
            ),
            Slip::new(
                "stacked-along-the-wrong-axis",
                "The windows are stacked along axis 1, so the hours come first: it should be (m, length, columns).",
                stacked(&starts, 3)?.transpose(0, 1)?,
            ),
            Slip::new(
                "forecast-column-left-out",
                "The column that is forecast is missing: its own past says most of all, and goes into the window, too.",
                stacked(&starts, 3)?.narrow(2, 0, 1)?,
            ),
            Slip::new(
                "window-too-long",
                "Each window holds one row too many: `narrow` takes a start and a length.",
                stacked(&starts, 4)?,
            ),
            Slip::new(
                "window-too-short",
                "Each window holds one row too few: `narrow` takes a start and a length.",
                stacked(&starts, 2)?,
            ),
            Slip::new(
                "one-column-only",
                "A window holds all columns, not only the one that is forecast.",
                stacked(&starts, 3)?.narrow(2, 1, 1)?,
            ),
        ],
    )
    .drawn(|| {
        let rows = |windows: &Tensor| windows.narrow(2, 0, 1)?.squeeze(2);
        compared(
            "windows of 3, one below the other: the numbers of their rows",
            &rows(&inputs)?,
            &rows(&want)?,
        )
    })
}

/// Wants the five windows in the order of time: whoever moves them must move the targets, too.
fn in_order_with_their_targets(inputs: &Tensor, targets: &Tensor) -> Verdict {
    let began: Vec<f64> = numbers(&inputs.narrow(1, 0, 1)?.narrow(2, 0, 1)?)?;
    let mut sorted = began.clone();
    sorted.sort_by(f64::total_cmp);
    if sorted != [0., 1., 2., 3., 4.] || began == sorted {
        return Ok(());
    }
    let targets = numbers(targets)?;
    let moved_along =
        targets.len() == 5 && began.iter().zip(&targets).all(|(x, y)| *y == 100. + x + 4.);
    if moved_along {
        return slip(
            "windows-out-of-order",
            format!(
                "The windows begin at the rows {began:.0?}: they belong in the order of time. Shuffling is what training does, later."
            ),
        );
    }
    slip(
        "inputs-and-targets-apart",
        format!(
            "The windows begin at the rows {began:.0?}, and their targets did not move along with them: a window stands beside the target of \
             another one, and nothing can be learned from that."
        ),
    )
}

pub(crate) fn each_window_has_its_own_target() -> Verdict {
    let (inputs, targets) = cut(9, 3, 2)?;
    let column = |rows: &[f32], add: f32| -> Result<Tensor> {
        let values: Vec<f32> = rows.iter().map(|row| row + add).collect();
        Ok(Tensor::new(values, &Device::Cpu)?.unsqueeze(1)?)
    };
    let right = [4., 5., 6., 7., 8.];
    same(
        "targets",
        &targets,
        &column(&right, 100.)?,
        &[
            Slip::new(
                "target-in-the-window",
                "The targets lie inside their windows, so a net need only look them up: no forecast is as good as that, and none as useless.",
                column(&[2., 3., 4., 5., 6.], 100.)?,
            ),
            Slip::new(
                "target-too-early",
                "Each target is one row too early: it lies horizon rows after the window's *last* row.",
                column(&[3., 4., 5., 6., 7.], 100.)?,
            ),
            Slip::new(
                "wrong-column",
                "These are values of column 0, but column 1 is to be forecast.",
                column(&right, 0.)?,
            ),
            Slip::new(
                "missing-axis",
                "The targets need a second axis, (m, 1), as the net's answers have: narrow keeps it.",
                column(&right, 100.)?.squeeze(1)?,
            ),
            Slip::new(
                "all-columns",
                "The targets hold all columns; only one is to be forecast.",
                stacked(&[4, 5, 6, 7, 8], 1)?.squeeze(1)?,
            ),
        ],
    )?;
    ensure!(
        inputs.dims()[0] == targets.dims()[0],
        "There are {} windows, but {} targets.",
        inputs.dims()[0],
        targets.dims()[0]
    );
    Ok(())
}

pub(crate) fn a_longer_future_changes_no_window() -> Verdict {
    let (inputs, targets) = cut(12, 4, 3)?;
    let (more, later) = cut(15, 4, 3)?;
    let m = inputs.dims()[0];
    ensure!(
        m == 6,
        "12 rows hold 6 windows of 4 with horizon 3, but there are {m}."
    );
    tensors_close(
        "The first windows of a longer record",
        &more.narrow(0, 0, m)?,
        &inputs,
    )?;
    tensors_close(
        "The first targets of a longer record",
        &later.narrow(0, 0, m)?,
        &targets,
    )
}
