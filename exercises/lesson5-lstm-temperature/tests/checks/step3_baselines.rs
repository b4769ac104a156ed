//! Checks of step3_baselines.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step3_baselines::*;

pub(crate) fn mae_is_the_mean_of_the_distances() -> Verdict {
    let column = |values: &[f32]| -> Result<Tensor> { Ok(row(values)?.unsqueeze(1)?) };
    let (said, came) = (column(&[1., 2., 7., 0.])?, column(&[2., 5., 3., 0.5])?);
    let got = called("mae", mae(&said, &came))?;
    expect("mae([1, 2, 7, 0], [2, 5, 3, 0.5])")
        .mistake(
            "missing-absolute-value",
            "Errors in both directions cancel here: take the absolute value of each.",
            -0.125,
        )
        .mistake(
            "missing-absolute-value",
            "Errors in both directions cancel here: take the absolute value of each.",
            0.125,
        )
        .mistake(
            "squared-error",
            "This is the mean of the squares.",
            26.25 / 4.,
        )
        .mistake(
            "root-mean-square",
            "This is the root of the mean square, in which large errors count more.",
            (26.25f64 / 4.).sqrt(),
        )
        .mistake(
            "largest-error",
            "This is the largest of the distances; their mean is wanted.",
            4.,
        )
        .mistake(
            "missing-mean",
            "This is the sum: divide by how many there are.",
            8.5,
        )
        .within(1e-6)
        .close(got, 8.5 / 4.)
}

pub(crate) fn common_sense_says_what_is_now() -> Verdict {
    name_sizes([(2, "windows"), (4, "hours"), (3, "columns")]);
    let rows = counted(8, 3)?;
    let windows = Tensor::stack(&[rows.narrow(0, 0, 4)?, rows.narrow(0, 3, 4)?], 0)?;
    let pick = |step: usize, column: usize| -> Result<Tensor> {
        Ok(windows
            .narrow(1, step, 1)?
            .narrow(2, column, 1)?
            .squeeze(1)?)
    };
    let got = called("common_sense on 2 windows", common_sense(&windows, 1))?;
    same(
        "common_sense(windows, 1)",
        &got,
        &pick(3, 1)?,
        &[
            Slip::new(
                "first-row",
                "This is the window's first row, the oldest of all: now is its last.",
                pick(0, 1)?,
            ),
            Slip::new("off-by-one", "This is the last row but one.", pick(2, 1)?),
            Slip::new(
                "wrong-column",
                "This is column 0; column 1 was asked for.",
                pick(3, 0)?,
            ),
            Slip::new(
                "wrong-column",
                "This is the last column; column 1 was asked for.",
                pick(3, 2)?,
            ),
            Slip::new(
                "mean-of-the-window",
                "This is the mean of the window; common sense says what is now.",
                windows.narrow(2, 1, 1)?.mean(1)?,
            ),
            Slip::new(
                "wrong-shape",
                "One axis too many: (m, 1, 1) becomes (m, 1) with `squeeze(1)`.",
                pick(3, 1)?.unsqueeze(1)?,
            ),
            Slip::new(
                "wrong-shape",
                "One axis too few: the targets are (m, 1), and so must the forecast be.",
                pick(3, 1)?.squeeze(1)?,
            ),
        ],
    )
}

pub(crate) fn skill_is_the_share_that_is_saved() -> Verdict {
    expect("skill(1.8, 2.4)")
        .mistake("ratio", "That is the share of the error that is left.", 0.75)
        .mistake("difference", "That is the difference in degrees; skill is a share of common sense's error.", 0.6)
        .mistake("other-way-round", "The two errors have changed places.", 1. - 2.4 / 1.8)
        .mistake("sign", "The sign is the wrong way round: a smaller error than common sense's is skill above 0.", -0.25)
        .close(skill(1.8, 2.4), 0.25)?;
    expect("skill(2.4, 2.4)").close(skill(2.4, 2.4), 0.)?;
    expect("skill(3.0, 2.4)").close(skill(3., 2.4), -0.25)
}

fn flat() -> Sequential {
    Sequential::new().add(Flatten::new())
}

pub(crate) fn the_dense_net_sees_one_long_row() -> Verdict {
    let model = called("dense_net", dense_net(6, 2, Seed(4), &Device::Cpu))?;
    is_the_net(
        "dense_net",
        model,
        flat().add(Dense::new(16).relu()),
        [
            (
                "missing-flatten",
                "Without `Flatten` it reads each hour by itself, and says something to each.",
                Sequential::new().add(Dense::new(16).relu()),
            ),
            (
                "missing-hidden-layer",
                "There is no hidden layer of 16.",
                flat(),
            ),
            (
                "missing-activation",
                "There is no ReLU in it: two linear layers can do no more than one.",
                flat().add(Dense::new(16)),
            ),
            (
                "another-activation",
                "The hidden layer has a tanh; ReLU is wanted.",
                flat().add(Dense::new(16).tanh()),
            ),
            (
                "another-activation",
                "The hidden layer has a sigmoid; ReLU is wanted.",
                flat().add(Dense::new(16).sigmoid()),
            ),
        ],
        6,
    )
}

pub(crate) fn reorders_the_hours_of_every_window_alike() -> Verdict {
    name_sizes([(4, "windows"), (3, "hours"), (2, "columns")]);
    let windows = wave(&[4, 3, 2], 0.7)?;
    let order = [2u32, 0, 1];
    let pick = |axis: usize, order: &[u32]| -> Result<Tensor> {
        Ok(windows.index_select(&Tensor::new(order, &Device::Cpu)?, axis)?)
    };
    let got = called("reorder", reorder(&windows, &order))?;
    let want = pick(1, &order)?;
    same(
        "reorder(windows, [2, 0, 1])",
        &got,
        &want,
        &[
            Slip::new(
                "not-reordered",
                "The hours are where they were.",
                windows.clone(),
            ),
            Slip::new(
                "windows-reordered",
                "The windows changed places, not the hours in them: axis 0 counts the windows, axis 1 the hours.",
                pick(0, &order)?,
            ),
            Slip::new(
                "inverse-order",
                "Hour 0 went to place 2. It is the other way round: hour order[i] comes to place i, so place 0 gets hour 2.",
                pick(1, &[1, 2, 0])?,
            ),
        ],
    )
    .drawn(|| compared("four windows, an hour a row, reordered to [2, 0, 1]", &got, &want))
}

pub(crate) fn a_dense_net_cannot_tell_the_order() -> Verdict {
    // The rows of the first kernel in the same new order as the hours: the net says the same to shuffled windows.
    let data = tides(5, 4, 1.)?;
    let order = [3u32, 1, 0, 2];
    let mut model = called("dense_net", dense_net(4, 2, Seed(4), &Device::Cpu))?;
    let before = called("Predicting", model.predict(data.inputs()))?;
    let kernel = called(
        "The kernel of the first dense layer",
        model.variable("dense/kernel").cloned(),
    )?;
    ensure!(
        kernel.tensor().dims()[0] == 8,
        "A window of 4 hours and 2 columns is a row of 8 numbers, but the first dense layer reads {}.",
        kernel.tensor().dims()[0]
    );
    let rows: Vec<u32> = order
        .iter()
        .flat_map(|hour| [2 * hour, 2 * hour + 1])
        .collect();
    let moved = kernel
        .tensor()
        .detach()
        .index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?;
    kernel.var().set(&moved)?;
    let mixed = called("reorder", reorder(data.inputs(), &order))?;
    let after = called("Predicting", model.predict(&mixed))?;
    model.compile(RmsProp::default(), MeanSquaredError, ());
    same(
        "What the dense net says to shuffled windows, its weights moved along,",
        &after,
        &before,
        &[],
    )
}
