use proptest::prelude::*;

use super::*;
use crate::app::findings::Findings;
use crate::org::{
    Account, ErrorKind, Finding, Found, Looked, Observation, OrgError, Question, Root, Tag,
};

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
            }
            .into(),
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
    filter.retype(&SavedQueries::new(), &tree);
    filter.refresh(&tree, &mut Index::default());
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

/// What was found when tags were asked for.
fn found_tags(tags: &[(&str, &str)]) -> Found {
    let tag = |&(key, value): &(&str, &str)| Tag {
        key: key.into(),
        value: value.into(),
    };
    Found {
        at: jiff::Timestamp::UNIX_EPOCH,
        answer: Ok(Finding::Tags(tags.iter().map(tag).collect())),
    }
}

fn not_found() -> Found {
    Found {
        at: jiff::Timestamp::UNIX_EPOCH,
        answer: Err(OrgError::new(ErrorKind::AccessDenied, "no")),
    }
}

fn question(id: &str) -> Question {
    Question::Tags(id.to_owned())
}

#[test]
fn words_are_found_in_known_tags_too_after_everything_else() {
    let tree = tree();
    let mut findings = Findings::default();
    let ids = ["r-ab12", "012345678901", "123456789012", "999900001111"];
    findings.learn(
        question(ids[1]),
        found_tags(&[("Owner", "eng@example.org")]),
    );
    findings.learn(
        question(ids[2]),
        found_tags(&[("Env", "Prod"), ("CostCenter", "99")]),
    );
    findings.learn(question(ids[0]), not_found());
    let mut highlighter = Highlighter::new();
    for (typed, expected) in [
        ("prod", &[(ids[1], ""), (ids[2], "Env=Prod")][..]),
        ("99", &[(ids[3], ""), (ids[2], "CostCenter=99")]),
        (
            "eng@",
            &[
                (ids[3], "eng@example.org"),
                (ids[1], "Owner=eng@example.org"),
            ],
        ),
        ("pay eng@", &[(ids[1], "Owner=eng@example.org")]),
        ("prod prod", &[(ids[1], ""), (ids[2], "Env=Prod")]),
        ("tag:Owner", &[(ids[1], "Owner=eng@example.org")]),
        // Keys are no values.
        ("owner", &[]),
        ("!prod zrh", &[]),
        ("!99 zrh", &[]),
        ("!prod eng", &[(ids[3], "eng@example.org")]),
        ("arn:aws:iam::999900001111:role/99", &[(ids[3], "")]),
    ] {
        let (mut filter, mut index) = (
            Filter {
                input: typed.into(),
                ..Filter::default()
            },
            Index::default(),
        );
        filter.retype(&SavedQueries::new(), &tree);
        filter.learn_tags(&mut index, &findings, &tree, false);
        filter.refresh(&tree, &mut index);
        let mut found: Vec<NodeIx> = filter.matched().collect();
        found.sort_by_key(|ix| std::cmp::Reverse(filter.score(*ix)));
        let found = found.into_iter().map(|ix| {
            let node = tree.get(ix).unwrap();
            let reasons = filter.reasons((ix, node), &index, &mut highlighter);
            (node.id(), reasons.join(" "))
        });
        let found: Vec<(&str, String)> = found.collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(id, why)| (*id, why.as_str())).collect();
        assert_eq!(found, expected, "{typed}");
    }
}

#[test]
fn tags_of_an_earlier_run_serve_words_and_are_read_again_for_what_asks_for_them() {
    let tree = tree();
    let kept = Looked {
        at: jiff::Timestamp::UNIX_EPOCH,
        question: question("012345678901"),
        finding: Finding::Tags(vec![Tag {
            key: "Owner".into(),
            value: "ΠΡΟΣ".into(),
        }]),
    };
    for (is_final, typed, expected) in [
        (false, "προς", (1, 0)),
        (false, "tag:owner", (0, 3)),
        (true, "tag:owner", (1, 2)),
        (true, "προς", (1, 0)),
    ] {
        let mut findings = Findings::default();
        findings.show(std::slice::from_ref(&kept), is_final);
        let (mut filter, mut index) = (Filter::default(), Index::default());
        filter.input = typed.into();
        filter.retype(&SavedQueries::new(), &tree);
        filter.learn_tags(&mut index, &findings, &tree, is_final);
        filter.refresh(&tree, &mut index);
        let found = (filter.matched().count(), filter.unread());
        assert_eq!(found, expected, "{typed}");
    }
}

#[test]
fn only_whole_ids_are_exact_however_many_words_there_are() {
    let tree = tree();
    for (typed, exact) in [
        ("0123 \"aws+\" \"pay\" \"prod\"", false),
        ("012345678901", true),
        (
            "012345678901 012345678901 012345678901 012345678901 012345678901",
            true,
        ),
    ] {
        let (mut filter, mut index) = (Filter::default(), Index::default());
        filter.input = typed.into();
        filter.retype(&SavedQueries::new(), &tree);
        filter.refresh(&tree, &mut index);
        let found: Vec<NodeIx> = filter.matched().collect();
        assert_eq!(found.len(), 1, "{typed}");
        assert_eq!(filter.is_exact(found[0]), exact, "{typed}");
    }
}

/// The score of each node, what matches, how often, and what its tags have to do with that.
type Everything = (
    Vec<Option<u32>>,
    HashSet<NodeIx>,
    usize,
    (usize, usize, bool),
);

fn found(filter: &Filter, tree: &Tree) -> Everything {
    let scores = tree.iter().map(|(ix, _)| filter.score(ix));
    let by_tags = (filter.by_tags(), filter.unread(), filter.is_reading());
    (
        scores.collect(),
        filter.matched().collect(),
        filter.matched().count(),
        by_tags,
    )
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
        "!pay eng",
        "name:Pay !email:example.org",
        "\"pay",
        "tag:Env=prod !pay",
    ] {
        let mut typed = Filter::default();
        let mut index = Index::default();
        for c in text.chars() {
            typed.input = format!("{}{c}", typed.input.value()).into();
            typed.retype(&SavedQueries::new(), &tree);
            typed.refresh(&tree, &mut index);
            let mut once = Filter {
                input: typed.input.clone(),
                ..Filter::default()
            };
            once.retype(&SavedQueries::new(), &tree);
            once.refresh(&tree, &mut Index::default());
            let text = typed.input.value();
            assert_eq!(found(&typed, &tree), found(&once, &tree), "{text}");
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
        filter.retype(&SavedQueries::new(), &tree());
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

/// Something that happens while a filter is on.
#[derive(Debug, Clone)]
enum Step {
    Type(char),
    Erase,
    Rename(usize, &'static str),
    Vanish(usize),
    Tag(usize, Option<&'static str>),
    Forget(usize),
    ForgetFailures,
}

const IDS: [&str; 4] = [
    "012345678901",
    "123456789012",
    "999900001111",
    "012300004567",
];

fn step() -> impl Strategy<Value = Step> {
    let name = prop::sample::select(vec!["payments-prod", "Zürich", "工程部 pay", "", "a"]);
    let tag = prop::sample::select(vec![Some("pay"), Some("a"), Some("01ü"), Some(""), None]);
    prop_oneof![
        6 => prop::sample::select("apy01ü! :\"".chars().collect::<Vec<_>>()).prop_map(Step::Type),
        1 => Just(Step::Erase),
        2 => (0..IDS.len(), name).prop_map(|(at, name)| Step::Rename(at, name)),
        1 => (0..IDS.len()).prop_map(Step::Vanish),
        2 => (0..IDS.len(), tag).prop_map(|(at, tag)| Step::Tag(at, tag)),
        1 => (0..IDS.len()).prop_map(Step::Forget),
        1 => Just(Step::ForgetFailures),
    ]
}

proptest! {
    #[test]
    fn what_is_found_is_the_same_whatever_happened_while_it_was_typed(
        start in prop::sample::select(vec!["", "name:", "email:", "!", "tag:a ", "tag:a=pay "]),
        steps in prop::collection::vec(step(), 1..25),
    ) {
        let mut tree = tree();
        let mut index = Index::default();
        let mut findings = Findings::default();
        let mut typed = Filter { input: start.into(), ..Filter::default() };
        typed.retype(&SavedQueries::new(), &tree);
        for step in steps {
            let text = typed.input.value().to_owned();
            match step {
                Step::Type(c) => typed.input = format!("{text}{c}").into(),
                Step::Erase => {
                    let shorter: Vec<char> = text.chars().rev().skip(1).collect();
                    typed.input = shorter.into_iter().rev().collect::<String>().into();
                }
                Step::Rename(at, name) => tree.apply([Observation::Account {
                    account: Account {
                        id: IDS[at].into(),
                        name: Some(name.into()),
                        ..Account::default()
                    }
                    .into(),
                    ancestors: vec!["r-ab12".into()],
                }]),
                Step::Vanish(at) => tree.apply([Observation::Vanished { node: IDS[at].into() }]),
                Step::Tag(at, tag) => {
                    let found = tag.map_or_else(not_found, |tag| found_tags(&[("x", "y"), ("a", tag)]));
                    findings.learn(question(IDS[at]), found);
                }
                Step::Forget(at) => findings.forget(&[question(IDS[at])]),
                Step::ForgetFailures => findings.forget_failures(),
            }
            if typed.input.value() != text {
                typed.retype(&SavedQueries::new(), &tree);
            }
            typed.learn_tags(&mut index, &findings, &tree, false);
            typed.refresh(&tree, &mut index);
            let mut once = Filter { input: typed.input.clone(), ..Filter::default() };
            let mut anew = Index::default();
            once.retype(&SavedQueries::new(), &tree);
            once.learn_tags(&mut anew, &findings, &tree, false);
            once.refresh(&tree, &mut anew);
            prop_assert_eq!(found(&typed, &tree), found(&once, &tree), "{}", typed.input.value());
        }
    }
}
