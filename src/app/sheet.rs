//! Something to read on top of everything, with items to go to: what a policy reaches, who is a
//! delegated administrator, how two nodes differ.

mod matches;
mod so_far;

use crokey::{KeyCombination, key};

use super::details::{Item, Line, Page, delegation_questions, delegations};
use super::overlay::Overlay;
use super::search::{self, Extent, Search};
use super::viewer::{self, motion};
use super::{App, compare, tabs};
use crate::action::{Action, lookup};
use crate::effect::Effect;
use crate::org::{Policy, Question, visible};

/// What it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// All that a policy reaches.
    Reach(Policy),
    /// All delegated administrators, and all services with trusted access.
    Delegations,
    /// How two nodes differ, by their ids.
    Compare(String, String),
}

/// What its lines were made for: they are made anew when any of it has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Made {
    width: usize,
    tree: u64,
    findings: u64,
    minute: i64,
    only_differences: bool,
    /// How many targets they list, where not all of them are known.
    listed: Option<usize>,
}

/// A sheet on top of everything.
#[derive(Debug)]
pub struct Sheet {
    /// What it is about.
    pub kind: Kind,
    /// Its lines, as of the last frame.
    pub page: Page,
    /// The number of the item under the cursor, where there are any.
    pub selected: usize,
    /// How many lines are above the window.
    pub scroll: usize,
    /// Whether only what differs is shown, where it compares.
    pub only_differences: bool,
    /// What is searched for among its items.
    pub search: Search,
    /// How much of it there is to search in, as of the last frame.
    pub extent: Extent,
    /// The numbers of the items that match it.
    found: Vec<usize>,
    made: Option<Made>,
    /// When that was, in seconds.
    made_at: i64,
    /// How many lines say how far it was read.
    head: usize,
    height: usize,
}

/// Opens a sheet, and asks for what it shows.
pub(super) fn open(app: &mut App, kind: Kind) -> Vec<Effect> {
    app.overlays.push(Overlay::Sheet(Box::new(Sheet {
        kind,
        page: Page::default(),
        selected: 0,
        scroll: 0,
        only_differences: false,
        search: Search::default(),
        extent: Extent::default(),
        found: Vec::new(),
        made: None,
        made_at: 0,
        head: 0,
        height: 0,
    })));
    tabs::ask(app)
}

/// What must be known.
pub(super) fn questions(app: &App, sheet: &Sheet) -> Vec<Question> {
    match &sheet.kind {
        Kind::Reach(policy) => vec![Question::Targets(policy.id.clone())],
        Kind::Delegations => delegation_questions(app),
        Kind::Compare(left, right) => compare::questions(app, left, right),
    }
}

/// Its title. Harmless for a terminal.
#[must_use]
pub fn title(app: &App, sheet: &Sheet) -> String {
    let title = match &sheet.kind {
        Kind::Reach(policy) => format!("What {} {} reaches", policy.name, policy.id),
        Kind::Delegations => "Delegated administrators and trusted access".to_owned(),
        Kind::Compare(left, right) => compare::title(app, left, right),
    };
    visible(&title).into_owned()
}

/// The keys that do something in it, with a word for each.
#[must_use]
pub fn hints(sheet: &Sheet) -> &'static [(&'static str, &'static str)] {
    match sheet.kind {
        _ if sheet.search.typing => Search::HINTS,
        Kind::Compare(..) => &[
            ("j k", "scroll"),
            ("=", "only differences"),
            ("r", "reload"),
            ("Esc", "back"),
        ],
        Kind::Reach(_) | Kind::Delegations => &[
            ("Enter", "go to"),
            ("j k", "choose"),
            ("/", "search"),
            ("n N", "next"),
            ("r", "reload"),
            ("Esc", "back"),
        ],
    }
}

/// Before a frame: makes the lines anew if anything they depend on has changed.
pub(super) fn on_arranged(app: &mut App) {
    let Some(Overlay::Sheet(mut sheet)) =
        app.overlays.pop_if(|top| matches!(top, Overlay::Sheet(_)))
    else {
        return;
    };
    let width = usize::from(app.areas.overlay.width);
    let made = Made {
        width,
        tree: sheet.tree_shown(app),
        findings: app.findings.revision(),
        minute: app.now.as_second() / 60,
        only_differences: sheet.only_differences,
        listed: sheet.listed(app),
    };
    let mut is_awaited = false;
    if sheet.made.replace(made) != Some(made) {
        sheet.made_at = app.now.as_second();
        is_awaited = sheet.awaits_match();
        let page = make(app, &sheet, width);
        sheet.head = 0;
        sheet.replace(page);
        sheet.find();
    }
    sheet.tell_how_far(app, width);
    let before = std::mem::replace(&mut sheet.height, app.areas.overlay.height.into());
    if sheet.height < before && !sheet.page.items.is_empty() {
        sheet.keep_in_window();
    }
    if is_awaited {
        sheet.seek(sheet.search.from(), true);
    }
    let last = sheet.page.lines.len().saturating_sub(sheet.height);
    sheet.scroll = sheet.scroll.min(last);
    app.overlays.push(Overlay::Sheet(sheet));
}

fn make(app: &App, sheet: &Sheet, width: usize) -> Page {
    let mut page = Page::new(width);
    match &sheet.kind {
        Kind::Reach(policy) => so_far::reach_page(app, policy, &mut page),
        Kind::Delegations => delegations(app, &mut page),
        Kind::Compare(left, right) => {
            compare::page(app, left, right, sheet.only_differences, &mut page);
        }
    }
    page
}

pub(super) fn on_key(app: &mut App, mut sheet: Box<Sheet>, key: KeyCombination) -> Vec<Effect> {
    if sheet.search.typing {
        sheet.type_search(key);
        app.overlays.push(Overlay::Sheet(sheet));
        return Vec::new();
    }
    let page = isize::try_from(sheet.height.max(2) - 1).unwrap_or(1);
    match key {
        _ if [key!(esc), key!(q)].contains(&key) => return Vec::new(),
        key!(enter) => return enter(app, sheet),
        key!(r) => {
            let questions = questions(app, &sheet);
            app.overlays.push(Overlay::Sheet(sheet));
            return tabs::read_again(app, &questions);
        }
        key!('=') => sheet.only_differences = !sheet.only_differences,
        key!(y) => {
            let item = sheet.page.items.get(sheet.selected);
            let menu = item.and_then(|item| copy_menu(app, item));
            app.overlays.push(Overlay::Sheet(sheet));
            app.overlays.extend(menu.map(Overlay::Copy));
            return Vec::new();
        }
        _ => match lookup(key) {
            Some(Action::Filter) if !matches!(sheet.kind, Kind::Compare(..)) => {
                let from = sheet.selected;
                sheet.search.begin(from);
                sheet.find();
            }
            Some(Action::NextMatch) => seek(app, &mut sheet, true),
            Some(Action::PreviousMatch) => seek(app, &mut sheet, false),
            action => sheet.move_by(motion(action, key, page)),
        },
    }
    app.overlays.push(Overlay::Sheet(sheet));
    Vec::new()
}

fn copy_menu(app: &App, item: &Item) -> Option<super::overlay::CopyMenu> {
    match item {
        Item::Node(id) => {
            let ix = app.tree.find(id)?;
            Some(super::overlay::CopyMenu::of(app, ix, app.tree.get(ix)?))
        }
        item => tabs::copy_menu(item),
    }
}

fn seek(app: &mut App, sheet: &mut Sheet, forward: bool) {
    if sheet.search.is_empty() {
        if !matches!(sheet.kind, Kind::Compare(..)) {
            app.say(search::NOTHING);
        }
        return;
    }
    let from = search::beyond(sheet.page.items.len(), sheet.selected, forward);
    if !sheet.seek(from, forward) {
        app.say(sheet.extent.no_match());
    }
}

/// Goes to what the cursor is on.
fn enter(app: &mut App, sheet: Box<Sheet>) -> Vec<Effect> {
    match sheet.page.items.get(sheet.selected).cloned() {
        Some(Item::Node(id)) if app.tree.find(&id).is_some() => {
            // Whatever lies below was on the way to here.
            app.overlays.clear();
            super::closures_pane::go_to(app, &id);
            Vec::new()
        }
        Some(Item::Policy { policy, .. }) => {
            app.overlays.push(Overlay::Sheet(sheet));
            viewer::open(app, viewer::Source::Policy(policy))
        }
        other => {
            if let Some(Item::Node(id)) = other {
                app.say(format!("{id} is not in the tree"));
            }
            app.overlays.push(Overlay::Sheet(sheet));
            Vec::new()
        }
    }
}

/// A click on this row of the window puts the cursor on what is there.
pub(super) fn click(sheet: &mut Sheet, row: u16) {
    let line = sheet.page.lines.get(sheet.scroll + usize::from(row));
    if let Some(item) = line.and_then(|line| line.item) {
        sheet.selected = item;
    }
}

impl Sheet {
    /// Shows these lines from now on; the cursor stays on what it was on.
    fn replace(&mut self, page: Page) {
        let (before, after) = (std::mem::replace(&mut self.page, page), &self.page.items);
        let last = after.len().saturating_sub(1);
        let again = before.items.get(self.selected).and_then(|on| {
            // What is there twice, as a target and as an account below one, may have come to be:
            // the accounts are the last of the lists.
            let beyond = &before.items[self.selected + 1..];
            let beyond = beyond.iter().filter(|item| *item == on).count();
            let places = after.iter().enumerate().filter(|(_, item)| *item == on);
            let places: Vec<usize> = places.map(|(at, _)| at).collect();
            let at = places.len().saturating_sub(beyond + 1);
            places.get(at).copied()
        });
        self.selected = again.unwrap_or(self.selected).min(last);
    }

    /// Puts the cursor on an item, as far as there is one.
    fn select(&mut self, item: usize) {
        let by = |from: usize, to: usize| isize::try_from(to - from).unwrap_or(isize::MAX);
        let before = self.selected;
        if item > before {
            self.move_by(by(before, item));
        } else if item < before {
            self.move_by(-by(item, before));
        }
    }

    fn move_by(&mut self, by: isize) {
        let last_line = self.page.lines.len().saturating_sub(self.height);
        let Some(last) = self.page.items.len().checked_sub(1) else {
            self.scroll = self.scroll.saturating_add_signed(by).min(last_line);
            return;
        };
        let before = self.selected;
        self.selected = before.saturating_add_signed(by).min(last);
        if self.selected == before {
            // What there is beyond the first and the last item can be seen too.
            self.scroll = self.scroll.saturating_add_signed(by).min(last_line);
            return;
        }
        self.keep_in_window();
    }

    /// Scrolls so that the item under the cursor is in the window.
    fn keep_in_window(&mut self) {
        let last_line = self.page.lines.len().saturating_sub(self.height);
        let is_it = |line: &Line| line.item == Some(self.selected);
        let first = self.page.lines.iter().position(is_it).unwrap_or(0);
        let end = self.page.lines.iter().rposition(is_it).unwrap_or(0);
        let lowest = (end + 1).saturating_sub(self.height);
        // What an item is about stands above it.
        let heading = if self.selected == 0 {
            0
        } else {
            first.saturating_sub(1)
        };
        let highest = heading.max(lowest.min(first));
        self.scroll = self.scroll.max(lowest).min(highest).min(last_line);
    }
}
