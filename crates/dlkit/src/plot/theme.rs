//! Colours: two themes, a palette that colour-blind people can tell apart, and colour maps for numbers.
//!
//! The palette is that of Okabe and Ito, *Color Universal Design* (2008), ordered so that the first colours of each theme stand
//! out best from its paper. Nothing is ever told by colour alone: curves also differ in their dashes, classes in their marks.

/// Red, green and blue, 0 to 255 each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color(pub(super) u8, pub(super) u8, pub(super) u8);

/// What a figure is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white paper: for print, a README, a bright room.
    #[default]
    Light,
    /// Light ink on a dark ground: for a dark room or a dark editor.
    Dark,
}

const BLUE: Color = Color(0x00, 0x72, 0xb2);
const VERMILLION: Color = Color(0xd5, 0x5e, 0x00);
const GREEN: Color = Color(0x00, 0x9e, 0x73);
const PURPLE: Color = Color(0xcc, 0x79, 0xa7);
const ORANGE: Color = Color(0xe6, 0x9f, 0x00);
const SKY: Color = Color(0x56, 0xb4, 0xe9);
const YELLOW: Color = Color(0xf0, 0xe4, 0x42);

impl Theme {
    pub(super) fn paper(self) -> Color {
        match self {
            Self::Light => Color(0xff, 0xff, 0xff),
            Self::Dark => Color(0x14, 0x17, 0x1c),
        }
    }

    pub(super) fn ink(self) -> Color {
        match self {
            Self::Light => Color(0x1a, 0x1a, 0x1a),
            Self::Dark => Color(0xf2, 0xf2, 0xf2),
        }
    }

    /// For what should be readable without asking to be read first.
    pub(super) fn quiet(self) -> Color {
        self.paper().mixed(self.ink(), 0.62)
    }

    pub(super) fn grid(self) -> Color {
        self.paper().mixed(self.ink(), 0.14)
    }

    /// The colour of the `i`-th curve or class.
    pub(super) fn series(self, i: usize) -> Color {
        match self {
            Self::Light => [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY][i % 6],
            Self::Dark => [SKY, ORANGE, self.right(), PURPLE, YELLOW, VERMILLION][i % 6],
        }
    }

    /// What went right.
    pub(super) fn right(self) -> Color {
        match self {
            Self::Light => GREEN.mixed(Color(0, 0, 0), 0.2),
            Self::Dark => GREEN.mixed(Color(255, 255, 255), 0.3),
        }
    }

    /// What went wrong.
    pub(super) fn wrong(self) -> Color {
        match self {
            Self::Light => VERMILLION.mixed(Color(0, 0, 0), 0.12),
            Self::Dark => VERMILLION.mixed(Color(255, 255, 255), 0.3),
        }
    }

    /// A colour for a number from −1 to 1: blue below 0, the paper at 0, vermillion above.
    pub(super) fn diverging(self, value: f64) -> Color {
        let end = match (self, value < 0.) {
            (_, false) => VERMILLION,
            (Self::Light, true) => BLUE,
            (Self::Dark, true) => SKY,
        };
        self.paper().mixed(end, value.abs())
    }
}

impl Color {
    /// This colour with a share (0 to 1) of another.
    pub(super) fn mixed(self, other: Self, share: f64) -> Self {
        let share = share.clamp(0., 1.);
        let mix = |a: u8, b: u8| (f64::from(a) * (1. - share) + f64::from(b) * share).round() as u8;
        Self(
            mix(self.0, other.0),
            mix(self.1, other.1),
            mix(self.2, other.2),
        )
    }

    /// Black or white, whichever can be read better on this colour.
    pub(super) fn readable_on(self) -> Self {
        let (black, white) = (Self(0, 0, 0), Self(255, 255, 255));
        if self.contrast(black) >= self.contrast(white) {
            black
        } else {
            white
        }
    }

    /// The contrast ratio of the Web Content Accessibility Guidelines, from 1 (none) to 21 (black on white).
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    pub(super) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_curves_stand_out_from_the_paper() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(theme.ink().contrast(theme.paper()) > 12.);
            assert!(theme.quiet().contrast(theme.paper()) > 4.5);
            for color in [
                theme.right(),
                theme.wrong(),
                theme.series(0),
                theme.series(1),
            ] {
                // 3 is what the guidelines ask of large text and of lines in a chart.
                assert!(color.contrast(theme.paper()) > 3., "{color:?} on {theme:?}");
            }
        }
    }

    #[test]
    fn a_number_can_be_read_on_every_shade() {
        for theme in [Theme::Light, Theme::Dark] {
            for i in -100..=100 {
                let shade = theme.diverging(f64::from(i) / 100.);
                assert!(shade.contrast(shade.readable_on()) > 4.5);
            }
        }
    }

    #[test]
    fn zero_is_the_paper() {
        assert_eq!(Theme::Dark.diverging(0.), Theme::Dark.paper());
    }
}
