//! Checks of step1_record.

use super::support::*;
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step1_record::*;

/// The first value of each row: with `counted` the number of the row.
fn rows_in(part: &Tensor) -> Result<Vec<u32>> {
    Ok(part
        .narrow(1, 0, 1)?
        .flatten_all()?
        .to_vec1::<f32>()?
        .into_iter()
        .map(|value| value as u32)
        .collect())
}

fn parts_of(rows: usize) -> Found<[Vec<u32>; 3]> {
    let parts = called(&format!("split of {rows} rows"), split(&counted(rows, 2)?))?;
    Ok([
        rows_in(&parts.train)?,
        rows_in(&parts.validation)?,
        rows_in(&parts.test)?,
    ])
}

pub(crate) fn the_parts_follow_each_other_in_time() -> Verdict {
    let [train, validation, test] = parts_of(14)?;
    let all: Vec<u32> = train
        .iter()
        .chain(&validation)
        .chain(&test)
        .copied()
        .collect();
    let mut sorted = all.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if sorted.len() < all.len() {
        return slip(
            "parts-overlap",
            format!(
                "A row is in two parts: train has the rows {train:?}, validation {validation:?}, test {test:?}. What was learned from cannot \
                 be tested on; each part begins where the one before ends."
            ),
        );
    }
    if sorted == all && all.len() < 14 {
        return slip(
            "rows-lost",
            format!(
                "14 rows make parts of {}, {} and {}: {} were lost. The test part is all that is left.",
                train.len(),
                validation.len(),
                test.len(),
                14 - all.len()
            ),
        );
    }
    if sorted != all {
        return slip(
            "not-in-time",
            format!(
                "Train has the rows {train:?}, validation {validation:?}, test {test:?}. The record must be cut in time: the training \
                 part first, then the validation part, the test part last."
            ),
        );
    }
    let sizes = (train.len(), validation.len(), test.len());
    if sizes == (7, 4, 3) {
        return slip(
            "rounded-up",
            "Of 14 rows a quarter is 3.5. The validation part has 4 rows: it is rounded down.",
        );
    }
    if sizes != (7, 3, 4) {
        return slip(
            "other-shares",
            format!(
                "14 rows are a half of 7, a quarter of 3 (rounded down) and a rest of 4, but the parts have {}, {} and {}.",
                sizes.0, sizes.1, sizes.2
            ),
        );
    }
    Ok(())
}

pub(crate) fn the_rest_goes_to_the_test_part() -> Verdict {
    let [train, validation, test] = parts_of(11)?;
    ensure!(
        (train.len(), validation.len(), test.len()) == (5, 2, 4),
        "Of 11 rows the half and the quarter are rounded down: 5, 2, and 4 that are left. The parts have {}, {} and {}.",
        train.len(),
        validation.len(),
        test.len()
    );
    Ok(())
}

fn some_rows() -> Result<Tensor> {
    Ok((wave(&[8, 3], 0.3)?.broadcast_mul(&row(&[10., 1., 0.1])?)?)
        .broadcast_add(&row(&[990., 9., 2.])?)?)
}

pub(crate) fn mean_and_deviation_are_those_of_each_column() -> Verdict {
    name_sizes([(3, "hours"), (2, "columns")]);
    let train = Tensor::new(&[[1f32, 10.], [3., 10.5], [5., 14.]], &Device::Cpu)?;
    let got = called("fit on 3 rows of 2 columns", fit(&train))?;
    let mut way = walk();
    let verdict = same(
        "mean",
        &got.mean,
        &train.mean(0)?,
        &[
            Slip::new(
                "wrong-axis",
                "This is the mean of each row: a row is an hour, and the mean runs along the hours, axis 0.",
                train.mean(1)?,
            ),
            Slip::new(
                "one-for-all-columns",
                "This is one mean for all columns: pressure and temperature have nothing in common.",
                train.mean_all()?,
            ),
            Slip::new(
                "smallest-and-largest",
                "This is the smallest value of each column. To scale from the smallest to the largest is another habit; here a column gets the mean \
                 0 and the deviation 1.",
                train.min(0)?,
            ),
        ],
    );
    way.past("mean", verdict)?;
    let distance = train.broadcast_sub(&train.mean(0)?)?;
    let variance = distance.sqr()?.mean(0)?;
    let verdict = same(
        "std",
        &got.std,
        &variance.sqrt()?,
        &[
            Slip::new(
                "variance-for-deviation",
                "This is the variance: the root is missing.",
                variance.clone(),
            ),
            Slip::new(
                "one-for-all-columns",
                "This is one deviation for all columns: pressure and temperature have nothing in common.",
                variance.mean_all()?.sqrt()?.broadcast_as(2)?,
            ),
            Slip::new(
                "one-for-all-columns",
                "The distances are taken from one mean of all columns; each column has its own.",
                train
                    .broadcast_sub(&train.mean_all()?)?
                    .sqr()?
                    .mean(0)?
                    .sqrt()?,
            ),
            Slip::new(
                "divided-by-n-minus-1",
                "This is divided by n − 1; divide by n, as `mean` does.",
                (distance.sqr()?.sum(0)? / 2.)?.sqrt()?,
            ),
            Slip::new(
                "smallest-and-largest",
                "This is the distance from the smallest to the largest value, which two single hours decide.",
                (train.max(0)? - train.min(0)?)?,
            ),
            Slip::new(
                "largest-value",
                "This is the largest value of each column, without its sign.",
                train.abs()?.max(0)?,
            ),
            Slip::new(
                "mean-distance",
                "This is the mean of the distances themselves: square them first, and take the root of the mean.",
                distance.abs()?.mean(0)?,
            ),
            Slip::new(
                "mean-not-taken-away",
                "This is the root of the mean square of the values: take their mean away before you square.",
                train.sqr()?.mean(0)?.sqrt()?,
            ),
        ],
    );
    way.past("std", verdict)
}

pub(crate) fn scales_with_what_was_fitted() -> Verdict {
    name_sizes([(8, "hours"), (3, "columns")]);
    let scaling = Scaling {
        mean: row(&[990., 9., 2.])?,
        std: row(&[8., 4., 0.5])?,
    };
    let rows = some_rows()?;
    let got = called("scale", scale(&scaling, &rows))?;
    let centred = rows.broadcast_sub(&scaling.mean)?;
    let own_mean = rows.mean(0)?;
    let own_std = rows.broadcast_sub(&own_mean)?.sqr()?.mean(0)?.sqrt()?;
    same(
        "scale(scaling, rows)",
        &got,
        &centred.broadcast_div(&scaling.std)?,
        &[
            Slip::new(
                "not-divided",
                "The mean is taken away, but nothing is divided by the deviation.",
                centred.clone(),
            ),
            Slip::new(
                "mean-not-taken-away",
                "It is divided by the deviation, but the mean is still in it.",
                rows.broadcast_div(&scaling.std)?,
            ),
            Slip::new(
                "mean-and-deviation-swapped",
                "Mean and deviation have changed places: the mean is taken away, and the deviation divides.",
                rows.broadcast_sub(&scaling.std)?
                    .broadcast_div(&scaling.mean)?,
            ),
            Slip::new(
                "variance-for-deviation",
                "It is divided by the square of what `scaling.std` holds: that is the root already.",
                centred.broadcast_div(&scaling.std.sqr()?)?,
            ),
            Slip::new(
                "divided-too-early",
                "It was divided before the mean was taken away: the mean is in the column's own units, so it goes first.",
                rows.broadcast_div(&scaling.std)?
                    .broadcast_sub(&scaling.mean)?,
            ),
            Slip::new(
                "multiplied",
                "Here it is multiplied with the deviation: that is the way back.",
                centred.broadcast_mul(&scaling.std)?,
            ),
            Slip::new(
                "own-statistics",
                "These rows were scaled with their own mean and deviation, not with those of `scaling`: a test part scaled so is told \
                 about itself, and one and the same temperature gets another number in every part.",
                rows.broadcast_sub(&own_mean)?.broadcast_div(&own_std)?,
            ),
        ],
    )
}

pub(crate) fn the_future_has_no_say_in_the_scaling() -> Verdict {
    let record = some_rows()?;
    // The same past with another future.
    let future = (record.narrow(0, 4, 4)? * 3.)?;
    let other = Tensor::cat(&[&record.narrow(0, 0, 4)?, &future], 0)?;
    let (parts, scaling) = called("prepare of 8 rows", prepare(&record))?;
    let (other_parts, other_scaling) = called("prepare of 8 rows", prepare(&other))?;
    let differs = |a: &Tensor, b: &Tensor| tensors_close("", a, b).is_err();
    if differs(&scaling.mean, &other_scaling.mean)
        || differs(&scaling.std, &other_scaling.std)
        || differs(&parts.train, &other_parts.train)
    {
        return slip(
            "statistics-of-the-future",
            "Two records with the same first half and another second half must have the same scaling and the same scaled training part, but \
             they have not: mean and deviation were taken from rows that are validated or tested on. Fit on the training part alone.",
        );
    }
    Ok(())
}

pub(crate) fn all_three_parts_get_the_same_scale() -> Verdict {
    name_sizes([(4, "hours"), (2, "hours"), (3, "columns")]);
    let record = some_rows()?;
    let (parts, scaling) = called("prepare of 8 rows", prepare(&record))?;
    let train = record.narrow(0, 0, 4)?;
    let mean = train.mean(0)?;
    let std = train.broadcast_sub(&mean)?.sqr()?.mean(0)?.sqrt()?;
    for (name, got, start, length) in [
        ("train", &parts.train, 0, 4),
        ("validation", &parts.validation, 4, 2),
        ("test", &parts.test, 6, 2),
    ] {
        let raw = record.narrow(0, start, length)?;
        let own = raw.mean(0)?;
        let own_std = raw.broadcast_sub(&own)?.sqr()?.mean(0)?.sqrt()?;
        let mut slips = vec![
            Slip::new(
                "not-scaled",
                "This part is still in its own units.",
                raw.clone(),
            ),
            Slip::new(
                "own-statistics",
                "This part was scaled with its own mean and deviation; use those of the training part.",
                raw.broadcast_sub(&own)?.broadcast_div(&own_std)?,
            ),
        ];
        let once = raw.broadcast_sub(&mean)?.broadcast_div(&std)?;
        slips.push(Slip::new(
            "scaled-twice",
            "This part was scaled twice.",
            once.broadcast_sub(&mean)?.broadcast_div(&std)?,
        ));
        for (other, length) in [(0, 4), (4, 2), (6, 2)] {
            if other != start {
                slips.push(Slip::new(
                    "another-part",
                    "These are the rows of another part.",
                    record
                        .narrow(0, other, length)?
                        .broadcast_sub(&mean)?
                        .broadcast_div(&std)?,
                ));
            }
        }
        same(&format!("prepare(record): {name}"), got, &once, &slips)?;
    }
    let sentence = "This is the scaling of what is scaled already: to undo it, one needs that with which it was done.";
    for (name, got, want, after) in [
        ("mean", &scaling.mean, &mean, mean.zeros_like()?),
        ("std", &scaling.std, &std, std.ones_like()?),
    ] {
        same(
            &format!("prepare(record): the scaling's {name}"),
            got,
            want,
            &[Slip::new("scaling-of-the-scaled", sentence, after)],
        )?;
    }
    Ok(())
}

pub(crate) fn a_temperature_gets_its_mean_back() -> Verdict {
    let scaling = Scaling {
        mean: row(&[990., 9.])?,
        std: row(&[5., 8.])?,
    };
    let scaled = Tensor::new(&[[0.5f32], [-1.], [0.]], &Device::Cpu)?;
    let got = called("unscale of column 1", unscale(&scaling, 1, &scaled))?;
    same(
        "unscale(scaling, 1, values)",
        &got,
        &scaled.affine(8., 9.)?,
        &[
            Slip::new(
                "mean-forgotten",
                "The mean is missing: 0 stands for the mean, here 9 °C.",
                (&scaled * 8.)?,
            ),
            Slip::new(
                "wrong-column",
                "These are mean and deviation of column 0, but column 1 was asked for.",
                scaled.affine(5., 990.)?,
            ),
            Slip::new(
                "wrong-column",
                "It is multiplied with the deviation of column 1, but the mean that was added is that of column 0.",
                scaled.affine(8., 990.)?,
            ),
            Slip::new(
                "sign",
                "The mean was taken away; scaling did that, and this is the way back.",
                scaled.affine(8., -9.)?,
            ),
            Slip::new(
                "wrong-column",
                "The mean of column 1 was added, but it is multiplied with the deviation of column 0.",
                scaled.affine(5., 9.)?,
            ),
            Slip::new(
                "wrong-order",
                "Multiply first, then add: the mean is in degrees already.",
                ((&scaled + 9.)? * 8.)?,
            ),
            Slip::new(
                "divided",
                "Scaling divided by the deviation; this is the way back, where it multiplies.",
                scaled.affine(1. / 8., 9.)?,
            ),
            Slip::new(
                "wrong-direction",
                "That scales once more; this is the way back: multiply with the deviation, add the mean.",
                ((&scaled - 9.)? / 8.)?,
            ),
        ],
    )?;
    let hours = scaled.squeeze(1)?;
    let got = called("unscale of values (3,)", unscale(&scaling, 1, &hours))?;
    same(
        "unscale of a row of values",
        &got,
        &hours.affine(8., 9.)?,
        &[],
    )
}

pub(crate) fn an_error_has_no_mean_to_add() -> Verdict {
    let scaling = Scaling {
        mean: row(&[990., 9.])?,
        std: row(&[5., 8.])?,
    };
    let got = called("error_in_units", error_in_units(&scaling, 1, 0.5))?;
    expect("error_in_units(scaling, 1, 0.5)")
        .mistake("mean-added", "The mean was added. An error is a difference between two temperatures, and in a difference the mean cancels.", 13.)
        .mistake("not-in-units", "That is still the error between scaled values: so many deviations, not so many degrees.", 0.5)
        .mistake("wrong-column", "That is the deviation of column 0.", 2.5)
        .mistake("mean-for-deviation", "It is multiplied with the mean; the deviation is what scaling divided by.", 4.5)
        .mistake("divided", "Scaling divided by the deviation; this is the way back.", 0.0625)
        .close(got, 4.)
}
