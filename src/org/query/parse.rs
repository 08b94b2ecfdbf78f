//! Reading a query.

use super::{Is, Joined, Part, QueryError, SavedQueries, Term, Test, Unit, Word};
use crate::org::{AccountState, Wanted, accounts_in_address, id_in_arn, ids_in};

/// More than anybody types.
const MOST_TERMS: usize = 64;

const FIELDS: &str = "state, ou, tag, joined, name, email, id, is";

/// A character, and whether it may mean something: it stands neither in quotes nor behind a
/// backslash.
#[derive(Debug, Clone, Copy)]
struct Letter {
    c: char,
    plain: bool,
    at: usize,
}

impl Letter {
    fn is(self, c: char) -> bool {
        self.plain && self.c == c
    }
}

/// What stands between spaces.
#[derive(Debug, Default)]
struct Token {
    letters: Vec<Letter>,
    /// Where it begins, counted from 1.
    at: usize,
    /// Where quotes were opened in it.
    quotes: Vec<usize>,
    /// Whether the text ends with it.
    last: bool,
    /// A quote that was not closed, or a backslash with nothing behind it.
    open: Option<QueryError>,
}

fn error(at: usize, message: impl Into<String>) -> QueryError {
    QueryError {
        at,
        message: message.into(),
        is_unfinished: false,
    }
}

fn unfinished(at: usize, message: impl Into<String>) -> QueryError {
    QueryError {
        is_unfinished: true,
        ..error(at, message)
    }
}

/// The terms that can be read, and what is wrong with the others.
pub(super) fn parse(text: &str, saved: &SavedQueries) -> (Vec<Term>, Option<QueryError>) {
    if is_grouped_id(text) {
        let id: String = text.chars().filter(char::is_ascii_digit).collect();
        return (vec![word(&id, false, false)], None);
    }
    let ids = ids_in(text);
    if ids.len() > 1 {
        let any = Term {
            negated: false,
            test: Test::Id(ids),
        };
        return (vec![any], None);
    }
    if is_path(text) {
        let path = Term {
            negated: false,
            test: Test::Unit(Unit::new(text.trim())),
        };
        return (vec![path], None);
    }
    let (mut terms, mut found): (Vec<Term>, Option<QueryError>) = (Vec::new(), None);
    let mut complain = |error: QueryError| {
        let worse = found
            .as_ref()
            .is_none_or(|it| it.is_unfinished && !error.is_unfinished);
        if worse {
            found = Some(error);
        }
    };
    for mut token in tokens(text) {
        let last = token.last;
        token.open.take().into_iter().for_each(&mut complain);
        match read(&token, saved) {
            Ok(more) => terms.extend(more),
            Err(error) => complain(QueryError {
                is_unfinished: error.is_unfinished && last,
                ..error
            }),
        }
        if terms.len() > MOST_TERMS {
            terms.truncate(MOST_TERMS);
            complain(error(
                token.at,
                format!("there are more than {MOST_TERMS} terms"),
            ));
            break;
        }
    }
    (terms, found)
}

/// `1234 5678 9012`, as some documents write an account id.
pub(super) fn is_grouped_id(text: &str) -> bool {
    let mut groups = text.split_whitespace();
    let mut four = || {
        let group = groups.next()?;
        (group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit())).then_some(())
    };
    four().and_then(|()| four()).and_then(|()| four()).is_some() && groups.next().is_none()
}

/// `Root / Workloads / Payments`, as paths are printed and copied.
pub(super) fn is_path(text: &str) -> bool {
    let names = || text.split(" / ").map(str::trim);
    names().count() > 1
        && names().all(|name| !name.is_empty() && !name.starts_with(['!', '@']))
        && !text.contains([':', '"', '\\', '='])
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut token = Token::default();
    let (mut quote, mut escaped) = (None, None);
    let end = text.chars().count() + 1;
    for (at, c) in (1..).zip(text.chars()) {
        let is_empty = token.letters.is_empty() && token.quotes.is_empty() && escaped.is_none();
        if is_empty {
            token.at = at;
        }
        let plain = quote.is_none() && escaped.is_none();
        match c {
            '\\' if escaped.is_none() => escaped = Some(at),
            '"' if escaped.is_none() => {
                if quote.take().is_none() {
                    quote = Some(at);
                    token.quotes.push(at);
                }
            }
            c if plain && c.is_whitespace() => {
                if !is_empty {
                    tokens.push(std::mem::take(&mut token));
                }
            }
            c => {
                token.letters.push(Letter { c, plain, at });
                escaped = None;
            }
        }
    }
    let open = quote.map(|at| unfinished(at, "this quote is not closed"));
    token.open = open.or(escaped.map(|at| unfinished(at, "nothing is behind this backslash")));
    token.last = true;
    if !token.letters.is_empty() || token.open.is_some() || !token.quotes.is_empty() {
        debug_assert!(token.at < end);
        tokens.push(token);
    }
    tokens
}

fn text_of(letters: &[Letter]) -> String {
    letters.iter().map(|letter| letter.c).collect()
}

fn word(text: &str, literal: bool, negated: bool) -> Term {
    Term {
        negated,
        test: Test::Word(Word::new(text, literal)),
    }
}

fn read(token: &Token, saved: &SavedQueries) -> Result<Vec<Term>, QueryError> {
    let mut letters = token.letters.as_slice();
    let negated = letters.first().is_some_and(|first| first.is('!'));
    if negated {
        letters = &letters[1..];
    }
    if let Some((at, rest)) = letters.split_first()
        && at.is('@')
        // The end of an email address is none.
        && !rest.iter().any(|letter| letter.c == '.')
    {
        let Some(query) = saved.get(&text_of(rest)) else {
            return Err(not_saved(token.at, &text_of(rest), saved));
        };
        return match query.terms.as_slice() {
            terms if !negated => Ok(terms.to_vec()),
            [only] => Ok(vec![Term {
                negated: !only.negated,
                test: only.test.clone(),
            }]),
            _ => {
                let message = "only a saved filter of one term can be turned around";
                Err(error(token.at, message))
            }
        };
    }
    if let Some(test) = accounts(letters) {
        return Ok(vec![Term { negated, test }]);
    }
    if let Some(colon) = letters.iter().position(|letter| letter.is(':')) {
        let name = text_of(&letters[..colon]);
        let is_field = letters[..colon].iter().all(|letter| letter.plain)
            && is_name(&name)
            && !name.eq_ignore_ascii_case("arn");
        if is_field {
            let value = Value {
                letters: &letters[colon + 1..],
                token,
                name: &name,
            };
            let test = value.read()?;
            return Ok(vec![Term { negated, test }]);
        }
    }
    let text = text_of(letters);
    if text.is_empty() {
        let message = if token.quotes.is_empty() {
            "nothing is behind the !"
        } else {
            "nothing is between the quotes"
        };
        return Err(unfinished(token.at, message));
    }
    if let Some(test) = place_or_tag(token, letters)? {
        return Ok(vec![Term { negated, test }]);
    }
    Ok(vec![word(&text, !token.quotes.is_empty(), negated)])
}

/// The accounts that a URL or the like leads to, unless it is an ARN that is an id itself.
fn accounts(letters: &[Letter]) -> Option<Test> {
    let lower = text_of(letters).to_lowercase();
    let is_plain = letters.iter().all(|letter| letter.plain);
    if !is_plain || id_in_arn(&lower).is_some() {
        return None;
    }
    let found = accounts_in_address(&lower);
    (!found.is_empty()).then_some(Test::Id(found))
}

/// What `Workloads/Payments` and `Env=prod` ask for, which no quotes make a text.
fn place_or_tag(token: &Token, letters: &[Letter]) -> Result<Option<Test>, QueryError> {
    let text = text_of(letters);
    if !token.quotes.is_empty() || text.to_lowercase().starts_with("arn:") {
        return Ok(None);
    }
    let first = letters
        .iter()
        .position(|letter| letter.is('=') || letter.is('/'));
    let is_root = text.trim_matches('/').is_empty();
    match first.map(|at| (at, letters[at].c)) {
        None | Some((0, '=')) => Ok(None),
        Some((_, '/')) if is_root => Ok(None),
        Some((_, '/')) => Ok(Some(match Wanted::parse(&text) {
            Wanted::Account(id) => Test::Id(vec![id]),
            Wanted::Place(_) | Wanted::Words(_) => Test::Unit(Unit::new(&text)),
        })),
        Some(_) => {
            let name = "tag";
            let value = Value {
                letters,
                token,
                name,
            };
            value.tag().map(Some)
        }
    }
}

fn not_saved(at: usize, name: &str, saved: &SavedQueries) -> QueryError {
    let names: Vec<String> = saved.keys().map(|name| format!("@{name}")).collect();
    let saved = if names.is_empty() {
        "none are".to_owned()
    } else {
        names.join(", ")
    };
    let begins = names.iter().any(|known| known[1..].starts_with(name));
    QueryError {
        is_unfinished: begins,
        ..error(at, format!("no filter is saved as @{name}; saved: {saved}"))
    }
}

/// The ids, or beginnings of ids, that stand between commas.
pub(super) fn ids(lower: &str) -> Vec<String> {
    let pieces = lower.split(',').filter(|piece| !piece.is_empty());
    let ids = pieces.map(|piece| id_in_arn(piece).unwrap_or(piece).to_owned());
    ids.collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// What the text would be taken for: the name before its first colon.
pub(super) fn field_name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once(':')?;
    (is_name(name) && !name.eq_ignore_ascii_case("arn")).then_some(name)
}

/// Whether a state that the service documents begins so.
pub(super) fn begins_a_state(start: &str) -> bool {
    let mut states = AccountState::KNOWN.iter();
    states.any(|state| state.as_str().to_lowercase().starts_with(start)) && !start.is_empty()
}

/// What stands behind the colon of a field.
struct Value<'a> {
    letters: &'a [Letter],
    token: &'a Token,
    name: &'a str,
}

impl Value<'_> {
    fn read(&self) -> Result<Test, QueryError> {
        let text = text_of(self.letters);
        let lower = text.to_lowercase();
        let name = self.name.to_ascii_lowercase();
        let known = FIELDS.split(", ").any(|field| field == name);
        if !known {
            let message = format!("{name}: is none of {FIELDS}; quotes make it a text");
            return Err(error(self.token.at, message));
        }
        if text.is_empty() {
            return Err(unfinished(self.at(), format!("{name}: needs a value")));
        }
        Ok(match name.as_str() {
            "state" => self.state(&lower)?,
            "ou" => Test::Unit(Unit::new(&text)),
            "tag" => self.tag()?,
            "joined" => {
                Test::Joined(Joined::parse(&lower).map_err(|(message, more)| QueryError {
                    is_unfinished: more,
                    ..error(self.at(), message)
                })?)
            }
            "name" => Test::Name(Part::new(&lower)),
            "email" => Test::Email(Part::new(&lower)),
            "id" => {
                let starts = ids(&lower);
                if starts.is_empty() {
                    return Err(unfinished(self.at(), "id: needs a value"));
                }
                Test::Id(starts)
            }
            _ => self.is(&lower)?,
        })
    }

    /// Where it begins.
    fn at(&self) -> usize {
        let first = self.letters.first().map(|letter| letter.at);
        first.unwrap_or(self.token.at + self.name.len())
    }

    fn quoted_from(&self, at: usize) -> bool {
        self.token.quotes.iter().any(|quote| *quote >= at)
    }

    fn state(&self, lower: &str) -> Result<Test, QueryError> {
        let start = lower.replace(['-', ' '], "_");
        if begins_a_state(&start) || self.quoted_from(self.token.at) {
            return Ok(Test::State(start));
        }
        let known = AccountState::KNOWN.map(|state| state.as_str().to_lowercase());
        let message = format!("no state begins with \"{lower}\": {}", known.join(", "));
        Err(error(self.at(), message))
    }

    fn tag(&self) -> Result<Test, QueryError> {
        let Some(equals) = self.letters.iter().position(|letter| letter.is('=')) else {
            return Ok(Test::Tag {
                key: text_of(self.letters),
                value: None,
            });
        };
        let (key, value) = (&self.letters[..equals], &self.letters[equals + 1..]);
        let at = self.letters[equals].at;
        if key.is_empty() {
            return Err(error(at, "a tag's key stands before the ="));
        }
        if value.is_empty() && !self.quoted_from(at) {
            let message = "a tag's value stands behind the =, \"\" for none";
            return Err(unfinished(at, message));
        }
        Ok(Test::Tag {
            key: text_of(key),
            value: Some(text_of(value)),
        })
    }

    fn is(&self, lower: &str) -> Result<Test, QueryError> {
        let names = Is::ALL.map(Is::name);
        let found = Is::ALL.into_iter().find(|is| is.name() == lower);
        found.map(Test::Is).ok_or_else(|| QueryError {
            is_unfinished: names.iter().any(|name| name.starts_with(lower)),
            ..error(self.at(), format!("is: needs one of {}", names.join(", ")))
        })
    }
}
