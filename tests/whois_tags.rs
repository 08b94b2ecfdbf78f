//! `orgscope whois` tells who owns what it finds: by tags, which keep no
//! answer waiting and fail nothing.

use orgscope::sim::{Organization, Settings, Simulator};
use serde_json::json;

use crate::whois::{ask, complaint, count, objects, printed, serve};

const DEEP: &str = "204563414726";

async fn with_faults(faults: &str) -> Simulator {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        faults: faults.parse().expect("a fault"),
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    simulator.expect("a free port")
}

fn tag(simulator: &Simulator, id: &str, tags: &[(&str, &str)]) {
    let tags = tags.iter().copied();
    simulator.with_organization(|organization| organization.set_tags(id, tags));
}

/// The ids of an OU with tags, and of the root.
fn unit_and_root(simulator: &Simulator) -> (String, String) {
    simulator.with_organization(|organization| {
        let unit = organization.units().find(|unit| unit.name == "PCI scope");
        let unit = unit.expect("it is there").id.clone();
        (unit, organization.root_id().to_owned())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_names_the_owner_by_the_tags_that_do() {
    let simulator = serve(true).await;
    for (tags, told) in [
        (
            &[
                ("Env", "prod"),
                ("team", "ledger"),
                ("Owner", "a@b.example"),
            ][..],
            "\nOwner    a@b.example\nOwner    team: ledger\n",
        ),
        (
            &[("Squad", "blue"), ("Env", "")],
            "\nOwner    not named by its 2 tags\nTag      Env=\nTag      Squad=blue\n",
        ),
        (&[("owner", "")], "\nOwner    owner: (empty)\n"),
        (&[], "\nOwner    no tags\n"),
        (
            &[
                ("a", "1"),
                ("b", "2"),
                ("c", "3"),
                ("d", "4"),
                ("e", "5"),
                ("f", "6"),
            ],
            "\nOwner    not named by its 6 tags, of which these are 5\nTag      a=1\n",
        ),
        // Nothing in a tag can steer the terminal or make a line of its own.
        (
            &[("Owner", "x\u{1b}[31m\u{202e}y\nState    CLOSED")],
            "\nOwner    x␛[31m",
        ),
        (
            &[("Team\nOwner    somebody", "z\u{9b}2J")],
            "\nOwner    Team␊Owner    somebody: z",
        ),
    ] {
        tag(&simulator, DEEP, tags);
        let output = ask(&simulator, &[DEEP], "").await;
        assert!(output.status.success(), "{}", complaint(&output));
        let text = printed(&output);
        let (facts, owner) = text.split_at(text.find("\nOwner ").expect("an owner"));
        assert!(owner.starts_with(told), "{told:?} is not in {text}");
        assert!(
            facts.contains("\nARN ") && !owner.contains("ARN "),
            "{text}"
        );
        let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!text.contains(steers), "{text:?}");
        assert_eq!(text.matches("\nState ").count(), 1, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_says_which_tags_name_an_owner_and_a_broken_one_hinders_nobody() {
    let simulator = serve(true).await;
    tag(&simulator, DEEP, &[("Squad", "blue"), ("Owner", "red")]);
    let home = tempfile::tempdir().expect("room");
    let file = home.path().join("config.toml");
    let config = file.to_str().expect("text");
    std::fs::write(&file, "[details]\nowner_tags = ['squad']\n").expect("room");
    let output = ask(&simulator, &[DEEP, "--config", config], "").await;
    let text = printed(&output);
    assert!(text.contains("Owner    Squad: blue\n"), "{text}");
    assert!(!text.contains("red"), "{text}");
    std::fs::write(&file, "[details]\nowner_tags = 1\n").expect("room");
    let output = ask(&simulator, &[DEEP, "--config", config], "").await;
    assert!(output.status.success(), "{}", complaint(&output));
    assert!(printed(&output).contains("Owner    red\n"));
    assert!(complaint(&output).contains("config.toml, line 2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn json_has_all_tags_of_accounts_and_ous_as_they_are() {
    let simulator = serve(true).await;
    let text = "x\u{1b}]0;y\u{7}\u{202e}";
    tag(&simulator, DEEP, &[("Owner", text), ("Env", "")]);
    let (unit, root) = unit_and_root(&simulator);
    let output = ask(&simulator, &[DEEP, &unit, &root, DEEP, "--json"], "").await;
    let found = objects(&output);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0]["tags"], json!({ "Owner": text, "Env": "" }));
    assert_eq!(found[1]["tags"]["owner"], "payments-compliance");
    assert_eq!(found[2].get("tags"), None);
    assert!(!printed(&output).contains('\u{202e}'));
    assert_eq!(count(&simulator, "ListTagsForResource"), 2);
    assert_eq!(count(&simulator, "DescribeAccount"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_cannot_be_read_are_told_and_the_answer_stays() {
    let simulator = with_faults("ListTagsForResource:deny").await;
    let output = ask(&simulator, &[DEEP], "").await;
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(complaint(&output), "");
    let text = printed(&output);
    let told = "Owner    not read: the permission organizations:ListTagsForResource is missing\n";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("payments-ledger-prod"), "{text}");

    let (unit, _) = unit_and_root(&simulator);
    let output = ask(&simulator, &[DEEP, &unit, "--json"], "").await;
    assert_eq!(output.status.code(), Some(0));
    for found in objects(&output) {
        assert_eq!(found.get("tags"), Some(&json!(null)), "{found}");
    }
    let told = "orgscope: tags are null where they could not be read: access denied to \
                ListTagsForResource";
    let said = complaint(&output);
    assert!(said.starts_with(told), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_does_not_wait_for_tags_that_never_come() {
    let simulator = with_faults("ListTagsForResource:hang").await;
    let output = ask(&simulator, &[DEEP], "").await;
    assert_eq!(output.status.code(), Some(0));
    let text = printed(&output);
    let told =
        "Owner    not read: ListTagsForResource: no answer came in time, and the rest did not wait";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("payments-ledger-prod"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_has_no_tags_and_that_is_no_other_error() {
    let simulator = serve(true).await;
    for (id, told) in [
        (
            "999999999999",
            "orgscope: 999999999999 is not in the organization\n",
        ),
        (
            "ou-q7f2-00000000",
            "orgscope: ou-q7f2-00000000 is not in the organization\n",
        ),
    ] {
        for arguments in [&[id][..], &[id, "--json"]] {
            let output = ask(&simulator, arguments, "").await;
            assert_eq!(output.status.code(), Some(1));
            assert_eq!(complaint(&output), told);
        }
    }
    // Who may read neither is told of the account.
    let denied = with_faults("DescribeAccount:deny,ListTagsForResource:deny").await;
    let output = ask(&denied, &[DEEP], "").await;
    assert_eq!(output.status.code(), Some(3));
    let said = complaint(&output);
    assert!(
        said.contains("DescribeAccount") && !said.contains("Tags"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_answers_and_of_lists_no_tags_are_read() {
    let simulator = serve(true).await;
    let output = ask(&simulator, &["-"], DEEP).await;
    assert!(output.status.success());
    assert_eq!(count(&simulator, "ListTagsForResource"), 0);

    let output = ask(&simulator, &["payments-ledger", "--json"], "").await;
    let few = objects(&output);
    assert!((1..=10).contains(&few.len()), "{few:?}");
    assert!(few.iter().all(|it| it["tags"]["owner"] == "payments"));
    let read = count(&simulator, "ListTagsForResource");
    assert_eq!(read, few.len() as u64);

    let output = ask(&simulator, &["payments"], "").await;
    let cards = printed(&output).matches("Id       ").count();
    assert!(cards > 10, "{cards}");
    assert!(!printed(&output).contains("Owner"));
    let told = format!("orgscope: tags are read of at most 10 accounts and OUs, not of {cards}\n");
    assert!(
        complaint(&output).starts_with(&told),
        "{}",
        complaint(&output)
    );
    assert_eq!(count(&simulator, "ListTagsForResource"), read);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_that_a_filter_has_read_are_told_and_not_read_again() {
    let simulator = serve(true).await;
    tag(&simulator, DEEP, &[("Team", "ledger")]);
    let query = "name:ledger-prod tag:team=ledger";
    for (arguments, told) in [
        (&[query][..], "Owner    Team: ledger\n"),
        (&[query, "--json"], r#""tags":{"Team":"ledger"}"#),
    ] {
        let before = count(&simulator, "ListTagsForResource");
        let output = ask(&simulator, arguments, "").await;
        assert!(printed(&output).contains(told), "{}", printed(&output));
        assert_eq!(count(&simulator, "ListTagsForResource") - before, 1);
    }
}
