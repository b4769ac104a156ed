//! A record of the weather, an hour a row: that of Jena where it is to be had, else one of our own making.
//!
//! ```
//! use dlkit::data::Climate;
//! use dlkit::seed::Seed;
//!
//! # fn main() -> dlkit::Result<()> {
//! let weather = Climate::generate(1000, Seed(1))?;
//! println!("{}", weather.source); // Climate, the embedded stand-in for the record of Jena (1,000 hours, 6 columns)
//! let temperature = weather.values.narrow(1, weather.temperature, 1)?; // (1000, 1), in °C
//! # assert_eq!(temperature.dims(), [1000, 1]);
//! # Ok(())
//! # }
//! ```

use super::places::{Place, Places};
use super::source::thousands;
use super::{Climate, Source, jena};
use crate::Result;
use crate::seed::Seed;
use anyhow::bail;
use candle_core::Tensor;
use std::path::{Path, PathBuf};

/// The column that is forecast, named as in the record of Jena.
pub const TEMPERATURE: &str = "T (degC)";

/// A record in the order of time. The tensor lies on the CPU.
#[derive(Clone, Debug)]
pub struct Weather {
    /// `(n, columns)`, f32, in the units of the columns.
    pub values: Tensor,
    /// The time of each row, in hours since the beginning of a year that began on the first of January.
    pub hours: Vec<f64>,
    /// What the columns hold, with their units.
    pub columns: Vec<String>,
    /// Which column is the temperature, the one that is forecast.
    pub temperature: usize,
    /// Where the record came from; print it, so that a figure is never taken for one on other data.
    pub source: Source,
}

impl Weather {
    /// `70,038 hours, 6 columns`.
    pub(super) fn contents(hours: usize, columns: usize) -> String {
        format!("{} hours, {columns} columns", thousands(hours))
    }
}

/// The weather record of Jena, 2009 to 2016.
#[derive(Clone, Copy, Debug)]
pub struct Jena;

impl Jena {
    /// Reads the record from `DLKIT_DATA` or the workspace's cache: from `jena/jena_climate_2009_2016.csv` (14 variables every 10
    /// minutes, of which every sixth row is kept) or, where that is not there, `jena/jena_climate_2009_2016_hourly.csv`; plain or
    /// with `.gz`.
    ///
    /// # Errors
    /// When neither is there (the message says where it was looked for), or the file is damaged.
    pub fn load() -> Result<Weather> {
        let places = Places::from_environment()?;
        let Some((place, folder)) = places.find(FOLDER) else {
            bail!(
                "the weather record of Jena is not on this machine. {} Set DLKIT_DATA to the folder that holds a folder `{FOLDER}` with the file {} or {} \
                 (plain or with .gz).",
                places.description(FOLDER),
                jena::FILES[0].0,
                jena::FILES[1].0,
            );
        };
        read(place, &folder)
    }
}

/// The record of Jena where it is to be had, else 70,000 hours (eight years) of [`Climate`]. `weather.source` says which it is.
///
/// # Errors
/// When Jena's is there but damaged: a lesson must not run on other data than the room believes.
pub fn weather_or_climate() -> Result<Weather> {
    weather_or_climate_in(&Places::from_environment()?)
}

fn weather_or_climate_in(places: &Places) -> Result<Weather> {
    match places.find(FOLDER) {
        Some((place, folder)) => read(place, &folder),
        None => Climate::generate(70_000, STAND_IN_SEED),
    }
}

/// Everyone who has no record has the same weather: figures can be compared across a room.
const STAND_IN_SEED: Seed = Seed(2016);

const FOLDER: &str = "jena";

fn read(place: Place, folder: &Path) -> Result<Weather> {
    let file = |name: &str| -> Option<PathBuf> {
        [name.to_owned(), format!("{name}.gz")]
            .into_iter()
            .map(|name| folder.join(name))
            .find(|path| path.is_file())
    };
    let Some(path) = jena::FILES.into_iter().find_map(|(name, ..)| file(name)) else {
        bail!(
            "{} has neither {} nor {} (plain or with .gz); put one of them there, or take the folder away",
            folder.display(),
            jena::FILES[0].0,
            jena::FILES[1].0
        );
    };
    let rows = jena::read_file(&path)?;
    Ok(Weather {
        source: Source::files(
            "jena",
            "The weather record of Jena",
            Weather::contents(rows.hours.len(), rows.columns.len()),
            (place, folder.to_path_buf()),
        ),
        values: rows.values,
        hours: rows.hours,
        columns: rows.columns,
        temperature: rows.temperature,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{StandardScaler, Windows};

    #[test]
    fn without_files_it_is_our_own_weather() {
        let weather = weather_or_climate_in(&Places::new(None, None)).unwrap();
        assert_eq!(weather.values.dims(), [70_000, 6]);
        assert_eq!(weather.source.name(), "climate");
        assert!(weather.source.is_stand_in());
    }

    #[test]
    fn a_folder_without_the_file_is_an_error() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("jena")).unwrap();
        let places = Places::new(Some(root.path().to_path_buf()), None);
        let error = weather_or_climate_in(&places).unwrap_err().to_string();
        assert!(
            error.contains("jena_climate_2009_2016_hourly.csv"),
            "{error}"
        );
        assert!(error.contains("take the folder away"), "{error}");
    }

    /// The mean absolute error of "as warm as 24 hours before" on a part of a record, with the windows of Keras's example.
    fn naive(weather: &Weather, first: usize, rows: usize) -> f64 {
        let part = weather.values.narrow(0, first, rows).unwrap();
        let data = Windows::new(120, 24)
            .cut(&part, weather.temperature)
            .unwrap();
        let now = data
            .inputs()
            .narrow(1, 119, 1)
            .and_then(|last| last.narrow(2, weather.temperature, 1))
            .and_then(|now| now.squeeze(2))
            .unwrap();
        let error = (now - data.targets()).unwrap().abs().unwrap();
        f64::from(error.mean_all().unwrap().to_scalar::<f32>().unwrap())
    }

    /// On the real record (where `DLKIT_DATA` has it) the figures that are published for it; on the stand-in others of that size.
    #[test]
    fn common_sense_has_its_published_error() {
        let weather = weather_or_climate().unwrap();
        let n = weather.hours.len();
        let (half, quarter) = (n / 2, n / 4);
        let validation = naive(&weather, half, quarter);
        let test = naive(&weather, half + quarter, n - half - quarter);
        if weather.source.is_stand_in() {
            for error in [validation, test] {
                assert!((2. ..3.).contains(&error), "{error}");
            }
        } else {
            assert_eq!(n, 70_038);
            assert!([6, 14].contains(&weather.columns.len()));
            assert_eq!(format!("{validation:.2} {test:.2}"), "2.44 2.62");
        }
    }

    #[test]
    fn no_column_stands_still() {
        let weather = Climate::generate(1000, Seed(3)).unwrap();
        let scaler = StandardScaler::fit(&weather.values).unwrap();
        for deviation in scaler.std().to_vec1::<f32>().unwrap() {
            assert!(deviation > 0.1, "{deviation}");
        }
    }
}
