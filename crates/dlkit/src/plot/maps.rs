//! Rows of maps: pictures, filters, and what filters make of pictures, side by side under a title each.

use super::figure::Figure;
use super::font;
use super::scene::{Anchor, Area, Line, MARGIN, Scene, Shape, TICK_SIZE, TITLE_SIZE};
use super::theme::Theme;
use crate::Result;
use anyhow::ensure;
use candle_core::{DType, Tensor};

/// More maps than these cannot be made out in one row.
const MOST: usize = 16;
/// How wide a figure may become.
const WIDEST: f64 = 1280.;
/// The largest side of a map.
const LARGEST: f64 = 220.;
const GAP: f64 = 12.;

/// Some maps of equal size that stand in one row of a figure: a picture, the filters of a layer, or its feature maps.
///
/// See [`maps`] for an example.
#[derive(Clone, Debug)]
pub struct MapRow {
    title: String,
    names: Vec<String>,
    numbered: bool,
    scaled: bool,
    beside: bool,
    side: f64,
    limit: Option<f64>,
    values: Vec<f64>,
    shape: (usize, usize, usize),
}

impl MapRow {
    /// The maps `(k, height, width)`, at most 16, or one map `(height, width)`, under a title.
    ///
    /// # Errors
    /// When the shape is another one, there are no maps or more than 16, or a number in them is NaN or infinite.
    pub fn new(title: impl Into<String>, maps: &Tensor) -> Result<Self> {
        let title = title.into();
        let shape = match *maps.dims() {
            [height, width] => (1, height, width),
            [k, height, width] if k <= MOST => (k, height, width),
            _ => anyhow::bail!(
                "a row shows 1 to {MOST} maps, (k, height, width), but those of \"{title}\" have the shape {:?}; \
                 `maps.narrow(0, 0, 8)?` takes the first 8",
                maps.dims()
            ),
        };
        ensure!(
            maps.elem_count() > 0,
            "there is nothing to draw in \"{title}\": the maps have the shape {:?}",
            maps.dims()
        );
        let values = maps.flatten_all()?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        ensure!(
            values.iter().all(|v| v.is_finite()),
            "some numbers of \"{title}\" are NaN or infinite: did training diverge?"
        );
        Ok(Self {
            title,
            names: Vec::new(),
            numbered: false,
            scaled: true,
            beside: false,
            side: LARGEST,
            limit: None,
            values,
            shape,
        })
    }

    /// Writes a name under each map; maps without one stay without.
    #[must_use]
    pub fn named<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Writes its number into each cell: for small maps whose numbers can be followed. The title then needs no scale.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        self.numbered = true;
        self.without_scale()
    }

    /// Leaves out the scale behind the title, where the colours are no measurement.
    #[must_use]
    pub fn without_scale(mut self) -> Self {
        self.scaled = false;
        self
    }

    /// Stands to the right of the row before it, instead of below.
    #[must_use]
    pub fn beside(mut self) -> Self {
        self.beside = true;
        self
    }

    /// Draws each map at most this many pixels wide and high, where 220 would be too much.
    #[must_use]
    pub fn at_most(mut self, side: f64) -> Self {
        self.side = side.clamp(24., LARGEST);
        self
    }

    /// Gives values of this magnitude, and larger ones, the full colour, so that rows can be compared. The heading still tells the row's own
    /// greatest magnitude.
    #[must_use]
    pub fn full_at(mut self, limit: f64) -> Self {
        self.limit = (limit > 0.).then_some(limit);
        self
    }

    /// Width and height of one map as drawn.
    fn tile(&self) -> (f64, f64) {
        let (k, height, width) = self.shape;
        let room = (WIDEST + GAP) / k as f64 - GAP;
        let zoom = self.side.min(room) / height.max(width) as f64;
        (zoom * width as f64, zoom * height as f64)
    }

    /// From the left of the first map to the right of the last, names included.
    fn width(&self) -> f64 {
        self.step() * self.shape.0 as f64 - GAP
    }

    /// From the left of a map to the left of the next.
    fn step(&self) -> f64 {
        let widest = self.names.iter().map(|n| font::width(n, TICK_SIZE, false));
        let (k, room) = (self.shape.0 as f64, self.tile().0);
        // Long names move the maps apart as far as the figure goes, and are written smaller from there.
        let most = (WIDEST + GAP) / k - GAP;
        widest.fold(room, f64::max).min(most.max(room)) + GAP
    }

    fn name_space(&self) -> f64 {
        if self.names.is_empty() {
            0.
        } else {
            TICK_SIZE + 10.
        }
    }

    /// What is written above the maps.
    fn heading(&self) -> String {
        if !self.scaled {
            return self.title.clone();
        }
        let least = self.values.iter().fold(f64::INFINITY, |a, b| a.min(*b));
        let from = if least < 0. { "±" } else { "0 to " };
        format!("{} ({from}{})", self.title, number(greatest(&self.values)))
    }

    /// The width of maps and heading.
    fn full_width(&self) -> f64 {
        self.width()
            .max(font::width(&self.heading(), TICK_SIZE, false))
    }

    fn height(&self) -> f64 {
        TICK_SIZE + 14. + self.tile().1 + self.name_space()
    }
}

/// Draws the rows under each other (or [beside](MapRow::beside) each other): vermillion above zero, blue below, the paper's colour at zero.
///
/// Each row has a colour scale of its own, which ends at its greatest magnitude, or at the one [given](MapRow::full_at); its greatest is written behind its title, unless its cells are numbered.
///
/// ```
/// use candle_core::{Device, Tensor};
/// use dlkit::plot::{MapRow, maps};
///
/// # fn main() -> dlkit::Result<()> {
/// let filter = Tensor::new(&[[0f32, 1., 0.], [0., 1., 0.], [0., 1., 0.]], &Device::Cpu)?;
/// let both = Tensor::stack(&[&filter, &filter.t()?], 0)?;
/// let row = MapRow::new("Filters", &both)?.named(["vertical", "horizontal"]).numbered();
/// let figure = maps(&[row])?.titled("What they look for");
/// assert!(figure.svg()?.contains("vertical"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When there is no row.
pub fn maps(rows: &[MapRow]) -> Result<Figure> {
    ensure!(!rows.is_empty(), "there are no maps to draw");
    let rows = rows.to_vec();
    Ok(Figure::new("Maps", move |title, theme| {
        draw(&rows, title, theme)
    }))
}

/// Between rows, downward and to the side.
const BETWEEN: (f64, f64) = (22., 44.);

fn draw(rows: &[MapRow], title: &str, theme: Theme) -> Scene {
    let lines: Vec<&[MapRow]> = rows.chunk_by(|_, next| next.beside).collect();
    let width = |line: &[MapRow]| {
        let rows: f64 = line.iter().map(|row| row.full_width() + BETWEEN.1).sum();
        rows - BETWEEN.1
    };
    let height = |line: &[MapRow]| line.iter().map(MapRow::height).fold(0., f64::max) + BETWEEN.0;
    let widest = lines
        .iter()
        .map(|line| width(line))
        .fold(font::width(title, TITLE_SIZE, true), f64::max);
    let heights: f64 = lines.iter().map(|line| height(line)).sum();
    let mut scene = Scene::new(widest + 2. * MARGIN, 66. + heights + MARGIN, theme, title);
    let space = scene.draw_title();
    let mut top = space.y;
    for line in lines {
        let mut left = (scene.width - width(line)) / 2.;
        for row in line {
            let middle = left + row.full_width() / 2.;
            let at = (middle, top + TICK_SIZE);
            scene.text(&row.heading(), at, TICK_SIZE, theme.ink(), Anchor::Middle);
            draw_row(&mut scene, row, (middle, top + TICK_SIZE + 14.));
            left += row.full_width() + BETWEEN.1;
        }
        top += height(line);
    }
    scene
}

/// The maps of a row, from this middle and top on.
fn draw_row(scene: &mut Scene, row: &MapRow, (middle, top): (f64, f64)) {
    let theme = scene.theme;
    let (_, height, width) = row.shape;
    let (tile_width, tile_height) = row.tile();
    let most = row.limit.unwrap_or_else(|| greatest(&row.values));
    let left = middle - row.width() / 2.;
    for (i, map) in row.values.chunks(height * width).enumerate() {
        let space = row.step() - GAP;
        let area = Area {
            x: left + i as f64 * row.step() + (space - tile_width) / 2.,
            y: top,
            width: tile_width,
            height: tile_height,
        };
        let share = |v: f64| {
            let share = if most > 0. { v / most } else { 0. };
            share.clamp(-1., 1.)
        };
        let colors: Vec<_> = map.iter().map(|&v| theme.diverging(share(v))).collect();
        scene.shapes.push(Shape::Cells {
            area,
            columns: width,
            colors: colors.clone(),
        });
        if row.numbered {
            let cell = (tile_width / width as f64, tile_height / height as f64);
            let texts: Vec<String> = map.iter().map(|&v| number(v)).collect();
            let longest = texts
                .iter()
                .max_by(|a, b| {
                    font::width(a, TICK_SIZE, false).total_cmp(&font::width(b, TICK_SIZE, false))
                })
                .map_or("0", String::as_str);
            let fits = TICK_SIZE.min(0.85 * cell.1);
            let size = font::fitting(longest, fits, cell.0 - 3., false);
            for (place, (text, color)) in texts.iter().zip(&colors).enumerate() {
                let (y, x) = ((place / width) as f64 + 0.5, (place % width) as f64 + 0.5);
                let at = (area.x + x * cell.0, area.y + y * cell.1);
                scene.centred(text, at, size, color.readable_on());
            }
        }
        scene.frame(area, Line::solid(theme.quiet(), 1.));
        if let Some(name) = row.names.get(i) {
            let size = font::fitting(name, TICK_SIZE, space, false);
            let at = (area.middle().0, area.bottom() + 6. + TICK_SIZE / 2.);
            scene.centred(name, at, size, theme.ink());
        }
    }
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().fold(0f64, |most, v| most.max(v.abs()))
}

/// Whole numbers as they are, others with two digits that count.
fn number(value: f64) -> String {
    let text = if (value - value.round()).abs() < 5e-7 && value.abs() < 1e6 {
        format!("{:.0}", value.abs())
    } else {
        let places = 1 - value.abs().log10().floor().clamp(-4., 1.) as i32;
        format!("{:.*}", usize::try_from(places).unwrap_or(0), value.abs())
    };
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if value < 0. && !zero {
        format!("−{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn wave(shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|i| (i as f32).sin()).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    #[test]
    fn every_map_is_drawn_with_its_name() {
        let rows = [
            MapRow::new("picture", &wave(&[14, 12])).unwrap(),
            MapRow::new("maps", &wave(&[3, 5, 5]))
                .unwrap()
                .named(["first", "second", "third"]),
        ];
        let svg = maps(&rows).unwrap().titled("A net").svg().unwrap();
        assert_eq!(svg.matches("<image").count(), 1 + 3);
        for text in ["A net", "picture (±1", "first", "second", "third"] {
            assert!(svg.contains(text), "{text} is not in {svg}");
        }
    }

    #[test]
    fn numbers_are_written_into_the_cells() {
        let map = Tensor::new(&[[19f32, -25.], [0.5, 0.]], &Device::Cpu).unwrap();
        let row = MapRow::new("map", &map).unwrap();
        let plain = maps(std::slice::from_ref(&row)).unwrap().svg().unwrap();
        assert!(!plain.contains(">19<"));
        let svg = maps(&[row.numbered()]).unwrap().svg().unwrap();
        for number in ["19", "−25", "0.50", "0"] {
            assert!(svg.contains(&format!(">{number}<")), "{number}: {svg}");
        }
    }

    #[test]
    fn rows_with_a_common_limit_can_be_compared() {
        let map = wave(&[4, 4]);
        let colors = |row: MapRow| {
            let scene = draw(&[row], "", Theme::Light);
            let cells = scene.shapes.into_iter().find_map(|shape| match shape {
                Shape::Cells { colors, .. } => Some(colors),
                _ => None,
            });
            cells
                .expect("a map has cells")
                .iter()
                .map(|color| color.hex())
                .collect::<Vec<_>>()
        };
        let (one, third) = (
            MapRow::new("", &map).unwrap(),
            MapRow::new("", &(&map / 3.).unwrap()).unwrap(),
        );
        assert_eq!(colors(one.clone()), colors(third.clone()));
        assert_ne!(colors(one.clone().full_at(1.)), colors(third.full_at(1.)));
        assert!(
            colors(one.full_at(0.1)).len() == 16,
            "larger ones have the full colour"
        );
    }

    #[test]
    fn a_row_may_stand_beside_another() {
        let row = |title: &str| MapRow::new(title, &wave(&[4, 4])).unwrap();
        let size = |rows: &[MapRow]| {
            let scene = draw(rows, "", Theme::Light);
            (scene.width, scene.height)
        };
        let (narrow, high) = size(&[row("a"), row("b")]);
        let (wide, low) = size(&[row("a"), row("b").beside()]);
        assert!(wide > 1.8 * (narrow - 2. * MARGIN) && low < 0.7 * high);
    }

    #[test]
    fn the_scale_is_told_unless_the_numbers_are() {
        let row = MapRow::new("map", &wave(&[4, 4])).unwrap();
        assert!(row.heading().starts_with("map (±"));
        assert_eq!(row.clone().without_scale().heading(), "map");
        assert_eq!(row.numbered().heading(), "map");
    }

    #[test]
    fn zeros_can_be_drawn_and_have_no_sign() {
        let zeros = wave(&[2, 3, 3]).affine(0., -0.).unwrap();
        let row = MapRow::new("zeros", &zeros).unwrap().numbered();
        let svg = maps(&[row]).unwrap().svg().unwrap();
        assert!(!svg.contains("NaN") && !svg.contains(">−0<"));
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(-1e-9), "0");
    }

    #[test]
    fn numbers_keep_two_digits_that_count() {
        let got = [66., 0.123, -0.3333, 2.5, 14.26, 0.00456].map(number);
        assert_eq!(got, ["66", "0.12", "−0.33", "2.5", "14", "0.0046"]);
    }

    #[test]
    fn a_row_stays_as_wide_as_a_figure_may_be() {
        let many = MapRow::new("many", &wave(&[16, 26, 26])).unwrap();
        assert!(many.width() <= WIDEST + 1.);
        let long = many.named(["a name that is much too long for its map"; 16]);
        assert!(long.width() <= WIDEST + 1., "{}", long.width());
    }

    #[test]
    fn refuses_what_cannot_be_drawn() {
        assert!(maps(&[]).is_err());
        assert!(MapRow::new("vector", &wave(&[5])).is_err());
        assert!(MapRow::new("empty", &wave(&[2, 0, 3])).is_err());
        let many = MapRow::new("many", &wave(&[17, 2, 2])).unwrap_err();
        assert!(many.to_string().contains("narrow"), "{many}");
        let nan = Tensor::new(&[[f32::NAN]], &Device::Cpu).unwrap();
        let message = MapRow::new("nan", &nan).unwrap_err().to_string();
        assert!(message.contains("diverge"), "{message}");
    }
}
