//! The filter line and the list of matches, drawn at the sizes that matter.

use orgscope::app::{App, update};
use orgscope::msg::Msg;
use orgscope::org::{Finding, Found, Question, Tag};

use crate::screens::{DARK, draw, press};
use crate::support::scene;

fn screen(app: &mut App, keys: &str, width: u16, height: u16) -> String {
    draw(app, DARK, width, height);
    press(app, keys);
    draw(app, DARK, width, height).backend().to_string()
}

#[test]
fn the_matches_are_listed_with_their_paths() {
    for (width, height) in [(60, 15), (80, 24), (120, 40)] {
        let keys = "/ is:account tab j j";
        insta::assert_snapshot!(screen(&mut scene::writable(), keys, width, height));
    }
}

#[test]
fn a_pasted_text_is_a_list_of_its_accounts() {
    let mut app = scene::writable();
    draw(&mut app, DARK, 80, 15);
    let text = "a,012345678901\nb,000000000009\nc,666677778888\n";
    let _ = update(&mut app, Msg::Paste(text.into()));
    insta::assert_snapshot!(screen(&mut app, "space", 80, 15));
}

#[test]
fn a_pasted_query_keeps_all_of_its_terms() {
    let found = |text: &str| {
        let mut app = scene::writable();
        draw(&mut app, DARK, 80, 15);
        press(&mut app, "/");
        let _ = update(&mut app, Msg::Paste(text.into()));
        let drawn = draw(&mut app, DARK, 120, 40).backend().to_string();
        assert!(!drawn.contains("pasted ids"), "{drawn}");
        let lines = drawn.lines();
        let ids = lines.filter_map(|line| line.split('●').nth(1)?.split_whitespace().nth(2));
        ids.map(str::to_owned).collect::<Vec<String>>()
    };
    let some = found("012345678901,666677778888 id:0123,6666");
    assert_eq!(some, ["012345678901"]);
    let others = found("!012345678901,666677778888 is:account");
    assert!(!others.is_empty(), "others are left");
    assert!(others.iter().all(|id| !some.contains(id)), "{others:?}");
}

#[test]
fn what_is_wrong_with_a_query_is_said_while_it_is_typed() {
    let last = |keys: &str, width: u16| {
        let mut app = scene::loaded();
        let drawn = screen(&mut app, keys, width, 15);
        let rows: Vec<&str> = drawn.lines().collect();
        rows[13].trim_matches(['"', ' ']).to_owned()
    };
    let told = last("/ state:foo", 80);
    let expected = "/state:foo   at 7: no state begins with \"foo\": pending_activation, active,";
    assert!(told.starts_with(expected), "{told}");
    let told = last("/ state:foo", 60);
    assert!(
        told.starts_with("/state:foo   at 7: no state begins with \"foo\""),
        "{told}"
    );
    assert_eq!(last("/ payments space state:", 60), "/payments state:");
    for width in [60, 80] {
        let told = last("/ tag:Env=prod", width);
        assert_eq!(told, "/tag:Env=prod   tags: 0 of 9 read");
        let told = last("/ tag:Env=prod enter", width);
        assert!(told.starts_with("tags: 0 of 9 read"), "{told}");
    }
    let mut app = scene::loaded();
    let drawn = screen(&mut app, "/ tag:Env=prod", 80, 15);
    let told = "0 found so far, tags of 9 accounts being read";
    assert!(
        drawn.contains(told) && !drawn.contains("Nothing"),
        "{drawn}"
    );
}

#[test]
fn what_matches_by_an_address_or_a_tag_says_so_in_the_tree_and_in_the_list() {
    let mut app = scene::loaded();
    let id = "012345678901";
    let tag = |key: &str, value: &str| Tag {
        key: key.into(),
        value: value.into(),
    };
    let found = Found {
        at: jiff::Timestamp::UNIX_EPOCH,
        answer: Ok(Finding::Tags(vec![
            tag("Env", "x"),
            tag("Owner", "Zebra\u{1b}[2J"),
        ])),
    };
    let _ = update(&mut app, Msg::Found(Question::Tags(id.into()), found));
    let row = |app: &mut App, keys: &str| {
        let drawn = screen(app, keys, 140, 20);
        // The details beside the tree have it too.
        let rows = drawn.lines().filter(|line| !line.contains("Account id"));
        let mut rows = rows.filter_map(|line| line.split_once(id));
        let (name, path) = rows.next().unwrap_or_else(|| panic!("{keys}: {drawn}"));
        let after = if keys == "tab" { path } else { "" };
        format!("{name}{after}")
    };
    for query in ["/ zebra", "/ tag:owner", "/ zeb space tag:owner"] {
        for keys in [query, "tab"] {
            let row = row(&mut app, keys);
            assert_eq!(row.matches("Owner=Zebra␛[2J").count(), 1, "{row}");
        }
        screen(&mut app, "esc", 140, 20);
    }
    for query in ["/ 0123", "/ is:account"] {
        for keys in [query, "tab"] {
            let row = row(&mut app, keys);
            assert!(!row.contains("Zebra") && !row.contains('@'), "{row}");
        }
        screen(&mut app, "esc", 140, 20);
    }
}
