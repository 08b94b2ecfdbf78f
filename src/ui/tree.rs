//! The tree pane. Only the rows on screen are made into text, and `tui-tree-widget` gets them as
//! flat leaves to paint: it never sees the organization, and its keys and its selection are not
//! used, because they follow what was on screen a frame ago.

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use tui_tree_widget::{Tree, TreeItem, TreeState};
use unicode_width::UnicodeWidthStr as _;

use super::status::nothing_found;
use super::text::fit;
use super::theme::Theme;
use crate::app::filter::{Filter, Highlighter, TextKind, characters};
use crate::app::outline::Row;
use crate::app::{App, Focus, closures_pane, moving};
use crate::org::{ErrorKind, Node, NodeIx, NodeKind, visible};

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    if app.outline.rows().is_empty() {
        frame.render_widget(
            Paragraph::new(nothing_to_show(app))
                .style(theme.faint())
                .wrap(Wrap { trim: false }),
            area,
        );
        return;
    }
    let mut painter = Painter {
        app,
        theme,
        filter: app.outline.active_filter(),
        highlighter: None,
        words: moving::words(app),
        closing: closures_pane::words(app),
        width: area.width.into(),
    };
    let (first, window) = app.outline.window();
    let items: Vec<_> = (first..)
        .zip(window)
        .map(|(at, row)| TreeItem::new_leaf(at, painter.line(*row)))
        .collect();
    // The row numbers are distinct, which is all that can fail here.
    let Ok(widget) = Tree::new(&items) else {
        return;
    };
    let mut state = TreeState::default();
    state.select(vec![app.outline.cursor_row()]);
    let widget = widget
        .node_no_children_symbol("")
        .highlight_style(theme.selected(app.focus == Focus::Tree));
    frame.render_stateful_widget(widget, area, &mut state);
}

fn nothing_to_show(app: &App) -> String {
    let text = match app.outline.active_filter() {
        Some(filter) => match filter.mistake() {
            Some(mistake) => return format!("  {}", visible(&mistake.to_string())),
            None => return format!("  {}. Esc clears the filter.", nothing_found(filter)),
        },
        None if app.load.is_running() => "  Asking the service for the root",
        None => "  Nothing was read. R tries again.",
    };
    text.to_owned()
}

struct Painter<'a> {
    app: &'a App,
    theme: Theme,
    filter: Option<&'a Filter>,
    /// Made for the first text that a filter may highlight.
    highlighter: Option<Highlighter>,
    /// Of accounts whose move is under way.
    words: HashMap<&'a str, String>,
    /// Of accounts whose closure waits or is under way.
    closing: HashMap<String, &'static str>,
    width: usize,
}

impl Painter<'_> {
    fn line(&mut self, row: Row) -> Line<'static> {
        let Some(node) = self.app.tree.get(row.node) else {
            return Line::default();
        };
        let right = self.right(node);
        let right_width: usize = right.iter().map(Span::width).sum();
        let mut left = self.left(node, row);
        let left_width: usize = left.iter().map(Span::width).sum();
        let room = self.width.saturating_sub(right_width + 1);
        let name = self.name(row.node, node, room.saturating_sub(left_width));
        left.extend(name);
        let used: usize = left.iter().map(Span::width).sum();
        left.push(Span::raw(
            " ".repeat(self.width.saturating_sub(used + right_width)),
        ));
        left.extend(right);
        Line::from(left)
    }

    /// Indentation, then the marker of what can be opened or the glyph of an account's state.
    fn left(&self, node: &Node, row: Row) -> Vec<Span<'static>> {
        let indent = Span::raw("  ".repeat(row.depth.into()));
        let symbol = match node.account() {
            Some(account) => {
                let state = account.state.as_ref();
                Span::styled(self.theme.glyph(state), self.theme.state(state))
            }
            None => Span::styled(self.theme.marker(row.open), self.theme.label()),
        };
        let marks = &self.app.marks;
        let marked = node
            .account()
            .is_some_and(|account| marks.is_in_range(&account.id) || marks.contains(&account.id));
        if marked {
            let mark = Span::styled(self.theme.mark(), self.theme.marked());
            return vec![indent, symbol, mark];
        }
        if self.app.has_just_changed(node.id()) {
            let changed = Span::styled(self.theme.changed(), self.theme.warning());
            return vec![indent, symbol, changed];
        }
        vec![indent, symbol, Span::raw(" ")]
    }

    fn name(&mut self, ix: NodeIx, node: &Node, room: usize) -> Vec<Span<'static>> {
        let style = match node.kind() {
            NodeKind::Account if self.app.marks.contains(node.id()) => self.theme.marked(),
            NodeKind::Account => Style::new(),
            _ => Style::new().add_modifier(ratatui::style::Modifier::BOLD),
        };
        let label = node.label().to_owned();
        let kind = if node.name().is_some() {
            TextKind::Words
        } else {
            TextKind::Id
        };
        let mut spans = self.highlighted(&label, kind, style, room);
        if self.filter.is_none() {
            // The matcher's working memory is not made for nothing.
            return spans;
        }
        // What matched may have no column: show it where there is room.
        let with = self.highlighter.get_or_insert_default();
        for text in self.app.outline.reasons(ix, node, with) {
            let used: usize = spans.iter().map(Span::width).sum();
            if room <= used + 10 {
                break;
            }
            spans.push(Span::raw("  "));
            let (style, room) = (self.theme.faint(), room - used - 2);
            spans.extend(self.highlighted(&text, TextKind::Words, style, room));
        }
        spans
    }

    /// State and id of an account, counts of an OU: what stands at the right edge.
    fn right(&mut self, node: &Node) -> Vec<Span<'static>> {
        if let Some(account) = node.account() {
            let state = account.state.as_ref();
            let word = state.map_or("STATE UNKNOWN".into(), |state| {
                visible(state.as_str()).replace('_', " ")
            });
            let mut spans = Vec::new();
            let moving = self.words.get(account.id.as_str()).map(String::as_str);
            let closing = || self.closing.get(&account.id).copied();
            if let Some(word) = moving.or_else(closing) {
                let word = visible(word).into_owned();
                let room = self.width / 3;
                let word = fit(&word, room, self.theme.ellipsis()).into_owned();
                spans.push(Span::styled(word, self.theme.warning()));
                spans.push(Span::raw("  "));
            }
            spans.extend([Span::styled(word, self.theme.state(state)), Span::raw("  ")]);
            spans.extend(self.highlighted(&account.id, TextKind::Id, Style::new(), 24));
            return spans;
        }
        if let Some(error) = node.error() {
            let short = match error.kind {
                ErrorKind::AccessDenied => "access denied",
                _ => "incomplete",
            };
            return vec![
                Span::styled(format!("! {short}  "), self.theme.problem()),
                Span::styled(self.count(node), self.theme.faint()),
            ];
        }
        vec![Span::styled(self.count(node), self.theme.faint())]
    }

    fn count(&self, node: &Node) -> String {
        let counts = node.counts();
        let accounts = if self.app.outline.hide_closed {
            counts.accounts - counts.closed
        } else {
            counts.accounts
        };
        if !node.is_loaded() && node.children().is_empty() {
            return "not loaded".into();
        }
        // What is below an OU's own OUs may still be unknown while they are read for the first time,
        // and stays so where a listing failed.
        let first_time = self.app.load.is_walking_all() && self.app.load.loaded_at.is_none();
        let failed = node.error().is_some() || counts.incomplete > 0;
        let growing = failed || !node.is_loaded() || (first_time && counts.units > 0);
        match (growing, accounts) {
            (true, _) => format!("{accounts}+ accounts"),
            (false, 1) => "1 account".into(),
            (false, _) => format!("{accounts} accounts"),
        }
    }

    fn highlights(&mut self, text: &str, kind: TextKind) -> Vec<u32> {
        let Some(filter) = self.filter else {
            return Vec::new();
        };
        let with = self.highlighter.get_or_insert_default();
        filter.highlights(text, kind, with)
    }

    /// The text made harmless and cut to the room, with what the filter matched made visible.
    fn highlighted(
        &mut self,
        text: &str,
        kind: TextKind,
        style: Style,
        room: usize,
    ) -> Vec<Span<'static>> {
        let marked = self.highlights(text, kind);
        if marked.is_empty() {
            let text = visible(text);
            return vec![Span::styled(
                fit(&text, room, self.theme.ellipsis()).into_owned(),
                style,
            )];
        }
        let whole_fits = visible(text).width() <= room;
        let mut left = if whole_fits {
            room
        } else {
            room.saturating_sub(1)
        };
        let mut spans: Vec<(String, bool)> = Vec::new();
        for (at, character) in (0u32..).zip(characters(text)) {
            let shown = visible(character);
            if shown.width() > left {
                break;
            }
            left -= shown.width();
            let is_marked = marked.binary_search(&at).is_ok();
            match spans.last_mut() {
                Some((run, marked)) if *marked == is_marked => run.push_str(&shown),
                _ => spans.push((shown.into_owned(), is_marked)),
            }
        }
        if !whole_fits {
            spans.push((self.theme.ellipsis().into(), false));
        }
        let style_of = |is_marked| {
            if is_marked {
                style.patch(self.theme.matched())
            } else {
                style
            }
        };
        spans
            .into_iter()
            .map(|(run, marked)| Span::styled(run, style_of(marked)))
            .collect()
    }
}
