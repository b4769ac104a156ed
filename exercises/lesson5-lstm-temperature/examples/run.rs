//! Trains the forecasters of lesson 5 with your own functions: on the weather of Jena where it is to be had, else on made weather.
//!
//! `cargo xtask run lesson5`, with `--model NAME` or `--all`. Pictures and `run.json` go to `target/workshop/lesson5/`.

use dlkit::data::{Weather, weather_or_climate};
use dlkit::plot::{Curve, Strip, forecast, gates, loss_curves, time_series};
use dlkit::prelude::*;
use dlkit::run::{Run, Trained};
use lesson5::step1_record::{Parts, Scaling};
use lesson5::step6_lstm::{self, Lstm};
use lesson5::step7_forecaster::{self, Settings};
use lesson5::{step1_record, step2_windows, step3_baselines, step8_relatives, step9_better};

/// Five days of hours are looked at; the temperature a day after the last of them is asked for.
const LENGTH: usize = 120;
const HORIZON: usize = 24;
const SEED: Seed = Seed(42);
/// The nets of `best`: their forecasts are averaged.
const COMPANIONS: u64 = 3;

/// A net, and what Keras (or a published run of it) had on the record of Jena.
struct Net {
    name: &'static str,
    title: &'static str,
    build: fn(usize, usize, Seed, &Device) -> Result<Model>,
    epochs: usize,
    elsewhere: &'static str,
}

const NETS: [Net; 5] = [
    Net {
        name: "lstm",
        title: "LSTM(16)",
        build: step7_forecaster::build,
        epochs: 10,
        elsewhere: "2.45 (targets in degrees: 2.61 to 2.66)",
    },
    Net {
        name: "dense",
        title: "Flatten, Dense(16)",
        build: step3_baselines::dense_net,
        epochs: 10,
        elsewhere: "2.46 to 2.70, 14 variables",
    },
    Net {
        name: "gru",
        title: "GRU(16)",
        build: step8_relatives::gru,
        epochs: 10,
        elsewhere: "",
    },
    Net {
        name: "bidirectional",
        title: "Bidirectional(LSTM(16))",
        build: step8_relatives::bidirectional,
        epochs: 10,
        elsewhere: "",
    },
    Net {
        name: "stacked",
        title: "LSTM(16), LSTM(16)",
        build: step8_relatives::stacked,
        epochs: 10,
        elsewhere: "2.42, two GRU with dropout, 14 variables",
    },
];

pub(crate) fn main() -> Result<()> {
    let mut names: Vec<&str> = NETS.iter().map(|net| net.name).collect();
    names.push("best");
    let mut run = Run::from_args("lesson5", &names)?;
    let device = device()?;
    let weather = weather_or_climate()?;
    println!("Data: {}", weather.source);
    if weather.source.is_stand_in() {
        println!("  (the figures of others below are for the record of Jena)");
    }
    draw_record(&run, &weather)?;

    let (parts, scaling) = step1_record::prepare(&weather.values)?;
    let place = Place {
        temperature: weather.temperature,
        deviation: step1_record::error_in_units(&scaling, weather.temperature, 1.)?,
        scaling,
    };
    let data = Data::new(&parts, &place, &device)?;
    println!(
        "Windows of {LENGTH} hours, target {HORIZON} hours after their end: {} to learn from, {} to validate, {} to test",
        data.train.len(),
        data.validation.len(),
        data.test.len()
    );
    let naive = |part: &Dataset| -> Result<f64> {
        let said = step3_baselines::common_sense(part.inputs(), place.temperature)?;
        Ok(step3_baselines::mae(&said, part.targets())? * place.deviation)
    };
    let common_sense = (naive(&data.validation)?, naive(&data.test)?);
    println!(
        "Common sense (as warm as 24 hours before): off by {:.2} °C on the validation part, {:.2} °C on the test part",
        common_sense.0, common_sense.1
    );
    let mut table = Vec::new();
    for net in &NETS {
        if run.trains(net.name) {
            let errors = train(net, &data, &place, &device, &mut run)?;
            table.push((net.title, errors, net.elsewhere));
        }
    }
    if run.trains("best") {
        let clocked = parts_with_clock(&parts, &weather.hours)?;
        let data = Data::new(&clocked, &place, &device)?;
        let errors = best(&data, &place, &device, &mut run)?;
        table.push(("best: changes, clock, three nets", errors, ""));
    }
    print_table(common_sense, &table);
    run.finish(weather.source.name())?;
    Ok(())
}

/// How scaled temperatures become degrees again.
struct Place {
    temperature: usize,
    deviation: f64,
    scaling: Scaling,
}

/// The windows of the three parts.
struct Data {
    train: Dataset,
    validation: Dataset,
    test: Dataset,
}

impl Data {
    fn new(parts: &Parts, place: &Place, device: &Device) -> Result<Self> {
        let cut = |rows: &Tensor| -> Result<Dataset> {
            let (inputs, targets) =
                step2_windows::windows(rows, place.temperature, LENGTH, HORIZON)?;
            Dataset::new(inputs, targets)?.to_device(device)
        };
        Ok(Self {
            train: cut(&parts.train)?,
            validation: cut(&parts.validation)?,
            test: cut(&parts.test)?,
        })
    }

    fn columns(&self) -> usize {
        self.train.inputs().dims()[2]
    }
}

fn settings(epochs: usize) -> Settings {
    Settings {
        epochs,
        batch_size: 256,
        patience: 3,
        progress: Progress::Auto,
    }
}

/// Trains a net and draws how it went. Gives its errors in degrees, on the validation and on the test part.
fn train(
    net: &Net,
    data: &Data,
    place: &Place,
    device: &Device,
    run: &mut Run,
) -> Result<(f64, f64)> {
    let mut model = (net.build)(LENGTH, data.columns(), SEED, device)?;
    println!("\n{}: {}\n{}", net.name, net.title, model.summary());
    println!(
        "  (the epochs' figures are of scaled temperatures, in which 1 stands for {:.2} °C)",
        place.deviation
    );
    let history = step7_forecaster::train(
        &mut model,
        &data.train,
        &data.validation,
        settings(net.epochs),
    )?;
    say_best_epoch(&history);
    let error = |part: &Dataset| step7_forecaster::mae_in_degrees(&model, part, place.deviation);
    let errors = (error(&data.validation)?, error(&data.test)?);
    run.record(
        Trained::new(net.name)
            .parameters(model.parameters())
            .epochs(history.epochs())
            .seconds(history.seconds)
            .score_in("validation_mae", errors.0, "°C")
            .score_in("test_mae", errors.1, "°C"),
    );
    let curves = loss_curves(history.curves())?;
    run.save(
        &format!("{}-curves", net.name),
        &curves.titled(format!("{}: training, scaled values", net.title)),
    )?;
    draw_forecast(
        run,
        net.name,
        net.title,
        &model.predict(data.test.inputs())?,
        data,
        place,
    )?;
    if net.name == "lstm" {
        draw_gates(run, &model, data, place)?;
    }
    if net.name == "dense" {
        without_order(net, data, place, device)?;
    }
    Ok(errors)
}

/// Which epoch was the best, by the validation part.
fn say_best_epoch(history: &History) {
    let losses = history.get("val_loss").unwrap_or_default();
    let best = (0..losses.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    if let Some(best) = best {
        let end = if best + 1 == losses.len() {
            "; more of them might help"
        } else {
            ", whose weights are kept"
        };
        println!(
            "  val_loss was lowest in epoch {} of {}{end}",
            best + 1,
            losses.len()
        );
    }
}

/// The same dense net on windows whose hours were shuffled: it cannot tell.
fn without_order(net: &Net, data: &Data, place: &Place, device: &Device) -> Result<()> {
    let order: Vec<u32> = SEED
        .derive("order")
        .permutation(LENGTH)
        .into_iter()
        .map(|hour| hour as u32)
        .collect();
    let mixed = |part: &Dataset| -> Result<Dataset> {
        let inputs = step3_baselines::reorder(part.inputs(), &order)?;
        Dataset::new(inputs, part.targets().clone())
    };
    let mut model = (net.build)(LENGTH, data.columns(), SEED, device)?;
    let silent = Settings {
        progress: Progress::Silent,
        ..settings(net.epochs)
    };
    step7_forecaster::train(
        &mut model,
        &mixed(&data.train)?,
        &mixed(&data.validation)?,
        silent,
    )?;
    let error = step7_forecaster::mae_in_degrees(&model, &mixed(&data.test)?, place.deviation)?;
    println!("  the same net on windows with their hours in a random order: test {error:.2} °C");
    Ok(())
}

/// The scaled rows with the columns of step 9 that say what time it is.
fn parts_with_clock(parts: &Parts, hours: &[f64]) -> Result<Parts> {
    let (train, rest) = hours.split_at(parts.train.dim(0)?);
    let (validation, test) = rest.split_at(parts.validation.dim(0)?);
    Ok(Parts {
        train: step9_better::with_clock(&parts.train, train)?,
        validation: step9_better::with_clock(&parts.validation, validation)?,
        test: step9_better::with_clock(&parts.test, test)?,
    })
}

/// Step 9: nets that are asked for the change and told the time, and the mean of what they say.
fn best(data: &Data, place: &Place, device: &Device, run: &mut Run) -> Result<(f64, f64)> {
    println!(
        "\nbest: LSTM(16) on the change since the window's last hour, with clock, {COMPANIONS} nets averaged"
    );
    let train = step9_better::changes(&data.train, place.temperature)?;
    let validation = step9_better::changes(&data.validation, place.temperature)?;
    let (mut parameters, mut epochs, mut seconds) = (0, 0, 0.);
    let (mut on_validation, mut on_test) = (Vec::new(), Vec::new());
    for i in 0..COMPANIONS {
        let mut model = step7_forecaster::build(LENGTH, data.columns(), SEED.at(i), device)?;
        let history = step7_forecaster::train(&mut model, &train, &validation, settings(8))?;
        let says =
            |part: &Dataset| step9_better::forecast(&model, part.inputs(), place.temperature);
        let said = says(&data.validation)?;
        let alone = step3_baselines::mae(&said, data.validation.targets())?;
        on_validation.push(said);
        on_test.push(says(&data.test)?);
        println!(
            "  net {} of {COMPANIONS}: {:.2} °C alone, on the validation part",
            i + 1,
            alone * place.deviation
        );
        parameters += model.parameters();
        epochs += history.epochs();
        seconds += history.seconds;
    }
    let said = step9_better::average(&on_test)?;
    let error = |said: &Tensor, part: &Dataset| -> Result<f64> {
        Ok(step3_baselines::mae(said, part.targets())? * place.deviation)
    };
    let errors = (
        error(&step9_better::average(&on_validation)?, &data.validation)?,
        error(&said, &data.test)?,
    );
    run.record(
        Trained::new("best")
            .parameters(parameters)
            .epochs(epochs)
            .seconds(seconds)
            .score_in("validation_mae", errors.0, "°C")
            .score_in("test_mae", errors.1, "°C"),
    );
    draw_forecast(run, "best", "Three nets", &said, data, place)?;
    Ok(errors)
}

/// Two weeks of the record, column by column.
fn draw_record(run: &Run, weather: &Weather) -> Result<()> {
    const HOURS: usize = 14 * 24;
    let first = 60 * 24;
    let days: Vec<f64> = (0..HOURS).map(|hour| hour as f64 / 24.).collect();
    let mut strips = Vec::new();
    for name in ["p (mbar)", "T (degC)", "rh (%)", "wv (m/s)"] {
        let Some(column) = weather.columns.iter().position(|column| column == name) else {
            continue;
        };
        let values = numbers(
            &weather
                .values
                .narrow(0, first, HOURS)?
                .narrow(1, column, 1)?,
        )?;
        strips.push(Strip::new(name, [Curve::new(name, values)]));
    }
    let title = format!("Two weeks in March: {}", weather.source.name());
    run.save("record", &time_series(&title, "day", &days, &strips)?)
}

/// Ten days of the test part: what came, what common sense said the day before, and what the net said.
fn draw_forecast(
    run: &Run,
    name: &str,
    title: &str,
    said: &Tensor,
    data: &Data,
    place: &Place,
) -> Result<()> {
    const HOURS: usize = 10 * 24;
    let first = data.test.len() / 5;
    let degrees = |scaled: &Tensor| -> Result<Vec<f64>> {
        let some = scaled.narrow(0, first, HOURS)?;
        numbers(&step1_record::unscale(
            &place.scaling,
            place.temperature,
            &some,
        )?)
    };
    let common_sense = step3_baselines::common_sense(data.test.inputs(), place.temperature)?;
    let hours: Vec<f64> = (0..HOURS).map(|hour| hour as f64).collect();
    let figure = forecast(
        &format!("{title}: ten days of the test part, forecast 24 hours before"),
        "°C",
        &hours,
        &degrees(data.test.targets())?,
        &[
            Curve::new("common sense", degrees(&common_sense)?),
            Curve::new(title, degrees(said)?),
        ],
    )?;
    run.save(&format!("{name}-forecast"), &figure)
}

/// What the gates of the trained LSTM do along one window, by your step 6.
fn draw_gates(run: &Run, model: &Model, data: &Data, place: &Place) -> Result<()> {
    let weights = |name: &str| -> Result<Tensor> {
        let tensor = model.variable(&format!("lstm/{name}"))?.tensor().detach();
        Ok(tensor.to_device(&Device::Cpu)?)
    };
    let lstm = Lstm {
        kernel: weights("kernel")?,
        recurrent_kernel: weights("recurrent_kernel")?,
        bias: weights("bias")?,
    };
    let window = data.test.inputs().narrow(0, data.test.len() / 5, 1)?;
    let window = window.to_device(&Device::Cpu)?;
    let zeros = Tensor::zeros((1, lstm.recurrent_kernel.dim(0)?), DType::F32, &Device::Cpu)?;
    let (mut hidden, mut cell) = (zeros.clone(), zeros);
    let (mut input, mut forget, mut output, mut known) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for hour in 0..LENGTH {
        let x = window.narrow(1, hour, 1)?.squeeze(1)?;
        let gates = step6_lstm::gates(&lstm, &x, &hidden)?;
        let state = step6_lstm::next_state(&gates, &cell)?;
        input.push(gates.input);
        forget.push(gates.forget);
        output.push(gates.output);
        known.push(state.cell.tanh()?);
        (hidden, cell) = (state.hidden, state.cell);
    }
    let band = |rows: &[Tensor]| Tensor::cat(rows, 0);
    let temperature = window.narrow(2, place.temperature, 1)?;
    let temperature = step1_record::unscale(&place.scaling, place.temperature, &temperature)?;
    let figure = gates(
        "The gates of the trained LSTM(16) along one window, a row a unit",
        &Curve::new("°C", numbers(&temperature)?),
        &[
            ("input gate: takes in", &band(&input)?),
            ("forget gate: keeps", &band(&forget)?),
            ("cell state, its tanh: knows", &band(&known)?),
            ("output gate: says", &band(&output)?),
        ],
    )?;
    run.save("lstm-gates", &figure)
}

/// A row for each forecaster, beside what others had on Jena.
fn print_table((validation, test): (f64, f64), rows: &[(&str, (f64, f64), &str)]) {
    println!(
        "\n{:<34} {:>10} {:>8}  {:<16}  others on Jena, test",
        "mean absolute error, °C", "validation", "test", "saved by it"
    );
    println!(
        "{:<34} {validation:>10.2} {test:>8.2}  {:<16}  2.62",
        "common sense", ""
    );
    for (title, (on_validation, on_test), elsewhere) in rows {
        let saved = format!("{:.1} %", 100. * step3_baselines::skill(*on_test, test));
        println!("{title:<34} {on_validation:>10.2} {on_test:>8.2}  {saved:<16}  {elsewhere}");
    }
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    let tensor = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F64)?;
    Ok(tensor.flatten_all()?.to_vec1()?)
}
