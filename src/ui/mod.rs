//! Drawing: state in, cells out. Reads only.
//!
//! From the top: two lines of header; the panes under a line with their titles; the status line;
//! the footer. From 100 columns on, tree and details are side by side, below that one at a time.

mod acting;
mod activity;
mod closures;
mod details;
mod dialog;
mod header;
mod member;
mod overlay;
mod picker;
mod status;
mod table;
mod text;
pub mod theme;
mod tree;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::app::member::member;
use crate::app::obstacle::obstacle;
use crate::app::overlay::Overlay;
use crate::app::{App, Focus, View};
use crate::msg::{Areas, Region};
use crate::org::visible;
use theme::Theme;

/// The smallest screen on which everything works.
pub const MINIMUM: (u16, u16) = (60, 15);

/// From this width on, tree and details are side by side.
const WIDE: u16 = 100;

struct Screen {
    header: Rect,
    titles: Rect,
    body: Rect,
    tree: Rect,
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
    Screen {
        header,
        titles,
        body,
        tree,
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
        list: region(if app.view == View::Explorer {
            Rect::default()
        } else {
            table::split(screen.body, app.focus == Focus::Details).list
        }),
        overlay: region(overlay::list_area(app, area)),
    }
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
    } else {
        if !screen.tree.is_empty() {
            tree::draw(app, theme, frame, screen.tree);
        }
        if !screen.details.is_empty() {
            details::draw(app, theme, frame, screen.details);
        }
    }
    status::draw(app, theme, frame, screen.status);
    status::draw_footer(app, theme, frame, screen.footer);
    if let Some(top) = app.overlays.last() {
        match top {
            Overlay::Filter => {}
            Overlay::Actions(list) => overlay::draw_actions(list, theme, frame, area),
            Overlay::Copy(menu) => overlay::draw_copy(menu, theme, frame, area),
            Overlay::Problems(line) => overlay::draw_problems(app, *line, theme, frame, area),
            Overlay::Picker(picker) if picker.pointing => {}
            Overlay::Picker(picker) => picker::draw(app, picker, theme, frame, area),
            Overlay::Name(line) => picker::draw_name(app, line, theme, frame, area),
            Overlay::Report(report) => picker::draw_report(app, report, theme, frame, area),
            Overlay::Quit => dialog::draw_quit(app, theme, frame, area),
            Overlay::Dialog(dialog) => dialog::draw(app, dialog, theme, frame, area),
        }
    }
}

/// The titles of the panes; with one pane at a time they show which one, as tabs do.
fn draw_titles(app: &App, theme: Theme, frame: &mut Frame<'_>, screen: &Screen) {
    let title = |name: &'static str, focused: bool| {
        let style = if focused {
            theme.label()
        } else {
            theme.faint()
        };
        let marks = if focused { ("[", "]") } else { (" ", " ") };
        Line::styled(format!("{}{name}{}", marks.0, marks.1), style)
    };
    let (tree, details) = (app.focus == Focus::Tree, app.focus == Focus::Details);
    let mut line = title("1 Organization", tree);
    let details = title("Details", details);
    if app.view != View::Explorer {
        frame.render_widget(tabs(app, theme, true), screen.titles);
        return;
    }
    if screen.tree.is_empty() || screen.details.is_empty() {
        line.extend(details.spans);
    } else {
        let x = screen.details.x.saturating_sub(1);
        let width = screen.details.width + 1;
        frame.render_widget(
            details,
            Rect {
                x,
                width,
                ..screen.titles
            },
        );
    }
    if let Some(filter) = app.outline.active_filter() {
        let (shown, hidden) = app.outline.match_counts();
        let typed = visible(filter.input.value()).into_owned();
        let hidden = if hidden > 0 {
            format!(", {hidden} closed hidden")
        } else {
            String::new()
        };
        line.push_span(Span::raw("  "));
        line.push_span(Span::styled(format!("/{typed}"), theme.matched()));
        line.push_span(Span::raw(format!("  {shown} found{hidden}")));
    }
    let width = match screen.tree.width {
        0 => screen.titles.width,
        _ if screen.details.is_empty() => screen.titles.width,
        width => width,
    };
    // The other views, where there is room beside what is more important.
    let tabs = tabs(app, theme, false);
    let gap = usize::from(width).saturating_sub(line.width() + tabs.width());
    if gap > 0 {
        line.push_span(Span::raw(" ".repeat(gap)));
        line.extend(tabs.spans);
    }
    frame.render_widget(
        line,
        Rect {
            width,
            ..screen.titles
        },
    );
}

/// The views, the one on screen marked; in the explorer only the others, which it stands before.
fn tabs(app: &App, theme: Theme, with_explorer: bool) -> Line<'static> {
    let open = app.watch.to_see_to();
    let closures = if open > 0 {
        format!("2 Closures ({open})")
    } else {
        "2 Closures".to_owned()
    };
    let going_on = app.in_flight().count() + app.queued().count();
    let activity = if going_on > 0 {
        format!("3 Activity ({going_on})")
    } else {
        "3 Activity".to_owned()
    };
    let tabs = [
        (View::Explorer, "1 Organization".to_owned()),
        (View::Closures, closures),
        (View::Activity, activity),
    ];
    let tabs = tabs.into_iter().skip(usize::from(!with_explorer));
    let spans = tabs.map(|(view, title)| {
        if view == app.view {
            Span::styled(format!("[{title}]"), theme.label())
        } else {
            Span::styled(format!(" {title} "), theme.faint())
        }
    });
    Line::from(spans.collect::<Vec<_>>())
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
