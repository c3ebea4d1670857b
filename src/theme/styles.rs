//! Styles by meaning, in the colours that the terminal has.

use ratatui::style::{Modifier, Style};

use super::{ColorDepth, Role, Theme, ThemeColor};

/// What views draw with. Lay `base` under everything; the others are laid over it.
///
/// Without colours, bold, dim, underline and reverse carry the emphasis; the states are told
/// apart by their marks and words, as they always are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styles {
    /// Under everything: plain text on the background.
    pub base: Style,
    /// What matters less.
    pub muted: Style,
    /// What one should see first: keys in the footer, links.
    pub accent: Style,
    /// Numbers and words that carry an answer.
    pub strong: Style,
    /// Ready.
    pub go: Style,
    /// Not ready, failed, late.
    pub no_go: Style,
    /// May get late.
    pub at_risk: Style,
    /// Cannot be told.
    pub unknown: Style,
    /// Under way.
    pub running: Style,
    /// Not needed here.
    pub not_needed: Style,
    /// Rests on data that is old.
    pub stale: Style,
    /// Changed since the last visit.
    pub changed: Style,
    /// Part of a text that the filter matches.
    pub matched: Style,
    /// Title of a pane.
    pub title: Style,
    /// Frame of a pane.
    pub border: Style,
    /// Frame of the pane that has the focus.
    pub border_focused: Style,
    /// The selected row. Laid over the row's own styles.
    pub selection: Style,
    /// A marked row. Laid over the row's own styles.
    pub marked: Style,
    /// The open tab.
    pub tab_active: Style,
    /// The other tabs.
    pub tab: Style,
    /// Column headers.
    pub header: Style,
    /// A message about something that went wrong.
    pub error: Style,
    /// The banner that says that the board shows the past.
    pub banner: Style,
    /// Chart: axes and their labels.
    pub axis: Style,
    /// Chart: the ideal line.
    pub ideal: Style,
    /// Chart: the cone of the forecast.
    pub forecast: Style,
    /// Chart: the line of the target.
    pub target: Style,
    /// Chart: today.
    pub today: Style,
    /// Chart: a change of scope.
    pub scope: Style,
    /// Chart: open stories.
    pub stories: Style,
    /// Chart: passing tests.
    pub tests: Style,
    /// Chart: open defects.
    pub defects: Style,
    /// Chart: days rebuilt from the items' own history. Laid over the line's style.
    pub rebuilt: Style,
}

impl Styles {
    /// The styles of `theme` on a terminal with so many colours.
    pub fn resolve(theme: &Theme, depth: ColorDepth) -> Self {
        let color = |role: Role| theme.color(role).resolve(depth);
        let plain = Style::new();
        let of = |role: Role| match theme.color(role) {
            ThemeColor::Default => plain,
            _ if depth == ColorDepth::None => plain,
            _ => plain.fg(color(role)),
        };
        // A role that is said without a colour is said with a modifier.
        let or = |role: Role, modifier: Modifier| {
            let style = of(role);
            if style == plain { style.add_modifier(modifier) } else { style }
        };
        let background = match theme.color(Role::Background) {
            ThemeColor::Default => plain,
            _ if depth == ColorDepth::None => plain,
            _ => plain.bg(color(Role::Background)),
        };
        // Sixteen colours have none that lies behind all others and leaves them readable.
        let selection = match theme.color(Role::Selection) {
            ThemeColor::Rgb(..) | ThemeColor::Indexed(_) if depth > ColorDepth::Sixteen => {
                plain.bg(color(Role::Selection))
            }
            _ => plain.add_modifier(Modifier::REVERSED),
        };
        let (bold, dim) = (Modifier::BOLD, Modifier::DIM);
        let muted = or(Role::Muted, dim);
        Self {
            base: background.patch(of(Role::Text)),
            muted,
            accent: or(Role::Accent, bold),
            strong: plain.add_modifier(bold),
            go: of(Role::Go),
            no_go: or(Role::NoGo, bold),
            at_risk: or(Role::AtRisk, bold),
            unknown: or(Role::Unknown, Modifier::UNDERLINED),
            running: of(Role::Running),
            not_needed: muted,
            stale: muted.add_modifier(Modifier::ITALIC),
            changed: or(Role::Changed, bold),
            matched: of(Role::Changed).add_modifier(Modifier::UNDERLINED),
            title: of(Role::Accent).add_modifier(bold),
            border: or(Role::Border, dim),
            border_focused: or(Role::Accent, bold),
            selection,
            marked: plain.add_modifier(bold),
            tab_active: of(Role::Accent).add_modifier(bold | Modifier::REVERSED),
            tab: muted,
            header: muted.add_modifier(bold),
            error: of(Role::NoGo).add_modifier(bold),
            banner: of(Role::AtRisk).add_modifier(bold | Modifier::REVERSED),
            axis: muted,
            ideal: or(Role::Ideal, dim),
            forecast: of(Role::Forecast),
            target: of(Role::Accent),
            today: or(Role::Text, bold),
            scope: of(Role::Changed),
            stories: or(Role::Stories, bold),
            tests: of(Role::Tests),
            defects: of(Role::Defects),
            rebuilt: plain.add_modifier(dim),
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::theme::{SHIPPED, shipped};

    const DEPTHS: [ColorDepth; 4] =
        [ColorDepth::None, ColorDepth::Sixteen, ColorDepth::Palette256, ColorDepth::Truecolor];

    #[test]
    fn without_colours_there_is_none_and_emphasis_remains() {
        for (name, _) in SHIPPED {
            let styles = Styles::resolve(&shipped(name).expect("shipped"), ColorDepth::None);
            let shown = format!("{styles:?}");
            assert!(!shown.contains("Rgb") && !shown.contains("Indexed"), "{name}: {shown}");
            for style in [styles.base, styles.go, styles.no_go, styles.selection, styles.forecast] {
                assert!(style.fg.is_none() && style.bg.is_none(), "{name}: {style:?}");
            }
            assert!(styles.selection.add_modifier.contains(Modifier::REVERSED));
            assert!(styles.muted.add_modifier.contains(Modifier::DIM));
            assert_ne!(styles.no_go, styles.go);
            assert_ne!(styles.unknown, styles.go);
        }
    }

    #[test]
    fn states_stay_distinct_at_every_depth_that_has_colours() {
        for (name, _) in SHIPPED {
            for depth in &DEPTHS[1..] {
                let styles = Styles::resolve(&shipped(name).expect("shipped"), *depth);
                let states = [styles.go, styles.no_go, styles.at_risk, styles.unknown, styles.running];
                for (index, one) in states.iter().enumerate() {
                    for other in &states[index + 1..] {
                        assert_ne!(one, other, "{name} at {depth:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_selection_is_always_seen() {
        for (name, _) in SHIPPED {
            for depth in DEPTHS {
                let selection = Styles::resolve(&shipped(name).expect("shipped"), depth).selection;
                let is_reversed = selection.add_modifier.contains(Modifier::REVERSED);
                let has_background = selection.bg.is_some_and(|color| color != Color::Reset);
                assert!(is_reversed ^ has_background, "{name} at {depth:?}: {selection:?}");
            }
        }
    }
}
