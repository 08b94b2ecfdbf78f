//! Fitting text into columns.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The text, cut to at most `width` columns, with `ellipsis` (one column) where it was cut.
pub(super) fn fit<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(ellipsis.width()) else {
        return Cow::Borrowed("");
    };
    let mut end = 0;
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used > room {
            break;
        }
        end = at + cluster.len();
    }
    Cow::Owned(format!("{}{ellipsis}", &text[..end]))
}

/// Like [`fit`], but cut at the beginning.
pub(super) fn fit_end<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(ellipsis.width()) else {
        return Cow::Borrowed("");
    };
    let mut start = text.len();
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true).rev() {
        used += cluster.width();
        if used > room {
            break;
        }
        start = at;
    }
    Cow::Owned(format!("{ellipsis}{}", &text[start..]))
}

/// Like [`fit`], but for an ARN: what it shares with every other one goes first, the account last.
pub(super) fn fit_arn<'a>(arn: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if arn.width() <= width {
        return Cow::Borrowed(arn);
    }
    // arn:partition:service:region:account:resource
    let mut parts = arn.splitn(6, ':').skip(4);
    let (Some(account), Some(resource)) = (parts.next(), parts.next()) else {
        return fit_middle(arn, width, ellipsis);
    };
    let room = width.saturating_sub(account.width() + 1);
    Cow::Owned(format!("{account}:{}", fit_end(resource, room, ellipsis)))
}

/// Like [`fit`], but cut in the middle, so that both ends stay readable.
pub(super) fn fit_middle<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if text.width() <= width || width < 8 {
        return fit(text, width, ellipsis);
    }
    let tail = (width - 1) * 2 / 3;
    let head = width - 1 - tail;
    let (head, tail) = (fit(text, head, ""), fit_end(text, tail, ""));
    Cow::Owned(format!("{head}{ellipsis}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_between_characters_and_never_too_wide() {
        assert_eq!(fit("payments", 8, "…"), "payments");
        assert_eq!(fit("payments", 5, "…"), "paym…");
        assert_eq!(fit("工程部平台", 6, "…"), "工程…");
        assert_eq!(fit("工程部平台", 1, "…"), "…");
        assert_eq!(fit("x", 0, "…"), "");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, "…"), "e\u{301}…");
    }

    #[test]
    fn an_arn_keeps_both_ends() {
        let arn = "arn:aws:sts::111122223333:assumed-role/OrgReader/alice";
        let short = fit_middle(arn, 30, "…");
        assert_eq!(short.width(), 30);
        assert!(
            short.starts_with("arn:aws:st") && short.ends_with("OrgReader/alice"),
            "{short}"
        );
    }

    #[test]
    fn of_who_asks_the_account_stays_and_the_end_of_the_name() {
        let arn = "arn:aws:sts::111122223333:assumed-role/OrgReader/alice";
        assert_eq!(fit_arn(arn, 54, "…"), arn);
        assert_eq!(
            fit_arn(arn, 53, "…"),
            "111122223333:assumed-role/OrgReader/alice"
        );
        assert_eq!(fit_arn(arn, 29, "…"), "111122223333:…OrgReader/alice");
        assert_eq!(fit_arn("not an ARN at all", 10, "…"), "not…at all");
    }
}
