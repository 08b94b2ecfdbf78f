//! `orgscope whois` where something beside the answer cannot be read: the answer is printed, and what
//! is missing is said.

use orgscope::sim::{Organization, Settings, Simulator};

use crate::whois::{ask, calls, complaint, objects, printed};

const DEEP: &str = "204563414726";

async fn with_faults(faults: &str, paths: bool) -> Simulator {
    let settings = Settings {
        limits: false,
        empty_pages: false,
        paths,
        faults: faults.parse().expect("a fault"),
        ..Settings::default()
    };
    let simulator = Simulator::start(Organization::demo(), settings).await;
    simulator.expect("a free port")
}

/// Ids and names from the root down to the account.
fn way(simulator: &Simulator) -> (Vec<String>, Vec<String>) {
    simulator.with_organization(|organization| {
        let account = organization.account(DEEP).expect("it is there");
        let mut ids = organization.chain(&account.parent);
        ids.sort_by_key(|id| organization.chain(id).len());
        let name = |id: &&str| {
            let unit = organization.units().find(|unit| unit.id == *id);
            unit.map_or_else(|| "Root".to_owned(), |unit| unit.name.clone())
        };
        let mut names: Vec<String> = ids.iter().map(name).collect();
        names.push(account.name.clone());
        let mut ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        ids.push(account.id.clone());
        (ids, names)
    })
}

const BUSY: &str = "the service is busy with too many requests";
const SILENT: &str = "no answer came in time";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_stand_for_names_that_do_not_come_and_one_line_says_why() {
    let missing = |operation: &str| format!("the permission organizations:{operation} is missing");
    let roots = "ListRoots";
    let unit = "DescribeOrganizationalUnit";
    for (faults, nameless, why) in [
        ("ListRoots:throttle", &[0][..], format!("{roots}: {BUSY}")),
        ("ListRoots:hang", &[0], format!("{roots}: {SILENT}")),
        ("ListRoots:deny", &[0], missing(roots)),
        (
            "DescribeOrganizationalUnit:throttle",
            &[1],
            format!("{unit}: {BUSY}"),
        ),
        (
            "DescribeOrganizationalUnit:hang",
            &[1],
            format!("{unit}: {SILENT}"),
        ),
        ("DescribeOrganizationalUnit:deny", &[1], missing(unit)),
        (
            "DescribeOrganizationalUnit:deny,ListRoots:deny,ListOrganizationalUnitsForParent:deny",
            &[0, 1, 2, 3],
            format!("{}; {}", missing(roots), missing(unit)),
        ),
    ] {
        let simulator = with_faults(faults, true).await;
        let (ids, mut path) = way(&simulator);
        for at in nameless {
            path[*at].clone_from(&ids[*at]);
        }
        let output = ask(&simulator, &[DEEP], "").await;
        assert!(output.status.success(), "{faults}: {}", complaint(&output));
        let text = printed(&output);
        let line = format!("\nPath     {}\n", path.join(" / "));
        assert!(text.contains(&line), "{faults}: {text}");
        assert!(text.contains("\nARN      arn:aws:"), "{faults}: {text}");
        let told = complaint(&output);
        assert_eq!(told.lines().count(), 1, "{faults}: {told}");
        let says = "orgscope: ids stand for names that could not be read: ";
        assert!(told.starts_with(says), "{faults}: {told}");
        for reason in why.split("; ") {
            assert!(told.contains(reason), "{faults}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_and_lists_and_words_do_not_wait_for_names_either() {
    let simulator = with_faults("ListRoots:hang", false).await;
    let (ids, mut path) = way(&simulator);
    path[0].clone_from(&ids[0]);
    for arguments in [
        &[DEEP, "--json"][..],
        &["-", "--json"],
        &["ledger-prod", "--json"],
    ] {
        let output = ask(&simulator, arguments, DEEP).await;
        assert!(output.status.success(), "{}", complaint(&output));
        let found = objects(&output);
        let found = found.iter().find(|it| it["id"] == DEEP).expect("a record");
        assert_eq!(found["path"], serde_json::json!(path));
        assert_eq!(found["id_path"], serde_json::json!(ids));
        let told = complaint(&output);
        assert!(told.contains(&format!("ListRoots: {SILENT}")), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ou_that_was_asked_for_fails_by_itself_where_it_is_above_an_account_as_well() {
    let faults = "DescribeOrganizationalUnit:deny,ListOrganizationalUnitsForParent:deny";
    let simulator = with_faults(faults, true).await;
    let (ids, _) = way(&simulator);
    let unit = &ids[ids.len() - 2];
    let output = ask(&simulator, &[DEEP, unit], "").await;
    assert_eq!(output.status.code(), Some(3), "{}", complaint(&output));
    let text = printed(&output);
    let path = ["Root", &ids[1..ids.len() - 1].join(" / ")].join(" / ");
    assert!(text.contains(&format!("\nPath     {path} / ")), "{text}");
    assert!(!text.contains(&format!("Id       {unit}")), "{text}");
    let denied = format!("\n{unit} access denied to DescribeOrganizationalUnit");
    assert!(text.contains(&denied), "{text}");
    let told = complaint(&output);
    let why = "ids stand for names that could not be read: the permission \
               organizations:DescribeOrganizationalUnit is missing\n";
    assert!(told.contains(why), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_is_answered_where_the_organization_cannot_be_walked_for_a_filter() {
    let simulator = with_faults("ListRoots:deny", true).await;
    let output = ask(&simulator, &["ou:Kubernetes", DEEP, "ou:Payments"], "").await;
    assert_eq!(output.status.code(), Some(3), "{}", complaint(&output));
    let text = printed(&output);
    assert!(text.starts_with(&format!("Id       {DEEP}\n")), "{text}");
    for filter in ["ou:Kubernetes", "ou:Payments"] {
        let failed = format!("\n{filter} access denied to ListRoots");
        assert!(text.contains(&failed), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_whose_parent_cannot_be_read_is_told_without_its_path() {
    let simulator = with_faults("ListParents:deny", false).await;
    let why = "not read: the permission organizations:ListParents is missing";
    let incomplete = "orgscope: incomplete: access denied to ListParents";
    let (_, names) = way(&simulator);
    let name = names.last().expect("its own");
    for query in [DEEP, "ledger-prod"] {
        let output = ask(&simulator, &[query], "").await;
        assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
        let text = printed(&output);
        assert!(text.contains(&format!("\nName     {name}\n")), "{text}");
        assert!(text.contains(&format!("\nPath     {why}\n")), "{text}");
        assert!(!text.contains("\nId path"), "{text}");
        let told = complaint(&output);
        assert!(told.contains(incomplete), "{told}");
    }
    let text = format!("{DEEP} 000000000001");
    let output = ask(&simulator, &["-"], &text).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains(&format!("ACTIVE  {why}\n")));
    let output = ask(&simulator, &["-", "--json"], &text).await;
    let found = &objects(&output)[0];
    assert_eq!(found["name"], name.as_str());
    assert_eq!(found["path"], serde_json::json!([]));
    assert_eq!(found["id_path"], serde_json::json!([]));
    assert_eq!(found["parent_id"], serde_json::Value::Null);
    assert_eq!(output.status.code(), Some(1));
    let before = calls(&simulator);
    let output = ask(&simulator, &["-", "--annotate"], DEEP).await;
    assert_eq!(printed(&output), format!("{DEEP} ({name})"));
    assert!(output.status.success(), "{}", complaint(&output));
    // A name is one call; where the account is, is not asked.
    let total = |calls: Vec<(String, u64)>| calls.iter().map(|(_, calls)| calls).sum::<u64>();
    assert_eq!(total(calls(&simulator)), total(before) + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ou_whose_parent_cannot_be_read_is_told_without_its_path() {
    let simulator = with_faults("ListParents:deny", false).await;
    let (ids, names) = way(&simulator);
    let (id, name) = (&ids[3], &names[3]);
    let why = "not read: the permission organizations:ListParents is missing";
    let output = ask(&simulator, &[id], "").await;
    assert_eq!(output.status.code(), Some(1), "{}", complaint(&output));
    let text = printed(&output);
    let card = format!("Id       {id}\nName     {name}\nPath     {why}\nARN      arn:");
    assert!(text.starts_with(&card), "{text}");
    let told = complaint(&output);
    assert!(
        told.contains("orgscope: incomplete: access denied to ListParents"),
        "{told}"
    );
    let output = ask(&simulator, &[id, "--json"], "").await;
    let found = &objects(&output)[0];
    assert_eq!(
        (&found["kind"], &found["name"]),
        (&"ou".into(), &name.as_str().into())
    );
    assert_eq!(found["path"], serde_json::json!([]));
    assert_eq!(found["parent_id"], serde_json::Value::Null);
}
