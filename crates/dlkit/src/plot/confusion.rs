//! Which class is taken for which.

use super::figure::Figure;
use super::font;
use super::scene::{Anchor, Area, LABEL_SIZE, Line, Scene, TICK_SIZE};
use super::theme::{Color, Theme};
use crate::Result;
use anyhow::ensure;

/// Draws a confusion matrix: `counts[actual][predicted]` with the name of each class.
///
/// The diagonal (right answers) is shaded by the share of its row, in blue; mistakes by how many of all mistakes they are, in
/// vermillion, so that the most frequent one is seen at once however good the net is. At the right stands the share of each class
/// that was recognised.
///
/// ```
/// # fn main() -> dlkit::Result<()> {
/// let counts = [vec![48, 2], vec![5, 45]];
/// let figure = dlkit::plot::confusion(&counts, &["cat", "dog"])?;
/// assert!(figure.svg()?.contains("96 %"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the counts are not as many rows and columns as there are names, or there are none.
pub fn confusion(counts: &[Vec<usize>], names: &[&str]) -> Result<Figure> {
    let n = names.len();
    ensure!(
        n > 0 && counts.len() == n && counts.iter().all(|row| row.len() == n),
        "a confusion matrix has a row and a column for each of the {n} class names, but the counts are {} rows of {:?} columns",
        counts.len(),
        counts.iter().map(Vec::len).collect::<Vec<_>>()
    );
    let counts = counts.to_vec();
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    Ok(Figure::new("Confusion matrix", move |title, theme| {
        draw(&counts, &names, title, theme)
    }))
}

fn draw(counts: &[Vec<usize>], names: &[String], title: &str, theme: Theme) -> Scene {
    let n = names.len();
    let cell = (680. / n as f64).clamp(44., 110.);
    let widest = names
        .iter()
        .map(|name| font::width(name, TICK_SIZE, false))
        .fold(0., f64::max);
    // Names that are wider than a column are written upward.
    let upright = widest > cell - 8.;
    let head = if upright {
        widest + 14.
    } else {
        TICK_SIZE + 12.
    };
    let left = LABEL_SIZE + 26. + widest;
    let share_width = font::width("recognised", TICK_SIZE, false) + 24.;
    let side = cell * n as f64;
    let top = 66. + LABEL_SIZE + 14. + head;
    let mut scene = Scene::new(
        40. + left + side + share_width,
        top + side + 24.,
        theme,
        title,
    );
    let space = scene.draw_title();
    let (ink, quiet) = (theme.ink(), theme.quiet());
    let grid = Area {
        x: space.x + left,
        y: top,
        width: side,
        height: side,
    };
    scene.centred(
        "predicted",
        (grid.middle().0, space.y + LABEL_SIZE / 2.),
        LABEL_SIZE,
        ink,
    );
    scene.upward(
        "actual",
        (space.x + LABEL_SIZE / 2., grid.middle().1),
        LABEL_SIZE,
        ink,
    );
    scene.centred(
        "recognised",
        (grid.right() + share_width / 2. + 2., grid.y - 16.),
        TICK_SIZE,
        quiet,
    );
    for (i, name) in names.iter().enumerate() {
        let middle = (i as f64 + 0.5) * cell;
        if upright {
            let half = font::width(name, TICK_SIZE, false) / 2.;
            let at = (grid.x + middle, grid.y - 8. - half);
            scene.upward(name, at, TICK_SIZE, ink);
        } else {
            scene.centred(name, (grid.x + middle, grid.y - 16.), TICK_SIZE, ink);
        }
        let at = (grid.x - 12., grid.y + middle + font::half_height(TICK_SIZE));
        scene.text(name, at, TICK_SIZE, ink, Anchor::End);

        let total: usize = counts[i].iter().sum();
        if total > 0 {
            let share = percent(counts[i][i], total);
            let at = (grid.right() + share_width / 2. + 2., grid.y + middle);
            scene.centred(&share, at, TICK_SIZE, ink);
        }
    }
    draw_cells(&mut scene, counts, grid, cell);
    scene
}

fn draw_cells(scene: &mut Scene, counts: &[Vec<usize>], grid: Area, cell: f64) {
    let theme = scene.theme;
    let n = counts.len();
    let mistakes = (0..n * n).filter(|i| i / n != i % n);
    let most_mistaken = mistakes.map(|i| counts[i / n][i % n]).max().unwrap_or(0);
    let longest = counts
        .iter()
        .flatten()
        .max()
        .map_or(1, |most| most.to_string().len());
    let size = font::fitting(&"0".repeat(longest), TICK_SIZE, cell - 8., false);
    for (row, line) in counts.iter().enumerate() {
        let total: usize = line.iter().sum();
        for (column, &count) in line.iter().enumerate() {
            let shade = if row == column {
                theme.diverging(-0.85 * share(count, total))
            } else {
                theme.diverging(0.9 * share(count, most_mistaken).sqrt())
            };
            let area = Area {
                x: grid.x + cell * column as f64,
                y: grid.y + cell * row as f64,
                width: cell,
                height: cell,
            };
            scene.rectangle(area, shade);
            let color: Color = if count == 0 {
                theme.quiet()
            } else {
                shade.readable_on()
            };
            scene.centred(&count.to_string(), area.middle(), size, color);
        }
    }
    let line = Line::solid(theme.paper().mixed(theme.ink(), 0.3), 1.);
    let mut lines = Vec::new();
    for i in 0..=n {
        let along = cell * i as f64;
        lines.push(vec![
            (grid.x + along, grid.y),
            (grid.x + along, grid.bottom()),
        ]);
        lines.push(vec![
            (grid.x, grid.y + along),
            (grid.right(), grid.y + along),
        ]);
    }
    scene.lines(lines, line);
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.
    } else {
        part as f64 / whole as f64
    }
}

/// In whole percents, but 99.6 % is not called 100 %: the one mistake is what the reader looks for.
fn percent(part: usize, whole: usize) -> String {
    let percent = 100. * share(part, whole);
    if percent == percent.round() {
        format!("{percent:.0} %")
    } else {
        format!("{:.1} %", percent.min(99.9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_written() {
        let counts = [vec![901, 12, 3], vec![45, 867, 0], vec![7, 8, 999]];
        let svg = confusion(&counts, &["a", "b", "c"]).unwrap().svg().unwrap();
        for count in ["901", "12", "3", "45", "867", "0", "7", "8", "999"] {
            assert!(svg.contains(&format!(">{count}<")), "{count}");
        }
    }

    #[test]
    fn nearly_all_is_not_called_all() {
        assert_eq!(percent(9999, 10_000), "99.9 %");
        assert_eq!(percent(5, 5), "100 %");
        assert_eq!(percent(48, 50), "96 %");
    }

    #[test]
    fn a_class_without_samples_has_no_share() {
        let svg = confusion(&[vec![0, 0], vec![1, 2]], &["a", "b"])
            .unwrap()
            .svg()
            .unwrap();
        assert!(!svg.contains("NaN"));
        assert_eq!(svg.matches(" %<").count(), 1);
    }

    #[test]
    fn refuses_counts_that_are_no_square() {
        assert!(confusion(&[vec![1, 2]], &["a", "b"]).is_err());
        assert!(confusion(&[vec![1], vec![2]], &["a", "b"]).is_err());
        assert!(confusion(&[], &[]).is_err());
    }
}
