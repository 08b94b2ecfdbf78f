//! What the details pane says of the node under the cursor, as lines that fit its width.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::closures_pane::closing;
use super::overlay::id_path;
use super::{App, ago};
use crate::org::{Account, AccountState, Node, NodeData, NodeIx, NodeKind, visible};

/// The columns that labels take, the space after them included.
pub const LABEL_WIDTH: usize = 12;

/// How a line is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tone {
    /// Plain text.
    Plain,
    /// An account state, to be drawn with its glyph and colour.
    State(AccountState),
    /// Something is wrong.
    Problem,
}

/// One line of the details pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The name of the fact, on its first line; shorter than [`LABEL_WIDTH`].
    pub label: &'static str,
    /// How the text is meant.
    pub tone: Tone,
    /// The text, harmless for a terminal; with the label's columns no wider than was asked for.
    pub text: String,
}

/// The lines for the node under the cursor; none when there is no such node.
#[must_use]
pub fn lines(app: &App, width: usize) -> Vec<Line> {
    let Some(ix) = app.outline.cursor() else {
        return Vec::new();
    };
    let Some(node) = app.tree.get(ix) else {
        return Vec::new();
    };
    let mut page = Page {
        width: width.saturating_sub(LABEL_WIDTH),
        label: "",
        lines: Vec::new(),
    };
    match &node.data {
        NodeData::Account(account) => account_facts(app, ix, account, &mut page),
        NodeData::Unplaced => {
            page.text("Without a known parent");
            page.text(
                "The service listed them, but has not told where they are. This is normal while loading.");
        }
        NodeData::Root(_) | NodeData::OrganizationalUnit(_) => {
            container_facts(app, ix, node, &mut page);
        }
    }
    page.lines
}

fn account_facts(app: &App, ix: NodeIx, account: &Account, page: &mut Page) {
    page.fact("Name", account.name.as_deref().unwrap_or("not known"));
    page.fact("Account id", &account.id);
    if app.management_account() == Some(account.id.as_str()) {
        page.text("the management account");
    }
    page.label = "State";
    match &account.state {
        Some(state) => {
            page.push(
                &state.as_str().replace('_', " "),
                &Tone::State(state.clone()),
            );
            page.text(meaning(state));
        }
        None => page.text("not told by the service"),
    }
    if let Some(closing) = closing(app, &account.id) {
        page.fact("Closing", &format!("{closing}; 2 shows more"));
    }
    page.fact("Email", account.email.as_deref().unwrap_or("not known"));
    let joined = account.joined_at.map(|at| {
        let method = account
            .joined_method
            .as_ref()
            .map_or("", |method| method.as_str());
        let date = at.strftime("%Y-%m-%d %H:%M UTC");
        format!("{method} {date}, {}", ago(at, app.now))
            .trim_start()
            .to_owned()
    });
    page.fact("Joined", joined.as_deref().unwrap_or("not known"));
    place(app, ix, page);
    page.fact("ARN", account.arn.as_deref().unwrap_or("not known"));
}

fn container_facts(app: &App, ix: NodeIx, node: &Node, page: &mut Page) {
    page.fact("Name", node.name().unwrap_or("not known yet"));
    page.fact(
        if node.kind() == NodeKind::Root {
            "Root id"
        } else {
            "OU id"
        },
        node.id(),
    );
    let units = |ix: &&NodeIx| {
        app.tree
            .get(**ix)
            .is_some_and(|child| child.kind() == NodeKind::OrganizationalUnit)
    };
    let direct_units = node.children().iter().filter(units).count();
    let direct_accounts = node.children().len() - direct_units;
    let below = node.counts();
    page.fact(
        "Inside",
        &format!(
            "{}, {}",
            count(direct_units, "OU"),
            count(direct_accounts, "account")
        ),
    );
    page.fact(
        "All below",
        &format!(
            "{}, {}",
            count(below.units, "OU"),
            count(below.accounts, "account")
        ),
    );
    if below.closed > 0 {
        page.text(&format!("of which {} closed", below.closed));
    }
    if let Some(error) = node.error() {
        page.label = "Incomplete";
        page.push(&error.to_string(), &Tone::Problem);
    } else if !node.is_loaded() {
        page.text("not completely loaded yet");
    }
    place(app, ix, page);
    page.fact("ARN", node.arn().unwrap_or("not known"));
    if node.kind() == NodeKind::Root {
        organization_facts(app, page);
    }
}

fn organization_facts(app: &App, page: &mut Page) {
    let Some(organization) = &app.known.organization else {
        return;
    };
    page.fact("Org. id", &organization.id);
    page.fact(
        "Features",
        organization.feature_set.as_deref().unwrap_or("not known"),
    );
    let management = [
        organization.management_account_id.as_deref(),
        organization.management_account_email.as_deref(),
    ];
    let management: Vec<_> = management.into_iter().flatten().collect();
    page.fact("Management", &management.join("  "));
    page.fact(
        "Org. ARN",
        organization.arn.as_deref().unwrap_or("not known"),
    );
}

fn place(app: &App, ix: NodeIx, page: &mut Page) {
    page.label = "Path";
    for (depth, ix) in app.tree.path(ix).into_iter().enumerate() {
        if let Some(node) = app.tree.get(ix) {
            let indent = "  ".repeat(depth);
            page.text(&format!("{indent}{}", visible(node.label())));
        }
    }
    page.fact("Id path", &id_path(app, ix));
}

/// What a state means for whoever looks at the account. Source: Organizations User Guide, "Account
/// states".
fn meaning(state: &AccountState) -> &'static str {
    match state {
        AccountState::PendingActivation => "sign-up not finished; not usable yet",
        AccountState::Active => "",
        AccountState::Suspended => "restricted by AWS; its holder can contact AWS Support",
        AccountState::PendingClosure => "closure requested and under way",
        AccountState::Closed => "can be reinstated through AWS Support for 90 days",
        AccountState::Other(_) => "a state that this version does not know",
    }
}

/// So many of something, in the singular or the plural: `1 OU`, `2 OUs`.
#[must_use]
pub fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

struct Page {
    width: usize,
    label: &'static str,
    lines: Vec<Line>,
}

impl Page {
    fn fact(&mut self, label: &'static str, value: &str) {
        self.label = label;
        self.text(value);
    }

    fn text(&mut self, text: &str) {
        self.push(text, &Tone::Plain);
    }

    /// The label of the fact goes with its first line.
    fn push(&mut self, text: &str, tone: &Tone) {
        for text in wrap(&visible(text), self.width) {
            self.lines.push(Line {
                label: std::mem::take(&mut self.label),
                tone: tone.clone(),
                text,
            });
        }
    }
}

/// Facts as lines that fit into so many columns, the label's included.
#[must_use]
pub fn fact_lines(facts: &[(&'static str, String)], width: usize) -> Vec<Line> {
    let mut page = Page {
        width: width.saturating_sub(LABEL_WIDTH),
        label: "",
        lines: Vec::new(),
    };
    for (label, text) in facts {
        page.fact(label, text);
    }
    page.lines
}

/// Breaks text into lines of at most `width` columns: after a space or one of `/:@` where that
/// leaves at least half a line, anywhere otherwise. Ids and ARNs stay easy to select.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    if !text.is_empty() && text.width() <= width {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for cluster in text.graphemes(true) {
        let columns = cluster.width();
        if used + columns > width && !line.is_empty() {
            let good = line.rfind([' ', '/', ':', '@']).map(|at| at + 1);
            let rest = match good {
                Some(at) if line[..at].width() * 2 >= width && at < line.len() => {
                    line.split_off(at)
                }
                _ => String::new(),
            };
            lines.push(std::mem::replace(&mut line, rest));
            used = line.width();
        }
        line.push_str(cluster);
        used += columns;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_break_at_separators_and_lose_nothing() {
        let arn = "arn:aws:organizations::111122223333:account/o-exampleorg1/123456789012";
        let lines = wrap(arn, 30);
        assert!(lines.iter().all(|line| line.width() <= 30), "{lines:?}");
        assert_eq!(lines.concat(), arn);
        assert_eq!(lines[0], "arn:aws:organizations::");
        assert_eq!(wrap("", 10), [""; 0]);
        assert_eq!(wrap("工程部", 1), ["工", "程", "部"]);
    }
}
