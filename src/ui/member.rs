//! The screen of a member account.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::details::draw_more_below;
use super::text::fit_middle;
use super::theme::Theme;
use crate::app::details::wrap;
use crate::app::member::Member;

/// The columns of the names of facts.
const LABEL: usize = 14;

/// From this height on, paragraphs are set apart.
const ROOMY: u16 = 18;

pub(super) fn draw(member: &Member, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let inner = area.inner(Margin::new(2, 0));
    let width = usize::from(inner.width).saturating_sub(LABEL);
    let mut lines = vec![Line::styled(
        "Member account: nothing to list",
        theme.problem(),
    )];
    for (name, text) in &member.facts {
        lines.push(Line::from(vec![
            Span::styled(format!("{name:<LABEL$}"), theme.label()),
            Span::raw(fit_middle(text, width, theme.ellipsis()).into_owned()),
        ]));
    }
    let (key, withheld) = &member.leave;
    if withheld.is_none() {
        lines.push(Line::from(vec![
            Span::styled(format!("{key:<LABEL$}"), theme.parting()),
            Span::raw("Leave organization (asks first)"),
        ]));
    }
    let mut rest = Vec::from_iter(withheld.map(|why| format!("Leaving is not offered: {why}.")));
    rest.extend(member.paragraphs.iter().cloned());
    for paragraph in rest {
        if inner.height >= ROOMY {
            lines.push(Line::default());
        }
        let wrapped = wrap(&paragraph, inner.width.into());
        lines.extend(wrapped.into_iter().map(Line::raw));
    }
    let is_cut = lines.len() > inner.height.into();
    frame.render_widget(Paragraph::new(lines), inner);
    if is_cut {
        draw_more_below(theme, frame, area);
    }
}
