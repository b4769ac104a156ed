//! Reads the weather record of Jena: eight years of air pressure, temperature, humidity and wind.
//!
//! The record is that of the Max Planck Institute for Biogeochemistry in Jena, Germany, 2009 to 2016, which Keras's tutorials made
//! known as `jena_climate_2009_2016.csv`. Two forms of it are read, plain or gzipped:
//!
//! | file | rows | columns |
//! |---|---|---|
//! | `jena_climate_2009_2016.csv` | 420,551, one every 10 minutes | date and 14 variables |
//! | `jena_climate_2009_2016_hourly.csv` | 70,038, one an hour | date and some of them |
//!
//! Of the first, every sixth row is kept, so that both give one row an hour. Rows whose time is not after that of the row before
//! (the record repeats two days) are left out. Where the anemometer did not work the record says −9999 m/s, which would ruin
//! every mean: a wind below 0 becomes 0. Everything else that is not as it should be is refused, with the file's name and the
//! line.

use super::weather::TEMPERATURE;
use crate::Result;
use anyhow::{Context, anyhow, bail, ensure};
use candle_core::{Device, Tensor};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// The two forms of the record: name, rows as published, and which of them are an hour apart.
pub(super) const FILES: [(&str, usize, usize); 2] = [
    ("jena_climate_2009_2016.csv", 420_551, 6),
    ("jena_climate_2009_2016_hourly.csv", 70_038, 1),
];

const ADVICE: &str =
    "the file is damaged or was not downloaded to its end: delete it and fetch it again";

/// What a file holds.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// `(n, columns)`, f32.
    pub(super) values: Tensor,
    /// The time of each row, in hours since the beginning of 2009.
    pub(super) hours: Vec<f64>,
    pub(super) columns: Vec<String>,
    pub(super) temperature: usize,
}

/// Reads one of the record's two files. Which of them it is, is told from its name; whether it is gzipped, from its first bytes.
///
/// # Errors
/// When the file cannot be read, has another name, is damaged, or does not have all its rows. The message names the file, the
/// line, what was expected and what to do.
pub(super) fn read_file(path: &Path) -> Result<Rows> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let Some((_, rows, every)) = FILES.into_iter().find(|(file, ..)| *file == plain) else {
        bail!(
            "{} is not one of the record's files: expected {} or {}, plain or with .gz",
            path.display(),
            FILES[0].0,
            FILES[1].0
        );
    };
    let read = || -> Result<Rows> {
        let (record, lines) = rows_of(open(path)?, every)?;
        ensure!(
            lines == rows,
            "it has {lines} rows below its header, but the record has {rows}; {ADVICE}"
        );
        Ok(record)
    };
    read().with_context(|| format!("cannot use {}", path.display()))
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let cannot_open = "it cannot be opened: is the path right, and may you read it?";
    let mut file = File::open(path).context(cannot_open)?;
    let mut start = Vec::new();
    file.by_ref()
        .take(2)
        .read_to_end(&mut start)
        .context(cannot_open)?;
    file.rewind().context(cannot_open)?;
    let reader = BufReader::new(file);
    Ok(if start == [0x1f, 0x8b] {
        Box::new(MultiGzDecoder::new(reader))
    } else {
        Box::new(reader)
    })
}

/// Reads rows in the record's format and keeps every `every`-th, beginning with the first: a header that begins with `Date Time`
/// and holds `T (degC)`, then a date such as `31.12.2016 23:10:00` and a number for each column. Gives also how many lines there
/// were below the header.
fn rows_of(text: impl Read, every: usize) -> Result<(Rows, usize)> {
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let columns = columns(&mut reader)?;
    let temperature = columns.iter().position(|name| name == TEMPERATURE);
    let temperature = temperature.with_context(|| {
        format!(
            "line 1: there is no column \"{TEMPERATURE}\", the temperature; the columns are {}",
            columns.join(", ")
        )
    })?;
    let wind: Vec<bool> = columns.iter().map(|name| name.ends_with("(m/s)")).collect();

    let (mut values, mut hours) = (Vec::new(), Vec::new());
    let (mut lines, mut distinct, mut before) = (0, 0, f64::NEG_INFINITY);
    let mut fields = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut fields) {
            Ok(false) => break,
            Ok(true) => lines += 1,
            Err(error) => bail!(unreadable(&error, line, columns.len() + 1)),
        }
        let line = fields.position().map_or(line, csv::Position::line);
        let hour = hours_since_2009(&fields[0]).with_context(|| {
            format!(
                "line {line}: \"{}\" is no date such as 31.12.2016 23:10:00; {ADVICE}",
                &fields[0]
            )
        })?;
        if hour <= before {
            continue; // the record repeats itself here
        }
        before = hour;
        let kept = distinct % every == 0;
        distinct += 1;
        if !kept {
            continue;
        }
        hours.push(hour);
        for ((field, column), is_wind) in fields.iter().skip(1).zip(&columns).zip(&wind) {
            let value: f32 = field.trim().parse().ok().filter(|v: &f32| v.is_finite()).with_context(|| {
                format!("line {line}, column \"{column}\": expected a number, but there is \"{field}\"; {ADVICE}")
            })?;
            if *is_wind {
                values.push(value.max(0.));
                continue;
            }
            ensure!(
                value > -9000.,
                "line {line}, column \"{column}\": {value} is the mark for a missing value, which the record has for the wind alone; {ADVICE}"
            );
            values.push(value);
        }
    }
    ensure!(
        !hours.is_empty(),
        "there is no row below its header; {ADVICE}"
    );
    let shape = (hours.len(), columns.len());
    let record = Rows {
        values: Tensor::from_vec(values, shape, &Device::Cpu)?,
        hours,
        columns,
        temperature,
    };
    Ok((record, lines))
}

fn columns<R: Read>(reader: &mut csv::Reader<R>) -> Result<Vec<String>> {
    let header = reader
        .headers()
        .map_err(|error| unreadable(&error, 1, 0))?
        .clone();
    ensure!(
        header.get(0) == Some("Date Time"),
        "line 1: expected a header that begins with \"Date Time\", but it begins with \"{}\": it is another kind of file (perhaps an error \
         page saved under this name): delete it and fetch it again",
        header
            .get(0)
            .unwrap_or_default()
            .chars()
            .take(40)
            .collect::<String>()
    );
    Ok(header.iter().skip(1).map(str::to_owned).collect())
}

fn unreadable(error: &csv::Error, line: u64, expected: usize) -> anyhow::Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, len, .. } => {
            let line = pos.as_ref().map_or(line, csv::Position::line);
            anyhow!("line {line}: expected {expected} fields, but there are {len}; {ADVICE}")
        }
        csv::ErrorKind::Utf8 { .. } => {
            anyhow!("line {line}: expected text, but these bytes are none; {ADVICE}")
        }
        _ => anyhow!("reading it failed at line {line} ({error}); {ADVICE}"),
    }
}

/// `31.12.2016 23:10:00` as hours since the beginning of 2009.
fn hours_since_2009(date: &str) -> Option<f64> {
    let (day, time) = date.trim().split_once(' ')?;
    let numbers = |text: &str, separator: char| -> Option<[u32; 3]> {
        let parts: Vec<u32> = text
            .split(separator)
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let [day, month, year] = numbers(day, '.')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let plausible = (2009..2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !plausible {
        return None;
    }
    const BEFORE: [u32; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap =
        |year: u32| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let years: u32 = (2009..year).map(|y| 365 + u32::from(leap(y))).sum();
    let today = u32::from(leap(year) && month > 2);
    let days = years + BEFORE[month as usize - 1] + today + day - 1;
    Some(f64::from(days * 24 + hour) + f64::from(minute * 60 + second) / 3600.)
}

#[cfg(test)]
mod tests;
