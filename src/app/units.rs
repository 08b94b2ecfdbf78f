//! Making, renaming and deleting OUs.
//!
//! The limits are those of the Organizations User Guide, "Quotas and service limits", as of 2026-11;
//! the service has the last word.

use crokey::{KeyCombination, key};
use tui_input::Input;

use super::App;
use super::dialog::{self, Subject, Text, Tone};
use super::journal::Owner;
use super::moving::{copy_commands, name_of, path_names};
use super::overlay::Overlay;
use super::perform::{cursor, refusal};
use crate::action::Action;
use crate::confirm::{Confirm, Guard, Order};
use crate::effect::Effect;
use crate::keys;
use crate::org::{Change, Listing, Mutation, Node, NodeIx, NodeKind, Observation, Outcome, Stage};

/// How many levels of OUs there can be below the root.
const DEEPEST: usize = 5;
/// How many OUs an organization can have.
const MOST: usize = 2_000;
/// How long the name of an OU can be, in characters.
const LONGEST: usize = 128;

/// The line in which the name of an OU is typed.
#[derive(Debug)]
pub struct NameLine {
    /// The line.
    pub input: Input,
    /// The OU or root that shall contain the new one, or the OU that gets another name.
    pub node: String,
    /// Whether an OU is made; otherwise it is renamed.
    pub is_new: bool,
    /// The path of the node by names. Hostile text.
    pub path: String,
    /// The name that it has, where it is renamed. Hostile text.
    was: String,
}

/// A change of an OU that is asked about.
#[derive(Debug)]
pub struct Unit {
    /// The name that the OU had when this was asked.
    was: String,
    /// What is made, where an OU is made.
    new: Option<(String, String)>,
}

/// An OU that is being made, and will be selected where it was asked for.
#[derive(Debug)]
pub(super) struct Expected {
    /// The root or OU that shall contain it.
    parent: String,
    /// Hostile text.
    pub(super) name: String,
    /// How many entries the journal had when it was confirmed.
    entries: usize,
    /// Where the cursor of the tree was: whoever has gone on meanwhile is left alone.
    cursor: Option<NodeIx>,
}

pub(super) fn available(app: &App, action: Action) -> Result<(), &'static str> {
    let Some((ix, node)) = cursor(app) else {
        return Err("there is nothing under the cursor");
    };
    match (action, node.kind()) {
        (Action::NewUnit, _) => match container(app, ix) {
            Some(parent) => room_below(app, parent),
            None => Err("it is not known where this is"),
        },
        (_, NodeKind::OrganizationalUnit) if action == Action::DeleteUnit => {
            emptiness(node).map_or(Ok(()), Err)
        }
        (_, NodeKind::OrganizationalUnit) => Ok(()),
        _ => Err("there is no OU under the cursor"),
    }
}

/// The root or OU at this row; that of an account is the one that contains it.
fn container(app: &App, ix: NodeIx) -> Option<NodeIx> {
    let holds = |ix: &NodeIx| {
        let kind = app.tree.get(*ix).map(Node::kind);
        matches!(kind, Some(NodeKind::Root | NodeKind::OrganizationalUnit))
    };
    let node = app.tree.get(ix)?;
    if node.kind() == NodeKind::Account {
        return node.parent().filter(holds);
    }
    Some(ix).filter(holds)
}

fn room_below(app: &App, parent: NodeIx) -> Result<(), &'static str> {
    if app.tree.ancestors(parent).count() >= DEEPEST {
        return Err("OUs can be nested 5 levels deep, and this is the fifth");
    }
    if app.tree.totals().units >= MOST {
        return Err("an organization can have 2,000 OUs, and this one has them");
    }
    Ok(())
}

/// Why the OU cannot be deleted, if it cannot.
fn emptiness(node: &Node) -> Option<&'static str> {
    if node.error().is_some() {
        Some("what is in it could not be read")
    } else if !node.is_loaded() {
        Some("what is in it is not known yet")
    } else if !node.children().is_empty() {
        Some("only an empty OU can be deleted: move what is in it first")
    } else {
        None
    }
}

pub(super) fn name_new(app: &mut App) {
    let parent = app.outline.cursor().and_then(|ix| container(app, ix));
    if let Some(parent) = parent {
        name_new_below(app, parent, String::new());
    }
}

/// Opens the line for the name of an OU below this one, with this name to begin with, or says why
/// there can be none.
pub(super) fn name_new_below(app: &mut App, parent: NodeIx, name: String) {
    if let Err(why) = room_below(app, parent) {
        app.say(refusal(Action::NewUnit, why));
    } else if let Some(node) = app.tree.get(parent) {
        let line = NameLine {
            input: Input::new(name),
            node: node.id().to_owned(),
            is_new: true,
            path: path_names(&app.tree, parent),
            was: String::new(),
        };
        app.overlays.push(Overlay::Name(line));
    }
}

pub(super) fn name_anew(app: &mut App) {
    if let Some((ix, node)) = cursor(app) {
        let line = NameLine {
            input: Input::new(node.name().unwrap_or_default().to_owned()),
            node: node.id().to_owned(),
            is_new: false,
            path: path_names(&app.tree, ix),
            was: node.label().to_owned(),
        };
        app.overlays.push(Overlay::Name(line));
    }
}

impl NameLine {
    /// Why an OU cannot be called this, if it cannot.
    #[must_use]
    pub fn problem(&self, app: &App) -> Option<String> {
        let name = self.input.value();
        let length = name.chars().count();
        let Some(ix) = app.tree.find(&self.node) else {
            return Some(format!("{} is no longer there", self.path));
        };
        let parent = if self.is_new {
            Some(ix)
        } else {
            app.tree.get(ix).and_then(Node::parent)
        };
        let children = parent.and_then(|parent| app.tree.get(parent));
        let siblings = children.map(Node::children).unwrap_or_default();
        let taken = siblings.iter().any(|sibling| {
            app.tree.get(*sibling).is_some_and(|node| {
                node.kind() == NodeKind::OrganizationalUnit
                    && node.name() == Some(name)
                    && (self.is_new || *sibling != ix)
            })
        });
        if name.trim().is_empty() {
            Some("Type a name".to_owned())
        } else if length > LONGEST {
            Some(format!(
                "A name has at most {LONGEST} characters, this has {length}"
            ))
        } else if taken {
            Some("There is an OU of this name beside it".to_owned())
        } else if !self.is_new && name == self.was {
            Some("This is the name that it has".to_owned())
        } else {
            None
        }
    }
}

pub(super) fn on_key(app: &mut App, mut line: NameLine, key: KeyCombination) -> Vec<Effect> {
    match key {
        key!(esc) => return Vec::new(),
        key!(enter) if line.problem(app).is_none() => {
            let name = line.input.value().to_owned();
            let node = line.node.clone();
            let (mutation, target_name) = if line.is_new {
                let mutation = Mutation::CreateOrganizationalUnit {
                    parent: node,
                    name: name.clone(),
                };
                (mutation, name)
            } else {
                (
                    Mutation::UpdateOrganizationalUnit { unit: node, name },
                    line.was.clone(),
                )
            };
            ask(app, mutation, target_name, line.path);
            return Vec::new();
        }
        _ => {
            keys::edit(&mut line.input, key);
        }
    }
    app.overlays.push(Overlay::Name(line));
    Vec::new()
}

pub(super) fn ask_to_delete(app: &mut App) {
    let Some((ix, node)) = cursor(app) else {
        return;
    };
    let (name, path) = (node.label().to_owned(), path_names(&app.tree, ix));
    let unit = node.id().to_owned();
    ask(app, Mutation::DeleteOrganizationalUnit { unit }, name, path);
}

fn ask(app: &mut App, mutation: Mutation, target_name: String, path: String) {
    let was = name_of(&app.tree, mutation.target());
    let new = match &mutation {
        Mutation::CreateOrganizationalUnit { parent, name } => Some((parent.clone(), name.clone())),
        _ => None,
    };
    let order = Order::Changes {
        changes: vec![Change {
            mutation,
            target_name,
            path,
            parent: None,
            to_path: None,
        }],
        stop_at_first_error: false,
        undoes: None,
    };
    let confirm = Confirm::new(order, Guard::Yes, Vec::new());
    dialog::open(app, Subject::Unit(Unit { was, new }), confirm);
}

/// An OU that was made here holds nothing at first, so that it need not be read to know that. Told
/// once for each: what comes into it later is learned as everywhere.
pub(super) fn tell_empty(app: &mut App) {
    let entries = app.journal.iter();
    let ours = entries.filter(|entry| app.owner_of(entry) == Owner::Us);
    let made = ours.filter_map(|entry| match (&entry.change.mutation, &entry.stage) {
        (
            Mutation::CreateOrganizationalUnit { .. },
            Stage::Ended(Outcome::Done { made: Some(id) }),
        ) => Some(id.clone()),
        _ => None,
    });
    let new: Vec<String> = made
        .filter(|id| !app.made_empty.contains(id))
        .filter(|id| app.tree.find(id).is_some())
        .collect();
    for node in new {
        let read = app.tree.find(&node).and_then(|ix| app.tree.get(ix));
        if read.is_some_and(|read| !read.is_loaded()) {
            let listings = [Listing::OrganizationalUnits, Listing::Accounts];
            app.tree.apply(listings.map(|listing| Observation::Listed {
                node: node.clone(),
                listing,
            }));
        }
        app.made_empty.insert(node);
    }
}

/// Once the OU that was asked for is known to be there, it is selected: in the list of destinations
/// if that is open, and otherwise in the tree.
pub(super) fn settle(app: &mut App) {
    let Some(expected) = &app.expected_unit else {
        return;
    };
    let made = app.journal.iter().skip(expected.entries).find(|entry| {
        let Mutation::CreateOrganizationalUnit { parent, name } = &entry.change.mutation else {
            return false;
        };
        *parent == expected.parent && *name == expected.name
    });
    let id = match made.map(|entry| &entry.stage) {
        None | Some(Stage::Queued | Stage::Sent | Stage::Ended(Outcome::Postponed { .. })) => {
            return;
        }
        Some(Stage::Ended(Outcome::Done { made: Some(id) })) => id.clone(),
        Some(_) => {
            app.expected_unit = None;
            return;
        }
    };
    let Some(ix) = app.tree.find(&id) else {
        return;
    };
    let cursor = expected.cursor;
    app.expected_unit = None;
    app.dirty = true;
    let in_list = app
        .overlays
        .iter_mut()
        .rev()
        .find_map(|overlay| match overlay {
            Overlay::Picker(picker) => Some(picker),
            _ => None,
        });
    if let Some(picker) = in_list
        && !picker.pointing
    {
        picker.select(&id);
    } else if cursor == app.outline.cursor() {
        super::jumps::jump(app, |app| app.outline.reveal(&app.tree, ix));
    }
}

fn change(confirm: &Confirm) -> Option<&Change> {
    match confirm.order() {
        Order::Changes { changes, .. } => changes.first(),
        Order::Resume { .. } => None,
    }
}

impl Unit {
    pub(super) fn title(confirm: &Confirm) -> String {
        let Some(change) = change(confirm) else {
            return String::new();
        };
        let name = &change.target_name;
        match &change.mutation {
            Mutation::CreateOrganizationalUnit { .. } => format!("Make OU {name}"),
            Mutation::UpdateOrganizationalUnit { .. } => format!("Rename OU {name}"),
            _ => format!("Delete OU {name}"),
        }
    }

    pub(super) fn accept(confirm: &Confirm) -> &'static str {
        match change(confirm).map(|change| &change.mutation) {
            Some(Mutation::CreateOrganizationalUnit { .. }) => "Make OU",
            Some(Mutation::UpdateOrganizationalUnit { .. }) => "Rename",
            _ => "Delete OU",
        }
    }

    pub(super) fn body(confirm: &Confirm, text: &mut Text) {
        let Some(change) = change(confirm) else {
            return;
        };
        match &change.mutation {
            Mutation::CreateOrganizationalUnit { parent, name } => {
                text.say(Tone::Heading, name);
                text.say(Tone::Plain, &format!("  in {}  {parent}", change.path));
                text.say(
                    Tone::Faint,
                    "  The policies of what contains it apply to what it will hold.",
                );
            }
            Mutation::UpdateOrganizationalUnit { unit, name } => {
                text.say(Tone::Heading, &format!("{}  {unit}", change.path));
                text.say(Tone::Plain, &format!("  is called {name} from then on"));
                text.say(
                    Tone::Faint,
                    "  Its id, its policies and what is in it stay as they are.",
                );
            }
            mutation => {
                let line = format!("{}  {}", change.path, mutation.target());
                text.say(Tone::Heading, &line);
                text.say(Tone::Plain, "  It is empty: no OU and no account is in it.");
                text.say(
                    Tone::Faint,
                    "  An OU of the same name that is made later has another id.",
                );
            }
        }
        text.gap();
        text.say(Tone::Faint, "The same with the AWS CLI (c copies it):");
        text.say(Tone::Faint, &format!("  {}", change.mutation.command()));
    }

    pub(super) fn still_true(&self, app: &App, confirm: &Confirm) -> Result<(), String> {
        let Some(change) = change(confirm) else {
            return Ok(());
        };
        let id = change.mutation.target();
        let node = app.tree.find(id).and_then(|ix| app.tree.get(ix));
        let Some(node) = node else {
            return Err(format!("{} is no longer there", self.was));
        };
        match &change.mutation {
            Mutation::UpdateOrganizationalUnit { .. }
            | Mutation::DeleteOrganizationalUnit { .. }
                if node.label() != self.was =>
            {
                Err(format!("{} was renamed meanwhile", self.was))
            }
            Mutation::DeleteOrganizationalUnit { .. } => match emptiness(node) {
                Some(why) => Err(format!("{}: {why}", self.was)),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    pub(super) fn confirmed(self, app: &mut App) {
        app.expected_unit = self.new.map(|(parent, name)| Expected {
            parent,
            name,
            entries: app.journal.iter().count(),
            cursor: app.outline.cursor(),
        });
    }

    pub(super) fn key(confirm: &Confirm, key: KeyCombination) -> Option<Vec<Effect>> {
        let change = change(confirm)?;
        (key == key!(c)).then(|| vec![copy_commands(std::slice::from_ref(change))])
    }
}
