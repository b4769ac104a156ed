//! Pictures of what a net is given, what it learns and where it errs: to SVG and PNG, light or dark, for a projector.
//!
//! Each function makes a [`Figure`]; [`Figure::save`] writes it in both formats. Nothing here draws random numbers: the same
//! values give the same bytes.
//!
//! | figure | shows |
//! |---|---|
//! | [`loss_curves`], [`curves`] | loss and metrics over the epochs |
//! | [`against_reference`] | a training run on the band of the reference's runs |
//! | [`decision_boundary`] | what a net answers anywhere in the plane |
//! | [`digit_sheet`], [`image_sheet`] | images with their labels, and what was predicted |
//! | [`confusion`] | which class is taken for which |
//! | [`weights`], [`kernel_columns`] | what a layer has learned to look for |
//! | [`maps`] | pictures, filters and feature maps in rows |
//! | [`function_plot`] | activations and other functions |
//! | [`heat_map`] | a table of numbers: attention weights, masks |
//! | [`side_by_side`] | figures next to each other |
//! | [`network_diagram`] | the layers of a net |
//! | [`time_series`], [`forecast`] | values over time, forecasts beside what came |
//! | [`gates`] | what the gates of an LSTM do along a sequence |
//! | [`computation_graph`] | values forward and gradients backward |
//! | [`descent_paths`], [`descent_curve`] | the way down a landscape |

mod against_reference;
mod axes;
mod boundary;
mod confusion;
mod contour;
mod curves;
mod figure;
mod font;
mod forecast;
mod function_plot;
mod gates;
mod graph;
mod heat_map;
mod maps;
mod network;
mod paths;
mod png;
mod scene;
mod sheet;
mod side_by_side;
mod svg;
mod theme;
mod weights;

pub use against_reference::against_reference;
pub use axes::Scale;
pub use boundary::decision_boundary;
pub use confusion::confusion;
pub use curves::{Curve, curves, loss_curves, loss_curves_scaled};
pub use figure::{Figure, Saved};
pub use forecast::{Strip, forecast, time_series};
pub use function_plot::function_plot;
pub use gates::gates;
pub use graph::{GraphNode, computation_graph};
pub use heat_map::heat_map;
pub use maps::{MapRow, maps};
pub use network::network_diagram;
pub use paths::{Path, descent_curve, descent_paths};
pub use sheet::{digit_sheet, image_sheet};
pub use side_by_side::side_by_side;
pub use theme::Theme;
pub use weights::{kernel_columns, weights};

#[cfg(test)]
mod tests;
