//! Where accounts shall be moved: a list of the root and all OUs by their paths, or the tree itself.

use crokey::{KeyCombination, key};
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::overlay::Overlay;
use super::overlay_keys::{moved, step};
use super::perform::{attempt, cursor};
use super::{App, Focus, marks, moving, units};
use crate::action::{Action, lookup};
use crate::effect::Effect;
use crate::keys;
use crate::org::{Change, Mutation, NodeIx, NodeKind, Outcome, Stage, Tree, visible};

/// The choice of a destination.
#[derive(Debug)]
pub struct Picker {
    /// Whose destination it is.
    pub accounts: Vec<String>,
    /// The line that is typed into.
    pub input: Input,
    /// What matches, best first.
    pub shown: Vec<Choice>,
    /// The chosen one, as an index into `shown`.
    pub selected: usize,
    /// Whether the OU is being pointed at in the tree instead.
    pub pointing: bool,
    offered: Vec<Choice>,
}

/// A root or OU to move to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// Its path by names. Hostile text.
    pub path: String,
    /// Whether something was moved there before, or it was made just now.
    pub recent: bool,
}

pub(super) fn available(app: &App) -> Result<(), &'static str> {
    let targets = marks::targets(app);
    if targets.is_empty() {
        return Err("there is no account under the cursor, and none is marked");
    }
    let placed = |id: &String| moving::change(&app.tree, id, "").is_some();
    if !targets.iter().all(placed) {
        return Err("it is not known (yet) where the account is");
    }
    if targets.iter().any(|id| moving::is_under_way(app, id)) {
        return Err("a move of the account is under way");
    }
    Ok(())
}

pub(super) fn open(app: &mut App) {
    let accounts = marks::targets(app);
    let offered = choices(app, &accounts);
    app.overlays.push(Overlay::Picker(Picker {
        accounts,
        input: Input::default(),
        shown: offered.clone(),
        selected: 0,
        pointing: false,
        offered,
    }));
}

/// After the tree has changed: the list anew, with the same choice where it is still there.
pub(super) fn refresh(app: &mut App) {
    let mut overlays = std::mem::take(&mut app.overlays);
    for overlay in &mut overlays {
        if let Overlay::Picker(picker) = overlay {
            let chosen = picker.shown.get(picker.selected).cloned();
            picker.accounts.retain(|id| app.tree.find(id).is_some());
            picker.offered = choices(app, &picker.accounts);
            picker.search();
            let place =
                |choice: &Choice| picker.shown.iter().position(|shown| shown.id == choice.id);
            picker.selected = chosen.as_ref().and_then(place).unwrap_or(0);
        }
    }
    overlays.retain(|overlay| match overlay {
        Overlay::Picker(picker) if picker.accounts.is_empty() => {
            app.outline.end_pointing(&app.tree);
            false
        }
        _ => true,
    });
    app.overlays = overlays;
}

impl Picker {
    /// After the typed text has changed.
    fn search(&mut self) {
        let typed = self.input.value().trim();
        let pattern = Pattern::new(
            typed,
            CaseMatching::Smart,
            Normalization::Smart,
            AtomKind::Fuzzy,
        );
        let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT), Vec::new());
        let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
        let mut scored = Vec::new();
        for choice in &self.offered {
            let name = choice.path.rsplit(" / ").next().unwrap_or_default();
            let by_name = score(name).map_or(0, |points| 2 * points);
            let by_path = score(&choice.path);
            let by_id = choice.id.starts_with(typed).then_some(u32::MAX / 2);
            if let Some(points) = by_id.or(by_path) {
                scored.push((points.saturating_add(by_name), choice.clone()));
            }
        }
        if !typed.is_empty() {
            scored.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
        }
        self.shown = scored.into_iter().map(|(_, choice)| choice).collect();
        self.selected = 0;
    }

    /// What is moved: the name of the only account, or how many there are; harmless for a terminal.
    #[must_use]
    pub fn what(&self, app: &App) -> String {
        match self.accounts.as_slice() {
            [only] => visible(&moving::name_of(&app.tree, only)).into_owned(),
            many => format!("{} accounts", many.len()),
        }
    }

    /// Where the account is, or the first of them.
    fn place(&self, tree: &Tree) -> Option<NodeIx> {
        let first = tree.find(self.accounts.first()?)?;
        tree.get(first)?.parent()
    }

    /// Where an OU is made: at the choice, or, where nothing matches, at the one that is chosen as
    /// long as nothing is typed.
    fn parent_of_new(&self, tree: &Tree) -> Option<NodeIx> {
        let choice = self.shown.get(self.selected).or(self.offered.first());
        let choice = choice.and_then(|choice| tree.find(&choice.id));
        choice.or_else(|| self.place(tree))
    }

    /// What is said in place of an empty list, harmless for a terminal.
    #[must_use]
    pub fn when_empty(&self, app: &App) -> Vec<String> {
        let mut lines = vec!["No OU matches".to_owned()];
        let name = self.input.value().trim();
        if let Some(parent) = self.parent_of_new(&app.tree).filter(|_| !name.is_empty()) {
            let path = moving::path_names(&app.tree, parent);
            lines.push(format!("Ctrl-o: make an OU of this name in {path}"));
        }
        let harmless = lines.iter().map(|line| visible(line).into_owned());
        harmless.collect()
    }

    /// Chooses this OU, in the whole list where it does not match what is typed.
    pub(super) fn select(&mut self, id: &str) {
        let place = |picker: &Self| picker.shown.iter().position(|choice| choice.id == id);
        if place(self).is_none() {
            self.input.reset();
            self.search();
        }
        self.selected = place(self).unwrap_or(self.selected);
    }
}

pub(super) fn on_paste(app: &mut App, text: &str) {
    if let Some(Overlay::Picker(picker)) = app.overlays.last_mut()
        && !picker.pointing
    {
        keys::paste(&mut picker.input, text);
        picker.search();
    }
}

pub(super) fn on_key(app: &mut App, mut picker: Picker, key: KeyCombination) -> Vec<Effect> {
    if picker.pointing {
        return point(app, picker, key);
    }
    let chosen = picker.shown.get(picker.selected).map(|it| it.id.clone());
    match step(key, 8) {
        _ if key == key!(esc) => {
            app.expected_unit = None;
            return Vec::new();
        }
        _ if key == key!(enter) => {
            if let Some(expected) = &app.expected_unit {
                app.say(format!(
                    "{} is being made: it is selected as soon as it is there",
                    expected.name
                ));
            } else if let Some(to) = chosen {
                return choose(app, picker, &to);
            } else {
                app.say("No OU matches; Ctrl-o makes one of this name");
            }
        }
        _ if key == key!(tab) => {
            picker.pointing = true;
            app.focus = Focus::Tree;
            // What was typed has named an OU; otherwise the way begins where the account is.
            let named = chosen.filter(|_| !picker.input.value().trim().is_empty());
            let named = named.and_then(|id| app.tree.find(&id));
            let here = named.or_else(|| picker.place(&app.tree));
            app.outline.point_at(&app.tree, here);
        }
        _ if key == key!(ctrl - o) => {
            let parent = picker.parent_of_new(&app.tree);
            // What is typed chooses where as long as anything matches, and is a name otherwise.
            let name = picker.input.value().trim();
            let name = if picker.shown.is_empty() { name } else { "" }.to_owned();
            app.overlays.push(Overlay::Picker(picker));
            match parent {
                Some(parent) => units::name_new_below(app, parent, name),
                None => app.say("No OU matches"),
            }
            return Vec::new();
        }
        // Whoever goes on choosing is not interrupted by the OU that was made.
        Some(rows) => {
            app.expected_unit = None;
            picker.selected = moved(picker.selected, rows, picker.shown.len());
        }
        None => {
            app.expected_unit = None;
            if keys::edit(&mut picker.input, key) {
                picker.search();
            }
        }
    }
    app.overlays.push(Overlay::Picker(picker));
    Vec::new()
}

/// Keys while the OU is pointed at in the tree: those that move about there, and no others.
fn point(app: &mut App, mut picker: Picker, key: KeyCombination) -> Vec<Effect> {
    match key {
        key!(enter) => {
            let here = cursor(app).map(|(_, node)| (node.kind(), node.id().to_owned()));
            match here {
                Some((NodeKind::Root | NodeKind::OrganizationalUnit, to)) => {
                    return choose(app, picker, &to);
                }
                _ => app.say("Go to an OU or the root, then Enter"),
            }
        }
        _ if [key!(esc), key!(tab)].contains(&key) => {
            picker.pointing = false;
            app.outline.end_pointing(&app.tree);
        }
        _ => {
            let opens = |action: &Action| {
                use Action::{Close, CollapseAll, ExpandAll, Open};
                matches!(action, Open | Close | ExpandAll | CollapseAll)
            };
            let goes = |action: &Action| action.is_motion() || opens(action);
            let effects = match lookup(key).filter(goes) {
                Some(action) => attempt(app, action),
                None => Vec::new(),
            };
            app.overlays.push(Overlay::Picker(picker));
            return effects;
        }
    }
    app.overlays.push(Overlay::Picker(picker));
    Vec::new()
}

/// Asks whether the accounts shall be moved there: those that are elsewhere.
fn choose(app: &mut App, picker: Picker, to: &str) -> Vec<Effect> {
    let change = |id: &String| moving::change(&app.tree, id, to);
    let changes: Vec<Change> = picker.accounts.iter().filter_map(change).collect();
    let elsewhere = |change: &Change| matches!(&change.mutation, Mutation::MoveAccount { from, to, .. } if from != to);
    let changes: Vec<Change> = changes.into_iter().filter(elsewhere).collect();
    if changes.is_empty() {
        app.say("Already there");
        app.overlays.push(Overlay::Picker(picker));
        return Vec::new();
    }
    app.outline.end_pointing(&app.tree);
    moving::ask(app, changes, None, Vec::new())
}

/// The root and all OUs: what was used last first, then in the order of the tree. Where all the
/// accounts are already is not a choice.
fn choices(app: &App, accounts: &[String]) -> Vec<Choice> {
    let tree = &app.tree;
    let parent = |id: &String| tree.get(tree.find(id)?)?.parent();
    let mut parents: Vec<_> = accounts.iter().map(parent).collect();
    parents.dedup();
    let here = match parents.as_slice() {
        [Some(only)] => Some(*only),
        _ => None,
    };
    let recent = recently_used(app);
    let rank = |id: &str| recent.iter().position(|recent| recent == id);
    let mut choices: Vec<(usize, Choice)> = containers(tree)
        .into_iter()
        .filter(|ix| Some(*ix) != here)
        .filter_map(|ix| {
            let id = tree.get(ix)?.id().to_owned();
            let rank = rank(&id);
            let choice = Choice {
                path: moving::path_names(tree, ix),
                recent: rank.is_some(),
                id,
            };
            Some((rank.unwrap_or(usize::MAX), choice))
        })
        .collect();
    choices.sort_by_key(|(rank, _)| *rank);
    choices.into_iter().map(|(_, choice)| choice).collect()
}

fn containers(tree: &Tree) -> Vec<NodeIx> {
    let all = tree.root().map(|root| tree.depth_first(root));
    let all = all.unwrap_or_default().into_iter();
    all.filter(|ix| {
        tree.get(*ix)
            .is_some_and(|node| node.kind() != NodeKind::Account)
    })
    .collect()
}

/// Where accounts were moved, and OUs that were made, by what the journal tells; the last one first.
fn recently_used(app: &App) -> Vec<String> {
    let mut used = Vec::new();
    for entry in app.journal.iter().rev() {
        let id = match (&entry.change.mutation, &entry.stage) {
            (Mutation::MoveAccount { to, .. }, _) if entry.undoes.is_none() => Some(to),
            (
                Mutation::CreateOrganizationalUnit { .. },
                Stage::Ended(Outcome::Done { made: Some(made) }),
            ) => Some(made),
            _ => None,
        };
        if let Some(id) = id.filter(|id| !used.contains(*id)) {
            used.push(id.clone());
        }
    }
    used
}
