//! A table of numbers as colours: attention weights, masks, positions.

use super::figure::Figure;
use super::font;
use super::scene::{Anchor, Area, LABEL_SIZE, Line, Scene, TICK_SIZE};
use super::theme::Theme;
use crate::Result;
use anyhow::ensure;

/// Draws a table of numbers: `values[row][column]`, each side with its title and the name of each row or column.
///
/// The largest number (by amount) has the full colour and 0 the colour of the paper; negative numbers, where there are any, are vermillion
/// and the others blue. Where a cell has room, its number is written in it. A title or a name may be empty.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let weights = [vec![0.94, 0.02, 0.04], vec![0.11, 0.01, 0.88], vec![0.03, 0.95, 0.02]];
/// let rows = ("French", &["je", "t'", "aime"][..]);
/// let columns = ("English", &["I", "love", "you"][..]);
/// let figure = dlkit::plot::heat_map(&weights, rows, columns)?;
/// assert!(figure.svg()?.contains("0.88"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the table has not a row and a column for each name, is empty, or holds a number that is not finite.
pub fn heat_map<R: AsRef<str>, C: AsRef<str>>(
    values: &[Vec<f64>],
    rows: (&str, &[R]),
    columns: (&str, &[C]),
) -> Result<Figure> {
    ensure!(
        !rows.1.is_empty()
            && !columns.1.is_empty()
            && values.len() == rows.1.len()
            && values.iter().all(|row| row.len() == columns.1.len()),
        "a heat map has a row for each of the {} names at its side and a column for each of the {} on top, but the values are {} rows of {:?} \
         columns",
        rows.1.len(),
        columns.1.len(),
        values.len(),
        values.iter().map(Vec::len).collect::<Vec<_>>()
    );
    for (i, row) in values.iter().enumerate() {
        if let Some(j) = row.iter().position(|value| !value.is_finite()) {
            anyhow::bail!(
                "a heat map draws finite numbers, but the one in row {i}, column {j} is {}",
                row[j]
            );
        }
    }
    let table = Table {
        values: values.to_vec(),
        rows: Side::new(rows),
        columns: Side::new(columns),
    };
    Ok(Figure::new("Heat map", move |title, theme| {
        table.draw(title, theme)
    }))
}

struct Side {
    title: String,
    names: Vec<String>,
    widest: f64,
}

impl Side {
    fn new<S: AsRef<str>>((title, names): (&str, &[S])) -> Self {
        let names: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        let widest = names
            .iter()
            .map(|name| font::width(name, TICK_SIZE, false))
            .fold(0., f64::max);
        Self {
            title: title.to_owned(),
            names,
            widest,
        }
    }

    /// How much room the title takes.
    fn title_room(&self) -> f64 {
        if self.title.is_empty() {
            0.
        } else {
            LABEL_SIZE + 14.
        }
    }
}

struct Table {
    values: Vec<Vec<f64>>,
    rows: Side,
    columns: Side,
}

impl Table {
    fn draw(&self, title: &str, theme: Theme) -> Scene {
        let (height, width) = (self.values.len(), self.values[0].len());
        // Small tables get large cells for their numbers, large ones small cells, so that a figure keeps its size.
        let cell = (760. / height.max(width) as f64).clamp(4., 96.);
        // Names wider than a column are written upward.
        let upright = self.columns.widest > cell - 4.;
        let head = match (self.columns.widest > 0., upright) {
            (false, _) => 6.,
            (true, true) => self.columns.widest + 14.,
            (true, false) => TICK_SIZE + 12.,
        };
        let left = self.rows.title_room() + self.rows.widest + 12.;
        let top = 66. + self.columns.title_room() + head;
        let (table_width, table_height) = (cell * width as f64, cell * height as f64);
        let least = font::width(title, 20., true).min(760.);
        let free = (least - left - table_width).max(0.);
        let mut scene = Scene::new(
            40. + left + table_width + 12. + free,
            top + table_height + 24.,
            theme,
            title,
        );
        let space = scene.draw_title();
        let grid = Area {
            x: space.x + left + free / 2.,
            y: top,
            width: table_width,
            height: table_height,
        };
        self.name_the_sides(&mut scene, grid, cell, head, upright);
        self.fill(&mut scene, grid, cell);
        scene
    }

    fn name_the_sides(&self, scene: &mut Scene, grid: Area, cell: f64, head: f64, upright: bool) {
        let ink = scene.theme.ink();
        if !self.columns.title.is_empty() {
            let at = (grid.middle().0, grid.y - head - LABEL_SIZE / 2. - 4.);
            scene.centred(&self.columns.title, at, LABEL_SIZE, ink);
        }
        if !self.rows.title.is_empty() {
            let x = grid.x - 12. - self.rows.widest - 8. - LABEL_SIZE / 2.;
            scene.upward(&self.rows.title, (x, grid.middle().1), LABEL_SIZE, ink);
        }
        let size = TICK_SIZE.min(cell * 1.1);
        for (i, name) in self.columns.names.iter().enumerate() {
            let x = grid.x + (i as f64 + 0.5) * cell;
            if upright {
                let half = font::width(name, size, false) / 2.;
                scene.upward(name, (x, grid.y - 8. - half), size, ink);
            } else {
                scene.centred(name, (x, grid.y - 16.), TICK_SIZE, ink);
            }
        }
        for (i, name) in self.rows.names.iter().enumerate() {
            let y = grid.y + (i as f64 + 0.5) * cell + font::half_height(size);
            scene.text(name, (grid.x - 10., y), size, ink, Anchor::End);
        }
    }

    fn fill(&self, scene: &mut Scene, grid: Area, cell: f64) {
        let theme = scene.theme;
        let all = || self.values.iter().flatten();
        let largest = all().fold(0., |most: f64, value| most.max(value.abs()));
        let shade = |value: f64| {
            let share = if largest > 0. { value / largest } else { 0. };
            theme.diverging(-0.9 * share)
        };
        scene.shapes.push(super::scene::Shape::Cells {
            area: grid,
            columns: self.columns.names.len(),
            colors: all().map(|&value| shade(value)).collect(),
        });
        if cell >= 40. {
            let whole = all().all(|value| value.fract() == 0.);
            let text = |value: f64| {
                if whole {
                    format!("{value}")
                } else {
                    format!("{value:.2}").replace('-', "−")
                }
            };
            let longest = all()
                .map(|&value| font::width(&text(value), TICK_SIZE, false))
                .fold(0., f64::max);
            let size = TICK_SIZE * ((cell - 8.) / longest).min(1.);
            for (row, line) in self.values.iter().enumerate() {
                for (column, &value) in line.iter().enumerate() {
                    let at = (
                        grid.x + (column as f64 + 0.5) * cell,
                        grid.y + (row as f64 + 0.5) * cell,
                    );
                    scene.centred(&text(value), at, size, shade(value).readable_on());
                }
            }
        }
        let line = Line::solid(theme.paper().mixed(theme.ink(), 0.3), 1.);
        if cell >= 14. {
            let mut lines = Vec::new();
            for i in 1..self.columns.names.len() {
                let x = grid.x + cell * i as f64;
                lines.push(vec![(x, grid.y), (x, grid.bottom())]);
            }
            for i in 1..self.rows.names.len() {
                let y = grid.y + cell * i as f64;
                lines.push(vec![(grid.x, y), (grid.right(), y)]);
            }
            scene.lines(lines, Line::solid(theme.grid(), 1.));
        }
        scene.frame(grid, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tables_show_their_numbers_and_large_ones_do_not() {
        let small = heat_map(&[vec![0.25, -0.75]], ("", &["a"]), ("", &["b", "c"])).unwrap();
        let svg = small.svg().unwrap();
        assert!(svg.contains("0.25") && svg.contains("−0.75"), "{svg}");
        let names: Vec<String> = (0..60).map(|i| i.to_string()).collect();
        let large = heat_map(&vec![vec![0.25; 60]; 60], ("r", &names), ("c", &names)).unwrap();
        assert!(!large.svg().unwrap().contains("0.25"));
    }

    #[test]
    fn whole_numbers_are_written_without_decimals() {
        let mask = heat_map(&[vec![1., 0.]], ("", &["q"]), ("", &["k", "l"])).unwrap();
        let svg = mask.svg().unwrap();
        assert!(
            svg.contains(">1<") && svg.contains(">0<") && !svg.contains("1.00"),
            "{svg}"
        );
    }

    #[test]
    fn both_formats_and_themes_can_be_drawn() {
        let figure = || {
            heat_map(
                &[vec![0.; 3]],
                ("query", &["a long name"]),
                ("key", &["x", "y", "a longer name"]),
            )
            .unwrap()
        };
        for theme in [Theme::Light, Theme::Dark] {
            let figure = figure()
                .titled("A title that is much wider than the table under it")
                .themed(theme);
            assert!(figure.svg().unwrap().contains("a longer name"));
            assert!(figure.png().unwrap().starts_with(&[0x89, b'P', b'N', b'G']));
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let refused = |values: &[Vec<f64>], named: &str| {
            let message = heat_map(values, ("", &["a"]), ("", &["b", "c"]))
                .unwrap_err()
                .to_string();
            assert!(message.contains(named), "{message}");
        };
        refused(&[vec![1.]], "a row for each");
        refused(&[], "a row for each");
        refused(&[vec![1., f64::NAN]], "row 0, column 1");
        let none: [&str; 0] = [];
        assert!(heat_map(&[], ("", &none), ("", &none)).is_err());
    }
}
