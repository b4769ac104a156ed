//! Dates as people write them, and the same dates as ISO 8601 writes them: `3 May 1979` and `1979-05-03`. A small translation, made by our
//! own code, in which a reader can see at once what the right answer is and where in the text it stands.
//!
//! The days are those from 1950-01-01 to 2049-12-31. Every tenth of them, chosen by the seed, is held out: the training half never contains
//! that day, in no spelling. What a person means by `05/03/79` is a matter of where they live, so the styles follow a convention:
//!
//! * with **slashes** the month comes first, as in America: `05/03/79` is the third of May;
//! * with **dots** the day comes first, as in most of Europe: `3.5.1979` is the third of May;
//! * a **two-digit year** is the one within the range: 50 to 99 are 1950 to 1999, 00 to 49 are 2000 to 2049;
//! * every style carries its year. `Thursday, May 3rd` alone could be 1979 or 1984 or 1990; so the style says `Thursday, May 3rd 1979`.
//!
//! ```
//! use dlkit::data::dates::{Dates, Day, Style};
//! use dlkit::seed::Seed;
//!
//! # fn main() -> dlkit::Result<()> {
//! let day = Day::new(1979, 5, 3)?;
//! assert_eq!(Style::WeekdayOrdinal.write(day), "Thursday, May 3rd 1979");
//! assert_eq!(Style::SlashesShort.write(day), "05/03/79");
//! assert_eq!(day.iso(), "1979-05-03");
//!
//! let dates = Dates::generate(1000, 100, Seed(42))?;
//! let (written, iso) = dates.tensors(&dates.train)?;
//! assert_eq!((written.dims(), iso.dims()), (&[1000, 30][..], &[1000, 10][..]));
//! # Ok(())
//! # }
//! ```

use super::text::Vocabulary;
use crate::Result;
use crate::seed::Seed;
use anyhow::{Context, ensure};
use candle_core::{Device, Tensor};
use rand::Rng as _;
use std::fmt;

const FIRST_YEAR: u32 = 1950;
const LAST_YEAR: u32 = 2049;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// How many characters the longest written date has: `Wednesday, September 23rd 1953`. Shorter ones are padded to it.
pub const WRITTEN: usize = 30;

/// How many characters an ISO date has: `1979-05-03`.
pub const ISO: usize = 10;

/// How many characters an ISO date is made of: the ten digits, with their own values as ids, and the hyphen with the id 10.
pub const ISO_CHARACTERS: usize = 11;

/// The id that stands before the first character of an answer, for a decoder that is given what it has written so far. It is never
/// an answer.
pub const START: u32 = 11;

/// A day of the Gregorian calendar from 1950 to 2049.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day {
    year: u32,
    month: u32,
    day: u32,
}

impl Day {
    /// This day, with months and days counted from 1.
    ///
    /// # Errors
    /// When the calendar has no such day, or it is not from 1950 to 2049.
    pub fn new(year: u32, month: u32, day: u32) -> Result<Self> {
        ensure!(
            (FIRST_YEAR..=LAST_YEAR).contains(&year)
                && (1..=12).contains(&month)
                && (1..=days_in(year, month)).contains(&day),
            "{year:04}-{month:02}-{day:02} is not a day from {FIRST_YEAR} to {LAST_YEAR}"
        );
        Ok(Self { year, month, day })
    }

    /// Every day of the range, in order.
    fn all() -> Vec<Self> {
        (FIRST_YEAR..=LAST_YEAR)
            .flat_map(|year| (1..=12).map(move |month| (year, month)))
            .flat_map(|(year, month)| {
                (1..=days_in(year, month)).map(move |day| Self { year, month, day })
            })
            .collect()
    }

    /// As ISO 8601 writes it: `1979-05-03`.
    #[must_use]
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// The English name of its weekday.
    #[must_use]
    pub fn weekday(self) -> &'static str {
        let years: u32 = (FIRST_YEAR..self.year).map(days_in_year).sum();
        let months: u32 = (1..self.month).map(|month| days_in(self.year, month)).sum();
        // 1950 began on a Sunday.
        WEEKDAYS[((6 + years + months + self.day - 1) % 7) as usize]
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in_year(year: u32) -> u32 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// A way to write a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// `3 May 1979`
    DayMonthYear,
    /// `May 3, 1979`
    MonthDayYear,
    /// `3rd of May 1979`
    OrdinalOf,
    /// `3 May 79`
    ShortMonth,
    /// `Thursday, May 3rd 1979`
    WeekdayOrdinal,
    /// `Thu 3 May 1979`
    ShortWeekday,
    /// `05/03/79`: month, day, two digits of the year
    SlashesShort,
    /// `5/3/1979`: month, day, year
    Slashes,
    /// `3.5.1979`: day, month, year
    Dots,
    /// `may 3 1979`
    Lower,
}

impl Style {
    /// Every style.
    pub const ALL: [Self; 10] = [
        Self::DayMonthYear,
        Self::MonthDayYear,
        Self::OrdinalOf,
        Self::ShortMonth,
        Self::WeekdayOrdinal,
        Self::ShortWeekday,
        Self::SlashesShort,
        Self::Slashes,
        Self::Dots,
        Self::Lower,
    ];

    /// This day in this style.
    #[must_use]
    pub fn write(self, date: Day) -> String {
        let Day { year, month, day } = date;
        let name = MONTHS[month as usize - 1];
        let (weekday, short_year) = (date.weekday(), year % 100);
        match self {
            Self::DayMonthYear => format!("{day} {name} {year}"),
            Self::MonthDayYear => format!("{name} {day}, {year}"),
            Self::OrdinalOf => format!("{day}{} of {name} {year}", ordinal(day)),
            Self::ShortMonth => format!("{day} {} {short_year:02}", &name[..3]),
            Self::WeekdayOrdinal => format!("{weekday}, {name} {day}{} {year}", ordinal(day)),
            Self::ShortWeekday => format!("{} {day} {} {year}", &weekday[..3], &name[..3]),
            Self::SlashesShort => format!("{month:02}/{day:02}/{short_year:02}"),
            Self::Slashes => format!("{month}/{day}/{year}"),
            Self::Dots => format!("{day}.{month}.{year}"),
            Self::Lower => format!("{} {day} {year}", name.to_lowercase()),
        }
    }
}

fn ordinal(day: u32) -> &'static str {
    match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    }
}

/// A date as somebody wrote it, with the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenDate {
    /// What was written: `Thursday, May 3rd 1979`.
    pub written: String,
    /// The same day in ISO 8601: `1979-05-03`.
    pub iso: String,
}

/// Written dates to learn from, and others, of days that do not occur among the first.
#[derive(Clone, Debug)]
pub struct Dates {
    /// To learn from.
    pub train: Vec<WrittenDate>,
    /// To be tested on: days that no training date is of, in any style.
    pub test: Vec<WrittenDate>,
    /// The characters of the written dates. The id 0 fills up what is shorter than the longest.
    pub vocabulary: Vocabulary,
}

impl Dates {
    /// This many dates for each half, each of a random day in a random style; test days come at most once.
    ///
    /// # Errors
    /// When more test dates are asked for than days are held out (3,652).
    pub fn generate(train: usize, test: usize, seed: Seed) -> Result<Self> {
        let days = Day::all();
        let order = seed.derive("held-out days").permutation(days.len());
        let (held_out, known) = order.split_at(days.len() / 10);
        ensure!(
            test <= held_out.len(),
            "{test} test dates were asked for, but only {} days are held out",
            held_out.len()
        );
        let style_of =
            |rng: &mut crate::seed::Rng| Style::ALL[rng.random_range(0..Style::ALL.len())];
        let written = |day: Day, style: Style| WrittenDate {
            written: style.write(day),
            iso: day.iso(),
        };
        let mut rng = seed.derive("training dates").rng();
        let train = (0..train)
            .map(|_| {
                let day = days[known[rng.random_range(0..known.len())]];
                written(day, style_of(&mut rng))
            })
            .collect();
        let mut rng = seed.derive("test dates").rng();
        let test = held_out[..test]
            .iter()
            .map(|&day| written(days[day], style_of(&mut rng)))
            .collect();
        Ok(Self {
            train,
            test,
            vocabulary: vocabulary(),
        })
    }

    /// The dates as numbers: what was written `(n, 30)`, padded with 0, and the ISO form `(n, 10)`, both `u32`.
    ///
    /// # Errors
    /// When a date holds a character that no style writes, is longer than 30, or the answer is no ISO date.
    pub fn tensors(&self, dates: &[WrittenDate]) -> Result<(Tensor, Tensor)> {
        let written: Vec<&str> = dates.iter().map(|date| date.written.as_str()).collect();
        let mut iso = Vec::with_capacity(dates.len() * ISO);
        for date in dates {
            iso.extend(iso_ids(&date.iso)?);
        }
        Ok((
            self.read(&written)?,
            Tensor::from_vec(iso, (dates.len(), ISO), &Device::Cpu)?,
        ))
    }

    /// What somebody wrote, as numbers `(n, 30)`, padded with 0.
    ///
    /// # Errors
    /// When a text holds a character that no style writes, or is longer than 30.
    pub fn read(&self, written: &[&str]) -> Result<Tensor> {
        let mut ids = Vec::with_capacity(written.len() * WRITTEN);
        for text in written {
            let mut row = self.vocabulary.encode(text)?;
            ensure!(
                row.len() <= WRITTEN,
                "\"{text}\" has {} characters, but a written date has at most {WRITTEN}",
                row.len()
            );
            row.resize(WRITTEN, Vocabulary::PADDING);
            ids.extend(row);
        }
        Ok(Tensor::from_vec(
            ids,
            (written.len(), WRITTEN),
            &Device::Cpu,
        )?)
    }
}

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} written dates, and {} of days that are not among them",
            self.train.len(),
            self.test.len()
        )
    }
}

/// All characters that any style can write.
fn vocabulary() -> Vocabulary {
    let mut text = String::from("0123456789 ,./stndrdthof");
    for name in MONTHS.iter().chain(&WEEKDAYS) {
        text.push_str(name);
        text.push_str(&name.to_lowercase());
    }
    Vocabulary::of(&text)
}

/// `1979-05-03` as its ten numbers: a digit is itself, a hyphen 10.
///
/// # Errors
/// When it is not ten characters, or one of them is neither digit nor hyphen.
pub fn iso_ids(iso: &str) -> Result<Vec<u32>> {
    ensure!(
        iso.chars().count() == ISO,
        "an ISO date has {ISO} characters, but this is \"{iso}\""
    );
    iso.chars()
        .map(|character| match character {
            '-' => Ok(10),
            _ => character
                .to_digit(10)
                .with_context(|| format!("\"{iso}\" holds {character:?}, which no ISO date does")),
        })
        .collect()
}

/// The text of such numbers: `[1, 9, 7, 9, 10, 0, 5, 10, 0, 3]` is `1979-05-03`. What is no character of an ISO date becomes `?`.
#[must_use]
pub fn iso_text(ids: &[u32]) -> String {
    ids.iter()
        .map(|&id| match id {
            10 => '-',
            _ => char::from_digit(id, 10).unwrap_or('?'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_calendar_is_right() {
        assert_eq!(Day::all().len(), 36_525);
        let weekday = |y, m, d| Day::new(y, m, d).unwrap().weekday();
        assert_eq!(weekday(1950, 1, 1), "Sunday");
        assert_eq!(weekday(1979, 5, 3), "Thursday");
        assert_eq!(weekday(2000, 2, 29), "Tuesday");
        assert_eq!(weekday(2049, 12, 31), "Friday");
        for (y, m, d) in [
            (1949, 12, 31),
            (2050, 1, 1),
            (1999, 2, 29),
            (1999, 13, 1),
            (1999, 4, 31),
            (1999, 4, 0),
        ] {
            assert!(Day::new(y, m, d).is_err(), "{y}-{m}-{d}");
        }
    }

    #[test]
    fn every_style_writes_as_its_comment_says() {
        let day = Day::new(1979, 5, 3).unwrap();
        let written = Style::ALL.map(|style| style.write(day));
        assert_eq!(
            written,
            [
                "3 May 1979",
                "May 3, 1979",
                "3rd of May 1979",
                "3 May 79",
                "Thursday, May 3rd 1979",
                "Thu 3 May 1979",
                "05/03/79",
                "5/3/1979",
                "3.5.1979",
                "may 3 1979"
            ]
        );
        let endings = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30, 31].map(ordinal);
        assert_eq!(
            endings,
            [
                "st", "nd", "rd", "th", "th", "th", "th", "st", "nd", "rd", "th", "st"
            ]
        );
    }

    #[test]
    fn no_written_date_has_two_meanings() {
        let mut meanings = std::collections::HashMap::new();
        for day in Day::all() {
            for style in Style::ALL {
                let before = meanings.insert(style.write(day), day);
                assert!(
                    before.is_none_or(|before| before == day),
                    "{}",
                    style.write(day)
                );
            }
        }
        let longest = meanings.keys().map(String::len).max();
        assert_eq!(longest, Some(WRITTEN));
    }

    #[test]
    fn a_test_day_is_never_trained_on() {
        let dates = Dates::generate(20_000, 1_000, Seed(3)).unwrap();
        let known: HashSet<&str> = dates.train.iter().map(|date| date.iso.as_str()).collect();
        assert!(known.len() > 12_000, "{}", known.len());
        let held_out: HashSet<&str> = dates.test.iter().map(|date| date.iso.as_str()).collect();
        assert_eq!(held_out.len(), 1_000);
        assert!(known.is_disjoint(&held_out));
        assert!(Dates::generate(1, 3_653, Seed(3)).is_err());
    }

    #[test]
    fn the_same_seed_gives_the_same_dates() {
        let some = |seed| Dates::generate(50, 20, Seed(seed)).unwrap().train;
        assert_eq!(some(1), some(1));
        assert_ne!(some(1), some(2));
    }

    #[test]
    fn numbers_and_text_are_the_same_thing() {
        let dates = Dates::generate(200, 10, Seed(5)).unwrap();
        let (written, iso) = dates.tensors(&dates.train).unwrap();
        let (written, iso) = (
            written.to_vec2::<u32>().unwrap(),
            iso.to_vec2::<u32>().unwrap(),
        );
        for (date, (written, iso)) in dates.train.iter().zip(written.iter().zip(&iso)) {
            assert_eq!(dates.vocabulary.decode(written), date.written);
            assert_eq!(iso_text(iso), date.iso);
        }
        assert!(dates.read(&["3 Märč 1979"]).is_err());
        assert!(dates.read(&["0000000000000000000000000000000"]).is_err());
        assert!(iso_ids("1979-5-3").is_err() && iso_ids("1979/05/03").is_err());
    }
}
