//! A scene as SVG: text stays text, lines stay lines, and cells become one small embedded image.

use super::scene::{Anchor, Line, Point, Scene, Shape, Text};
use super::{png, theme::Color};
use crate::Result;
use std::fmt::Write as _;

/// Verdana has the widths of DejaVu Sans; the rest are narrower, so nothing is cut off where neither is installed.
const FONTS: &str = "DejaVu Sans, Verdana, sans-serif";

/// The whole SVG document.
pub(super) fn write(scene: &Scene) -> Result<String> {
    let (width, height) = (scene.width, scene.height);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONTS}\" role=\"img\">\n<title>{}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        escaped(&scene.title),
        scene.theme.paper().hex()
    );
    for shape in &scene.shapes {
        write_shape(&mut svg, shape)?;
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn write_shape(svg: &mut String, shape: &Shape) -> Result<()> {
    match shape {
        Shape::Rectangle(area, fill) => write!(
            svg,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
            short(area.x),
            short(area.y),
            short(area.width),
            short(area.height),
            fill.hex()
        )?,
        Shape::Circle {
            at,
            radius,
            fill,
            outline,
        } => write!(
            svg,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"{}/>",
            short(at.0),
            short(at.1),
            short(*radius),
            fill.hex(),
            outline.map(stroke).unwrap_or_default()
        )?,
        Shape::Polygon {
            points,
            fill,
            outline,
        } => write!(
            svg,
            "<path d=\"{}z\" fill=\"{}\"{}/>",
            path(points),
            fill.hex(),
            outline.map(stroke).unwrap_or_default()
        )?,
        Shape::Lines(pieces, line) => {
            let path: String = pieces.iter().map(|piece| path(piece)).collect();
            write!(
                svg,
                "<path d=\"{path}\" fill=\"none\"{} stroke-linecap=\"{}\" stroke-linejoin=\"round\"/>",
                stroke(*line),
                if line.dash.is_some() { "butt" } else { "round" }
            )?;
        }
        Shape::Cells {
            area,
            columns,
            colors,
        } => {
            let image = png::encode(&bytes(colors), *columns, colors.len() / columns)?;
            write!(
                svg,
                "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" image-rendering=\"pixelated\" \
                 href=\"data:image/png;base64,{}\"/>",
                short(area.x),
                short(area.y),
                short(area.width),
                short(area.height),
                base64(&image)
            )?;
        }
        Shape::Text(text) => write_text(svg, text)?,
    }
    Ok(())
}

fn write_text(svg: &mut String, text: &Text) -> Result<()> {
    let (x, y) = (short(text.at.0), short(text.at.1));
    let place = if text.upward {
        format!("transform=\"translate({x} {y}) rotate(-90)\"")
    } else {
        format!("x=\"{x}\" y=\"{y}\"")
    };
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let bold = if text.bold {
        " font-weight=\"bold\""
    } else {
        ""
    };
    write!(
        svg,
        "<text {place} font-size=\"{}\" fill=\"{}\"{anchor}{bold}>{}</text>",
        short(text.size),
        text.color.hex(),
        escaped(&text.text)
    )?;
    Ok(())
}

fn stroke(line: Line) -> String {
    let dash = line
        .dash
        .map(|(dash, gap)| format!(" stroke-dasharray=\"{} {}\"", short(dash), short(gap)))
        .unwrap_or_default();
    format!(
        " stroke=\"{}\" stroke-width=\"{}\"{dash}",
        line.color.hex(),
        short(line.width)
    )
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let command = match i {
            0 => "M",
            1 => "L",
            _ => " ",
        };
        path.push_str(&format!("{command}{} {}", short(*x), short(*y)));
    }
    path
}

/// A tenth of a pixel is finer than anyone sees, and keeps files small.
fn short(value: f64) -> String {
    let rounded = (value * 10.).round() / 10.;
    if rounded == 0. {
        "0".to_owned() // and not "-0"
    } else {
        format!("{rounded}")
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn bytes(colors: &[Color]) -> Vec<u8> {
    colors.iter().flat_map(|c| [c.0, c.1, c.2]).collect()
}

/// Base64 as in RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for i in 0..4 {
            if i <= chunk.len() {
                text.push(char::from(SIGNS[(bits >> (18 - 6 * i) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_the_examples_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn numbers_are_short_and_text_is_escaped() {
        assert_eq!(short(1.25), "1.3");
        assert_eq!(short(-0.01), "0");
        assert_eq!(short(30.), "30");
        assert_eq!(escaped("a < b & c"), "a &lt; b &amp; c");
    }
}
