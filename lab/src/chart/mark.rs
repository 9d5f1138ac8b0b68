//! The marks at the figures: told apart by shape, and by colour too.

use maud::{Markup, html};

#[derive(Clone, Copy)]
pub enum Shape {
    Circle,
    Square,
    Up,
    Diamond,
    Down,
    Cross,
}

impl Shape {
    pub const ALL: [Self; 6] = [
        Self::Circle,
        Self::Square,
        Self::Up,
        Self::Diamond,
        Self::Down,
        Self::Cross,
    ];
}

#[derive(Clone, Copy)]
pub struct Mark {
    pub shape: Shape,
    pub colour: &'static str,
    /// A small one is seen where it lies on one that is not.
    pub is_small: bool,
}

impl Mark {
    /// The mark at a place; hollow for a noisy figure.
    pub fn at(self, x: f64, y: f64, hollow: bool) -> Markup {
        let path = match self.shape {
            Shape::Circle => "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
            Shape::Square => "M-4 -4h8v8h-8z",
            Shape::Up => "M0 -5.5l5 9h-10z",
            Shape::Diamond => "M0 -6l5 6l-5 6l-5 -6z",
            Shape::Down => "M0 5.5l5 -9h-10z",
            Shape::Cross => "M-2 -5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z",
        };
        let fill = if hollow { "var(--bg)" } else { self.colour };
        let scale = if self.is_small { 0.6 } else { 1.0 };
        html! {
            path transform=(format_args!("translate({x:.1} {y:.1}) scale({scale})")) d=(path)
                fill=(fill) stroke=(self.colour) stroke-width="1.5" {}
        }
    }

    /// The mark as a letter of the legend.
    pub fn key(self) -> Markup {
        html! {
            svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" {
                (self.at(7.0, 7.0, false))
            }
        }
    }
}
