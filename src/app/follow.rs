//! What is under the cursor is followed to where others put it, and the user is told of it: the
//! cursor must not be on something else without a word.

use super::moving::path_names;
use super::{App, Notice, View};
use crate::msg::Msg;
use crate::org::{Mutation, NodeIx, Outcome, Stage, Tree, visible};

/// What is followed, and what there is to tell of it.
#[derive(Debug, Default)]
pub(super) struct Follow {
    /// What is under the cursor.
    here: Option<Place>,
    /// What will be under it again when nothing is pointed at any more.
    aside: Option<Place>,
    is_pointing: bool,
    /// Whether a key is being answered.
    is_answering: bool,
    /// To be told as soon as the tree can be seen.
    untold: Option<News>,
    /// Told since the last key.
    told: Option<News>,
}

/// A node, and where it was when that was looked at last.
#[derive(Debug)]
struct Place {
    node: NodeIx,
    id: String,
    name: String,
    root: Option<NodeIx>,
    /// What contains it, the nearest first.
    above: Vec<NodeIx>,
    /// The same as of when it led up to the root; what a walk does not know yet is no place.
    placed: Option<Vec<NodeIx>>,
    /// The names of what contained it then.
    path: String,
}

/// What has become of a node, as a sentence without its end.
#[derive(Debug, Clone)]
struct News {
    node: NodeIx,
    text: String,
    is_gone: bool,
    /// A notice that has all of these in it says the same. Hostile text.
    words: Vec<String>,
}

impl Place {
    fn of(tree: &Tree, node: NodeIx) -> Option<Self> {
        let mut place = Self {
            node,
            id: tree.get(node)?.id().to_owned(),
            name: String::new(),
            root: tree.root(),
            above: tree.ancestors(node).collect(),
            placed: None,
            path: String::new(),
        };
        place.learn(tree);
        Some(place)
    }

    /// Takes in how things are called now, and where it is if that is known; says where it was then.
    fn learn(&mut self, tree: &Tree) -> Option<Vec<NodeIx>> {
        if let Some(node) = tree.get(self.node) {
            node.label().clone_into(&mut self.name);
        }
        let is_placed = self
            .above
            .last()
            .is_some_and(|top| Some(*top) == tree.root());
        if !is_placed {
            return None;
        }
        let parent = self.above.first().map(|parent| path_names(tree, *parent));
        self.path = parent.unwrap_or_default();
        self.placed.replace(self.above.clone())
    }

    /// That it has moved, or else which of what contains it has.
    fn moved(&self, tree: &Tree, before: &[NodeIx]) -> Option<News> {
        let news = |text, words| News {
            node: self.node,
            text,
            is_gone: false,
            words,
        };
        let name = &self.name;
        if self.above.first() != before.first() {
            let text = format!("{name} has moved to {}", self.path);
            return Some(news(text, vec![name.clone(), self.path.clone()]));
        }
        let mut way = self.above.iter().zip(self.above.iter().skip(1));
        let above_before = |unit: &NodeIx| {
            let at = before.iter().position(|it| it == unit)?;
            before.get(at + 1)
        };
        let (unit, to) = way.find(|(unit, above)| above_before(unit) != Some(*above))?;
        let (unit, to) = (tree.get(*unit)?.label(), path_names(tree, *to));
        let text = format!("{unit} has moved to {to}, and {name} with it");
        Some(news(text, vec![unit.to_owned(), name.clone(), to]))
    }
}

/// Before something happens: what the user sees under the cursor.
pub(super) fn look(app: &mut App, msg: &Msg) {
    let follow = &mut app.follow;
    follow.is_answering = matches!(msg, Msg::Key(_) | Msg::Repeat(_));
    if follow.is_answering {
        follow.told = None;
    }
    let is_pointing = app.outline.is_pointing();
    if std::mem::replace(&mut follow.is_pointing, is_pointing) != is_pointing {
        std::mem::swap(&mut follow.here, &mut follow.aside);
        follow.aside.take_if(|_| !is_pointing);
    }
    let cursor = app.outline.cursor();
    if follow.here.as_ref().map(|place| place.node) != cursor {
        follow.here = cursor.and_then(|ix| Place::of(&app.tree, ix));
    }
}

/// The tree has changed: opens what contains the node now, where others have moved it, so that the
/// cursor finds it there.
pub(super) fn keep(app: &mut App) {
    let mut follow = std::mem::take(&mut app.follow);
    let leads_range = !follow.is_pointing;
    if let Some(news) = follow_place(app, &mut follow.here, leads_range) {
        follow.untold = Some(news);
    }
    // The range begins and ends where the cursor was led, which is here for as long as it is aside.
    if let Some(news) = follow_place(app, &mut follow.aside, true) {
        follow.untold = Some(news);
    }
    app.follow = follow;
}

fn follow_place(app: &mut App, kept: &mut Option<Place>, leads_range: bool) -> Option<News> {
    let place = kept.as_mut()?;
    let same_root = app.tree.root() == place.root;
    if app.tree.get(place.node).is_none() {
        let place = kept.take().filter(|_| same_root)?;
        return gone(app, place);
    }
    let above: Vec<NodeIx> = app.tree.ancestors(place.node).collect();
    let to = above.first().copied();
    let moved_here = to.is_some_and(|to| app.outline.is_sent_off(place.node, to));
    let is_elsewhere = above != place.above;
    place.above = above;
    if is_elsewhere && !moved_here {
        app.outline.open_above(&app.tree, place.node);
    }
    place.root = app.tree.root();
    let before = place.learn(&app.tree)?;
    if moved_here || !same_root {
        return None;
    }
    let mut news = place.moved(&app.tree, &before)?;
    // It would reach over all that the cursor did not pass.
    if leads_range && app.marks.in_range() {
        app.marks.keep_range();
        news.text.push_str("; the range has ended");
    }
    Some(news)
}

fn gone(app: &App, place: Place) -> Option<News> {
    if is_removed_here(app, &place.id) {
        return None;
    }
    let Place {
        node,
        id,
        name,
        path,
        ..
    } = place;
    let what = if name == id {
        id.clone()
    } else {
        format!("{name} ({id})")
    };
    let from = match path.as_str() {
        "" => String::new(),
        path => format!(" from {path}"),
    };
    Some(News {
        node,
        text: format!("{what} has gone{from}"),
        is_gone: true,
        words: vec![id],
    })
}

/// Whether it is gone because that was asked for here, which is told as such.
fn is_removed_here(app: &App, id: &str) -> bool {
    app.journal.iter().any(|entry| {
        let removes = matches!(
            entry.change.mutation,
            Mutation::RemoveAccountFromOrganization { .. }
                | Mutation::LeaveOrganization { .. }
                | Mutation::DeleteOrganizationalUnit { .. }
        );
        let sent = matches!(
            entry.stage,
            Stage::Sent | Stage::Ended(Outcome::Done { .. } | Outcome::Unknown { .. })
        );
        removes && sent && entry.change.mutation.target() == id
    })
}

/// Tells what there is to tell once the tree can be seen: behind the answer to a key, and otherwise
/// before what was said since the last one.
pub(super) fn tell(app: &mut App) {
    if app.view != View::Explorer || !app.overlays.is_empty() {
        return;
    }
    let Some(mut news) = app.follow.untold.take() else {
        return;
    };
    let has_row = |app: &App| app.outline.rows().iter().any(|row| row.node == news.node);
    if app.outline.active_filter().is_some() && !news.is_gone && !has_row(app) {
        news.text.push_str("; the filter hides it");
    }
    // What was told before is not true any more.
    if let (Some(told), Some(notice)) = (app.follow.told.take(), &mut app.notice)
        && let Some(rest) = notice.text.strip_prefix(&told.line())
    {
        notice.text = rest.trim_start_matches(". ").to_owned();
    }
    app.notice.take_if(|notice| notice.text.is_empty());
    match &mut app.notice {
        Some(answer) if app.follow.is_answering => {
            answer.text = format!("{}. {}", answer.text, news.line());
        }
        _ => put_first(app, &news),
    }
    app.follow.told = Some(news);
}

/// A walk has said how it ended: what was told since the last key is told with it.
pub(super) fn tell_again(app: &mut App) {
    if let Some(told) = app.follow.told.clone() {
        put_first(app, &told);
    }
}

impl News {
    /// As a notice has it.
    fn line(&self) -> String {
        visible(&self.text).into_owned()
    }

    fn is_said_by(&self, notice: &Notice) -> bool {
        let has = |word: &String| notice.text.contains(&*visible(word));
        self.words.iter().all(has)
    }
}

fn put_first(app: &mut App, news: &News) {
    let line = news.line();
    match app.notice.take() {
        Some(notice) if news.is_said_by(&notice) => app.notice = Some(notice),
        Some(Notice { is_problem, text }) => {
            let text = format!("{line}. {text}");
            app.notice = Some(Notice { is_problem, text });
        }
        None => app.say(line),
    }
    app.dirty = true;
}
