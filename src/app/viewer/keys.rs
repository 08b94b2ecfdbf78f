//! What keys do in a document.

use crokey::{KeyCombination, key};

use super::{Source, Viewer, questions};
use crate::action::{Action, lookup};
use crate::app::overlay::Overlay;
use crate::app::overlay_keys::step;
use crate::app::search::{self, Typed};
use crate::app::{App, sheet, tabs};
use crate::effect::Effect;
use crate::org::visible;

pub(in crate::app) fn on_key(
    app: &mut App,
    mut viewer: Box<Viewer>,
    key: KeyCombination,
) -> Vec<Effect> {
    if viewer.search.typing {
        type_search(&mut viewer, key);
        app.overlays.push(Overlay::Viewer(viewer));
        return Vec::new();
    }
    let page = isize::try_from(viewer.height.max(2) - 1).unwrap_or(1);
    let mut effects = Vec::new();
    match key {
        _ if [key!(esc), key!(q)].contains(&key) => return Vec::new(),
        _ if [key!(space), key!(enter)].contains(&key) => viewer.toggle(),
        key!(y) => effects.extend(copy(app, &viewer)),
        key!(t) => {
            if let Source::Policy(policy) = &viewer.source {
                let kind = sheet::Kind::Reach(policy.clone());
                app.overlays.push(Overlay::Viewer(viewer));
                return sheet::open(app, kind);
            }
        }
        key!(r) => {
            let questions = questions(&viewer);
            app.overlays.push(Overlay::Viewer(viewer));
            return tabs::read_again(app, &questions);
        }
        _ => match lookup(key) {
            Some(Action::Filter) => {
                let from = viewer.cursor;
                viewer.search.begin(from);
            }
            Some(Action::NextMatch) => seek(app, &mut viewer, true),
            Some(Action::PreviousMatch) => seek(app, &mut viewer, false),
            Some(Action::Open) => viewer.set_folded(false),
            Some(Action::Close) => viewer.set_folded(true),
            Some(Action::ExpandAll) => viewer.folded.clear(),
            Some(Action::CollapseAll) => viewer.fold_all(),
            action => viewer.move_by(motion(action, key, page)),
        },
    }
    viewer.keep_in_window();
    app.overlays.push(Overlay::Viewer(viewer));
    effects
}

/// By how many rows a key moves in something that is read.
pub(in crate::app) fn motion(action: Option<Action>, key: KeyCombination, page: isize) -> isize {
    match action {
        Some(Action::CursorDown) => 1,
        Some(Action::CursorUp) => -1,
        Some(Action::CursorFirst) => isize::MIN,
        Some(Action::CursorLast) => isize::MAX,
        Some(Action::HalfPageDown) => (page / 2).max(1),
        Some(Action::HalfPageUp) => -(page / 2).max(1),
        Some(Action::PageDown) => page,
        Some(Action::PageUp) => -page,
        _ => step(key, page).unwrap_or(0),
    }
}

fn seek(app: &mut App, viewer: &mut Viewer, forward: bool) {
    if viewer.search.is_empty() {
        app.say(search::NOTHING);
        return;
    }
    let from = search::beyond(viewer.rows.len(), viewer.cursor, forward);
    if !viewer.seek(from, forward) {
        app.say(viewer.extent.no_match());
    }
}

fn type_search(viewer: &mut Viewer, key: KeyCombination) {
    match viewer.search.key(key) {
        Typed::Changed(from) => viewer.retype(from),
        Typed::Left(from) => viewer.cursor = from,
        Typed::Same => {}
    }
    viewer.unfold_around(viewer.cursor);
    viewer.keep_in_window();
}

impl Viewer {
    /// After what is searched for has changed: goes to the first match from where it was begun.
    fn retype(&mut self, from: usize) {
        if !self.rows.is_empty() && !self.seek(from, true) {
            self.cursor = from;
        }
        self.keep_in_window();
    }

    /// Text was pasted into the search.
    pub(in crate::app) fn paste(&mut self, text: &str) {
        let from = self.search.paste(text);
        self.retype(from);
    }
}

/// The whole document as it was written. Only what no JSON document has is made visible: control
/// characters, with which text could break out of a paste.
fn copy(app: &mut App, viewer: &Viewer) -> Option<Effect> {
    if viewer.content.is_empty() {
        app.say("There is nothing to copy yet");
        return None;
    }
    let mut text = String::with_capacity(viewer.content.len());
    for c in viewer.content.chars() {
        if c.is_control() && !"\n\r\t".contains(c) {
            text.push_str(&visible(c.encode_utf8(&mut [0; 4])));
        } else {
            text.push(c);
        }
    }
    let what = "policy document";
    Some(Effect::Copy { what, text })
}
