//! Two nodes side by side: where they are, their state, their tags, and the policies that apply to
//! them.

use std::collections::{BTreeMap, BTreeSet};

use unicode_width::UnicodeWidthStr as _;

use super::details::{
    Page, Tone, awaited, inherited, kind_name, lacking, not_read, questions_on_both, say_age, wrap,
};
use super::moving::path_names;
use super::perform::cursor;
use super::{App, marks, sheet};
use crate::effect::Effect;
use crate::org::{Node, NodeKind, Question, has_effect, is_authorization, visible};

/// From this width on, the two are side by side.
const SIDE_BY_SIDE: usize = 70;

/// Below this width, what differs in policies and tags comes first.
const SMALL: usize = 100;

/// What stands for something that is not there.
const NOTHING: &str = "-";

/// What stands for something that is not known.
const UNKNOWN: &str = "?";

/// Why there is nothing to compare.
pub(super) fn available(app: &App) -> Result<(), &'static str> {
    match cursor(app).map(|(_, node)| node.kind()) {
        _ if marks::marked(app).len() == 2 => Ok(()),
        None | Some(NodeKind::Unplaced) => Err("there is nothing under the cursor to compare"),
        Some(_) => Ok(()),
    }
}

/// Whether two are marked, or one was kept to be compared with another.
pub(super) fn is_begun(app: &App) -> bool {
    app.compare_with.is_some() || marks::marked(app).len() == 2
}

/// Compares the two marked accounts, or the marked one with what the cursor is on. Without marks,
/// the first time keeps what the cursor is on, the second time compares with it.
pub(super) fn begin(app: &mut App) -> Vec<Effect> {
    let here = cursor(app).map(|(_, node)| node.id().to_owned());
    let marked = marks::marked(app);
    let pair = match (marked.as_slice(), here, app.compare_with.take()) {
        ([left, right], ..) => Some((left.clone(), right.clone())),
        (_, Some(here), Some(kept)) if kept != here => Some((kept, here)),
        ([only], Some(here), None) if *only != here => Some((only.clone(), here)),
        (_, Some(_), Some(_)) => {
            app.say("Not comparing any more");
            None
        }
        (_, Some(here), None) => {
            let name = cursor(app).map_or(String::new(), |(_, node)| node.label().to_owned());
            app.compare_with = Some(here);
            app.say(format!(
                "Comparing {name} with…: go to the other one, then = again"
            ));
            None
        }
        (_, None, _) => None,
    };
    match pair {
        Some((left, right)) => sheet::open(app, sheet::Kind::Compare(left, right)),
        None => Vec::new(),
    }
}

/// What must be known of both.
pub(super) fn questions(app: &App, left: &str, right: &str) -> Vec<Question> {
    let mut questions: Vec<Question> = [left, right].map(|id| Question::Tags(id.to_owned())).into();
    questions.extend(questions_on_both(app, [left, right]));
    let mut seen = BTreeSet::new();
    questions.retain(|question| seen.insert(question.clone()));
    questions
}

pub(super) fn title(app: &App, left: &str, right: &str) -> String {
    format!("{} and {}", name(app, left), name(app, right))
}

fn node<'a>(app: &'a App, id: &str) -> Option<&'a Node> {
    app.tree.get(app.tree.find(id)?)
}

fn name(app: &App, id: &str) -> String {
    node(app, id).map_or(id.to_owned(), |node| node.label().to_owned())
}

/// Something that both have, or one of them.
struct Row {
    label: String,
    cells: [String; 2],
    /// `None` while it is not known.
    same: Option<bool>,
}

impl Row {
    fn of(label: &str, cells: [String; 2]) -> Self {
        Self {
            label: label.to_owned(),
            same: Some(cells[0] == cells[1]),
            cells,
        }
    }

    /// The same of what may not be known of one of the two, or of both: then nothing is said of
    /// whether it differs.
    fn of_known(label: &str, cells: [Option<String>; 2]) -> Self {
        let known = cells.iter().all(Option::is_some);
        let cells = cells.map(|cell| cell.unwrap_or_else(|| UNKNOWN.to_owned()));
        Self {
            label: label.to_owned(),
            same: known.then(|| cells[0] == cells[1]),
            cells,
        }
    }

    fn differs(&self) -> bool {
        self.same == Some(false)
    }
}

/// At small sizes, what differs in policies and tags comes first: there is no room for all.
fn arranged(mut sections: Vec<Section>, width: usize) -> Vec<Section> {
    if width >= SMALL {
        return sections;
    }
    for (_, rows) in &mut sections {
        rows.sort_by_key(|row| !row.differs());
    }
    // Policies, tags, then what else there is; of that, what differs.
    sections.rotate_left(2);
    let rank = |(title, rows): &Section| (title.is_empty(), !rows.iter().any(Row::differs));
    sections.sort_by_key(rank);
    sections
}

type Section = (String, Vec<Row>);

/// The comparison, or of it only what differs or is not known.
pub(super) fn page(app: &App, left: &str, right: &str, only_differences: bool, page: &mut Page) {
    say_age(app, &questions(app, left, right), page);
    let ids = [left, right];
    let mut sections = vec![
        (String::new(), facts(app, ids)),
        ("Tags".to_owned(), tags(app, ids)),
    ];
    sections.extend(policies(app, ids));
    let all = sections.iter().flat_map(|(_, rows)| rows);
    let different = all.filter(|row| row.differs()).count();
    let legend = format!("! marks what differs: {different}");
    page.say(0, &Tone::Warning, &legend);
    for (title, rows) in arranged(sections, page.width()) {
        let rows: Vec<Row> = rows
            .into_iter()
            .filter(|row| !only_differences || row.same != Some(true))
            .collect();
        if title.is_empty() {
            page.gap();
        } else {
            page.heading(&title);
        }
        for row in &rows {
            lay(row, page);
        }
        if rows.is_empty() {
            let text = if only_differences { "the same" } else { "none" };
            page.say(2, &Tone::Faint, text);
        }
    }
}

fn facts(app: &App, ids: [&str; 2]) -> Vec<Row> {
    let nodes = ids.map(|id| node(app, id));
    // What has no such fact, has nothing there; what has one that was not told, is not known.
    let of = |has: &dyn Fn(&Node) -> bool, fact: &dyn Fn(&Node) -> Option<String>| {
        nodes.map(|node| match node {
            Some(node) if has(node) => fact(node),
            Some(_) => Some(NOTHING.to_owned()),
            None => None,
        })
    };
    let any = |has: &dyn Fn(&Node) -> bool| nodes.iter().flatten().any(|node| has(node));
    let is_account = |node: &Node| node.account().is_some();
    let is_container = |node: &Node| node.account().is_none();
    let is_below = |node: &Node| node.kind() != NodeKind::Root;
    let path = |node: &Node| {
        let above = node.parent()?;
        let is_known = app.tree.get(above)?.kind() != NodeKind::Unplaced;
        is_known.then(|| path_names(&app.tree, above))
    };
    let mut rows = vec![
        Row::of_known(
            "Name",
            of(&|_| true, &|node| node.name().map(str::to_owned)),
        ),
        Row::of("Id", ids.map(str::to_owned)),
        Row::of_known("In", of(&is_below, &path)),
    ];
    if any(&is_account) {
        let state = |node: &Node| {
            let state = node.account()?.state.as_ref()?;
            Some(state.as_str().replace('_', " "))
        };
        let joined = |node: &Node| {
            let account = node.account()?;
            let method = account.joined_method.as_ref().map_or("", |it| it.as_str());
            let at = account.joined_at?.strftime("%F");
            Some(format!("{at} {method}").trim_end().to_owned())
        };
        let email = |node: &Node| node.account()?.email.clone();
        rows.push(Row::of_known("State", of(&is_account, &state)));
        rows.push(Row::of_known("Email", of(&is_account, &email)));
        rows.push(Row::of_known("Joined", of(&is_account, &joined)));
    }
    if any(&is_container) {
        let below = |node: &Node| Some(node.counts().accounts.to_string());
        rows.push(Row::of_known("Accounts", of(&is_container, &below)));
    }
    rows
}

fn tags(app: &App, ids: [&str; 2]) -> Vec<Row> {
    let read = ids.map(|id| app.findings.tags(id));
    let mut keys = BTreeSet::new();
    for tags in read.iter().flatten().filter_map(|tags| tags.ok()) {
        keys.extend(tags.iter().map(|tag| tag.key.as_str()));
    }
    let mut rows: Vec<Row> = Vec::new();
    if read.iter().any(|tags| !matches!(tags, Some(Ok(_)))) {
        rows.push(Row {
            label: "all".into(),
            cells: read.map(|tags| match tags {
                None => awaited(app, "reading").to_owned(),
                Some(Err(error)) => not_read(error),
                Some(Ok(tags)) => super::details::count(tags.len(), "tag"),
            }),
            same: None,
        });
    }
    for key in keys {
        let cells = read.map(|tags| match tags {
            Some(Ok(tags)) => {
                let tag = tags.iter().find(|tag| tag.key == key);
                tag.map_or(NOTHING.to_owned(), |tag| tag.value.clone())
            }
            _ => UNKNOWN.to_owned(),
        });
        let known = read.iter().all(|tags| matches!(tags, Some(Ok(_))));
        rows.push(Row {
            same: known.then(|| cells[0] == cells[1]),
            label: key.to_owned(),
            cells,
        });
    }
    rows
}

/// For each type, which policies apply to which of the two, and from where.
fn policies(app: &App, ids: [&str; 2]) -> Vec<Section> {
    if app.tree.policy_types().is_none() {
        let row = Row::of_known("all", [None, None]);
        return vec![("Policies".to_owned(), vec![row])];
    }
    let [left, right] = ids.map(|id| inherited(app, id));
    let mut sections = Vec::new();
    for ((kind, left), (_, right)) in left.into_iter().zip(right) {
        let sides = [left, right];
        let known = [0, 1].map(|side: usize| {
            let is_read = |(_, attached): &(String, Option<_>)| attached.is_some();
            is_placed(app, ids[side]) && sides[side].iter().all(is_read)
        });
        // By name, then id; where each is attached.
        let mut found: BTreeMap<(String, String), [Vec<String>; 2]> = BTreeMap::new();
        for (side, levels) in sides.iter().enumerate() {
            for (level, attached) in levels {
                for policy in attached.iter().copied().flatten() {
                    let key = (policy.name.clone(), policy.id.clone());
                    let place = if level == ids[side] {
                        "attached".to_owned()
                    } else {
                        format!("from {}", name(app, level))
                    };
                    found.entry(key).or_default()[side].push(place);
                }
            }
        }
        let mut rows: Vec<Row> = Vec::new();
        if known.contains(&false) {
            rows.push(Row {
                label: "all".into(),
                cells: [0, 1].map(|side| unread(app, ids[side], &kind, &sides[side])),
                same: None,
            });
        }
        for ((name, _), places) in found {
            let certain = |side: usize| !places[side].is_empty() || known[side];
            rows.push(Row {
                same: (certain(0) && certain(1))
                    .then(|| places[0].is_empty() == places[1].is_empty()),
                cells: [0, 1].map(|side| match (places[side].as_slice(), known[side]) {
                    ([], true) => NOTHING.to_owned(),
                    ([], false) => UNKNOWN.to_owned(),
                    (places, _) => places.join(", "),
                }),
                label: name,
            });
        }
        rows.extend(is_authorization(&kind).then(|| allowed(app, ids, &kind)));
        if !rows.is_empty() {
            sections.push((kind_name(&kind), rows));
        }
    }
    sections
}

/// Whether every level allows something: without that, nothing is allowed.
fn allowed(app: &App, ids: [&str; 2], kind: &str) -> Row {
    let cells = ids.map(|id| {
        if !has_effect(kind, app.management_account() == Some(id)) {
            return Some("without effect".to_owned());
        }
        let levels = lacking(app, id, kind).filter(|_| is_placed(app, id))?;
        if levels.is_empty() {
            return Some("at every level".to_owned());
        }
        let names: Vec<String> = levels.iter().map(|level| name(app, level)).collect();
        Some(format!("missing in {}", names.join(", ")))
    });
    Row::of_known("an Allow", cells)
}

/// Whether it is known what is above a node.
fn is_placed(app: &App, id: &str) -> bool {
    let path = app.tree.find(id).map(|ix| app.tree.path(ix));
    let top = path.and_then(|path| path.first().copied());
    top.is_some() && top == app.tree.root()
}

/// Why not everything is known of one side.
fn unread(
    app: &App,
    id: &str,
    kind: &str,
    levels: &[(String, Option<&[crate::org::Policy]>)],
) -> String {
    let error = levels
        .iter()
        .find_map(|(level, _)| app.findings.attached(level, kind)?.err());
    match error {
        Some(error) => not_read(error),
        None if !is_placed(app, id) => "where it is, is not known".to_owned(),
        None if levels.iter().all(|(_, attached)| attached.is_some()) => "read".to_owned(),
        None => awaited(app, "reading").to_owned(),
    }
}

fn lay(row: &Row, page: &mut Page) {
    let (mark, tone) = match row.same {
        Some(true) => ("  ", Tone::Plain),
        Some(false) => ("! ", Tone::Warning),
        None => ("? ", Tone::Faint),
    };
    let width = page.width();
    let label = visible(&row.label);
    let cells = row.cells.each_ref().map(|cell| visible(cell).into_owned());
    if width < SIDE_BY_SIDE {
        if cells[0] == cells[1] {
            return page.say(0, &tone, &format!("{mark}{label}: {}", cells[0]));
        }
        page.say(0, &tone, &format!("{mark}{label}"));
        for (side, cell) in ["1", "2"].iter().zip(&cells) {
            page.say(4, &tone, &format!("{side} {cell}"));
        }
        return;
    }
    let first = (width / 4).min(26);
    let room = (width - 2 - first - 2) / 2;
    let columns = [
        wrap(&label, first),
        wrap(&cells[0], room),
        wrap(&cells[1], room),
    ];
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..height {
        let part = |column: usize, width: usize| {
            let text = columns[column].get(at).map_or("", String::as_str);
            format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
        };
        let mark = if at == 0 { mark } else { "  " };
        let line = format!(
            "{mark}{} {} {}",
            part(0, first),
            part(1, room),
            part(2, room)
        );
        page.say(0, &tone, line.trim_end());
    }
}
