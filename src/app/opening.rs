//! The explorer was started with a query: the cursor goes to what it means as soon as that is
//! known, unless a key is pressed before.

use super::filter::Filter;
use super::overlay_keys::retyped;
use super::perform::start_walk;
use super::{App, jumps};
use crate::effect::Effect;
use crate::org::{Query, WalkScope, Wanted};

/// What the cursor shall go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opening {
    /// What has this id.
    Id(String),
    /// The best match of the filter, which was this one so far.
    BestMatch { query: String, stamp: u64 },
}

/// Takes the query that the program was started with; an account is read at once, before and
/// beside everything else.
pub fn open_on(app: &mut App, query: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    app.opening = Some(match Wanted::parse(query) {
        Wanted::Account(id) => {
            // What the cache knows is read again all the same.
            if !app.session.offline {
                effects.push(start_walk(app, WalkScope::Account { id: id.clone() }));
            }
            Opening::Id(id)
        }
        Wanted::Place(id) => Opening::Id(id),
        Wanted::Words(_) => {
            let filter = app.outline.filter.insert(Filter::default());
            let tag = Query::of_pair(query).map(|query| query.to_string());
            filter.input = tag.as_deref().unwrap_or(query).into();
            super::filter::learn(app);
            retyped(app);
            Opening::BestMatch {
                query: query.to_owned(),
                stamp: 0,
            }
        }
    });
    effects
}

/// Goes there if it is known by now, and gives up when everything was read.
pub(super) fn settle(app: &mut App) {
    let Some(opening) = app.opening.take() else {
        return;
    };
    app.opening = match opening {
        Opening::Id(id) => go_to_id(app, id),
        Opening::BestMatch { query, stamp } => go_to_best(app, query, stamp),
    };
}

fn go_to_id(app: &mut App, id: String) -> Option<Opening> {
    let found = app.tree.find(&id);
    // As long as the way to it is not known, opening that way shows nothing.
    let placed =
        |ix| Some(ix) == app.tree.root() || app.tree.ancestors(ix).last() == app.tree.root();
    match found {
        Some(ix) if placed(ix) || !app.load.is_running() => {
            jumps::go(app, ix);
            None
        }
        None if !app.load.is_running() => {
            let place = if app.session.offline {
                "the cache"
            } else {
                "this organization"
            };
            app.warn(not_found(app, &format!("{id} is not in {place}")));
            None
        }
        _ => Some(Opening::Id(id)),
    }
}

fn go_to_best(app: &mut App, query: String, before: u64) -> Option<Opening> {
    let filter = app.outline.filter.as_ref()?;
    let (stamp, found) = (filter.stamp(), filter.matched().next().is_some());
    let (unread, is_reading) = (filter.unread(), filter.is_reading());
    if stamp != before {
        app.outline.go_to_best(&app.tree);
    }
    if app.load.is_running() || is_reading {
        return Some(Opening::BestMatch { query, stamp });
    }
    if !found && unread > 0 {
        let unread = super::details::count(unread, "account");
        app.warn(format!("0 found for {query}, tags of {unread} not read"));
    } else if !found {
        app.warn(not_found(app, &format!("Nothing matches {query}")));
    }
    None
}

fn not_found(app: &App, sentence: &str) -> String {
    if app.load.loaded_at.is_some() {
        sentence.to_owned()
    } else {
        format!("{sentence}, as far as it could be read")
    }
}
