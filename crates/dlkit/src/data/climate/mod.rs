//! Hourly weather made by our own code: a stand-in for a real record in a room without a network.
//!
//! A place in the middle latitudes, in the six columns of Jena's hourly record. What is in it:
//!
//! * a **year** (coldest in the middle of January) and a **day** (coldest before sunrise), smaller under clouds and in winter;
//! * **lows that pass**, every four or five days one. The pressure falls for a day and a half or two before the low arrives,
//!   clouds and humidity come first, then its warm front, and half a day to a day later its cold front with the wind. The deeper
//!   the low, the faster the pressure falls, and the larger the change of the temperature when the front passes. In winter the
//!   warm front matters more, in summer the cold one; behind it the air takes days to become what is usual again;
//! * **highs**: under a lasting high pressure winters become cold and summers hot;
//! * **chance**, in everything.
//!
//! So the next day cannot be known, but much of it is announced: by how the pressure fell, whether the front is through, how long
//! ago. That is what a net with a memory can find. Measured on the 70,000 hours that
//! [`weather_or_climate`](super::weather_or_climate) gives (the test quarter, 24 hours ahead):
//!
//! | as warm as 24 hours before | linear | `Dense(16)` on the window | `LSTM(16)` | three `LSTM(16)`, asked for the change, with a clock |
//! |---|---|---|---|---|
//! | 2.40 °C | 2.18, 2.25 °C | 1.83, 1.90, 1.93 °C | 1.81, 1.85 °C | 1.61 °C |
//!
//! (Windows of 120 hours, RMSprop, batches of 256, the best of 10 epochs by the validation quarter; a figure for each seed.)

use super::Source;
use super::weather::{TEMPERATURE, Weather};
use crate::Result;
use crate::seed::{Rng, Seed};
use anyhow::ensure;
use candle_core::{Device, Tensor};
use rand::Rng as _;
use rand_distr::{Distribution, StandardNormal};
use std::f64::consts::TAU;

/// Made weather: pressure, temperature, dew point, humidity, saturation pressure and wind, an hour a row.
#[derive(Clone, Copy, Debug)]
pub struct Climate;

/// The columns of Jena's hourly record.
const COLUMNS: [&str; 6] = [
    "p (mbar)",
    TEMPERATURE,
    "Tdew (degC)",
    "rh (%)",
    "VPmax (mbar)",
    "wv (m/s)",
];

/// Hours of a year.
const YEAR: f64 = 365.25 * 24.;

impl Climate {
    /// The weather of so many hours, from the first of January on. The same seed gives the same weather, and a longer record
    /// begins with the shorter one.
    ///
    /// ```
    /// use dlkit::data::Climate;
    /// use dlkit::seed::Seed;
    ///
    /// # fn main() -> dlkit::Result<()> {
    /// let year = Climate::generate(365 * 24, Seed(1))?;
    /// assert_eq!(year.values.dims(), [8760, 6]);
    /// assert_eq!(year.columns[year.temperature], "T (degC)");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When no hour is asked for.
    pub fn generate(hours: usize, seed: Seed) -> Result<Weather> {
        ensure!(
            hours > 0,
            "Climate::generate needs at least one hour, not 0"
        );
        let seed = seed.derive("climate");
        let mut lows = Lows::new(seed.derive("lows").rng());
        let mut sky = Sky::new(seed.derive("sky").rng());
        let mut values = Vec::with_capacity(hours * COLUMNS.len());
        for hour in 0..hours {
            let row = sky.hour(hour as f64, &lows.influence(hour as f64));
            values.extend(row.map(|value| value as f32));
        }
        Ok(Weather {
            source: Source::stand_in(
                "climate",
                "Climate, the embedded stand-in for the record of Jena",
                Weather::contents(hours, COLUMNS.len()),
            ),
            values: Tensor::from_vec(values, (hours, COLUMNS.len()), &Device::Cpu)?,
            hours: (0..hours).map(|hour| hour as f64).collect(),
            columns: COLUMNS.map(str::to_owned).to_vec(),
            temperature: 1,
        })
    }
}

/// A low that passes.
#[derive(Clone, Copy, Debug)]
struct Low {
    /// When its warm front and its cold front pass, in hours.
    warm_front: f64,
    cold_front: f64,
    /// How many hours before the warm front the pressure begins to fall.
    announced: f64,
    /// How far it falls, mbar.
    depth: f64,
    /// How much warmer and colder the air behind the fronts is, °C, before the season has its say.
    warmth: f64,
    cold: f64,
}

/// What the lows do at one hour.
#[derive(Clone, Copy, Debug, Default)]
struct Influence {
    /// mbar.
    pressure: f64,
    /// °C an hour, by warm and by cold fronts.
    warming: f64,
    cooling: f64,
    /// 0 to 1.
    clouds: f64,
    /// m/s.
    wind: f64,
}

/// The lows of a record, made as time goes on.
struct Lows {
    rng: Rng,
    near: Vec<Low>,
    next: f64,
}

/// For so many hours around its fronts a low is felt.
const REACH: f64 = 120.;

impl Lows {
    fn new(rng: Rng) -> Self {
        Self {
            rng,
            near: Vec::new(),
            next: -REACH,
        }
    }

    fn influence(&mut self, hour: f64) -> Influence {
        while self.next < hour + REACH {
            let low = self.low(self.next);
            self.near.push(low);
            self.next = low.cold_front + 40. + self.rng.random_range(0. ..90.);
        }
        self.near.retain(|low| low.cold_front > hour - REACH);
        let mut all = Influence::default();
        for low in &self.near {
            low.add_to(&mut all, hour);
        }
        all.clouds = all.clouds.min(1.);
        all
    }

    fn low(&mut self, warm_front: f64) -> Low {
        let rng = &mut self.rng;
        let depth = rng.random_range(4. ..24.);
        let mut about = |value: f64| value * (1. + 0.2 * normal(rng));
        let (warmth, cold) = (about(0.3 * depth), about(0.42 * depth));
        Low {
            warm_front,
            cold_front: warm_front + rng.random_range(10. ..26.),
            announced: rng.random_range(26. ..44.),
            depth,
            warmth,
            cold,
        }
    }
}

impl Low {
    fn add_to(&self, all: &mut Influence, hour: f64) {
        let Self {
            warm_front,
            cold_front,
            ..
        } = *self;
        let begins = warm_front - self.announced;
        let fallen = smooth((hour - begins) / (cold_front - begins));
        let risen = smooth((hour - cold_front) / 40.);
        all.pressure -= self.depth * (fallen - risen);
        all.warming += self.warmth * passage(hour - warm_front, 5.);
        all.cooling += self.cold * passage(hour - cold_front, 3.);
        let share = (self.depth / 14.).min(1.);
        let covered = smooth((hour - warm_front + 20.) / 16.) - smooth((hour - cold_front) / 10.);
        all.clouds += share * covered;
        all.wind += 0.17 * self.depth * bump((hour - cold_front) / 9.)
            + 0.06 * self.depth * bump((hour - warm_front) / 14.);
    }
}

/// From 0 at 0 to 1 at 1 without a corner.
fn smooth(share: f64) -> f64 {
    let x = share.clamp(0., 1.);
    x * x * (3. - 2. * x)
}

/// 1 at 0, and gone beyond ±2 or so.
fn bump(distance: f64) -> f64 {
    (-distance * distance).exp()
}

/// The share of a front that passes in this hour; all hours together make 1.
fn passage(distance: f64, width: f64) -> f64 {
    bump(distance / width) / (width * std::f64::consts::PI.sqrt())
}

/// A quantity that chance pushes about and that goes back to 0 in time (an Ornstein–Uhlenbeck process, an hour a step).
#[derive(Clone, Copy, Debug)]
struct Wandering {
    value: f64,
    keeps: f64,
    push: f64,
}

impl Wandering {
    /// Remembers for about so many hours; its standard deviation is `spread`.
    fn new(hours: f64, spread: f64) -> Self {
        let keeps = (-1. / hours).exp();
        Self {
            value: 0.,
            keeps,
            push: spread * (1. - keeps * keeps).sqrt(),
        }
    }

    fn step(&mut self, rng: &mut Rng) -> f64 {
        self.value = self.keeps * self.value + self.push * normal(rng);
        self.value
    }
}

/// What has a memory of its own beside the lows.
struct Sky {
    rng: Rng,
    /// How much warmer the air is than usual, °C: what the fronts brought.
    air: f64,
    high: Wandering,
    pressure: Wandering,
    temperature: Wandering,
    clouds: Wandering,
    moisture: Wandering,
    wind: Wandering,
}

impl Sky {
    fn new(rng: Rng) -> Self {
        Self {
            rng,
            air: 0.,
            high: Wandering::new(200., 5.),
            pressure: Wandering::new(15., 0.9),
            temperature: Wandering::new(20., 1.1),
            clouds: Wandering::new(30., 0.22),
            moisture: Wandering::new(40., 1.2),
            wind: Wandering::new(5., 0.35),
        }
    }

    /// The next hour, column by column.
    fn hour(&mut self, hour: f64, lows: &Influence) -> [f64; COLUMNS.len()] {
        let rng = &mut self.rng;
        // −1 in the middle of January, 1 in the middle of July.
        let season = -(TAU * (hour - 15. * 24.) / YEAR).cos();
        let high = self.high.step(rng);
        let pressure = 995.8 + high + lows.pressure + self.pressure.step(rng);
        let clouds =
            (0.4 + 0.75 * lows.clouds - 0.035 * high + self.clouds.step(rng)).clamp(0., 1.);

        // Under a high the air drifts away from the usual, in winter to the cold side and in summer to the warm.
        let drift = 0.011 * high * season;
        self.air += drift + lows.warming * (1. - 0.55 * season)
            - lows.cooling * (0.85 + 0.3 * season)
            - (self.air - 0.5) / 60.;
        let usual = 9.4 + 12. * season + self.air + self.temperature.step(rng);
        // Coldest about 4 o'clock, warmest about 15 o'clock.
        let day = (TAU * (hour - 15.) / 24.).cos() + 0.18 * (2. * TAU * (hour - 14.) / 24.).cos();
        let swing = (4.4 + 1.9 * season) * (1.2 - 0.85 * clouds);
        let temperature = usual + swing * day + 0.25 * normal(rng);

        let dryness = 6.2 + 1.4 * season - 4.6 * clouds + self.moisture.step(rng);
        let dew = (usual - dryness.max(0.3)).min(temperature);
        let saturation = saturation_pressure(temperature);
        let humidity = (100. * saturation_pressure(dew) / saturation).min(100.);
        let breeze = 0.35 * (day * (1. - 0.5 * clouds)).max(0.);
        let wind = (1.5 + breeze + lows.wind) * (self.wind.step(rng)).exp();
        [pressure, temperature, dew, humidity, saturation, wind]
    }
}

/// How much water vapour air of this temperature can hold, mbar (Magnus's formula over water; Sonntag, 1990).
fn saturation_pressure(celsius: f64) -> f64 {
    6.112 * (17.62 * celsius / (243.12 + celsius)).exp()
}

fn normal(rng: &mut Rng) -> f64 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests;
