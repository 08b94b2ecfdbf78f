//! A JSON document as lines: in the order in which it was written, indented, with what can be
//! folded. What is no JSON is lines of text.

use serde::de::IgnoredAny;

use crate::org::visible;

/// In bytes: no policy is nearly as long. Source: Organizations User Guide, "Maximum and minimum
/// values": 40,000 characters for a delegation policy, 10,240 for a service control policy.
const LONGEST: usize = 400_000;

/// What a part of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Punctuation,
    Key,
    Text,
    Number,
    /// `true`, `false` or `null`.
    Literal,
    /// Not JSON at all.
    Plain,
}

/// One line, with its text harmless for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How deep it is nested.
    pub depth: usize,
    /// The line without its indentation.
    pub text: String,
    /// Where each part of the text ends, in bytes, and what it is.
    pub parts: Vec<(usize, Kind)>,
    /// The line that closes what this one opens.
    pub closes_at: Option<usize>,
    /// The line that opens what this one is in.
    pub inside: Option<usize>,
    /// How many members or elements it opens.
    pub members: usize,
}

impl Row {
    fn push(&mut self, text: &str, kind: Kind) {
        self.text.push_str(text);
        match self.parts.last_mut() {
            Some((end, last)) if *last == kind => *end = self.text.len(),
            _ => self.parts.push((self.text.len(), kind)),
        }
    }
}

/// The lines of a document, and whether it is JSON.
#[must_use]
pub fn rows(content: &str) -> (Vec<Row>, bool) {
    let fits = content.len() <= LONGEST;
    if fits && serde_json::from_str::<IgnoredAny>(content).is_ok() {
        return (Printer::default().print(content), true);
    }
    let end = (0..=content.len().min(LONGEST)).rev();
    let end = end.into_iter().find(|at| content.is_char_boundary(*at));
    let text = &content[..end.unwrap_or(0)];
    let rows = text.lines().map(|line| {
        let text = visible(&line.replace('\t', "    ")).into_owned();
        Row {
            depth: 0,
            parts: vec![(text.len(), Kind::Plain)],
            text,
            closes_at: None,
            inside: None,
            members: 0,
        }
    });
    (rows.collect(), false)
}

/// Lays out the tokens of valid JSON; nesting is kept in a list, not on the stack of calls.
#[derive(Default)]
struct Printer {
    rows: Vec<Row>,
    /// The lines that opened what is open.
    open: Vec<usize>,
    /// Whether the next token begins a line.
    fresh: bool,
}

impl Printer {
    fn print(mut self, content: &str) -> Vec<Row> {
        self.fresh = true;
        let mut rest = content.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' => string_length(rest),
                '{' | '}' | '[' | ']' | ',' | ':' => 1,
                _ => rest
                    .find(|c: char| c.is_ascii_whitespace() || ",]}:".contains(c))
                    .unwrap_or(rest.len()),
            };
            let (token, after) = rest.split_at(length.max(first.len_utf8()).min(rest.len()));
            rest = after.trim_start();
            self.token(token, rest);
        }
        self.rows
    }

    fn token(&mut self, token: &str, rest: &str) {
        match token {
            "{" | "[" if rest.starts_with(['}', ']']) => {
                self.begin();
                self.add(token, Kind::Punctuation);
            }
            "{" | "[" => {
                self.begin();
                self.add(token, Kind::Punctuation);
                self.open.push(self.rows.len() - 1);
                self.fresh = true;
            }
            "}" | "]" => self.close(token),
            "," => {
                self.add(",", Kind::Punctuation);
                self.fresh = true;
            }
            ":" => self.add(": ", Kind::Punctuation),
            _ => {
                let kind = match token.as_bytes().first() {
                    Some(b'"') if rest.starts_with(':') => Kind::Key,
                    Some(b'"') => Kind::Text,
                    Some(b't' | b'f' | b'n') => Kind::Literal,
                    _ => Kind::Number,
                };
                self.begin();
                self.add(&visible(token), kind);
            }
        }
    }

    /// Begins a line where one is to begin.
    fn begin(&mut self) {
        if !std::mem::take(&mut self.fresh) {
            return;
        }
        let inside = self.open.last().copied();
        if let Some(row) = inside.and_then(|at| self.rows.get_mut(at)) {
            row.members += 1;
        }
        self.rows.push(Row {
            depth: self.open.len(),
            text: String::new(),
            parts: Vec::new(),
            closes_at: None,
            inside,
            members: 0,
        });
    }

    fn close(&mut self, token: &str) {
        let last = self.rows.last();
        let is_empty = last.is_some_and(|row| row.text.ends_with(['{', '[']))
            && self.open.last() != Some(&(self.rows.len().saturating_sub(1)));
        if is_empty {
            return self.add(token, Kind::Punctuation);
        }
        let opened = self.open.pop();
        self.fresh = false;
        let at = self.rows.len();
        if let Some(row) = opened.and_then(|opened| self.rows.get_mut(opened)) {
            row.closes_at = Some(at);
        }
        self.rows.push(Row {
            depth: self.open.len(),
            text: token.to_owned(),
            parts: vec![(token.len(), Kind::Punctuation)],
            closes_at: None,
            inside: opened,
            members: 0,
        });
    }

    fn add(&mut self, text: &str, kind: Kind) {
        if let Some(row) = self.rows.last_mut() {
            row.push(text, kind);
        }
    }
}

/// How long the string is that the text begins with, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(content: &str) -> Vec<String> {
        let (rows, is_json) = rows(content);
        assert!(is_json, "{content}");
        let indented = |row: &Row| format!("{}{}", "  ".repeat(row.depth), row.text);
        rows.iter().map(indented).collect()
    }

    #[test]
    fn keys_stay_in_the_order_in_which_they_were_written() {
        let content = r#" {"Version":"2012-10-17","Statement":[{"Sid":"a, b: {","z":1.5e3,"a":[]},{}],"n":null}"#;
        assert_eq!(
            printed(content),
            [
                r"{",
                r#"  "Version": "2012-10-17","#,
                r#"  "Statement": ["#,
                r"    {",
                r#"      "Sid": "a, b: {","#,
                r#"      "z": 1.5e3,"#,
                r#"      "a": []"#,
                r"    },",
                r"    {}",
                r"  ],",
                r#"  "n": null"#,
                r"}",
            ]
        );
        let (rows, _) = rows(content);
        assert_eq!(rows[0].closes_at, Some(11));
        assert_eq!((rows[2].closes_at, rows[2].members), (Some(9), 2));
        assert_eq!((rows[3].closes_at, rows[3].inside), (Some(7), Some(2)));
        assert_eq!(rows[6].closes_at, None);
        let kinds: Vec<_> = rows[5].parts.iter().map(|(_, kind)| *kind).collect();
        let expected = [
            Kind::Key,
            Kind::Punctuation,
            Kind::Number,
            Kind::Punctuation,
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_value_alone_is_a_line() {
        assert_eq!(printed("7"), ["7"]);
        assert_eq!(printed("[]"), ["[]"]);
        assert_eq!(printed(r#""a\"b""#), [r#""a\"b""#]);
        assert_eq!(
            printed("[ 1 , [ ] , { } ]"),
            ["[", "  1,", "  [],", "  {}", "]"]
        );
    }

    #[test]
    fn what_is_no_json_is_text_and_harmless() {
        let (rows, is_json) = rows("not {json\n\x1b[31mred\u{202e}\n");
        assert!(!is_json);
        let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["not {json", "␛[31mred<U+202E>"]);
    }

    #[test]
    fn deep_nesting_and_long_documents_do_no_harm() {
        let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let (rows_of_deep, _) = rows(&deep);
        assert!(!rows_of_deep.is_empty());
        let long = format!("[{}1]", "1,".repeat(1_000_000));
        let (rows_of_long, is_json) = rows(&long);
        assert!(!is_json && !rows_of_long.is_empty());
        assert_eq!(rows("").0, []);
    }

    proptest::proptest! {
        #[test]
        fn the_lines_together_are_the_document(
            keys in proptest::collection::vec("[a-z\"\\\\{}\\[\\],: ]{0,6}", 0..6),
            depth in 0usize..5,
        ) {
            let mut value = serde_json::Value::Null;
            for (at, key) in keys.iter().enumerate() {
                value = if at % 2 == 0 {
                    serde_json::json!({ key: value, "also": [] })
                } else {
                    serde_json::json!([value, key, depth])
                };
            }
            let (rows, is_json) = rows(&value.to_string());
            assert!(is_json);
            let joined: String = rows.iter().map(|row| row.text.as_str()).collect();
            assert_eq!(serde_json::from_str::<serde_json::Value>(&joined).unwrap(), value);
            for (at, row) in rows.iter().enumerate() {
                if let Some(end) = row.closes_at {
                    assert!(end > at && rows[end].inside == Some(at) && rows[end].depth == row.depth);
                }
                assert_eq!(row.parts.last().map(|(end, _)| *end), Some(row.text.len()));
            }
        }
    }
}
