//! Weights as images: what each unit looks for.

use super::figure::Figure;
use super::font;
use super::scene::{Anchor, Area, Line, MARGIN, Scene, Shape, TICK_SIZE, TITLE_SIZE};
use super::theme::Theme;
use crate::Result;
use anyhow::ensure;
use candle_core::{DType, Tensor};

/// More than these cannot be made out in one figure.
const MOST: usize = 100;

/// Draws weights `(k, height, width)` as `k` images (at most 100): vermillion above zero, blue below, the paper's colour at zero.
///
/// All images share one scale, which ends at the greatest magnitude.
///
/// # Errors
/// When the shape is another one, there are no weights or more than 100 images, or one of them is NaN or infinite.
pub fn weights(weights: &Tensor) -> Result<Figure> {
    ensure!(
        weights.rank() == 3 && weights.elem_count() > 0 && weights.dims()[0] <= MOST,
        "weights are drawn as 1 to {MOST} images, (k, height, width), but these have the shape {:?}",
        weights.dims()
    );
    let (k, height, width) = weights.dims3()?;
    let values = weights
        .flatten_all()?
        .to_dtype(DType::F64)?
        .to_vec1::<f64>()?;
    ensure!(
        values.iter().all(|v| v.is_finite()),
        "some of the weights are NaN or infinite: did training diverge?"
    );
    Ok(Figure::new("Weights", move |title, theme| {
        draw(&values, (k, height, width), title, theme)
    }))
}

/// Draws the columns of a dense layer's kernel, `(inputs, units)`, each as the image `(height, width)` that its inputs come from.
///
/// ```
/// use candle_core::{Device, Tensor};
///
/// # fn main() -> dlkit::Result<()> {
/// let kernel = Tensor::arange(-392f32, 392., &Device::Cpu)?.reshape((784, 1))?; // one unit on 28×28 pixels
/// let figure = dlkit::plot::kernel_columns(&kernel, (28, 28))?.titled("A unit that prefers the lower half");
/// assert!(figure.png()?.len() > 1000);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the kernel has not `height · width` rows; else as [`weights`]. Of a wide layer draw some: `kernel.narrow(1, 0, 64)?`.
pub fn kernel_columns(kernel: &Tensor, (height, width): (usize, usize)) -> Result<Figure> {
    ensure!(
        kernel.rank() == 2 && kernel.dims()[0] == height * width,
        "the columns of a kernel of the shape ({}, units) are images of {height}×{width}, but this one has the shape {:?}",
        height * width,
        kernel.dims()
    );
    weights(&kernel.t()?.contiguous()?.reshape(((), height, width))?)
}

fn draw(
    values: &[f64],
    (k, height, width): (usize, usize, usize),
    title: &str,
    theme: Theme,
) -> Scene {
    let columns = match k {
        1..=5 => k,
        6..=10 => 5,
        11..=32 => 8,
        _ => 10,
    };
    let rows = k.div_ceil(columns);
    let tile: f64 = if k <= 10 { 150. } else { 96. };
    let zoom = tile / height.max(width) as f64;
    let (tile_width, tile_height) = (zoom * width as f64, zoom * height as f64);
    let gap = 12.;
    let block = columns as f64 * (tile_width + gap) - gap;
    let inner = block.max(font::width(title, TITLE_SIZE, true)).max(320.);
    let bar_space = 70.;
    let mut scene = Scene::new(
        inner + 2. * MARGIN,
        66. + rows as f64 * (tile_height + gap) + bar_space + MARGIN,
        theme,
        title,
    );
    let space = scene.draw_title();
    let most = values.iter().fold(0f64, |most, v| most.max(v.abs()));
    let scaled = |v: f64| if most > 0. { v / most } else { 0. };
    let left = (scene.width - block) / 2.;
    for (i, image) in values.chunks(height * width).enumerate() {
        let area = Area {
            x: left + (i % columns) as f64 * (tile_width + gap),
            y: space.y + (i / columns) as f64 * (tile_height + gap),
            width: tile_width,
            height: tile_height,
        };
        scene.shapes.push(Shape::Cells {
            area,
            columns: width,
            colors: image.iter().map(|&v| theme.diverging(scaled(v))).collect(),
        });
        scene.frame(area, Line::solid(theme.quiet(), 1.));
    }
    let bar = Area {
        x: scene.width / 2. - 150.,
        y: space.y + rows as f64 * (tile_height + gap) + 8.,
        width: 300.,
        height: 20.,
    };
    draw_bar(&mut scene, bar, most);
    scene
}

/// What the colours mean.
fn draw_bar(scene: &mut Scene, bar: Area, most: f64) {
    let theme = scene.theme;
    let colors = (0..=60)
        .map(|i| theme.diverging(f64::from(i) / 30. - 1.))
        .collect();
    scene.shapes.push(Shape::Cells {
        area: bar,
        columns: 61,
        colors,
    });
    scene.frame(bar, Line::solid(theme.quiet(), 1.));
    let end = number(most);
    let y = bar.bottom() + TICK_SIZE + 6.;
    for (x, text) in [
        (bar.x, format!("−{end}")),
        (bar.middle().0, "0".to_owned()),
        (bar.right(), end),
    ] {
        scene.text(&text, (x, y), TICK_SIZE, theme.ink(), Anchor::Middle);
    }
}

/// Three digits that count.
fn number(value: f64) -> String {
    if value == 0. {
        return "0".to_owned();
    }
    let power = value.log10().floor() as i32;
    match power {
        -4..=2 => format!("{:.*}", usize::try_from(2 - power).unwrap_or(0), value),
        _ => format!("{value:.2e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn columns_of_a_kernel_are_its_units() {
        let device = &Device::Cpu;
        let images = Tensor::arange(0f32, 24., device)
            .unwrap()
            .reshape((4, 2, 3))
            .unwrap();
        let kernel = images.reshape((4, 6)).unwrap().t().unwrap();
        let direct = weights(&images).unwrap().svg().unwrap();
        assert_eq!(
            kernel_columns(&kernel, (2, 3)).unwrap().svg().unwrap(),
            direct
        );
        assert_eq!(direct.matches("<image").count(), 4 + 1); // and the bar
    }

    #[test]
    fn the_scale_is_symmetric_about_zero() {
        let lopsided = Tensor::new(&[[[0.1f32, -0.25]]], &Device::Cpu).unwrap();
        let svg = weights(&lopsided).unwrap().svg().unwrap();
        assert!(svg.contains(">0.250<") && svg.contains(">−0.250<"), "{svg}");
    }

    #[test]
    fn weights_that_are_all_zero_can_be_drawn() {
        let zeros = Tensor::zeros((2, 3, 3), DType::F32, &Device::Cpu).unwrap();
        assert!(!weights(&zeros).unwrap().svg().unwrap().contains("NaN"));
    }

    #[test]
    fn refuses_other_shapes_and_nan() {
        let device = &Device::Cpu;
        let kernel = Tensor::zeros((10, 2), DType::F32, device).unwrap();
        assert!(weights(&kernel).is_err());
        assert!(
            kernel_columns(&kernel, (3, 3))
                .unwrap_err()
                .to_string()
                .contains("3×3")
        );
        let nan = Tensor::new(&[[[f32::NAN]]], device).unwrap();
        assert!(weights(&nan).unwrap_err().to_string().contains("diverge"));
    }
}
