//! Pages of a listing, and the tokens that lead from one to the next.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use super::error::ApiError;
use super::organization::scramble;

/// The highest `MaxResults`, and what it is when it is not given (API model, shape `MaxResults`).
pub(super) const PAGE_MAX: usize = 20;

/// One in this many pages is empty and leads on, where empty pages are wanted.
const EMPTY_PAGE_EVERY: u64 = 16;

/// What a page of a listing depends on.
pub(super) struct Cursor {
    /// Operation and parameters: a token is good for no other listing.
    listing: u64,
    start: Place,
    max_results: usize,
    bent: Option<Bend>,
    empty_pages: bool,
}

/// Faults that shape a page instead of refusing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bend {
    /// Nothing on it, and a token that leads on from the same place.
    Empty,
    /// The token that it was asked with, once more.
    Loop,
}

/// Where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    /// Position of the last item before it; 0 at the start.
    after: u64,
    /// Empty pages served since that item.
    empty: u32,
}

impl Place {
    fn token(self, listing: u64) -> String {
        let seal = self.seal(listing);
        format!("{:016x}{:08x}{seal:016x}", self.after, self.empty)
    }

    fn from_token(token: &str, listing: u64) -> Option<Self> {
        let field = |range| u64::from_str_radix(token.get(range)?, 16).ok();
        let place = Self {
            after: field(0..16)?,
            empty: u32::try_from(field(16..24)?).ok()?,
        };
        (place.token(listing) == token).then_some(place)
    }

    fn seal(self, listing: u64) -> u64 {
        scramble(listing ^ scramble(self.after ^ scramble(u64::from(self.empty) + 1)))
    }
}

impl Cursor {
    /// The page that a request asks for.
    pub(super) fn new(
        listing: &str,
        token: Option<&str>,
        max_results: Option<usize>,
        bent: Option<Bend>,
        empty_pages: bool,
    ) -> Result<Self, ApiError> {
        let fold = |hash, byte| scramble(hash ^ u64::from(byte)).wrapping_add(1);
        let listing = listing.bytes().fold(1, fold);
        let start = match token {
            None => Place::default(),
            Some(token) => Place::from_token(token, listing).ok_or_else(|| {
                ApiError::invalid_input(
                    "INVALID_NEXT_TOKEN",
                    "The NextToken is not one that this operation returned for these parameters.",
                )
            })?,
        };
        Ok(Self {
            listing,
            start,
            max_results: max_results.unwrap_or(PAGE_MAX),
            bent,
            empty_pages,
        })
    }

    /// The items of the page and the token of the next one, if there is one.
    pub(super) fn page<'a, T>(&self, items: &'a BTreeMap<u64, T>) -> (Vec<&'a T>, Option<String>) {
        if self.is_empty_page() {
            let empty = self.start.empty + 1;
            let next = Place {
                empty,
                ..self.start
            };
            return (Vec::new(), Some(next.token(self.listing)));
        }
        let mut rest = items.range((Excluded(self.start.after), Unbounded));
        let page: Vec<(&u64, &T)> = rest.by_ref().take(self.max_results).collect();
        let after = page.last().map_or(self.start.after, |(last, _)| **last);
        let next = Place { after, empty: 0 };
        let next = match self.bent {
            Some(Bend::Loop) if self.start != Place::default() => Some(self.start),
            Some(Bend::Loop) => Some(next),
            _ => rest.next().map(|_| next),
        };
        let items = page.into_iter().map(|(_, item)| item).collect();
        (items, next.map(|place| place.token(self.listing)))
    }

    fn is_empty_page(&self) -> bool {
        let natural = self.empty_pages
            && self.bent.is_none()
            && self.start.empty == 0
            && self
                .start
                .seal(self.listing)
                .is_multiple_of(EMPTY_PAGE_EVERY);
        natural || self.bent == Some(Bend::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: u64) -> BTreeMap<u64, u64> {
        (1..=count).map(|n| (n, n)).collect()
    }

    fn cursor(listing: &str, token: Option<&str>) -> Cursor {
        Cursor::new(listing, token, None, None, true).unwrap()
    }

    #[test]
    fn pages_give_every_item_once_and_some_are_empty() {
        let items = items(1_000);
        let (mut seen, mut empty, mut token) = (Vec::new(), 0, None);
        loop {
            let (page, next) = cursor("ListAccounts", token.as_deref()).page(&items);
            empty += usize::from(page.is_empty());
            seen.extend(page.into_iter().copied());
            token = next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, items.into_values().collect::<Vec<_>>());
        assert!(empty > 0);
    }

    #[test]
    fn a_full_last_page_has_no_token() {
        let cursor = Cursor::new("x", None, None, None, false).unwrap();
        let items = items(20);
        let (page, next) = cursor.page(&items);
        assert_eq!((page.len(), next), (20, None));
    }

    #[test]
    fn a_token_of_another_listing_or_a_changed_one_is_refused() {
        let cursor = Cursor::new("A", None, None, None, false).unwrap();
        let token = cursor.page(&items(50)).1.unwrap();
        assert!(Cursor::new("A", Some(&token), None, None, false).is_ok());
        let changed = token.replacen('0', "1", 1);
        for (listing, token) in [
            ("B", token.as_str()),
            ("A", &changed),
            ("A", "x"),
            ("A", ""),
        ] {
            let error = Cursor::new(listing, Some(token), None, None, false).err();
            let reason = error.and_then(|e| e.reason);
            assert_eq!(reason.as_deref(), Some("INVALID_NEXT_TOKEN"));
        }
    }

    #[test]
    fn a_looping_listing_repeats_the_token_it_was_asked_with() {
        let items = items(50);
        let page = |token: Option<&str>| {
            let cursor = Cursor::new("A", token, None, Some(Bend::Loop), false).unwrap();
            cursor.page(&items).1
        };
        let first = page(None);
        assert!(first.is_some());
        assert_eq!(page(first.as_deref()), first);
    }

    #[test]
    fn empty_pages_on_demand_have_a_new_token_each() {
        let page = |token: Option<&str>| {
            let cursor = Cursor::new("A", token, None, Some(Bend::Empty), false).unwrap();
            cursor.page(&items(50)).1
        };
        let first = page(None);
        assert_ne!(page(first.as_deref()), first);
    }
}
