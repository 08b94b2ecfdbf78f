//! Writing a query so that it reads as the same query again.

use std::fmt::{self, Write as _};

use super::{Query, Term, Test, Word, ids, parse};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Side by side they would be alternatives.
        let are_alternatives = self.terms.iter().filter(|term| ids::is_full(term)).count() > 1;
        let terms = self.terms.iter();
        let terms = terms.map(|it| term(it, are_alternatives && ids::is_full(it)));
        let terms: Vec<String> = terms.collect();
        let text = terms.join(" ");
        // Words that would be read as one id or path.
        if parse::is_grouped_id(&text) || parse::is_path(&text) {
            f.write_char('\\')?;
        }
        f.write_str(&text)
    }
}

fn term(term: &Term, alone: bool) -> String {
    let mut out = String::new();
    if term.negated {
        out.push('!');
    }
    // Writing to a string cannot fail.
    let _ = match &term.test {
        Test::Id(starts) if alone => write!(out, "id:{}", quoted(&starts.join(","))),
        Test::Word(word) => {
            write_word(&mut out, word, alone);
            Ok(())
        }
        test => write_test(&mut out, test),
    };
    out
}

fn write_test(out: &mut String, test: &Test) -> fmt::Result {
    match test {
        Test::Word(word) => write_word(out, word, false),
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

/// `alone` where it would be one of several ids.
fn write_word(out: &mut String, word: &Word, alone: bool) {
    let text = word.text();
    if word.literal {
        out.push_str(&quoted(text));
        return;
    }
    let colon = parse::field_name(text).map(str::len);
    let lower = text.to_lowercase();
    let is_arn = lower.starts_with("arn:");
    let is_more = alone || ids::is_more_than_a_word(text);
    for (at, c) in text.char_indices() {
        let first = at == 0 && (is_more || matches!(c, '!' | '@'));
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
