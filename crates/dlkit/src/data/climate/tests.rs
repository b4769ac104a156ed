//! The weather must be plausible, the same every time, and foreseeable to a degree.

use super::*;

fn column(weather: &Weather, index: usize) -> Vec<f64> {
    let column = weather.values.narrow(1, index, 1).unwrap();
    let values: Vec<f32> = column.flatten_all().unwrap().to_vec1().unwrap();
    values.into_iter().map(f64::from).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// How strongly two rows of values go together, −1 to 1.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    product(a, mean_a, b, mean_b)
        / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}

#[test]
fn the_seed_alone_decides() {
    let bits = |hours, seed| {
        let weather = Climate::generate(hours, Seed(seed)).unwrap();
        weather
            .values
            .flatten_all()
            .unwrap()
            .to_vec1::<f32>()
            .unwrap()
    };
    assert_eq!(bits(500, 1), bits(500, 1));
    assert_ne!(bits(500, 1), bits(500, 2));
    assert_eq!(bits(500, 1), bits(900, 1)[..500 * COLUMNS.len()]);
    assert!(Climate::generate(0, Seed(1)).is_err());
}

#[test]
fn every_value_is_one_that_a_thermometer_could_show() {
    let weather = Climate::generate(4 * 8766, Seed(5)).unwrap();
    for (index, (low, high)) in [
        (0, (930., 1040.)),
        (1, (-30., 42.)),
        (2, (-35., 30.)),
        (3, (5., 100.)),
        (4, (0.3, 90.)),
        (5, (0., 30.)),
    ] {
        for value in column(&weather, index) {
            assert!((low..=high).contains(&value), "{}: {value}", COLUMNS[index]);
        }
    }
    for (dew, temperature) in column(&weather, 2).iter().zip(column(&weather, 1)) {
        assert!(*dew <= temperature + 1e-3);
    }
}

#[test]
fn summers_and_afternoons_are_warm() {
    let weather = Climate::generate(8766, Seed(6)).unwrap();
    let temperature = column(&weather, 1);
    let month = |number: usize| mean(&temperature[number * 730..(number + 1) * 730]);
    assert!(month(6) > month(0) + 12., "{} {}", month(6), month(0));
    let at = |hour: usize| {
        mean(
            &temperature
                .iter()
                .copied()
                .skip(hour)
                .step_by(24)
                .collect::<Vec<_>>(),
        )
    };
    assert!(at(15) > at(4) + 4., "{} {}", at(15), at(4));
}

#[test]
fn a_falling_pressure_announces_a_change_of_the_temperature() {
    let weather = Climate::generate(2 * 8766, Seed(7)).unwrap();
    let (pressure, temperature) = (column(&weather, 0), column(&weather, 1));
    let hours = 48..temperature.len() - 24;
    let fallen: Vec<f64> = hours
        .clone()
        .map(|t| (pressure[t - 24] - pressure[t]).max(0.))
        .collect();
    let changed: Vec<f64> = hours
        .map(|t| (temperature[t + 24] - temperature[t]).abs())
        .collect();
    let together = correlation(&fallen, &changed);
    assert!(together > 0.15, "{together}");
}
