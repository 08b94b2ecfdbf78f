//! Drawing: state in, cells out. Reads only.
//!
//! From the top: two lines of header; the panes under a line with their titles; the status line;
//! the footer. From 100 columns on, tree and details are side by side, below that one at a time.

mod acting;
mod activity;
mod changes;
mod closures;
mod details;
mod dialog;
mod header;
mod member;
mod overlay;
mod picker;
mod results;
mod status;
mod table;
mod text;
pub mod theme;
mod tree;
mod viewer;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::app::member::member;
use crate::app::obstacle::obstacle;
use crate::app::overlay::Overlay;
use crate::app::{App, Focus, View, open_changes};
use crate::msg::{Areas, Region};
use crate::org::visible;
use text::fit;
use theme::{Palette, Theme};
use unicode_width::UnicodeWidthStr as _;

/// The smallest screen on which everything works.
pub const MINIMUM: (u16, u16) = (60, 15);

/// From this width on, tree and details are side by side.
const WIDE: u16 = 100;

/// Where only places are asked for, colours do not matter.
const PLAIN: Theme = Theme {
    palette: Palette::Mono,
    ascii: false,
};

struct Screen {
    header: Rect,
    titles: Rect,
    body: Rect,
    tree: Rect,
    /// The line with the titles of the details' tabs.
    details_tabs: Rect,
    details: Rect,
    status: Rect,
    footer: Rect,
}

fn split(app: &App, area: Rect) -> Screen {
    let [header, titles, body, status, footer] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    let (tree, details) = if area.width >= WIDE {
        let [tree, _gap, details] = Layout::horizontal([
            Constraint::Fill(3),
            Constraint::Length(3),
            Constraint::Fill(2),
        ])
        .areas(body);
        (tree, details)
    } else if app.focus == Focus::Details {
        (Rect::default(), body)
    } else {
        (body, Rect::default())
    };
    let [details_tabs, details] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(details);
    Screen {
        header,
        titles,
        body,
        tree,
        details_tabs,
        details,
        status,
        footer,
    }
}

fn is_too_small(area: Rect) -> bool {
    area.width < MINIMUM.0 || area.height < MINIMUM.1
}

/// Where the panes are on a screen of this size, without drawing anything.
#[must_use]
pub fn arrange(app: &App, area: Rect) -> Areas {
    if is_too_small(area) {
        return Areas::default();
    }
    let screen = split(app, area);
    let region = |rect: Rect| Region {
        x: rect.x,
        y: rect.y,
        width: rect.width,
        height: rect.height,
    };
    Areas {
        tree: region(if app.view == View::Explorer {
            screen.tree
        } else {
            Rect::default()
        }),
        details: region(if app.view == View::Explorer {
            screen.details
        } else {
            table::split(screen.body, app.focus == Focus::Details).facts
        }),
        list: region(if lists_results(app) {
            results::rows(screen.body)
        } else if app.view == View::Explorer {
            Rect::default()
        } else {
            table::split(screen.body, app.focus == Focus::Details).list
        }),
        overlay: region(overlay::list_area(app, area)),
        tabs: titles(app, PLAIN, &screen).1,
        details_tabs: if app.view == View::Explorer && !screen.details.is_empty() {
            details::tab_line(app, PLAIN, screen.details_tabs).1
        } else {
            Default::default()
        },
    }
}

fn lists_results(app: &App) -> bool {
    app.view == View::Explorer && app.results.shown
}

/// Draws everything.
pub fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    if is_too_small(area) {
        let (width, height) = MINIMUM;
        let text = format!(
            "Terminal too small\n{}x{}, {width}x{height} needed",
            area.width, area.height
        );
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
        return;
    }
    let screen = split(app, area);
    header::draw(app, theme, frame, screen.header);
    draw_titles(app, theme, frame, &screen);
    if app.view == View::Closures {
        closures::draw(app, theme, frame, screen.body);
    } else if app.view == View::Activity {
        activity::draw(app, theme, frame, screen.body);
    } else if let Some(own) = member(app) {
        member::draw(&own, theme, frame, screen.body);
    } else if let Some(obstacle) = obstacle(app) {
        draw_obstacle(&obstacle, theme, frame, screen.body);
    } else if lists_results(app) {
        results::draw(app, theme, frame, screen.body);
    } else {
        if !screen.tree.is_empty() {
            tree::draw(app, theme, frame, screen.tree);
        }
        if !screen.details.is_empty() {
            let (tabs, _) = details::tab_line(app, theme, screen.details_tabs);
            frame.render_widget(tabs, screen.details_tabs);
            details::draw(app, theme, frame, screen.details);
        }
    }
    status::draw(app, theme, frame, screen.status);
    status::draw_footer(app, theme, frame, screen.footer);
    if let Some(top) = app.overlays.last() {
        match top {
            Overlay::Filter | Overlay::Results => {}
            Overlay::Actions(list) => overlay::draw_actions(list, theme, frame, area),
            Overlay::Copy(menu) => overlay::draw_copy(menu, theme, frame, area),
            Overlay::Problems(line) => overlay::draw_problems(app, *line, theme, frame, area),
            Overlay::Picker(picker) if picker.pointing => {}
            Overlay::Picker(picker) => picker::draw(app, picker, theme, frame, area),
            Overlay::Name(line) => picker::draw_name(app, line, theme, frame, area),
            Overlay::Report(report) => picker::draw_report(app, report, theme, frame, area),
            Overlay::Changes(pane) => changes::draw(app, pane, theme, frame, area),
            Overlay::Viewer(document) => viewer::draw(app, document, theme, frame, area),
            Overlay::Sheet(sheet) => viewer::draw_sheet(app, sheet, theme, frame, area),
            Overlay::Quit => dialog::draw_quit(app, theme, frame, area),
            Overlay::Dialog(dialog) => dialog::draw(app, dialog, theme, frame, area),
        }
    }
}

/// The titles of the panes and of the other views; with one pane at a time they show which one, as
/// tabs do.
fn draw_titles(app: &App, theme: Theme, frame: &mut Frame<'_>, screen: &Screen) {
    let (line, _) = titles(app, theme, screen);
    frame.render_widget(line, screen.titles);
}

/// The line of titles, and where in it the view of each title is.
fn titles(app: &App, theme: Theme, screen: &Screen) -> (Line<'static>, [Region; 3]) {
    let mut titles = Titles {
        line: Line::default(),
        at: screen.titles,
        tabs: <[Region; 3]>::default(),
    };
    if app.view != View::Explorer {
        titles.extend(tabs(app, theme, false));
        return (titles.line, titles.tabs);
    }
    let (tree, details) = (app.focus == Focus::Tree, app.focus == Focus::Details);
    titles.extend([tab(View::Explorer, "1 Organization", tree, theme)]);
    let beside = !screen.tree.is_empty() && !screen.details.is_empty();
    let (_, details) = tab(View::Explorer, "Details", details, theme);
    let width = if beside {
        screen.tree.width
    } else {
        titles.line.push_span(details.clone());
        screen.titles.width
    };
    let room = usize::from(width).saturating_sub(titles.line.width());
    let typed = filtered(app, theme);
    let typed_width: usize = typed.iter().map(Span::width).sum();
    // In short where the filter needs the room.
    let others = [false, true].map(|short| tabs(app, theme, short).split_off(1));
    let widths = others
        .each_ref()
        .map(|tabs| tabs.iter().map(|(_, span)| span.width()).sum::<usize>());
    let [long, short] = others;
    let (others, taken) = if widths[0] + typed_width < room {
        (long, widths[0])
    } else {
        (short, widths[1])
    };
    let mut left = room.saturating_sub(taken);
    for span in typed {
        let text = fit(&span.content, left, theme.ellipsis()).into_owned();
        left -= text.width();
        titles.line.push_span(Span::styled(text, span.style));
    }
    titles.line.push_span(Span::raw(" ".repeat(left)));
    titles.extend(others);
    if beside {
        let gap = usize::from(screen.details.x.saturating_sub(1))
            .saturating_sub(titles.line.width() + usize::from(screen.titles.x));
        titles.line.push_span(Span::raw(" ".repeat(gap)));
        titles.line.push_span(details);
    }
    (titles.line, titles.tabs)
}

/// A line of titles as it grows.
struct Titles {
    line: Line<'static>,
    at: Rect,
    tabs: [Region; 3],
}

impl Titles {
    fn extend(&mut self, tabs: impl IntoIterator<Item = (View, Span<'static>)>) {
        for (view, span) in tabs {
            let columns = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
            self.tabs[view as usize] = Region {
                x: self.at.x.saturating_add(columns(self.line.width())),
                y: self.at.y,
                width: columns(span.width()),
                height: 1,
            };
            self.line.push_span(span);
        }
    }
}

/// What is filtered by and how many match.
fn filtered(app: &App, theme: Theme) -> Vec<Span<'static>> {
    let Some(filter) = app.outline.active_filter() else {
        return Vec::new();
    };
    let (shown, hidden) = app.outline.match_counts();
    let typed = visible(&filter.label()).into_owned();
    let hidden = if hidden > 0 {
        format!(", {hidden} closed hidden")
    } else {
        String::new()
    };
    let unread = status::unread(filter).map_or_else(String::new, |text| format!(", {text}"));
    vec![
        Span::raw("  "),
        Span::styled(typed, theme.matched()),
        Span::raw(format!("  {shown} found{hidden}{unread}")),
    ]
}

/// The title of a view or pane, marked if it has the keys.
fn tab(view: View, title: &str, marked: bool, theme: Theme) -> (View, Span<'static>) {
    let span = if marked {
        Span::styled(format!("[{title}]"), theme.label())
    } else {
        Span::styled(format!(" {title} "), theme.faint())
    };
    (view, span)
}

/// The titles of the views, each with how much there is to see to, the one on screen marked; in
/// short without their names.
fn tabs(app: &App, theme: Theme, short: bool) -> Vec<(View, Span<'static>)> {
    let title = |number: u8, name: &str, count: usize| {
        let name = if short {
            String::new()
        } else {
            format!(" {name}")
        };
        let count = if count > 0 {
            format!(" ({count})")
        } else {
            String::new()
        };
        format!("{number}{name}{count}")
    };
    let tabs = [
        (View::Explorer, title(1, "Organization", 0)),
        (View::Closures, title(2, "Closures", app.watch.to_see_to())),
        (View::Activity, title(3, "Activity", open_changes(app))),
    ];
    let tabs = tabs.into_iter();
    tabs.map(|(view, title)| tab(view, &title, view == app.view, theme))
        .collect()
}

fn draw_obstacle(
    obstacle: &crate::app::obstacle::Obstacle,
    theme: Theme,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let mut lines = vec![
        Line::default(),
        Line::styled(obstacle.title.clone(), theme.problem()),
    ];
    for paragraph in &obstacle.paragraphs {
        lines.push(Line::default());
        lines.push(Line::raw(paragraph.clone()));
    }
    let inner = area.inner(ratatui::layout::Margin::new(2, 0));
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), inner);
}
