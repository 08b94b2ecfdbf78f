//! The header: which organization this is, who is asking, and how old the data are.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::text::{fit, fit_arn};
use super::theme::Theme;
use crate::app::{App, ago};
use crate::org::{shown_endpoint, visible};

/// From this width on there is room to say that what is shown is being read again.
const WIDE: usize = 100;

pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let line = |row: u16| Rect {
        y: area.y + row,
        height: 1,
        ..area
    };
    frame.render_widget(first_line(app, theme, area.width.into()), line(0));
    frame.render_widget(second_line(app, theme, area.width.into()), line(1));
}

/// The organization on the left, mode and age on the right.
fn first_line(app: &App, theme: Theme, width: usize) -> Line<'static> {
    let id = visible(organization(app));
    let name = own_name(app.session.demo);
    let read_only = app.read_only_words();
    let style = match read_only {
        None => theme.write_mode(),
        Some(_) if app.session.offline => theme.label().add_modifier(Modifier::REVERSED),
        Some(_) => theme.label(),
    };
    let age = age(app, width);
    let management = app.management_account();
    let naming = |words: &str| match management.filter(|_| !words.is_empty()) {
        Some(management) => format!("{id}{words}{}", visible(management)),
        None => id.clone().into_owned(),
    };
    let separator = theme.separator();
    let [long, short] = ["management account ", "mgmt "].map(|word| format!("{separator}{word}"));
    // Why it is read-only is told where there is room without naming less of the organization.
    let needed = name.width() + naming(&short).width() + 2 + 2 + age.width();
    let mode = if app.session.offline {
        " OFFLINE ".to_owned()
    } else {
        mode(read_only, width.saturating_sub(needed))
    };
    let right_width = mode.width() + 2 + age.width();
    let whole_room = width.saturating_sub(right_width + 2);
    let fits = |name: &str, words: &str| name.width() + naming(words).width() <= whole_room;
    let (name, words) = names(app.session.demo, [&long, &short], fits);
    let left = naming(words);
    let left = fit(
        &left,
        whole_room.saturating_sub(name.width()),
        theme.ellipsis(),
    )
    .into_owned();
    let gap = width.saturating_sub(name.width() + left.width() + right_width);
    Line::from(vec![
        Span::styled(name.to_owned(), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(left),
        Span::raw(" ".repeat(gap)),
        Span::styled(mode, style),
        Span::raw("  "),
        Span::styled(age, theme.faint()),
    ])
}

/// Our own name.
fn own_name(demo: bool) -> &'static str {
    if demo { "orgscope demo " } else { "orgscope " }
}

/// Our own name and what precedes the id of the management account, long or short: the first that
/// fit. What tells one organization from another is worth more than our own name, and that nothing
/// of it is real is worth more than anything.
fn names(
    demo: bool,
    [long, short]: [&str; 2],
    fits: impl Fn(&str, &str) -> bool,
) -> (&'static str, &str) {
    let name = own_name(demo);
    let candidates: &[(&str, &str)] = if demo {
        &[
            (name, long),
            (name, short),
            ("demo ", " mgmt "),
            ("demo ", ""),
        ]
    } else {
        &[(name, long), (name, short), ("", short)]
    };
    let fitting = candidates.iter().find(|(name, words)| fits(name, words));
    fitting.or(candidates.last()).copied().unwrap_or_default()
}

fn organization(app: &App) -> &str {
    match app
        .known
        .organization
        .as_ref()
        .or(app.cached_organization())
    {
        Some(organization) => &organization.id,
        None if app.is_in_no_organization() => "not in an organization",
        None => "organization not known yet",
    }
}

/// How old what is shown is.
fn age(app: &App, width: usize) -> String {
    if let Some(at) = app.cached_at() {
        let age = ago(at, app.now);
        return match app.load.is_walking_all() {
            true if width < WIDE => format!("cached {age}"),
            true => format!("cached {age}, refreshing"),
            false if app.session.offline => format!("read {age}"),
            false => format!("cached {age}"),
        };
    }
    match app.load.loaded_at {
        _ if app.load.is_walking_all() => "loading".to_owned(),
        Some(at) => format!("read {}", ago(at, app.now)),
        None if app.tree.root().is_some() => "incomplete".to_owned(),
        None => "nothing read".to_owned(),
    }
}

/// Whether changes are possible, in words, and why not where that fits.
fn mode(read_only: Option<[&'static str; 2]>, room: usize) -> String {
    let Some(words) = read_only else {
        return " WRITE ".to_owned();
    };
    let words = words.into_iter().filter(|word| !word.is_empty());
    let mut modes = words.map(|word| format!("READ-ONLY ({word})"));
    let fitting = modes.find(|mode| mode.width() <= room);
    fitting.unwrap_or_else(|| "READ-ONLY".to_owned())
}

/// Caller, profile, region, endpoint. Where not all fit, the caller is shortened first: what tells
/// one environment from another stays.
fn second_line(app: &App, theme: Theme, width: usize) -> Line<'static> {
    let session = &app.session;
    let mut facts: Vec<String> = Vec::new();
    if let Some(profile) = &session.profile {
        facts.push(format!("profile {}", visible(profile)));
    }
    facts.push(visible(&session.region).into_owned());
    if let Some(endpoint) = session.endpoint.as_deref().filter(|_| !session.demo) {
        facts.push(format!("endpoint {}", visible(&shown_endpoint(endpoint))));
    }
    let rest = facts.join(theme.separator());
    let caller = app.known.caller.as_ref();
    let room = width.saturating_sub(rest.width() + theme.separator().width());
    let who = caller.map(|caller| {
        let arn = visible(&caller.arn).into_owned();
        match room {
            0..12 => String::new(),
            12..28 => visible(&caller.account_id).into_owned(),
            _ => fit_arn(&arn, room, theme.ellipsis()).into_owned(),
        }
    });
    let unknown = if app.session.offline {
        "no credentials used"
    } else {
        "caller not known"
    };
    let who = who.unwrap_or_else(|| unknown.into());
    let facts = [who, rest].into_iter().filter(|fact| !fact.is_empty());
    let text = facts.collect::<Vec<_>>().join(theme.separator());
    Line::styled(
        fit(&text, width, theme.ellipsis()).into_owned(),
        theme.faint(),
    )
}
