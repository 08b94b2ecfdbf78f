//! Writing a query so that it reads as the same query again.

use std::fmt::{self, Write as _};

use super::{Query, Term, Test, Word, parse};
use crate::org::{accounts_in_address, id_in_arn, ids_in};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terms: Vec<String> = self.terms.iter().map(term).collect();
        let text = terms.join(" ");
        // Words that would be read as one id, path or list of ids.
        if parse::is_grouped_id(&text) || parse::is_path(&text) || ids_in(&text).len() > 1 {
            f.write_char('\\')?;
        }
        f.write_str(&text)
    }
}

fn term(term: &Term) -> String {
    let mut out = String::new();
    if term.negated {
        out.push('!');
    }
    // Writing to a string cannot fail.
    let _ = write_test(&mut out, &term.test);
    out
}

fn write_test(out: &mut String, test: &Test) -> fmt::Result {
    match test {
        Test::Word(word) => write_word(out, word),
        Test::State(start) if parse::begins_a_state(start) => write!(out, "state:{start}")?,
        Test::State(start) => write!(out, "state:{}", quoted(start))?,
        Test::Unit(unit) => write!(out, "ou:{}", value(&unit.text))?,
        Test::Tag { key, value: None } => write!(out, "tag:{}", value(key))?,
        Test::Tag {
            key,
            value: Some(wanted),
        } => write!(out, "tag:{}={}", value(key), value(wanted))?,
        Test::Joined(joined) => write!(out, "joined:{joined}")?,
        Test::Name(part) => write!(out, "name:{}", value(part.as_str()))?,
        Test::Email(part) => write!(out, "email:{}", value(part.as_str()))?,
        Test::Id(starts) => write!(out, "id:{}", value(&starts.join(",")))?,
        Test::Is(is) => write!(out, "is:{}", is.name())?,
    }
    Ok(())
}

fn write_word(out: &mut String, word: &Word) {
    let text = word.text();
    if word.literal {
        out.push_str(&quoted(text));
        return;
    }
    let colon = parse::field_name(text).map(str::len);
    let lower = text.to_lowercase();
    let is_arn = lower.starts_with("arn:");
    let is_address = !accounts_in_address(&lower).is_empty() && id_in_arn(&lower).is_none();
    for (at, c) in text.char_indices() {
        let first = at == 0 && (is_address || matches!(c, '!' | '@'));
        let divides = (at > 0 && c == '=') || c == '/';
        let divides = divides && !is_arn;
        let special = first || divides || Some(at) == colon;
        if special || c.is_whitespace() || matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
}

/// A value behind a colon, in quotes where it needs them.
fn value(text: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\\' | '=');
    if text.is_empty() || !text.chars().all(plain) {
        return quoted(text);
    }
    text.to_owned()
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}
