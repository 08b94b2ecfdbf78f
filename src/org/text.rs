//! Making text from outside harmless for a terminal.

use std::borrow::Cow;

/// The text with everything that could steer a terminal, or deceive its reader, made visible.
///
/// * C0 controls and DEL become the Unicode control pictures (`ESC` is `␛`, newline `␊`).
/// * C1 controls, line and paragraph separators, bidirectional overrides, embeddings and isolates,
///   invisible format characters and tag characters become `<U+202E>` and the like.
/// * Zero-width joiners and variation selectors are left out: they say nothing by themselves, and
///   terminals disagree on the width of what they join, which would shift the rest of a row.
///
/// Right-to-left letters, combining marks, emoji and wide characters stay as they are. Text that
/// needs no change is borrowed.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| treatment(c) == Treatment::Keep) && !starts_with_mark(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    if starts_with_mark(text) {
        // A combining mark with nothing before it would attach itself to our own text.
        out.push('\u{25CC}');
    }
    for c in text.chars() {
        push_visible(&mut out, c);
    }
    Cow::Owned(out)
}

/// The text with only that made visible which could steer a terminal or turn its reader around:
/// control characters, line separators, bidirectional overrides, embeddings and isolates. For data
/// that other programs read, and that a terminal may come to see.
#[must_use]
pub fn without_steering(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => push_visible(&mut out, c),
            c if c.is_control() => push_visible(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

/// An endpoint as it may be shown and logged: without a user and password, and without what stands
/// behind a question mark, which may be a token.
#[must_use]
pub fn shown_endpoint(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = match plain.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), plain),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{host}{path}")
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Treatment {
    Keep,
    Drop,
    Picture,
    Code,
}

fn treatment(c: char) -> Treatment {
    match c {
        '\0'..='\u{1F}' | '\u{7F}' => Treatment::Picture,
        '\u{200D}' | '\u{FE00}'..='\u{FE0F}' => Treatment::Drop,
        '\u{80}'..='\u{9F}'
        | '\u{AD}'
        | '\u{61C}'
        | '\u{180E}'
        | '\u{200B}'
        | '\u{200C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}'
        | '\u{115F}'
        | '\u{1160}'
        // Private use and noncharacters draw as anything or nothing.
        | '\u{E000}'..='\u{F8FF}'
        | '\u{F0000}'..='\u{10FFFF}' => Treatment::Code,
        _ => Treatment::Keep,
    }
}

fn push_visible(out: &mut String, c: char) {
    match treatment(c) {
        Treatment::Keep => out.push(c),
        Treatment::Drop => {}
        Treatment::Picture => {
            let code = if c == '\u{7F}' {
                0x2421
            } else {
                0x2400 + u32::from(c)
            };
            out.push(char::from_u32(code).unwrap_or('\u{FFFD}'));
        }
        Treatment::Code => {
            use std::fmt::Write as _;
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
    }
}

/// Whether the first character has no width of its own although it will be drawn.
fn starts_with_mark(text: &str) -> bool {
    text.chars().next().is_some_and(|c| {
        treatment(c) == Treatment::Keep && unicode_width::UnicodeWidthChar::width(c) == Some(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_loses_whose_it_is_and_what_may_be_a_token() {
        for (url, shown) in [
            ("http://h:1/a?token=x#y", "http://h:1/a"),
            ("http://h:1?x@y", "http://h:1"),
            ("http://h:1", "http://h:1"),
            ("https://me:se@cret@h:1/a@b", "https://h:1/a@b"),
            ("me:secret@h:1", "h:1"),
            ("", ""),
        ] {
            assert_eq!(shown_endpoint(url), shown, "{url}");
        }
    }

    #[test]
    fn ordinary_text_in_any_script_is_borrowed_unchanged() {
        for text in [
            "payments-prod",
            "工程部 平台",
            "קסם",
            "cafe\u{301}",
            "🚀 Launchpad",
            "",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn an_escape_sequence_is_shown_and_not_obeyed() {
        assert_eq!(visible("\x1b[31mred\x1b[0m"), "␛[31mred␛[0m");
        assert_eq!(visible("a\r\n\t\u{7f}\u{9b}31m"), "a␍␊␉␡<U+009B>31m");
    }

    #[test]
    fn what_deceives_the_reader_is_named() {
        assert_eq!(visible("x\u{202e}y\u{2066}"), "x<U+202E>y<U+2066>");
        assert_eq!(visible("zero\u{200b}width"), "zero<U+200B>width");
        assert_eq!(visible("\u{feff}bom\u{e0041}"), "<U+FEFF>bom<U+E0041>");
        assert_eq!(visible("line\u{2028}sep"), "line<U+2028>sep");
    }

    #[test]
    fn joiners_and_selectors_of_doubtful_width_are_left_out() {
        assert_eq!(visible("\u{1f469}\u{200d}\u{1f467}"), "\u{1f469}\u{1f467}");
        assert_eq!(visible("⚠\u{fe0f} hot"), "⚠ hot");
    }

    #[test]
    fn a_leading_combining_mark_gets_a_base_of_its_own() {
        assert_eq!(visible("\u{300}x"), "\u{25CC}\u{300}x");
    }

    #[test]
    fn data_loses_what_steers_and_nothing_else() {
        let family = "\u{1f469}\u{200d}\u{1f467} \u{200f}a\u{fe0f}";
        assert_eq!(without_steering(family), family);
        assert_eq!(without_steering("a\n\u{1b}[0m\u{202e}b"), "a␊␛[0m<U+202E>b");
    }

    proptest::proptest! {
        #[test]
        fn no_control_character_ever_remains(text in "\\PC*|.*|[\\x00-\\x1f\\x7f-\\u{9f}a-z]*") {
            let shown = visible(&text);
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
            // Showing twice changes nothing more.
            assert_eq!(visible(&shown), shown);
        }
    }
}
