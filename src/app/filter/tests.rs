use super::*;
use crate::org::{Account, Observation, Root};

fn tree() -> Tree {
    let mut tree = Tree::new();
    tree.apply([Observation::Root(Root {
        id: "r-ab12".into(),
        ..Root::default()
    })]);
    for (id, name, email) in [
        ("012345678901", "payments-prod", "aws+pay@example.com"),
        ("123456789012", "Zürich 4711", "zrh@example.com"),
        ("999900001111", "工程部 012", "eng@example.org"),
    ] {
        tree.apply([Observation::Account {
            account: Account {
                id: id.into(),
                name: Some(name.into()),
                email: Some(email.into()),
                ..Account::default()
            },
            ancestors: vec!["r-ab12".into()],
        }]);
    }
    tree
}

fn matches(typed: &str) -> Vec<String> {
    let tree = tree();
    let mut filter = Filter {
        input: typed.into(),
        ..Filter::default()
    };
    filter.retype(&SavedQueries::new());
    filter.refresh(&tree, &mut TextIndex::default());
    let mut found: Vec<_> = filter
        .matched()
        .map(|ix| {
            (
                u32::MAX - filter.score(ix).unwrap(),
                tree.get(ix).unwrap().id(),
            )
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id.to_owned()).collect()
}

#[test]
fn digits_mean_the_beginning_of_an_id_before_anything_else() {
    assert_eq!(matches("012"), ["012345678901", "999900001111"]);
    assert_eq!(matches("123456789012"), ["123456789012"]);
    assert_eq!(matches("1234-5678-9012"), ["123456789012"]);
    assert_eq!(matches("4711"), ["123456789012"]);
    assert_eq!(matches("777"), [""; 0]);
}

#[test]
fn words_are_fuzzy_on_names_and_emails_and_forgive_accents() {
    assert_eq!(matches("pmtprd"), ["012345678901"]);
    assert_eq!(matches("zurich"), ["123456789012"]);
    assert_eq!(matches("工程"), ["999900001111"]);
    assert_eq!(matches("aws+pay@"), ["012345678901"]);
    assert_eq!(matches("prod pay"), ["012345678901"]);
}

#[test]
fn typing_letter_by_letter_finds_the_same_as_all_at_once() {
    let tree = tree();
    for text in [
        "prod pay",
        "z47",
        "zürich 4711",
        "pay !prod",
        "01 eng",
        "x",
        "eng state:",
    ] {
        let mut typed = Filter::default();
        let mut texts = TextIndex::default();
        for c in text.chars() {
            typed.input = format!("{}{c}", typed.input.value()).into();
            typed.retype(&SavedQueries::new());
            typed.refresh(&tree, &mut texts);
            let mut once = Filter {
                input: typed.input.clone(),
                ..Filter::default()
            };
            once.retype(&SavedQueries::new());
            once.refresh(&tree, &mut TextIndex::default());
            let all = |filter: &Filter| {
                let scores = tree.iter().map(|(ix, _)| filter.score(ix));
                let matched: HashSet<NodeIx> = filter.matched().collect();
                (
                    scores.collect::<Vec<_>>(),
                    matched,
                    filter.matched().count(),
                )
            };
            assert_eq!(all(&typed), all(&once), "{}", typed.input.value());
        }
    }
}

#[test]
fn an_id_or_any_arn_can_be_pasted() {
    assert_eq!(matches("r-ab"), ["r-ab12"]);
    assert_eq!(
        matches("arn:aws:iam::012345678901:role/Admin"),
        ["012345678901"]
    );
    assert_eq!(
        matches("arn:aws:organizations::999900001111:account/o-abcdefghij/123456789012"),
        ["123456789012"]
    );
}

#[test]
fn the_matched_characters_are_counted_as_they_are_drawn() {
    let highlights = |typed: &str, text: &str| {
        let mut filter = Filter {
            input: typed.into(),
            ..Filter::default()
        };
        filter.retype(&SavedQueries::new());
        filter.highlights(text, TextKind::Words, &mut Highlighter::new())
    };
    assert_eq!(highlights("prod", "payments-prod"), [9, 10, 11, 12]);
    assert_eq!(highlights("012", "工程部 012"), [4, 5, 6]);
    assert_eq!(highlights("ex", "cafe\u{301}x"), [3, 4]);
    assert_eq!(
        characters("cafe\u{301}x").collect::<Vec<_>>(),
        ["c", "a", "f", "e\u{301}", "x"]
    );
}
