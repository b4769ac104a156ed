//! Small files in the record's format, whole and damaged.

use super::*;
use std::io::Write;

const HEADER: &str = "\"Date Time\",\"p (mbar)\",\"T (degC)\",\"wv (m/s)\"\n";

fn rows(text: &str, every: usize) -> Result<Rows> {
    Ok(rows_of(text.as_bytes(), every)?.0)
}

fn record(lines: usize) -> String {
    let mut text = HEADER.to_owned();
    for i in 0..lines {
        let (hour, minute) = (i / 6, i % 6 * 10);
        text.push_str(&format!(
            "01.01.2009 {hour:02}:{minute:02}:00,990.5,{i}.25,1.5\n"
        ));
    }
    text
}

fn refusal(text: &str) -> String {
    format!("{:#}", rows(text, 1).unwrap_err())
}

#[test]
fn reads_the_columns_and_the_times() {
    let rows = rows(&record(3), 1).unwrap();
    assert_eq!(rows.columns, ["p (mbar)", "T (degC)", "wv (m/s)"]);
    assert_eq!(rows.temperature, 1);
    assert_eq!(rows.hours, [0., 10. / 60., 20. / 60.]);
    assert_eq!(rows.values.to_vec2::<f32>().unwrap()[2], [990.5, 2.25, 1.5]);
}

#[test]
fn keeps_one_row_an_hour_of_the_ten_minute_record() {
    let rows = rows(&record(20), 6).unwrap();
    assert_eq!(rows.hours, [0., 1., 2., 3.]);
    let temperature = rows.values.narrow(1, 1, 1).unwrap().flatten_all().unwrap();
    assert_eq!(
        temperature.to_vec1::<f32>().unwrap(),
        [0.25, 6.25, 12.25, 18.25]
    );
}

#[test]
fn counts_the_hours_across_leap_years() {
    for (date, days) in [
        ("01.01.2010", 365),
        ("28.02.2012", 365 * 3 + 31 + 27),
        ("01.03.2012", 365 * 3 + 31 + 29),
        ("31.12.2016", 365 * 8 + 2 - 1),
    ] {
        let hours = hours_since_2009(&format!("{date} 12:30:00")).unwrap();
        assert_eq!(hours, f64::from(days * 24) + 12.5, "{date}");
    }
}

#[test]
fn leaves_out_what_the_record_repeats() {
    let mut text = record(3);
    text.push_str("01.01.2009 00:10:00,990.5,7.0,1.5\n01.01.2009 00:30:00,990.5,8.0,1.5\n");
    let rows = rows(&text, 1).unwrap();
    assert_eq!(rows.hours.len(), 4);
    assert_eq!(rows.values.to_vec2::<f32>().unwrap()[3][1], 8.);
}

#[test]
fn a_wind_that_was_not_measured_becomes_calm() {
    let text = format!("{HEADER}01.01.2009 00:10:00,990.5,-8.0,-9999.00\n");
    assert_eq!(
        rows(&text, 1).unwrap().values.to_vec2::<f32>().unwrap()[0],
        [990.5, -8., 0.]
    );
}

#[test]
fn refuses_damaged_lines_by_their_number() {
    let with = |line: &str| format!("{}{line}\n", record(2));
    for (text, words) in [
        (
            with("01.01.2009 00:30:00,990.5,-8.0"),
            ["line 4", "expected 4 fields"],
        ),
        (
            with("01.01.2009 00:30:00,990.5,cold,1.0"),
            ["line 4", "\"cold\""],
        ),
        (
            with("01.01.2009 00:30:00,990.5,NaN,1.0"),
            ["line 4", "T (degC)"],
        ),
        (
            with("01.01.2009 00:30:00,-9999.0,1.0,1.0"),
            ["line 4", "p (mbar)"],
        ),
        (
            with("2009-01-01 00:30:00,990.5,1.0,1.0"),
            ["line 4", "is no date"],
        ),
        (
            with("31.13.2009 00:30:00,990.5,1.0,1.0"),
            ["line 4", "is no date"],
        ),
        (
            "<html>not found</html>\n".to_owned(),
            ["line 1", "error page"],
        ),
        (
            "\"Date Time\",\"p (mbar)\"\n".to_owned(),
            ["line 1", "T (degC)"],
        ),
        (HEADER.to_owned(), ["no row", "fetch it again"]),
    ] {
        let message = refusal(&text);
        for word in words {
            assert!(message.contains(word), "{message}");
        }
    }
}

#[test]
fn refuses_half_a_file_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jena_climate_2009_2016_hourly.csv");
    std::fs::write(&path, record(12)).unwrap();
    let message = format!("{:#}", read_file(&path).unwrap_err());
    assert!(
        message.contains("hourly.csv") && message.contains("12 rows"),
        "{message}"
    );
    assert!(message.contains("70038"), "{message}");

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(record(100).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let path = folder.path().join("jena_climate_2009_2016.csv.gz");
    std::fs::write(&path, &packed[..packed.len() - 20]).unwrap();
    let message = format!("{:#}", read_file(&path).unwrap_err());
    assert!(
        message.contains("csv.gz") && message.contains("fetch it again"),
        "{message}"
    );
    assert!(read_file(&folder.path().join("other.csv")).is_err());
}
