//! Styled text as what a terminal obeys.

use ratatui::style::{Color, Modifier, Style};

/// `text` in `style`; as it is where the style says nothing.
pub(super) fn painted(text: &str, style: Style) -> String {
    let mut codes: Vec<String> = Vec::new();
    let modifiers = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
    ];
    let of_style = modifiers.iter().filter(|(modifier, _)| style.add_modifier.contains(*modifier));
    codes.extend(of_style.map(|(_, code)| (*code).to_owned()));
    codes.extend(style.fg.and_then(|color| code(color, 30)));
    codes.extend(style.bg.and_then(|color| code(color, 40)));
    if codes.is_empty() { text.to_owned() } else { format!("\u{1b}[{}m{text}\u{1b}[0m", codes.join(";")) }
}

/// The code of a colour, of the foreground from 30 on, of the background from 40 on.
fn code(color: Color, first: u8) -> Option<String> {
    let of_sixteen = |index: u8| if index < 8 { first + index } else { first + 52 + index };
    let index = match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(format!("{};2;{red};{green};{blue}", first + 8)),
        Color::Indexed(index) => return Some(format!("{};5;{index}", first + 8)),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    Some(of_sixteen(index).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_is_written_as_terminals_read_it() {
        let plain = Style::new();
        for (style, written) in [
            (plain, "a"),
            (plain.fg(Color::Reset), "a"),
            (plain.fg(Color::Gray), "\u{1b}[37ma\u{1b}[0m"),
            (plain.fg(Color::DarkGray), "\u{1b}[90ma\u{1b}[0m"),
            (plain.bg(Color::White), "\u{1b}[107ma\u{1b}[0m"),
            (plain.fg(Color::Indexed(7)).bg(Color::Rgb(1, 2, 3)), "\u{1b}[38;5;7;48;2;1;2;3ma\u{1b}[0m"),
            (plain.add_modifier(Modifier::BOLD | Modifier::REVERSED), "\u{1b}[1;7ma\u{1b}[0m"),
        ] {
            assert_eq!(painted("a", style), written);
        }
    }
}
