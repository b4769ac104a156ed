//! Draws the figures of the lesson's README, all from weather that dlkit makes itself, so that they can be drawn again anywhere.
//!
//! `cargo run -p lesson5-lstm-temperature-solution --example figures-lesson5-lstm-temperature-solution`

use dlkit::data::{Climate, Weather};
use dlkit::plot::{Curve, Figure, Strip, forecast, gates, loss_curves, time_series};
use dlkit::prelude::*;
use lesson5_solution::step1_record::{self, Scaling};
use lesson5_solution::step6_lstm::{self, Gates, Lstm};
use lesson5_solution::step7_forecaster::{self, Settings};
use lesson5_solution::{step2_windows, step3_baselines, step4_recurrence};
use std::path::Path;

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../exercises/lesson5-lstm-temperature/figures"
);
const LENGTH: usize = 120;
const HORIZON: usize = 24;

fn main() -> Result<()> {
    let weather = Climate::generate(70_000, Seed(2016))?;
    write("record", &two_weeks(&weather)?)?;
    write("parts", &parts(&weather)?)?;
    write("memory", &memory()?)?;

    let (parts, scaling) = step1_record::prepare(&weather.values)?;
    let column = weather.temperature;
    let cut = |rows: &Tensor| -> Result<Dataset> {
        let (inputs, targets) = step2_windows::windows(rows, column, LENGTH, HORIZON)?;
        Dataset::new(inputs, targets)
    };
    let (train, validation, test) = (
        cut(&parts.train)?,
        cut(&parts.validation)?,
        cut(&parts.test)?,
    );
    let mut model = step7_forecaster::build(LENGTH, 6, Seed(42), &Device::Cpu)?;
    let settings = Settings {
        epochs: 10,
        batch_size: 256,
        patience: 3,
        progress: Progress::Auto,
    };
    let history = step7_forecaster::train(&mut model, &train, &validation, settings)?;
    let curves = loss_curves(history.curves())?;
    write(
        "curves",
        &curves.titled("LSTM(16) on made weather, scaled values"),
    )?;
    write("forecast", &ten_days(&model, &test, &scaling, column)?)?;
    write("gates", &trained_gates(&model, &test, &scaling, column)?)
}

fn two_weeks(weather: &Weather) -> Result<Figure> {
    const HOURS: usize = 14 * 24;
    let days: Vec<f64> = (0..HOURS).map(|hour| hour as f64 / 24.).collect();
    let strip = |name: &str, column: usize| -> Result<Strip> {
        let values = weather.values.narrow(0, 60 * 24, HOURS)?;
        let values = numbers(&values.narrow(1, column, 1)?)?;
        Ok(Strip::new(name, [Curve::new(name, values)]))
    };
    let strips = [
        strip("p (mbar)", 0)?,
        strip("T (degC)", 1)?,
        strip("rh (%)", 3)?,
        strip("wv (m/s)", 5)?,
    ];
    time_series("Two weeks in March, made weather", "day", &days, &strips)
}

/// The mean temperature of every day, each part in a colour of its own.
fn parts(weather: &Weather) -> Result<Figure> {
    let temperature = numbers(&weather.values.narrow(1, weather.temperature, 1)?)?;
    let means: Vec<f64> = temperature
        .chunks_exact(24)
        .map(|day| day.iter().sum::<f64>() / 24.)
        .collect();
    let days = means.len();
    let years: Vec<f64> = (0..days).map(|day| day as f64 / 365.25).collect();
    let only = |name: &str, from: usize, to: usize| {
        let values: Vec<f64> = means
            .iter()
            .enumerate()
            .map(|(day, mean)| {
                if (from..to).contains(&day) {
                    *mean
                } else {
                    f64::NAN
                }
            })
            .collect();
        Curve::new(name, values)
    };
    let (half, quarter) = (days / 2, days / 4);
    let curves = [
        only("train", 0, half),
        only("validation", half, half + quarter),
        only("test", half + quarter, days),
    ];
    time_series(
        "Eight years, cut in time: the mean temperature of every day",
        "year",
        &years,
        &[Strip::new("°C", curves)],
    )
}

/// What is left of one input after many steps without any: in a plain cell and in an LSTM whose forget gate is nearly open.
fn memory() -> Result<Figure> {
    const STEPS: usize = 60;
    let one = |value: f32| Tensor::full(value, (1, 1), &Device::Cpu);
    let cell = step4_recurrence::Cell {
        w: one(1.)?,
        u: one(0.9)?,
        b: one(0.)?.squeeze(0)?,
    };
    let mut fed = vec![0f32; STEPS];
    fed[0] = 1.;
    let fed = Tensor::from_vec(fed, (1, STEPS, 1), &Device::Cpu)?;
    let plain = numbers(&step4_recurrence::unroll(&cell, &fed)?)?;
    let with_gate = |forget: f32| -> Result<Vec<f64>> {
        let mut c = one(1f32.tanh())?;
        let mut values = Vec::new();
        for _ in 0..STEPS {
            values.push(f64::from(c.flatten_all()?.get(0)?.to_scalar::<f32>()?));
            let gates = Gates {
                input: one(0.)?,
                forget: one(forget)?,
                candidate: one(0.)?,
                output: one(1.)?,
            };
            c = step6_lstm::next_state(&gates, &c)?.cell;
        }
        Ok(values)
    };
    let steps: Vec<f64> = (0..STEPS).map(|step| step as f64).collect();
    time_series(
        "An input of 1 at step 0, and nothing after it: what is left",
        "step",
        &steps,
        &[Strip::new(
            "state",
            [
                Curve::new("plain cell, U = 0.9", plain),
                Curve::new("LSTM's c, f = 0.99", with_gate(0.99)?),
                Curve::new("LSTM's c, f = 0.8", with_gate(0.8)?),
            ],
        )],
    )
}

fn ten_days(model: &Model, test: &Dataset, scaling: &Scaling, column: usize) -> Result<Figure> {
    const HOURS: usize = 10 * 24;
    let some = Dataset::new(
        test.inputs().narrow(0, test.len() / 5, HOURS)?,
        test.targets().narrow(0, test.len() / 5, HOURS)?,
    )?;
    let degrees = |scaled: &Tensor| -> Result<Vec<f64>> {
        numbers(&step1_record::unscale(scaling, column, scaled)?)
    };
    let common_sense = step3_baselines::common_sense(some.inputs(), column)?;
    let hours: Vec<f64> = (0..HOURS).map(|hour| hour as f64).collect();
    forecast(
        "Ten days of the test part, forecast 24 hours before",
        "°C",
        &hours,
        &degrees(some.targets())?,
        &[
            Curve::new("common sense", degrees(&common_sense)?),
            Curve::new("LSTM(16)", degrees(&model.predict(some.inputs())?)?),
        ],
    )
}

fn trained_gates(
    model: &Model,
    test: &Dataset,
    scaling: &Scaling,
    column: usize,
) -> Result<Figure> {
    let weights = |name: &str| -> Result<Tensor> {
        Ok(model.variable(&format!("lstm/{name}"))?.tensor().detach())
    };
    let lstm = Lstm {
        kernel: weights("kernel")?,
        recurrent_kernel: weights("recurrent_kernel")?,
        bias: weights("bias")?,
    };
    let window = test.inputs().narrow(0, test.len() / 5, 1)?;
    let zeros = Tensor::zeros((1, 16), DType::F32, &Device::Cpu)?;
    let (mut hidden, mut cell) = (zeros.clone(), zeros);
    let mut bands: [Vec<Tensor>; 4] = Default::default();
    for hour in 0..LENGTH {
        let x = window.narrow(1, hour, 1)?.squeeze(1)?;
        let gates = step6_lstm::gates(&lstm, &x, &hidden)?;
        let state = step6_lstm::next_state(&gates, &cell)?;
        let rows = [gates.input, gates.forget, state.cell.tanh()?, gates.output];
        for (band, row) in bands.iter_mut().zip(rows) {
            band.push(row);
        }
        (hidden, cell) = (state.hidden, state.cell);
    }
    let [input, forget, known, output] = bands.map(|band| Tensor::cat(&band, 0));
    let temperature = step1_record::unscale(scaling, column, &window.narrow(2, column, 1)?)?;
    gates(
        "A trained LSTM(16) along the 120 hours of a window, a row a unit",
        &Curve::new("°C", numbers(&temperature)?),
        &[
            ("input gate: takes in", &input?),
            ("forget gate: keeps", &forget?),
            ("cell state, its tanh: knows", &known?),
            ("output gate: says", &output?),
        ],
    )
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
}

/// Writes the SVG alone, which is what the README shows; with `DLKIT_OUT` also both kinds into that folder, to be looked at.
fn write(name: &str, figure: &Figure) -> Result<()> {
    std::fs::create_dir_all(FOLDER)?;
    let path = Path::new(FOLDER).join(format!("{name}.svg"));
    std::fs::write(&path, figure.svg()?)?;
    println!("wrote {name}.svg");
    if let Some(folder) = std::env::var_os("DLKIT_OUT") {
        figure.save(Path::new(&folder).join(name))?;
    }
    Ok(())
}
