//! In which organization, as whom and by which way a change is made: every dialog that changes
//! something says it in a line of its own, since it may cover the header.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use super::text::{fit, fit_end};
use super::theme::Theme;
use crate::app::App;
use crate::org::{shown_endpoint, visible};

/// With less than this of it, an ARN after its account tells nobody apart.
const LEAST_NAME: usize = 12;

/// The line, at most `width` columns of it, harmless for a terminal. What is lost first is the
/// beginning of the caller's ARN, then the profile; the organization, the account and the endpoint
/// or the demo stay.
pub(super) fn acting(app: &App, theme: Theme, width: usize) -> String {
    let organization = app.known.organization.as_ref();
    let organization = organization.map_or(Cow::Borrowed("organization not known"), |known| {
        visible(&known.id)
    });
    let (long, short) = way(app);
    let profile = app.session.profile.as_deref();
    let profile = profile.map(|profile| format!("profile {}", visible(profile)));
    let between = theme.separator();
    let join = |who: String, profile: Option<&str>, way: &Option<String>| {
        let facts = [organization.as_ref(), &who]
            .into_iter()
            .chain(profile)
            .chain(way.as_deref());
        facts.collect::<Vec<_>>().join(between)
    };
    let fits = |line: &String| line.width() <= width;
    for (profile, way) in [(profile.as_deref(), &long), (None, &long), (None, &short)] {
        let around = join(String::new(), profile, way).width();
        let candidates = callers(app, theme, width.saturating_sub(around));
        let mut lines = candidates.into_iter().map(|who| join(who, profile, way));
        if let Some(line) = lines.find(fits) {
            return line;
        }
    }
    // What is not cut here tells two environments apart; of an endpoint, the host does.
    let (account, _) = caller(app);
    let around = join(account.clone(), None, &Some(String::new())).width();
    let room = width.saturating_sub(around);
    let way = short.map(|way| fit(&way, room, theme.ellipsis()).into_owned());
    let line = join(account, None, &way);
    fit(&line, width, theme.ellipsis()).into_owned()
}

/// The endpoint where it is not the service's own, or the demo; in full, and in few columns.
fn way(app: &App) -> (Option<String>, Option<String>) {
    if app.session.demo {
        let long = "demo organization, nothing is real".to_owned();
        return (Some(long), Some("demo".to_owned()));
    }
    let Some(endpoint) = app.session.endpoint.as_deref() else {
        return (None, None);
    };
    let endpoint = shown_endpoint(endpoint);
    let endpoint = visible(&endpoint);
    let host = endpoint
        .split_once("://")
        .map_or(&*endpoint, |(_, host)| host);
    let short = format!("endpoint {}", host.trim_end_matches('/'));
    (Some(format!("endpoint {endpoint}")), Some(short))
}

/// The caller's account, and the part of the ARN after it, where both are known.
fn caller(app: &App) -> (String, String) {
    let Some(caller) = &app.known.caller else {
        return ("caller not known".to_owned(), String::new());
    };
    let rest = caller.arn.split_once(&format!(":{}:", caller.account_id));
    let rest = rest.map_or("", |(_, rest)| rest);
    let account = visible(&caller.account_id).into_owned();
    (account, visible(rest).into_owned())
}

/// Ways to name the caller, the longest first; at least the last has at most `room` columns where
/// an account id has.
fn callers(app: &App, theme: Theme, room: usize) -> Vec<String> {
    let arn = app.known.caller.as_ref().map(|caller| visible(&caller.arn));
    let (account, rest) = caller(app);
    let mut names: Vec<String> = arn.map(|arn| format!("as {arn}")).into_iter().collect();
    if !rest.is_empty() {
        names.push(format!("as {account} {rest}"));
        let left = room.saturating_sub("as  ".len() + account.width());
        if left >= LEAST_NAME {
            // The end of an ARN is the name of the session.
            let rest = fit_end(&rest, left, theme.ellipsis());
            names.push(format!("as {account} {rest}"));
        }
    }
    names.push(format!("as {account}"));
    names
}
