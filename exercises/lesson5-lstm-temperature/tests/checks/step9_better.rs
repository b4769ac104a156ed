//! Checks of step9_better.

use super::support::*;
use dlkit::plot::{self, Curve, Figure, Strip, time_series};
use dlkit::prelude::*;
use dlkit_check::prelude::*;
use lesson5::step9_better::*;
use std::f64::consts::TAU;

type Clock = [fn(f64) -> f64; 4];

/// Rows with four numbers for each hour added, times `scale`.
fn clocked(rows: &Tensor, hours: &[f64], clock: Clock, scale: f64) -> Result<Tensor> {
    let values: Vec<f32> = hours
        .iter()
        .flat_map(|hour| clock.map(|wave| (scale * wave(*hour)) as f32))
        .collect();
    let clock = Tensor::from_vec(values, (hours.len(), 4), &Device::Cpu)?;
    Ok(Tensor::cat(&[rows, &clock], 1)?)
}

const RIGHT: Clock = [
    |h| (TAU * h / 24.).sin(),
    |h| (TAU * h / 24.).cos(),
    |h| (TAU * h / 8766.).sin(),
    |h| (TAU * h / 8766.).cos(),
];

/// Rows with a clock whose angles are these factors times the hour: of the day, and of the year.
fn turning(rows: &Tensor, hours: &[f64], day: f64, year: f64) -> Result<Tensor> {
    let values: Vec<f32> = hours
        .iter()
        .flat_map(|hour| {
            let (day, year) = (day * hour, year * hour);
            [day.sin(), day.cos(), year.sin(), year.cos()]
        })
        .map(|wave| (2f64.sqrt() * wave) as f32)
        .collect();
    let clock = Tensor::from_vec(values, (hours.len(), 4), &Device::Cpu)?;
    Ok(Tensor::cat(&[rows, &clock], 1)?)
}

pub(crate) fn says_what_time_it_is() -> Verdict {
    name_sizes([(5, "hours"), (2, "columns"), (6, "columns with the clock")]);
    let hours = [0., 6., 13.5, 2191.5, 5003.];
    let rows = wave(&[5, 2], 0.3)?;
    let got = called("with_clock for 5 rows", with_clock(&rows, &hours))?;
    let root = 2f64.sqrt();
    same(
        "with_clock(rows, hours)",
        &got,
        &clocked(&rows, &hours, RIGHT, root)?,
        &[
            Slip::new(
                "missing-root-of-2",
                "The waves go from −1 to 1; times √2 their deviation is 1, like that of the other columns.",
                clocked(&rows, &hours, RIGHT, 1.)?,
            ),
            Slip::new(
                "sine-and-cosine-swapped",
                "Sine and cosine have changed places: the order is sin, cos of the day, sin, cos of the year.",
                clocked(
                    &rows,
                    &hours,
                    [RIGHT[1], RIGHT[0], RIGHT[3], RIGHT[2]],
                    root,
                )?,
            ),
            Slip::new(
                "day-and-year-swapped",
                "Day and year have changed places.",
                clocked(
                    &rows,
                    &hours,
                    [RIGHT[2], RIGHT[3], RIGHT[0], RIGHT[1]],
                    root,
                )?,
            ),
            Slip::new(
                "missing-2-pi",
                "The angle is the hour itself over 24: a whole day is an angle of 2π.",
                clocked(
                    &rows,
                    &hours,
                    [
                        |h| (h / 24.).sin(),
                        |h| (h / 24.).cos(),
                        |h| (h / 8766.).sin(),
                        |h| (h / 8766.).cos(),
                    ],
                    root,
                )?,
            ),
            Slip::new(
                "missing-2-pi",
                "The angle of the day is the hour itself over 24: a whole day is an angle of 2π.",
                clocked(
                    &rows,
                    &hours,
                    [|h| (h / 24.).sin(), |h| (h / 24.).cos(), RIGHT[2], RIGHT[3]],
                    root,
                )?,
            ),
            Slip::new(
                "half-a-circle",
                "A whole day is an angle of 2π, not π.",
                clocked(
                    &rows,
                    &hours,
                    [
                        |h| (TAU / 2. * h / 24.).sin(),
                        |h| (TAU / 2. * h / 24.).cos(),
                        |h| (TAU / 2. * h / 8766.).sin(),
                        |h| (TAU / 2. * h / 8766.).cos(),
                    ],
                    root,
                )?,
            ),
            Slip::new(
                "half-a-circle",
                "A whole day is an angle of 2π, not π.",
                turning(&rows, &hours, TAU / 48., TAU / 8766.)?,
            ),
            Slip::new(
                "missing-2-pi",
                "The angle of the day goes from 0 to 1 and jumps back: a whole day is an angle of 2π.",
                clocked(&rows, &hours, [|h| (h % 24. / 24.).sin(), |h| (h % 24. / 24.).cos(), RIGHT[2], RIGHT[3]], root)?,
            ),
            Slip::new(
                "half-a-day",
                "This hand goes round twice a day, like that of a clock on the wall; it should be once in 24 hours, or 3 o'clock is 15 o'clock.",
                turning(&rows, &hours, TAU / 12., TAU / 8766.)?,
            ),
            Slip::new(
                "day-of-23-hours",
                "Here 23 o'clock and 0 o'clock are the same place. The largest hour is 23, but from there to the next 0 it is an hour more.",
                turning(&rows, &hours, TAU / 23., TAU / 8766.)?,
            ),
            Slip::new(
                "year-in-days",
                "The angle of the year counts 365.25 *hours* for a year: hours are divided by the hours of a year.",
                turning(&rows, &hours, TAU / 24., TAU / 365.25)?,
            ),
            Slip::new(
                "day-for-year",
                "The hand of the year goes round once a day.",
                turning(&rows, &hours, TAU / 24., TAU / 24.)?,
            ),
            Slip::new(
                "row-for-hour",
                "This is the clock of the rows' numbers, 0, 1, 2, …: the time of a row is in `hours`.",
                clocked(&rows, &[0., 1., 2., 3., 4.], RIGHT, root)?,
            ),
            Slip::new(
                "year-of-365-days",
                "This year has 365 days. With the leap years it has 365.25 on average, 8766 hours: that is `YEAR`.",
                turning(&rows, &hours, TAU / 24., TAU / 8760.)?,
            ),
            Slip::new(
                "not-divided-by-the-day",
                "The angle of the day is not divided by `DAY`: so it goes round once an hour.",
                turning(&rows, &hours, TAU, TAU / 8766.)?,
            ),
            Slip::new(
                "not-divided-by-the-day",
                "The angles are not divided by `DAY` and `YEAR`: so both go round once an hour.",
                turning(&rows, &hours, TAU, TAU)?,
            ),
            Slip::new(
                "degrees",
                "These are angles in degrees, but `sin` and `cos` take radians: a whole circle is 2π.",
                turning(&rows, &hours, 360. / 24., 360. / 8766.)?,
            ),
            Slip::new(
                "degrees",
                "The angle of the day is in degrees, but `sin` and `cos` take radians: a whole circle is 2π.",
                turning(&rows, &hours, 360. / 24., TAU / 8766.)?,
            ),
            Slip::new(
                "sines-first",
                "Both sines come first here; the order is sin, cos of the day, then sin, cos of the year.",
                clocked(
                    &rows,
                    &hours,
                    [RIGHT[0], RIGHT[2], RIGHT[1], RIGHT[3]],
                    root,
                )?,
            ),
            Slip::new(
                "clock-first",
                "The clock stands before the rows' own columns; the temperature would have another number then.",
                clocked(&rows, &hours, RIGHT, root)?
                    .narrow(1, 2, 4)
                    .and_then(|clock| Tensor::cat(&[&clock, &rows], 1))?,
            ),
            Slip::new(
                "clock-only",
                "Only the clock is there: the rows' own columns come first.",
                clocked(&rows, &hours, RIGHT, root)?.narrow(1, 2, 4)?,
            ),
        ],
    )
    .drawn(clock)
}

/// Two days on the student's clock and on the right one, or two years where the days are right.
fn clock() -> Result<Figure> {
    let drawn = |title: &str, hours: &[f64], first: usize, period: f64| -> Result<Option<Figure>> {
        let no_columns = Tensor::zeros((hours.len(), 0), DType::F32, &Device::Cpu)?;
        let got = with_clock(&no_columns, hours)?.narrow(1, first, 2)?;
        let want = clocked(&no_columns, hours, RIGHT, 2f64.sqrt())?.narrow(1, first, 2)?;
        if same(title, &got, &want, &[]).is_ok() {
            return Ok(None);
        }
        let strip = |name: &str, column: usize| -> Result<Strip> {
            let wave = |clock: &Tensor| numbers(&clock.narrow(1, column, 1)?);
            let curves = [
                Curve::new("should be", wave(&want)?),
                Curve::new("yours", wave(&got)?),
            ];
            Ok(Strip::new(name, curves))
        };
        let times: Vec<f64> = hours.iter().map(|hour| hour / period).collect();
        let strips = [strip("sine", 0)?, strip("cosine", 1)?];
        time_series("with_clock(rows, hours)", title, &times, &strips).map(Some)
    };
    let days: Vec<f64> = (0..=96).map(|i| 0.5 * f64::from(i)).collect();
    let years: Vec<f64> = (0..=104).map(|i| 168. * f64::from(i)).collect();
    let figure = match drawn("day", &days, 0, 24.)? {
        Some(figure) => Some(figure),
        None => drawn("year", &years, 2, 8766.)?,
    };
    figure.context("the clocks are the same")
}

pub(crate) fn midnight_has_no_edge() -> Verdict {
    let rows = Tensor::zeros((3, 1), DType::F32, &Device::Cpu)?;
    let got = called("with_clock", with_clock(&rows, &[23.9, 24.1, 36.]))?;
    let values = numbers(&got)?;
    ensure!(
        values.len() == 15,
        "3 rows of 1 column and a clock of 4 are 15 numbers, but there are {}.",
        values.len()
    );
    let distance = |a: usize, b: usize| -> f64 {
        let day = |i: usize| &values[5 * i + 1..5 * i + 3];
        day(a)
            .iter()
            .zip(day(b))
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    at_most(
        "The distance between the clocks of 23:54 and 00:06",
        distance(0, 1),
        0.2,
        "12 minutes apart, they should be neighbours on the circle.",
    )?;
    at_least(
        "The distance between the clocks of midnight and noon",
        distance(1, 2),
        1.5,
        "They should lie on opposite sides of the circle.",
    )
}

pub(crate) fn a_change_is_counted_from_the_last_hour() -> Verdict {
    name_sizes([(6, "windows"), (4, "hours"), (2, "columns")]);
    let data = tides(6, 4, 2.)?;
    let at = |step: usize, column: usize| -> Result<Tensor> {
        Ok(data
            .inputs()
            .narrow(1, step, 1)?
            .narrow(2, column, 1)?
            .squeeze(1)?)
    };
    // Column 1, so that whoever always takes column 0 is found out.
    let got = called("changes of 6 windows, of column 1", changes(&data, 1))?;
    let unchanged = got.inputs().dims() == data.inputs().dims()
        && numbers(got.inputs())? == numbers(data.inputs())?;
    if !unchanged {
        return slip(
            "inputs-changed",
            "The inputs of the changes are not those of the data. Only the question is another one: the windows stay as they are.",
        );
    }
    let targets = data.targets();
    same(
        "changes: targets",
        got.targets(),
        &(targets - at(3, 1)?)?,
        &[
            Slip::new(
                "sign",
                "The sign is the wrong way round: getting warmer is a change above 0.",
                (at(3, 1)? - targets)?,
            ),
            Slip::new(
                "first-row",
                "This is the change since the window's first row; now is its last.",
                (targets - at(0, 1)?)?,
            ),
            Slip::new(
                "wrong-column",
                "Column 1 was asked for, but column 0 was taken away.",
                (targets - at(3, 0)?)?,
            ),
            Slip::new(
                "added",
                "What is now was added to the targets; a change is the difference.",
                (targets + at(3, 1)?)?,
            ),
            Slip::new(
                "ratio",
                "This is the ratio of the two; a change is their difference.",
                (targets / at(3, 1)?)?,
            ),
            Slip::new(
                "off-by-one",
                "This is the change since the window's last row but one.",
                (targets - at(2, 1)?)?,
            ),
            Slip::new(
                "mean-of-the-window",
                "This is the distance from the mean of the window; a change is counted from now.",
                (targets - data.inputs().narrow(2, 1, 1)?.mean(1)?)?,
            ),
            Slip::new(
                "not-a-change",
                "The targets are what they were.",
                targets.clone(),
            ),
        ],
    )
}

fn small_net() -> Result<Model> {
    let model = Sequential::new()
        .add(Flatten::new())
        .add(Dense::new(1))
        .build((4, 2), Seed(4), &Device::Cpu)?;
    Ok(model)
}

pub(crate) fn a_forecast_is_now_plus_the_change() -> Verdict {
    name_sizes([(6, "windows"), (4, "hours"), (2, "columns")]);
    let (model, data) = (small_net()?, tides(6, 4, 2.)?);
    let said = model.predict(data.inputs())?;
    let at = |step: usize, column: usize| -> Result<Tensor> {
        Ok(data
            .inputs()
            .narrow(1, step, 1)?
            .narrow(2, column, 1)?
            .squeeze(1)?)
    };
    let got = called(
        "forecast of column 1 for 6 windows",
        forecast(&model, data.inputs(), 1),
    )?;
    let want = (at(3, 1)? + &said)?;
    same(
        "forecast(model, windows, 1)",
        &got,
        &want,
        &[
            Slip::new(
                "change-for-forecast",
                "This is the change that the model says; the forecast is now plus that.",
                said.clone(),
            ),
            Slip::new(
                "sign",
                "The change was taken away; it must be added.",
                (at(3, 1)? - &said)?,
            ),
            Slip::new(
                "sign",
                "What is now was taken away from the change. `changes` did that to the targets; this is the way back.",
                (&said - at(3, 1)?)?,
            ),
            Slip::new(
                "first-row",
                "The change was added to the window's first row; now is its last.",
                (at(0, 1)? + &said)?,
            ),
            Slip::new(
                "wrong-column",
                "Column 1 was asked for, but the change was added to column 0.",
                (at(3, 0)? + &said)?,
            ),
            Slip::new(
                "multiplied",
                "What is now was multiplied with the change; it is added.",
                (at(3, 1)? * &said)?,
            ),
            Slip::new(
                "change-forgotten",
                "This is what is now: the change that the model says is missing.",
                at(3, 1)?,
            ),
        ],
    )
    .drawn(|| {
        let windows = [0., 1., 2., 3., 4., 5.];
        let curve = |name: &str, values: &Tensor| -> Result<Curve> {
            Ok(Curve::new(name, numbers(values)?))
        };
        let curves = [
            curve("should be", &want)?,
            curve("yours", &got)?,
            curve("now", &at(3, 1)?)?,
        ];
        let strip = Strip::new("column 1, scaled", curves);
        time_series("forecast(model, windows, 1)", "window", &windows, &[strip])
    })
}

pub(crate) fn saying_nothing_is_common_sense() -> Verdict {
    let (model, data) = (small_net()?, tides(6, 4, 7.)?);
    for variable in model.variables() {
        variable.var().set(&variable.tensor().zeros_like()?)?;
    }
    let got = called("forecast", forecast(&model, data.inputs(), 0))?;
    let now = data.inputs().narrow(1, 3, 1)?.narrow(2, 0, 1)?.squeeze(1)?;
    same(
        "The forecast of a model that says 0 to everything",
        &got,
        &now,
        &[],
    )
}

pub(crate) fn several_opinions_become_one() -> Verdict {
    let said = [wave(&[5, 1], 0.1)?, wave(&[5, 1], 1.3)?, wave(&[5, 1], 4.)?];
    let got = called("average of 3 forecasts", average(&said))?;
    let sum = ((&said[0] + &said[1])? + &said[2])?;
    same(
        "average(forecasts)",
        &got,
        &(&sum / 3.)?,
        &[
            Slip::new(
                "missing-mean",
                "This is their sum: divide by how many there are.",
                sum.clone(),
            ),
            Slip::new(
                "first-forecast",
                "This is the first forecast alone.",
                said[0].clone(),
            ),
            Slip::new(
                "last-forecast",
                "This is the last forecast alone.",
                said[2].clone(),
            ),
            Slip::new(
                "later-ones-weigh-more",
                "The last forecast counts half, and each before it less. All of them count alike.",
                (((&said[0] + &said[1])? / 2.)? + &said[2])?.affine(0.5, 0.)?,
            ),
            Slip::new(
                "largest-forecast",
                "This is the largest of the forecasts at each hour; their mean is wanted.",
                Tensor::stack(&said, 0)?.max(0)?,
            ),
            Slip::new(
                "mean-over-time",
                "This is the mean over the hours of each forecast; the mean runs over the forecasts, hour by hour.",
                Tensor::stack(&said, 0)?.mean(1)?,
            ),
            Slip::new(
                "joined-end-to-end",
                "The forecasts were joined end to end before the mean, so the hours are mixed, too. They need a new axis, along which the mean \
                 runs: `stack`.",
                Tensor::cat(&said, 0)?.mean(0)?,
            ),
            Slip::new(
                "one-number",
                "This is one number for all hours.",
                Tensor::stack(&said, 0)?.mean_all()?,
            ),
        ],
    )?;
    let one = called("average of 1 forecast", average(&said[..1]))?;
    same("The average of a single forecast", &one, &said[0], &[])
}

pub(crate) fn asking_for_the_change_learns_faster() -> Verdict {
    // A level that wanders far, as seasons do, and a change that the last two values foretell.
    let (length, windows) = (4, 240);
    let value = |i: usize| 3. * (0.021 * i as f64).sin() + (0.5 * i as f64).sin();
    let (mut inputs, mut targets) = (Vec::new(), Vec::new());
    for start in 0..windows {
        for i in start..start + length {
            inputs.extend([value(i) as f32, 0.]);
        }
        targets.push(value(start + length + 1) as f32);
    }
    let data = Dataset::new(
        Tensor::from_vec(inputs, (windows, length, 2), &Device::Cpu)?,
        Tensor::from_vec(targets, (windows, 1), &Device::Cpu)?,
    )?;
    let asked = called("changes", changes(&data, 0))?;
    let mut model = small_net()?;
    model.compile(Adam::new(0.01), MeanSquaredError, ());
    let settings = || Fit {
        epochs: 20,
        progress: Progress::Silent,
        ..Fit::default()
    };
    let history = model.fit(&asked, settings())?;
    let said = called("forecast", forecast(&model, data.inputs(), 0))?;
    let now = data.inputs().narrow(1, 3, 1)?.narrow(2, 0, 1)?.squeeze(1)?;
    let error = |said: &Tensor| -> Result<f64> {
        Ok(dlkit_check::prelude::scalar(
            &(said - data.targets())?.abs()?.mean_all()?,
        )?)
    };
    let losses = history.get("loss").unwrap_or_default();
    training("the loss of a small net that is asked for the change", losses)
        .reference(|| {
            let right = Dataset::new(data.inputs().clone(), (data.targets() - &now)?)?;
            let mut model = small_net()?;
            model.compile(Adam::new(0.01), MeanSquaredError, ());
            let history = model.fit(&right, settings())?;
            Ok(vec![history.get("loss").unwrap_or_default().to_vec()])
        })
        .explains(at_most(
            "The error of a small net that is asked for the change",
            error(&said)?,
            0.7 * error(&now)?,
            "It should be well below that of saying that all stays as it is: is the change that the net says added to what is now?",
        )
        .drawn(|| {
            let hours: Vec<f64> = (0..windows).map(|hour| hour as f64).collect();
            let curve = |name: &str, values: &Tensor| -> Result<Curve> {
                Ok(Curve::new(name, numbers(values)?))
            };
            let forecasts = [curve("yours", &said)?, curve("all stays as it is", &now)?];
            plot::forecast("Asked for the change", "level", &hours, &numbers(data.targets())?, &forecasts)
        }))
}
