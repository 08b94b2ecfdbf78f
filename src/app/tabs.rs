//! The tabs of the details: which one is shown, where the cursor is in it, and when it asks.
//!
//! A tab asks for what it shows once the cursor has rested on a node for a moment: what is only
//! passed on the way to somewhere else is not read.

use jiff::{SignedDuration, Timestamp};

use super::details::{self, Item, Page};
use super::overlay::{CopyMenu, Overlay};
use super::perform::{attempt, cursor, scroll_details};
use super::{App, Focus, View, compare, filter, sheet, viewer};
use crate::action::Action;
use crate::effect::Effect;
use crate::org::{NodeIx, NodeKind, Question};

/// How long the cursor must rest before anything is asked for.
const RESTS_FOR: SignedDuration = SignedDuration::from_millis(150);

/// A tab of the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the titles say it")]
pub enum Tab {
    #[default]
    Overview,
    Policies,
    Tags,
    Delegation,
    Children,
    History,
}

impl Tab {
    /// All of them, in their order on screen.
    pub const ALL: [Self; 6] = [
        Self::Overview,
        Self::Policies,
        Self::Tags,
        Self::Delegation,
        Self::Children,
        Self::History,
    ];

    /// Its title, and a shorter one for where there is little room.
    #[must_use]
    pub fn titles(self) -> [&'static str; 2] {
        match self {
            Self::Overview => ["Overview", "Over"],
            Self::Policies => ["Policies", "Pol"],
            Self::Tags => ["Tags", "Tags"],
            Self::Delegation => ["Delegation", "Deleg"],
            Self::Children => ["Children", "Child"],
            Self::History => ["History", "Hist"],
        }
    }
}

/// Which tab is shown, and where the cursor is in it.
#[derive(Debug, Default)]
pub struct Tabs {
    /// The one that was stepped to last. It stays when the cursor goes to a node that has no such
    /// tab; see [`shown`].
    chosen: Tab,
    /// What the cursor is on, and its number.
    on: Option<(usize, Item)>,
    looked: Option<Looked>,
    children: details::Summary,
}

/// What is looked at, and since when.
#[derive(Debug, Clone, Copy)]
struct Looked {
    at: (NodeIx, Tab),
    since: Timestamp,
    rests: bool,
}

impl Tabs {
    /// What was counted of the children of the node under the cursor.
    pub(super) fn children(&self) -> &details::Summary {
        &self.children
    }

    pub(super) fn set_children(&mut self, children: details::Summary) {
        self.children = children;
    }
}

/// The tabs that the node under the cursor has: none where there is nothing to be known of it.
#[must_use]
pub fn offered(app: &App) -> Vec<Tab> {
    let kind = cursor(app).map(|(_, node)| node.kind());
    let has = |tab: &Tab| match kind {
        None | Some(NodeKind::Unplaced) => false,
        Some(NodeKind::Account) => *tab != Tab::Children,
        Some(NodeKind::Root | NodeKind::OrganizationalUnit) => true,
    };
    Tab::ALL.into_iter().filter(has).collect()
}

/// The tab on screen.
#[must_use]
pub fn shown(app: &App) -> Tab {
    let chosen = app.tabs.chosen;
    if offered(app).contains(&chosen) {
        chosen
    } else {
        Tab::Overview
    }
}

/// What the cursor in the details is on, by its number on the page.
#[must_use]
pub fn selected(app: &App, page: &Page) -> Option<usize> {
    let last = page.items.len().checked_sub(1)?;
    let Some((at, item)) = &app.tabs.on else {
        return Some(0);
    };
    if page.items.get(*at) == Some(item) {
        return Some(*at);
    }
    // It stays on what it was on when more becomes known above it.
    let moved = page.items.iter().position(|other| other == item);
    Some(moved.unwrap_or(*at).min(last))
}

/// What the cursor in the details is on, if the details have the keys.
pub(super) fn current(app: &App) -> Option<Item> {
    if app.view != View::Explorer || app.focus != Focus::Details {
        return None;
    }
    let page = details::page(app, app.areas.details.width.into());
    let at = selected(app, &page)?;
    page.items.get(at).cloned()
}

/// Steps to the next tab or to the one before; where the details are not on screen, to the details.
fn step(app: &mut App, forward: bool) {
    if app.focus == Focus::Tree && app.areas.details.width == 0 && app.areas.tree.width > 0 {
        app.focus = Focus::Details;
        return;
    }
    let tabs = offered(app);
    let now = shown(app);
    let Some(at) = tabs.iter().position(|tab| *tab == now) else {
        return;
    };
    let step = if forward { 1 } else { tabs.len() - 1 };
    show(app, tabs[(at + step) % tabs.len()]);
}

/// Shows this tab from its top.
pub(super) fn show(app: &mut App, tab: Tab) {
    app.tabs.chosen = tab;
    app.tabs.on = None;
    app.details_scroll = 0;
}

/// The cursor of the tree has gone to another node.
pub(super) fn leave(app: &mut App) {
    app.tabs.on = None;
    app.details_scroll = 0;
}

/// Before a frame: notices what is looked at, and asks again where that is the same as before.
pub(super) fn on_arranged(app: &mut App) -> Vec<Effect> {
    details::Summary::refresh(app);
    let is_seen = app.view == View::Explorer && app.areas.details.width > 0;
    let at = app.outline.cursor().filter(|_| is_seen);
    let at = at.map(|ix| (ix, shown(app)));
    if app.tabs.looked.map(|looked| looked.at) != at {
        app.tabs.looked = at.map(|at| Looked {
            at,
            since: app.now,
            rests: false,
        });
    }
    ask(app)
}

/// When the cursor will have rested long enough.
pub(super) fn next_change(app: &App) -> Option<Timestamp> {
    let looked = app.tabs.looked.filter(|looked| !looked.rests)?;
    looked.since.checked_add(RESTS_FOR).ok()
}

pub(super) fn on_clock(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(looked) = app.tabs.looked.as_mut().filter(|looked| !looked.rests) else {
        return Vec::new();
    };
    let rested = now.duration_since(looked.since);
    // A clock that was set back must not keep it waiting.
    if rested < RESTS_FOR && rested >= SignedDuration::ZERO {
        return Vec::new();
    }
    looked.rests = true;
    ask(app)
}

/// What is looked at and not known is asked for: first what lies on top, then the tab.
pub(super) fn ask(app: &mut App) -> Vec<Effect> {
    if app.session.offline {
        // Nobody could answer.
        return Vec::new();
    }
    // A menu on top of it is no reason to give up what is being read.
    let on_top = app.overlays.iter().rev();
    let mut wanted: Vec<Question> = on_top
        .flat_map(|overlay| match overlay {
            Overlay::Viewer(viewer) => viewer::questions(viewer),
            Overlay::Sheet(sheet) => sheet::questions(app, sheet),
            _ => Vec::new(),
        })
        .collect();
    let goes_on = match app.tabs.looked {
        Some(looked) if looked.rests => {
            wanted.extend(details::questions(app));
            false
        }
        // Until the cursor rests, what was asked for before goes on.
        looked => looked.is_some() && wanted.is_empty(),
    };
    let looked_at = (!goes_on).then_some(wanted);
    let besides = filter::questions(app);
    let effect = app.findings.want(looked_at, &besides);
    effect.into_iter().collect()
}

/// Why an action for the tabs can do nothing here.
pub(super) fn available(app: &App, action: Action) -> Result<(), &'static str> {
    match action {
        Action::Compare => compare::available(app),
        Action::ShowDelegations if app.tree.root().is_none() => Err("the root is not known yet"),
        Action::ShowDelegations => Ok(()),
        Action::ShowReach => match current(app) {
            Some(Item::Policy { .. }) => Ok(()),
            _ => Err("this is for a policy in the details"),
        },
        _ if offered(app).is_empty() => Err("there is nothing under the cursor"),
        _ => Ok(()),
    }
}

/// Shows everything that the policy under the cursor reaches.
fn reach(app: &mut App) -> Vec<Effect> {
    match current(app) {
        Some(Item::Policy { policy, .. }) => sheet::open(app, sheet::Kind::Reach(policy)),
        _ => Vec::new(),
    }
}

/// Does what an action means for the tabs; `None` where it means what it means elsewhere too.
pub(super) fn perform(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    match action {
        _ if app.view != View::Explorer => return None,
        Action::NextTab => step(app, true),
        Action::PreviousTab => step(app, false),
        Action::ShowReach => return Some(reach(app)),
        Action::ShowDelegations => return Some(sheet::open(app, sheet::Kind::Delegations)),
        Action::Compare => return Some(compare::begin(app)),
        _ if app.focus == Focus::Details => return in_details(app, action),
        _ => return None,
    }
    Some(Vec::new())
}

/// What an action means while the details have the keys; `None` where it means what it always does.
fn in_details(app: &mut App, action: Action) -> Option<Vec<Effect>> {
    let page = isize::try_from(app.areas.details.height.max(2) - 1).unwrap_or(1);
    if let Some(rows) = action.rows(page) {
        move_by(app, rows);
        return Some(Vec::new());
    }
    match action {
        Action::Enter => return enter(app),
        Action::Copy => {
            let menu = copy_menu(&current(app)?)?;
            app.overlays.push(Overlay::Copy(menu));
        }
        Action::ReloadHere => return Some(reload(app)),
        _ => return None,
    }
    Some(Vec::new())
}

/// Moves the cursor over the items of the page, by lines where there are none in that direction.
fn move_by(app: &mut App, by: isize) {
    let page = details::page(app, app.areas.details.width.into());
    let height = usize::from(app.areas.details.height).max(1);
    let Some(at) = selected(app, &page) else {
        return scroll_details(app, by);
    };
    let last = page.items.len() - 1;
    let top = usize::from(app.details_scroll);
    let line_of = |item: usize, from_end: bool| {
        let mut lines = page.lines.iter();
        let is_it = |line: &details::Line| line.item == Some(item);
        if from_end {
            lines.rposition(is_it)
        } else {
            lines.position(is_it)
        }
        .unwrap_or(0)
    };
    let next = if by.unsigned_abs() == 1 {
        at.saturating_add_signed(by)
    } else {
        // The item nearest to so many lines further on.
        let wanted = line_of(at, false).saturating_add_signed(by);
        let beyond = (0..=last).find(|item| line_of(*item, true) >= wanted);
        let near = beyond.unwrap_or(last);
        if near == at && by > 0 { at + 1 } else { near }
    };
    if next > last || (next == at && by < 0) {
        // What there is above the first item and below the last one can be seen too.
        app.tabs.on = Some((at, page.items[at].clone()));
        return scroll_details(app, by);
    }
    let (first, end) = (line_of(next, false), line_of(next, true));
    // What an item is about stands above it.
    let heading = if next == 0 {
        0
    } else {
        first.saturating_sub(1)
    };
    let lowest = (end + 1).saturating_sub(height);
    let scroll = top.max(lowest).min(heading.max(lowest.min(first)));
    app.details_scroll = u16::try_from(scroll).unwrap_or(u16::MAX);
    app.tabs.on = Some((next, page.items[next].clone()));
}

/// Puts the cursor on the item at this row of the details, if there is one.
pub(super) fn click(app: &mut App, row: u16) {
    app.focus = Focus::Details;
    let page = details::page(app, app.areas.details.width.into());
    let line = usize::from(app.details_scroll) + usize::from(row);
    let item = page.lines.get(line).and_then(|line| line.item);
    if let Some(at) = item {
        app.tabs.on = page.items.get(at).map(|item| (at, item.clone()));
    }
}

/// The tab whose title is at this cell.
pub(super) fn at(app: &App, column: u16, row: u16) -> Option<Tab> {
    let mut tabs = Tab::ALL.into_iter().zip(app.areas.details_tabs);
    let (tab, _) = tabs.find(|(_, region)| region.contains(column, row))?;
    Some(tab)
}

fn enter(app: &mut App) -> Option<Vec<Effect>> {
    Some(match current(app)? {
        Item::Policy { policy, .. } => viewer::open(app, viewer::Source::Policy(policy)),
        Item::Effective {
            account,
            policy_type,
        } => {
            let source = viewer::Source::Effective {
                account,
                policy_type,
            };
            viewer::open(app, source)
        }
        Item::Node(id) => {
            super::closures_pane::go_to(app, &id);
            Vec::new()
        }
        Item::Entry(id) => {
            super::activity_pane::go_to(app, &id);
            Vec::new()
        }
        item @ (Item::Tag(_) | Item::Service(_)) => {
            app.overlays.extend(copy_menu(&item).map(Overlay::Copy));
            Vec::new()
        }
    })
}

/// What Enter does with what the cursor in the details is on, in a word.
pub(super) fn enter_hint(app: &App) -> Option<&'static str> {
    Some(match current(app)? {
        Item::Policy { .. } | Item::Effective { .. } => "document",
        Item::Node(_) => "go to",
        Item::Entry(_) => "activity",
        Item::Tag(_) | Item::Service(_) => "copy",
    })
}

/// What of an item can be copied.
pub(super) fn copy_menu(item: &Item) -> Option<CopyMenu> {
    let choices: Vec<(char, &'static str, String)> = match item {
        Item::Policy { policy, .. } => vec![
            ('i', "policy id", policy.id.clone()),
            ('n', "policy name", policy.name.clone()),
        ],
        Item::Tag(tag) => vec![
            ('v', "tag value", tag.value.clone()),
            ('k', "tag key", tag.key.clone()),
            ('b', "both", format!("{}={}", tag.key, tag.value)),
        ],
        Item::Service(principal) => vec![('s', "service", principal.clone())],
        Item::Effective { .. } | Item::Node(_) | Item::Entry(_) => return None,
    };
    Some(CopyMenu::new(choices))
}

/// What is looked at, and what could not be read, is to be read again.
pub(super) fn forget(app: &mut App) {
    app.findings.forget_failures();
    let questions = details::questions(app);
    app.findings.forget(&questions);
}

/// Reads again what lies on top, unless nobody could answer: then what is known stays.
pub(super) fn read_again(app: &mut App, questions: &[Question]) -> Vec<Effect> {
    if app.session.offline {
        app.say("Cannot read again: this is offline");
        return Vec::new();
    }
    app.findings.forget(questions);
    ask(app)
}

/// Reads again what the tab shows.
fn reload(app: &mut App) -> Vec<Effect> {
    forget(app);
    if let Some(looked) = &mut app.tabs.looked {
        looked.rests = true;
    }
    let mut effects = match shown(app) {
        Tab::Policies | Tab::Tags | Tab::Delegation => {
            app.say("Reading again");
            Vec::new()
        }
        Tab::Overview | Tab::Children | Tab::History => {
            let focus = std::mem::replace(&mut app.focus, Focus::Tree);
            let effects = attempt(app, Action::ReloadHere);
            app.focus = focus;
            effects
        }
    };
    effects.extend(ask(app));
    effects
}
