//! What a figure consists of, before it becomes SVG or PNG: a list of shapes in the order in which they are drawn.
//!
//! Both formats come from one list, so they cannot show different things. Lengths are in pixels of the SVG, x to the right and
//! y down; a PNG has two pixels for each.

use super::font;
use super::theme::{Color, Theme};

/// A place in a scene.
pub(super) type Point = (f64, f64);

/// A rectangle: left, top, width, height.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub(super) fn middle(&self) -> Point {
        (self.x + self.width / 2., self.y + self.height / 2.)
    }
}

/// Where the point that is given lies in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) color: Color,
    pub(super) width: f64,
    /// Lengths of dash and gap; `None` for a solid line.
    pub(super) dash: Option<(f64, f64)>,
}

impl Line {
    pub(super) fn solid(color: Color, width: f64) -> Self {
        Self {
            color,
            width,
            dash: None,
        }
    }
}

/// A piece of text on one line.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) at: Point,
    pub(super) text: String,
    /// Height of an em.
    pub(super) size: f64,
    pub(super) color: Color,
    pub(super) anchor: Anchor,
    pub(super) bold: bool,
    /// Reads from bottom to top.
    pub(super) upward: bool,
}

/// One thing to draw.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Rectangle(Area, Color),
    Circle {
        at: Point,
        radius: f64,
        fill: Color,
        outline: Option<Line>,
    },
    Polygon {
        points: Vec<Point>,
        fill: Color,
        outline: Option<Line>,
    },
    /// Any number of separate lines that look alike.
    Lines(Vec<Vec<Point>>, Line),
    /// Cells of one colour each, row by row, that fill the area.
    Cells {
        area: Area,
        columns: usize,
        colors: Vec<Color>,
    },
    Text(Text),
}

/// A drawing, and the theme that it is drawn in.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) theme: Theme,
    pub(super) title: String,
    pub(super) shapes: Vec<Shape>,
}

/// Sizes of text that can be read from the last row.
pub(super) const TITLE_SIZE: f64 = 28.;
pub(super) const LABEL_SIZE: f64 = 22.;
pub(super) const TICK_SIZE: f64 = 20.;
/// Free space around everything.
pub(super) const MARGIN: f64 = 20.;

impl Scene {
    pub(super) fn new(width: f64, height: f64, theme: Theme, title: &str) -> Self {
        Self {
            width: width.ceil(),
            height: height.ceil(),
            theme,
            title: title.to_owned(),
            shapes: Vec::new(),
        }
    }

    /// Writes the title at the top, smaller where it is too long; what is below it is free.
    pub(super) fn draw_title(&mut self) -> Area {
        let (title, width) = (self.title.clone(), self.width - 2. * MARGIN);
        let size = font::fitting(&title, TITLE_SIZE, width, true);
        let at = (self.width / 2., MARGIN + TITLE_SIZE);
        let color = self.theme.ink();
        self.shapes.push(Shape::Text(Text {
            at,
            text: title,
            size,
            color,
            anchor: Anchor::Middle,
            bold: true,
            upward: false,
        }));
        let top = MARGIN + TITLE_SIZE + 18.;
        Area {
            x: MARGIN,
            y: top,
            width,
            height: self.height - top - MARGIN,
        }
    }

    pub(super) fn rectangle(&mut self, area: Area, color: Color) {
        self.shapes.push(Shape::Rectangle(area, color));
    }

    pub(super) fn line(&mut self, points: Vec<Point>, line: Line) {
        self.shapes.push(Shape::Lines(vec![points], line));
    }

    pub(super) fn lines(&mut self, pieces: Vec<Vec<Point>>, line: Line) {
        if !pieces.is_empty() {
            self.shapes.push(Shape::Lines(pieces, line));
        }
    }

    /// The edge of an area.
    pub(super) fn frame(&mut self, area: Area, line: Line) {
        let (left, top, right, bottom) = (area.x, area.y, area.right(), area.bottom());
        self.line(
            vec![
                (left, top),
                (right, top),
                (right, bottom),
                (left, bottom),
                (left, top),
            ],
            line,
        );
    }

    /// Text whose line of writing goes through `at`.
    pub(super) fn text(&mut self, text: &str, at: Point, size: f64, color: Color, anchor: Anchor) {
        self.shapes.push(Shape::Text(Text {
            at,
            text: text.to_owned(),
            size,
            color,
            anchor,
            bold: false,
            upward: false,
        }));
    }

    /// Text whose middle, in both directions, is `at`.
    pub(super) fn centred(&mut self, text: &str, at: Point, size: f64, color: Color) {
        let at = (at.0, at.1 + font::half_height(size));
        self.text(text, at, size, color, Anchor::Middle);
    }

    /// Text that reads upward, with its middle at `at`.
    pub(super) fn upward(&mut self, text: &str, at: Point, size: f64, color: Color) {
        self.shapes.push(Shape::Text(Text {
            at: (at.0 + font::half_height(size), at.1),
            text: text.to_owned(),
            size,
            color,
            anchor: Anchor::Middle,
            bold: false,
            upward: true,
        }));
    }
}
