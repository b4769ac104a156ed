//! A scene as PNG: plotters fills the shapes, `font` the text.
//!
//! Shapes are drawn at twice the size of the PNG and averaged down, which smooths every edge alike.

use super::font;
use super::scene::{Area, Line, Point, Scene, Shape};
use super::theme::Color;
use crate::Result;
use anyhow::{Context, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::Color as _;

/// Pixels of the PNG for each of the scene, so that it is sharp on a projector and on a fine screen.
const ZOOM: f64 = 2.;
/// Pixels drawn along each side of one of the PNG.
const SAMPLES: usize = 2;

type Canvas<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// The whole PNG file.
pub(super) fn write(scene: &Scene) -> Result<Vec<u8>> {
    let size = |length: f64| (length * ZOOM).round() as usize;
    let (columns, rows) = (size(scene.width), size(scene.height));
    let mut image = averaged(&draw_shapes(scene, columns, rows)?, columns, rows);
    // Text last: it lies on top of everything in every figure.
    for shape in &scene.shapes {
        if let Shape::Text(text) = shape {
            font::draw(text, ZOOM, &mut image, (columns, rows));
        }
    }
    encode(&image, columns, rows)
}

/// The PNG file of an image of RGB bytes.
pub(super) fn encode(rgb: &[u8], columns: usize, rows: usize) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(
        &mut file,
        u32::try_from(columns).context("too many pixels for a PNG")?,
        u32::try_from(rows).context("too many pixels for a PNG")?,
    );
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(file)
}

fn draw_shapes(scene: &Scene, columns: usize, rows: usize) -> Result<Vec<u8>> {
    let (columns, rows) = (columns * SAMPLES, rows * SAMPLES);
    let Color(red, green, blue) = scene.theme.paper();
    let mut image = [red, green, blue].repeat(columns * rows);
    {
        let canvas = BitMapBackend::with_buffer(&mut image, (columns as u32, rows as u32))
            .into_drawing_area();
        for shape in &scene.shapes {
            draw_shape(&canvas, shape)?;
        }
        canvas.present().map_err(failed)?;
    }
    Ok(image)
}

fn draw_shape(canvas: &Canvas<'_>, shape: &Shape) -> Result<()> {
    match shape {
        Shape::Rectangle(area, color) => fill_area(canvas, *area, *color),
        Shape::Circle {
            at,
            radius,
            fill,
            outline,
        } => {
            if let Some(line) = outline {
                fill_circle(canvas, *at, radius + line.width / 2., line.color)?;
                return fill_circle(canvas, *at, radius - line.width / 2., *fill);
            }
            fill_circle(canvas, *at, *radius, *fill)
        }
        Shape::Polygon {
            points,
            fill,
            outline,
        } => {
            fill_polygon(canvas, points, *fill)?;
            let Some(line) = outline else { return Ok(()) };
            let mut edge = points.clone();
            edge.extend(points.first());
            draw_line(canvas, &edge, line)
        }
        Shape::Lines(pieces, line) => pieces.iter().try_for_each(|piece| match line.dash {
            None => draw_line(canvas, piece, line),
            Some(dash) => dashes(piece, dash)
                .iter()
                .try_for_each(|dash| draw_line(canvas, dash, line)),
        }),
        Shape::Cells {
            area,
            columns,
            colors,
        } => {
            let rows = colors.len() / columns;
            let (width, height) = (area.width / *columns as f64, area.height / rows as f64);
            colors.iter().enumerate().try_for_each(|(i, &color)| {
                let cell = Area {
                    x: area.x + width * (i % columns) as f64,
                    y: area.y + height * (i / columns) as f64,
                    width,
                    height,
                };
                fill_area(canvas, cell, color)
            })
        }
        Shape::Text(_) => Ok(()),
    }
}

fn fill_area(canvas: &Canvas<'_>, area: Area, color: Color) -> Result<()> {
    let (left, top) = pixel((area.x, area.y));
    let (right, bottom) = pixel((area.right(), area.bottom()));
    if right <= left || bottom <= top {
        return Ok(());
    }
    let corners = [(left, top), (right, bottom)];
    canvas
        .draw(&Rectangle::new(corners, rgb(color).filled()))
        .map_err(failed)
}

fn fill_circle(canvas: &Canvas<'_>, at: Point, radius: f64, color: Color) -> Result<()> {
    let radius = (radius * ZOOM * SAMPLES as f64).round() as i32;
    canvas
        .draw(&Circle::new(pixel(at), radius, rgb(color).filled()))
        .map_err(failed)
}

fn fill_polygon(canvas: &Canvas<'_>, points: &[Point], color: Color) -> Result<()> {
    let points: Vec<_> = points.iter().map(|&point| pixel(point)).collect();
    canvas
        .draw(&Polygon::new(points, rgb(color).filled()))
        .map_err(failed)
}

/// A line with round joints: a rectangle for each piece, a disc where two of them meet.
fn draw_line(canvas: &Canvas<'_>, points: &[Point], line: &Line) -> Result<()> {
    let half = line.width / 2.;
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        if length == 0. {
            continue;
        }
        let (across_x, across_y) = (half * (y1 - y0) / length, half * (x0 - x1) / length);
        if x0 == x1 || y0 == y1 {
            // Exact where most lines are: axes and grids.
            let area = Area {
                x: x0.min(x1) - across_x.abs(),
                y: y0.min(y1) - across_y.abs(),
                width: (x1 - x0).abs() + 2. * across_x.abs(),
                height: (y1 - y0).abs() + 2. * across_y.abs(),
            };
            fill_area(canvas, area, line.color)?;
        } else {
            let corners = [
                (x0 + across_x, y0 + across_y),
                (x1 + across_x, y1 + across_y),
                (x1 - across_x, y1 - across_y),
                (x0 - across_x, y0 - across_y),
            ];
            fill_polygon(canvas, &corners, line.color)?;
        }
    }
    if line.width > 1.5 && line.dash.is_none() {
        for &point in points {
            fill_circle(canvas, point, half, line.color)?;
        }
    }
    Ok(())
}

/// Cuts a line into dashes.
fn dashes(points: &[Point], (dash, gap): (f64, f64)) -> Vec<Vec<Point>> {
    let mut all = Vec::new();
    let mut current: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, dash);
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            if length <= left {
                left -= length;
                current.push(to);
                break;
            }
            let share = left / length;
            from = (
                from.0 + share * (to.0 - from.0),
                from.1 + share * (to.1 - from.1),
            );
            current.push(from);
            if drawing {
                all.push(std::mem::take(&mut current));
            }
            drawing = !drawing;
            left = if drawing { dash } else { gap };
            current = vec![from];
        }
    }
    if drawing && current.len() > 1 {
        all.push(current);
    }
    all
}

fn pixel(point: Point) -> (i32, i32) {
    let zoom = ZOOM * SAMPLES as f64;
    (
        (point.0 * zoom).round() as i32,
        (point.1 * zoom).round() as i32,
    )
}

fn rgb(color: Color) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("drawing the picture failed: {error}")
}

/// Each pixel is the mean of the `SAMPLES`² that were drawn for it.
fn averaged(drawn: &[u8], columns: usize, rows: usize) -> Vec<u8> {
    let stride = columns * SAMPLES * 3;
    let mut image = Vec::with_capacity(columns * rows * 3);
    for row in 0..rows {
        for column in 0..columns {
            for channel in 0..3 {
                let mut sum = 0;
                for y in 0..SAMPLES {
                    for x in 0..SAMPLES {
                        let at = (row * SAMPLES + y) * stride + (column * SAMPLES + x) * 3;
                        sum += usize::from(drawn[at + channel]);
                    }
                }
                image.push((sum / (SAMPLES * SAMPLES)) as u8);
            }
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_and_gaps_alternate_along_the_line() {
        let line = [(0., 0.), (6., 0.), (10., 0.)];
        assert_eq!(
            dashes(&line, (4., 1.)),
            [vec![(0., 0.), (4., 0.)], vec![(5., 0.), (6., 0.), (9., 0.)]]
        );
    }
}
