use proptest::prelude::*;

use super::*;
use crate::org::{Account, AccountState, Observation, OrganizationalUnit, Root, Tag, Tree};

fn parse(text: &str) -> Result<Query, QueryError> {
    Query::parse(text, &SavedQueries::new())
}

fn unit(id: &str, name: &str, parent: &str) -> Observation {
    Observation::OrganizationalUnit {
        unit: OrganizationalUnit {
            id: id.into(),
            name: Some(name.into()),
            ..OrganizationalUnit::default()
        },
        parent: parent.into(),
    }
}

fn account(id: &str, name: &str, state: AccountState, joined: &str, parent: &str) -> Observation {
    Observation::Account {
        account: Account {
            id: id.into(),
            name: Some(name.into()),
            email: Some(format!("{name}@example.com")),
            state: Some(state),
            joined_at: Some(joined.parse().unwrap()),
            ..Account::default()
        }
        .into(),
        ancestors: vec![parent.into()],
    }
}

/// Management in the root; payments and legacy in Workloads / Prod; sandbox in Shared Services.
fn tree() -> Tree {
    let mut tree = Tree::new();
    tree.apply([
        Observation::Root(Root {
            id: "r-ab12".into(),
            name: Some("Root".into()),
            ..Root::default()
        }),
        unit("ou-ab12-11111111", "Workloads", "r-ab12"),
        unit("ou-ab12-22222222", "Prod", "ou-ab12-11111111"),
        unit("ou-ab12-33333333", "Shared Services", "r-ab12"),
        unit("ou-ab12-44444444", "Production", "ou-ab12-33333333"),
        account(
            "000000000001",
            "management",
            AccountState::Active,
            "2019-05-01T00:00:00Z",
            "r-ab12",
        ),
        account(
            "012345678901",
            "payments",
            AccountState::Active,
            "2024-01-31T23:59:59Z",
            "ou-ab12-22222222",
        ),
        account(
            "123456789012",
            "Legacy",
            AccountState::Closed,
            "2023-12-31T12:00:00Z",
            "ou-ab12-22222222",
        ),
        account(
            "222222222222",
            "sandbox",
            AccountState::PendingClosure,
            "2026-11-01T00:00:00Z",
            "ou-ab12-44444444",
        ),
    ]);
    tree
}

/// Names of what a query holds for, and how many depend on tags; tags of payments are known.
fn found(text: &str) -> (Vec<String>, usize) {
    let tree = tree();
    let query = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let places = Places::find(&query, &tree);
    let tags = [Tag {
        key: "Env".into(),
        value: "prod".into(),
    }];
    let (mut names, mut unread) = (Vec::new(), 0);
    for (ix, node) in tree.iter() {
        let facts = Facts {
            node,
            texts: Texts::of(node),
            place: places.at(&tree, ix),
            management: Some("000000000001"),
            tags: (node.name() == Some("payments")).then_some(Tags::Listed(&tags)),
            now: "2026-11-20T00:00:00Z".parse().unwrap(),
        };
        match query.holds(&facts) {
            Verdict::Yes => names.push(node.label().to_owned()),
            Verdict::TagsNotRead => unread += 1,
            Verdict::No => {}
        }
    }
    names.sort();
    (names, unread)
}

fn names(text: &str) -> Vec<String> {
    found(text).0
}

#[test]
fn paths_and_tags_are_taken_for_what_they_look_like() {
    for (typed, meant) in [
        ("Workloads/Prod", "ou:Workloads/Prod"),
        (
            "Root / Workloads / Shared Services",
            "ou:\"Root / Workloads / Shared Services\"",
        ),
        ("!Workloads/Prod pay", "!ou:Workloads/Prod pay"),
        ("/Workloads/Prod", "ou:/Workloads/Prod"),
        ("/Workloads", "ou:/Workloads"),
        ("012345678901, 000000000001", "id:012345678901,000000000001"),
        (
            "!https://sqs.eu-west-1.amazonaws.com/012345678901/q pay",
            "!012345678901 pay",
        ),
        ("arn:aws:s3:::logs-012345678901", "012345678901"),
        ("Env=prod", "tag:Env=prod"),
        ("Team=\u{e4}/b", "tag:Team=\u{e4}/b"),
    ] {
        assert_eq!(parse(typed), parse(meant), "{typed}");
    }
    for text in [
        "\"a/b\"",
        "a\\/b",
        "a\\=b",
        "/",
        "=a",
        "a / ",
        "arn:aws:iam::012345678901:role/x=y",
    ] {
        let words = parse(text).unwrap();
        assert!(words.is_words_only(), "{text}");
        assert_eq!(parse(&words.to_string()).unwrap(), words, "{text}");
    }
    assert!(parse("Env=").unwrap_err().is_unfinished);
}

#[test]
fn the_path_of_an_account_is_that_account() {
    for path in [
        "Root / Workloads / Prod / payments",
        "/Workloads/Prod/PAYMENTS",
        "ou:Prod/payments",
        "r-ab12/ou-ab12-11111111/ou-ab12-22222222/012345678901",
        "o-exampleorg1/r-ab12/ou-ab12-11111111/ou-ab12-22222222/012345678901",
        "r-ab12 / ou-ab12-11111111 / ou-ab12-22222222 / 012345678901",
    ] {
        assert_eq!(names(path), ["payments"], "{path}");
        assert_eq!(
            parse(path).unwrap().unknown_units(&tree()),
            [""; 0],
            "{path}"
        );
    }
    assert_eq!(names("Root / management"), ["management"]);
    assert_eq!(names("Prod/pay"), ["payments"]);
    assert_eq!(names("Workloads/payments"), [""; 0]);
    assert_eq!(
        parse("Prod/nobody").unwrap().unknown_units(&tree()),
        ["Prod/nobody"]
    );
    assert_eq!(
        names("r-ab12/ou-ab12-33333333/"),
        names("ou:ou-ab12-33333333")
    );
}

#[test]
fn a_whole_path_with_a_space_in_a_name_is_no_path_and_a_word() {
    let read = |text: &str| parse(text).unwrap().or_path(text, &tree()).to_string();
    for (text, meant) in [
        ("/Shared Services", "ou:\"/Shared Services\""),
        ("Root/Shared Services", "ou:\"Root/Shared Services\""),
        (
            "/Shared Services/Production",
            "ou:\"/Shared Services/Production\"",
        ),
        (
            "/Shared Services/Production/sandbox",
            "ou:\"/Shared Services/Production/sandbox\"",
        ),
        ("/Workloads pay", "ou:/Workloads pay"),
        ("Workloads/Prod pay", "ou:Workloads/Prod pay"),
        (
            "/Shared Services state:active",
            "ou:/Shared Services state:active",
        ),
        ("shared services", "shared services"),
    ] {
        assert_eq!(read(text), meant, "{text}");
    }
}

#[test]
fn of_a_list_of_ids_each_is_found() {
    for list in [
        "012345678901 123456789012",
        "012345678901,123456789012",
        "id:0123,1234",
        "id:012345678901, 123456789012",
        "012345678901; 123456789012,",
        "0123-4567-8901;arn:aws:iam::123456789012:role/x",
    ] {
        assert_eq!(names(list), ["Legacy", "payments"], "{list}");
    }
    assert_eq!(
        names("id:012345678901,123456789012 state:closed"),
        ["Legacy"]
    );
    assert_eq!(
        names("!id:012345678901,123456789012 is:account"),
        ["management", "sandbox"]
    );
    assert_eq!(
        names("https://sqs.eu-west-1.amazonaws.com/012345678901/q"),
        ["payments"]
    );
    assert_eq!(names("123456789012 012345678901 state:closed"), ["Legacy"]);
    assert_eq!(names("123456789012 !state:active 012345678901"), ["Legacy"]);
    assert_eq!(names("012345678901 !012345678901,123456789012"), [""; 0]);
    assert_eq!(
        names("!123456789012,012345678901 is:account"),
        ["management", "sandbox"]
    );
    assert_eq!(names("012345678901 lega"), [""; 0]);
    assert_eq!(names("\\012345678901 \\123456789012"), [""; 0]);
    assert!(parse("id:,").unwrap_err().is_unfinished);
}

#[test]
fn a_query_with_ids_is_told_from_a_text_with_ids() {
    for query in [
        "!012345678901,123456789012",
        "012345678901 !123456789012",
        "012345678901,123456789012 state:closed",
        "!id:012345678901,123456789012",
        "ou:Prod 012345678901 123456789012",
    ] {
        assert!(Query::is_in_language(query), "{query}");
    }
    for text in [
        "012345678901,123456789012",
        "user=x path=/a/b account=012345678901 by 123456789012",
        "state:broken 012345678901 123456789012",
        "account: 012345678901, id: 123456789012",
        "! wrong: 012345678901 123456789012",
        "state:active 012345678901\n123456789012",
        "{\"id\":\"012345678901\",\"to\":\"123456789012\"}",
    ] {
        assert!(!Query::is_in_language(text), "{text}");
    }
}

#[test]
fn words_are_parts_of_names_and_addresses_or_beginnings_of_ids() {
    assert_eq!(names("paym"), ["payments"]);
    assert_eq!(names("LEGACY"), ["Legacy"]);
    assert_eq!(names("0123"), ["payments"]);
    assert_eq!(names("0123-4567-8901"), ["payments"]);
    assert_eq!(names("1234 5678 9012"), ["Legacy"]);
    assert_eq!(names("arn:aws:iam::012345678901:role/x"), ["payments"]);
    assert_eq!(names("\"012345678901\""), ["payments"]);
    assert_eq!(names("ou-ab12-2"), ["Prod"]);
    assert_eq!(names("pay example.com"), ["payments"]);
    assert_eq!(names("\"red serv\""), ["Shared Services"]);
    assert_eq!(names("@example.com !pay !legacy !sand"), ["management"]);
}

#[test]
fn fields_ask_for_single_facts() {
    assert_eq!(names("state:closed"), ["Legacy"]);
    assert_eq!(names("state:PENDING-closure"), ["sandbox"]);
    assert_eq!(names("state:pend"), ["sandbox"]);
    assert_eq!(
        names("!state:closed"),
        ["management", "payments", "sandbox"]
    );
    assert_eq!(names("name:serv"), ["Shared Services"]);
    assert_eq!(names("email:PAY"), ["payments"]);
    assert_eq!(names("id:0000"), ["management"]);
    assert_eq!(names("is:management"), ["management"]);
    assert_eq!(names("is:ou !name:prod"), ["Shared Services", "Workloads"]);
    assert_eq!(
        names("is:account state:active !is:management"),
        ["payments"]
    );
}

#[test]
fn an_ou_is_named_by_its_name_its_path_or_its_id() {
    let in_prod = ["Legacy", "Prod", "payments"];
    for text in [
        "ou:prod",
        "ou:Workloads/Prod",
        "ou:/workloads/Prod",
        "ou:/Workloads/Prod/",
        "ou:\"Root / Workloads / Prod\"",
        "ou:/Workloads/Pro",
        "ou:ou-ab12-22222222",
    ] {
        assert_eq!(names(text), in_prod, "{text}");
    }
    assert_eq!(names("ou:\"shared services\" is:account"), ["sandbox"]);
    // Where no OU has the whole name, those that begin with it are meant.
    assert_eq!(names("ou:shared is:account"), ["sandbox"]);
    assert_eq!(names("ou:/Prod"), [""; 0]);
    assert_eq!(names("ou:/ is:account").len(), 4);
    assert_eq!(names("!ou:workloads is:account"), ["management", "sandbox"]);
}

#[test]
fn the_time_of_joining_is_asked_for_by_age_or_calendar() {
    assert_eq!(names("joined:<30d"), ["sandbox"]);
    assert_eq!(names("joined:>5y"), ["management"]);
    assert_eq!(names("joined:2024-01"), ["payments"]);
    assert_eq!(names("joined:2024-01-31"), ["payments"]);
    assert_eq!(names("joined:2023"), ["Legacy"]);
    assert_eq!(names("joined:>2024-01-31"), ["sandbox"]);
    assert_eq!(names("joined:>=2024-01-31"), ["payments", "sandbox"]);
    assert_eq!(names("joined:<=2023"), ["Legacy", "management"]);
    assert_eq!(names("joined:<65535y").len(), 4);
    assert_eq!(names("!joined:<30d").len(), 3);
}

#[test]
fn tags_that_were_not_read_are_neither_there_nor_missing() {
    assert_eq!(found("tag:Env=prod"), (vec!["payments".into()], 3));
    assert_eq!(found("tag:env"), (vec!["payments".into()], 3));
    assert_eq!(found("tag:Env=test"), (vec![], 3));
    assert_eq!(found("!tag:Owner"), (vec!["payments".into()], 3));
    // What other terms rule out needs no tags.
    assert_eq!(found("tag:Env state:closed"), (vec![], 1));
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (text, at, sentence) in [
        ("state:foo", 7, "no state begins with \"foo\""),
        ("prod joined:abc", 13, "\"abc\" is no time"),
        ("joined:30d", 8, "say \"<30d\" for later"),
        ("joined:2024-13 x", 8, "is no time"),
        ("prod \"shared", 6, "this quote is not closed"),
        ("state: x", 6, "state: needs a value"),
        ("sate:closed", 1, "sate: is none of state, ou"),
        ("tag:=x", 5, "a tag's key"),
        ("tag:Env=", 8, "\"\" for none"),
        ("is:delegate", 4, "is: needs one of"),
        ("x !", 3, "nothing is behind the !"),
        ("x\\", 2, "nothing is behind this backslash"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(
            error.at == at && error.message.contains(sentence),
            "{text}: {error}"
        );
    }
    let many = "x ".repeat(65);
    assert!(parse(&many).is_err());
}

#[test]
fn what_may_yet_become_right_is_no_mistake_while_it_is_typed() {
    let none = SavedQueries::new();
    for whole in [
        "state:closed",
        "joined:<30d",
        "joined:>=2024-01-31",
        "is:management",
        "tag:\"Cost Center\"=\"x y\"",
        "ou:\"Shared Services\"",
        "!prod",
    ] {
        for end in 1..=whole.len() {
            let (_, error) = Query::parse_as_typed(&whole[..end], &none);
            assert!(error.is_none_or(|it| it.is_unfinished), "{}", &whole[..end]);
        }
    }
    let (query, error) = Query::parse_as_typed("prod state:", &none);
    assert_eq!(query, parse("prod").unwrap());
    assert!(error.unwrap().is_unfinished);
    // Once something follows, it stays wrong.
    let (_, error) = Query::parse_as_typed("state: prod", &none);
    assert!(!error.unwrap().is_unfinished);
}

#[test]
fn a_saved_query_stands_for_its_terms() {
    let mut saved = SavedQueries::new();
    saved.insert("prod".into(), parse("ou:Prod state:active").unwrap());
    let query = Query::parse("pay @prod", &saved).unwrap();
    assert_eq!(query, parse("pay ou:Prod state:active").unwrap());
    assert!(Query::parse("!@prod", &saved).is_err());
    saved.insert("gone".into(), parse("state:closed").unwrap());
    let opposite = Query::parse("!@gone", &saved).unwrap();
    assert_eq!(opposite, parse("!state:closed").unwrap());
    let error = |text: &str| Query::parse(text, &saved).unwrap_err();
    assert!(error("@pro").is_unfinished);
    let message = error("@nope").to_string();
    assert!(
        message.starts_with("at 1: no filter is saved as @nope; saved: @"),
        "{message}"
    );
    assert!(Query::parse("@example.com", &saved).is_ok());
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_:=!@/.-]{1,8}",
        "[0-9]{4}",
        "\\PC{1,6}",
        "[ \\\\\"\u{1b}\u{202e}\t\n!@:=a]{1,6}",
        Just("arn:aws:iam::012345678901:role/x".to_owned()),
        Just("state:closed".to_owned()),
        Just("ou-ab12-11111111".to_owned()),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let bound = prop_oneof![
        Just(joined::Bound::Less),
        Just(joined::Bound::AtMost),
        Just(joined::Bound::More),
        Just(joined::Bound::AtLeast),
    ];
    let long = prop_oneof![
        Just(joined::Unit::Hours),
        Just(joined::Unit::Days),
        Just(joined::Unit::Weeks),
        Just(joined::Unit::Months),
        Just(joined::Unit::Years),
    ];
    let period = (
        1i16..=9999,
        proptest::option::of((1i8..=12, proptest::option::of(1i8..=28))),
    );
    let period = period.prop_map(|(year, month)| joined::Period {
        year,
        month: month.map(|(month, _)| month),
        day: month.and_then(|(_, day)| day),
    });
    prop_oneof![
        (text(), any::<bool>()).prop_map(|(text, literal)| Test::Word(Word::new(&text, literal))),
        text().prop_map(|text| Test::State(text.to_lowercase().replace(['-', ' '], "_"))),
        text().prop_map(|text| Test::Unit(Unit::new(&text))),
        (
            text(),
            proptest::option::of(prop_oneof![text(), Just(String::new())])
        )
            .prop_map(|(key, value)| Test::Tag { key, value }),
        (bound.clone(), any::<u16>(), long)
            .prop_map(|(bound, count, unit)| Test::Joined(Joined::Ago(bound, count, unit))),
        (proptest::option::of(bound), period)
            .prop_map(|(bound, period)| Test::Joined(Joined::On(bound, period))),
        text().prop_map(|text| Test::Name(Part::new(&text))),
        text().prop_map(|text| Test::Email(Part::new(&text))),
        text().prop_map(|text| Test::Id(ids(&text))),
        proptest::sample::select(Is::ALL.to_vec()).prop_map(Test::Is),
    ]
}

/// Of a text that has no id, one that has.
fn ids(text: &str) -> Vec<String> {
    let ids = super::ids::starts(&text.to_lowercase());
    if ids.is_empty() {
        vec!["0".to_owned()]
    } else {
        ids
    }
}

proptest! {
    #[test]
    fn a_printed_query_reads_as_the_same(tests in proptest::collection::vec((any::<bool>(), test()), 0..6)) {
        let terms = tests.into_iter().map(|(negated, test)| Term { negated, test });
        let query = Query { terms: terms.collect() };
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed), Ok(query), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place_in_it(text in "\\PC*|[ a-z:!@\"\\\\<>=0-9-]*") {
        let (query, error) = Query::parse_as_typed(&text, &SavedQueries::new());
        if let Some(error) = error {
            prop_assert!(error.at >= 1 && error.at <= text.chars().count(), "{}", error);
        }
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed), Ok(query), "{}", printed);
        found_in_any_tree(&text);
    }
}

/// It must not panic, whatever it finds.
fn found_in_any_tree(text: &str) {
    if parse(text).is_ok() {
        let _ = found(text);
    }
}
