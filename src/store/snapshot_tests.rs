use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::org::{
    Account, AccountState, Difference, Finding, JoinedMethod, Looked, NodeKind, Noticed,
    Organization, OrganizationalUnit, Placed, Question, Root, Tag, What,
};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn snapshot(name: &str) -> Snapshot {
    let account = |id: &str| Placed {
        parent: Some("r-1".into()),
        node: Arc::new(Account {
            id: id.into(),
            name: Some(name.into()),
            state: Some(AccountState::Active),
            ..Account::default()
        }),
    };
    Snapshot {
        hierarchy: Hierarchy {
            organization: Organization {
                id: "o-example".into(),
                ..Organization::default()
            },
            taken_at: now(),
            root: Root {
                id: "r-1".into(),
                ..Root::default()
            },
            units: Vec::new(),
        },
        accounts: vec![account("000000000001"), account("012345678901")],
        noticed: Vec::new(),
        found: Vec::new(),
    }
}

struct Place {
    cache: Cache,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("cache").join("orgscope"));
        Self { cache, folder }
    }

    fn with(name: &str) -> Self {
        let place = Self::new();
        place.cache.write(None, &snapshot(name), now()).unwrap();
        place
    }

    fn file(&self) -> PathBuf {
        self.cache.folder().join("o-example.snapshot")
    }

    fn read(&self) -> Result<Option<Snapshot>, OrgError> {
        self.cache.read(&Name::from("o-example"), now())
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(self.cache.folder()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// With this in the file, nothing is read of it, and it is out of the way.
    fn is_set_aside(&self, text: &[u8]) -> OrgError {
        fs::write(self.file(), text).unwrap();
        let error = self.read().expect_err("nothing to believe");
        assert!(!self.file().exists());
        assert_eq!(self.read(), Ok(None));
        error
    }
}

#[test]
fn what_was_written_is_read() {
    let place = Place::with("first");
    assert_eq!(place.read(), Ok(Some(snapshot("first"))));
    place.cache.write(None, &snapshot("second"), now()).unwrap();
    assert_eq!(place.read(), Ok(Some(snapshot("second"))));
    assert_eq!(place.files(), ["o-example.snapshot"]);
}

/// A snapshot with everything that there can be in one, of so many accounts.
fn rich(accounts: usize) -> Snapshot {
    let mut rich = snapshot("rich");
    let unit = OrganizationalUnit {
        id: "ou-1-a".into(),
        arn: Some("arn:aws:organizations::1:ou/o-example/ou-1-a".into()),
        name: Some("A \u{1b}[2J\n\"b\"".into()),
    };
    rich.hierarchy.units.push(Placed {
        parent: Some("r-1".into()),
        node: unit,
    });
    let account = |n: usize| Account {
        id: format!("{n:012}"),
        arn: Some(format!(
            "arn:aws:organizations::1:account/o-example/{n:012}"
        )),
        name: Some(format!("工程部 {n}\n")),
        email: Some(format!("{n}@example.com")),
        state: Some(AccountState::parse(if n.is_multiple_of(2) {
            "CLOSED"
        } else {
            "NEW_STATE"
        })),
        joined_method: Some(JoinedMethod::Invited),
        joined_at: Some(now()),
    };
    let placed = (0..accounts).map(|n| Placed {
        parent: (n % 7 > 0).then(|| "ou-1-a".to_owned()),
        node: Arc::new(account(n)),
    });
    rich.accounts = placed.collect();
    rich.noticed = vec![Noticed {
        at: now(),
        since: now(),
        difference: Difference {
            id: "000000000001".into(),
            kind: NodeKind::Account,
            name: "1".into(),
            what: What::Renamed {
                from: "a".into(),
                to: "b".into(),
            },
        },
    }];
    rich.found = vec![Looked {
        at: now(),
        question: Question::Tags("000000000001".into()),
        finding: Finding::Tags(vec![Tag {
            key: "Owner".into(),
            value: "x".into(),
        }]),
    }];
    rich
}

#[test]
fn everything_of_a_snapshot_is_read_again_however_many_accounts_it_has() {
    for accounts in [0, 1, 999, 1_000, 1_001, 4_321] {
        let place = Place::new();
        let rich = rich(accounts);
        place.cache.write(None, &rich, now()).unwrap();
        let read = place.read().unwrap().unwrap();
        assert_eq!(read.hierarchy, rich.hierarchy);
        assert!(read.accounts == rich.accounts, "of {accounts} accounts");
        assert_eq!((read.noticed, read.found), (rich.noticed, rich.found));
    }
}

#[test]
fn of_what_was_noticed_only_the_newest_is_written() {
    let place = Place::new();
    let mut long = rich(1);
    let one = long.noticed[0].clone();
    long.noticed = vec![one; 3_000];
    place.cache.write(None, &long, now()).unwrap();
    let read = place.read().unwrap().unwrap();
    assert_eq!(read.noticed, long.newest());
    assert!(read.noticed.len() < 3_000);
}

#[test]
fn root_and_ous_are_read_though_the_accounts_are_damaged() {
    let place = Place::new();
    let rich = rich(3);
    place.cache.write(None, &rich, now()).unwrap();
    let hierarchy = || place.cache.hierarchy(&Name::from("o-example"), now());
    assert_eq!(hierarchy(), Ok(Some(rich.hierarchy)));
    let mut text = fs::read(place.file()).unwrap();
    let last = text.len() - 3;
    text[last] ^= 1;
    fs::write(place.file(), &text).unwrap();
    assert!(hierarchy().unwrap().is_some());
    assert!(place.read().is_err());
    assert_eq!(hierarchy(), Ok(None));
}

#[test]
fn what_was_taken_later_is_not_replaced_by_what_was_taken_before() {
    let place = Place::with("then");
    let hour = SignedDuration::from_hours(1);
    let taken = |name: &str, at: Timestamp| {
        let mut snapshot = snapshot(name);
        snapshot.hierarchy.taken_at = at;
        snapshot
    };
    let later = taken("later", now() + hour);
    place.cache.write(None, &later, now() + hour).unwrap();
    // A program that was started long ago ends.
    let ends = now() + hour * 2;
    place
        .cache
        .write(None, &taken("then", now()), ends)
        .unwrap();
    assert_eq!(place.read(), Ok(Some(later)));
    let same = taken("more of it", now() + hour);
    place.cache.write(None, &same, ends).unwrap();
    assert_eq!(place.read(), Ok(Some(same)));
    // A clock was wrong: that is not to stay for ever.
    let future = taken("of the future", now() + hour * 1000);
    place.cache.write(None, &future, ends).unwrap();
    let right = taken("right", ends);
    place.cache.write(None, &right, ends).unwrap();
    assert_eq!(place.read(), Ok(Some(right)));
}

#[test]
fn what_was_taken_later_and_is_damaged_or_of_another_organization_is_replaced() {
    let hour = SignedDuration::from_hours(1);
    let mut later = snapshot("later");
    later.hierarchy.taken_at = now() + hour;
    let is_replaced = |place: &Place| {
        let ours = snapshot("ours");
        place.cache.write(None, &ours, now() + hour * 2).unwrap();
        assert_eq!(place.read(), Ok(Some(ours)));
    };
    let place = Place::new();
    place.cache.write(None, &later, now() + hour).unwrap();
    let mut text = fs::read(place.file()).unwrap();
    // Of the accounts: root and OUs can still be read.
    let last = text.len() - 3;
    text[last] ^= 1;
    fs::write(place.file(), &text).unwrap();
    is_replaced(&place);

    let place = Place::new();
    later.hierarchy.organization.id = "o-other".into();
    place.cache.write(None, &later, now() + hour).unwrap();
    let other = place.cache.folder().join("o-other.snapshot");
    fs::rename(other, place.file()).unwrap();
    is_replaced(&place);
}

#[test]
fn what_another_program_has_put_in_the_place_of_a_damaged_file_is_not_set_aside() {
    let place = Place::with("damaged");
    let name = Name::from("o-example");
    let looks = std::cell::Cell::new(0);
    let read = place.cache.read_by(&name, now(), |file| {
        looks.set(looks.get() + 1);
        if looks.get() > 1 {
            return super::snapshot(file, &name);
        }
        place.cache.write(None, &snapshot("good"), now()).unwrap();
        Err(Unusable::Contents("it is damaged".into()))
    });
    assert_eq!(read, Ok(Some(snapshot("good"))));
    assert_eq!(place.files(), ["o-example.snapshot"]);

    let read = place.cache.read_by(&name, now(), |_| -> Result<(), _> {
        // The other program has set it aside.
        fs::remove_file(place.file()).unwrap();
        Err(Unusable::Contents("it is damaged".into()))
    });
    assert_eq!(read, Ok(None));
}

#[test]
fn ous_deeper_than_any_or_in_a_circle_are_set_aside() {
    let unit = |id: String, parent: String| Placed {
        parent: Some(parent),
        node: crate::org::OrganizationalUnit {
            id,
            ..Default::default()
        },
    };
    let deep = (1..100_000).map(|n| unit(format!("ou-{n}"), format!("ou-{}", n - 1)));
    let circle = vec![
        unit("ou-1".into(), "ou-2".into()),
        unit("ou-2".into(), "ou-1".into()),
    ];
    for units in [deep.collect(), circle] {
        let place = Place::new();
        let mut crafted = snapshot("crafted");
        crafted.hierarchy.units = units;
        place.cache.write(None, &crafted, now()).unwrap();
        let error = place.read().expect_err("nothing to believe");
        assert!(error.message.contains("no order"), "{error}");
        assert!(!place.file().exists());
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let place = Place::with("whole");
    fs::remove_file(place.file()).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(place.file())
        .status();
    assert!(made.unwrap().success());
    let error = place.read().expect_err("nothing to read");
    assert!(error.message.contains("not a regular file"), "{error}");
    assert_eq!(place.read(), Ok(None));
}

#[test]
fn without_a_file_there_is_nothing_and_nothing_is_made() {
    let place = Place::new();
    assert_eq!(place.read(), Ok(None));
    assert!(!place.cache.folder().exists());
}

#[test]
fn each_endpoint_has_a_cache_of_its_own() {
    let place = Place::with("at AWS");
    let endpoint = Some("http://127.0.0.1:4566");
    assert_eq!(
        place.cache.read(&Name::new("o-example", endpoint), now()),
        Ok(None)
    );
    place
        .cache
        .write(endpoint, &snapshot("here"), now())
        .unwrap();
    assert_eq!(place.read(), Ok(Some(snapshot("at AWS"))));
    assert_eq!(
        place.cache.read(&Name::new("o-example", endpoint), now()),
        Ok(Some(snapshot("here")))
    );
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::with("secret");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.file()), 0o600);
    assert_eq!(mode(place.cache.folder()), 0o700);
}

#[cfg(unix)]
#[test]
fn a_link_is_neither_followed_nor_written_through() {
    let place = Place::with("ours");
    let outside = place.folder.path().join("outside");
    let theirs = fs::read(place.file()).unwrap();
    fs::write(&outside, &theirs).unwrap();
    fs::remove_file(place.file()).unwrap();
    std::os::unix::fs::symlink(&outside, place.file()).unwrap();
    place.cache.write(None, &snapshot("new"), now()).unwrap();
    assert_eq!(fs::read(&outside).unwrap(), theirs);
    assert_eq!(place.read(), Ok(Some(snapshot("new"))));
    fs::remove_file(place.file()).unwrap();
    std::os::unix::fs::symlink(&outside, place.file()).unwrap();
    assert!(place.read().is_err());
    assert_eq!(fs::read(&outside).unwrap(), theirs);
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_set_aside() {
    let place = Place::with("whole");
    let whole = fs::read(place.file()).unwrap();
    for length in 0..whole.len() {
        place.is_set_aside(&whole[..length]);
    }
    let mut longer = whole;
    longer.push(b' ');
    place.is_set_aside(&longer);
}

#[test]
fn few_of_those_that_were_set_aside_are_kept() {
    let place = Place::with("whole");
    for _ in 0..10 {
        place.is_set_aside(b"orgscope-cache");
    }
    let broken = place.files();
    assert_eq!(broken.len(), SET_ASIDE, "{broken:?}");
    assert!(broken[0].starts_with("o-example.snapshot.broken-2026"));
}

#[test]
fn a_file_of_another_version_organization_or_endpoint_is_set_aside() {
    let place = Place::with("whole");
    let whole = fs::read(place.file()).unwrap();
    let newer = String::from_utf8(whole).unwrap();
    let newer = newer.replacen("orgscope-cache 2 ", "orgscope-cache 3 ", 1);
    let error = place.is_set_aside(newer.as_bytes());
    assert!(error.message.contains("another version"), "{error}");
    let elsewhere = Some("http://127.0.0.1:4566");
    place
        .cache
        .write(elsewhere, &snapshot("there"), now())
        .unwrap();
    let there = place
        .cache
        .folder()
        .join("o-example@127.0.0.1_4566.snapshot");
    let error = place.is_set_aside(&fs::read(there).unwrap());
    assert!(error.message.contains("127.0.0.1"), "{error}");
    let mut other = snapshot("other");
    other.hierarchy.organization.id = "o-other".into();
    place.cache.write(None, &other, now()).unwrap();
    let other = fs::read(place.cache.folder().join("o-other.snapshot")).unwrap();
    let error = place.is_set_aside(&other);
    assert!(error.message.contains("that of o-other"), "{error}");
}

#[test]
fn what_the_root_says_is_of_another_organization_is_not_written_and_set_aside_where_it_was() {
    let place = Place::with("ours");
    let mut theirs = snapshot("theirs");
    theirs.hierarchy.root.arn = Some("arn:aws:organizations::1:root/o-other/r-1".into());
    let error = place.cache.write(None, &theirs, now()).unwrap_err();
    assert!(error.message.contains("two organizations"), "{error}");
    assert_eq!(place.read(), Ok(Some(snapshot("ours"))));

    // As an earlier program has written it.
    let blocks = Blocks::of_snapshot("o-example", &theirs).unwrap();
    let mut text = Vec::new();
    blocks.write_to(&mut text).unwrap();
    fs::write(place.file(), &text).unwrap();
    let all = place.cache.all();
    assert!(matches!(&all[..], [(_, Err(why))] if why.contains("two organizations")));
    let hierarchy = place.cache.hierarchy(&Name::from("o-example"), now());
    assert!(hierarchy.unwrap_err().message.contains("two organizations"));
    let error = place.is_set_aside(&text);
    assert!(error.message.contains("two organizations"), "{error}");
    // It is in nobody's way, however late it claims to be taken.
    fs::write(place.file(), &text).unwrap();
    let mut earlier = snapshot("ours");
    earlier.hierarchy.taken_at = now() - SignedDuration::from_hours(1);
    place.cache.write(None, &earlier, now()).unwrap();
    assert_eq!(place.read(), Ok(Some(earlier)));
}

#[test]
fn what_is_no_regular_file_is_set_aside() {
    let place = Place::with("whole");
    fs::remove_file(place.file()).unwrap();
    fs::create_dir(place.file()).unwrap();
    assert!(place.read().is_err());
    assert_eq!(place.read(), Ok(None));
}

#[test]
fn what_an_earlier_program_did_not_finish_is_removed_after_a_while() {
    let place = Place::with("whole");
    let left = beside(&place.file(), ".new-1-2");
    fs::write(&left, b"half").unwrap();
    let real = Timestamp::try_from(left.metadata().unwrap().modified().unwrap()).unwrap();
    place.cache.write(None, &snapshot("next"), real).unwrap();
    assert!(left.exists(), "somebody may be writing it");
    let later = real + SignedDuration::from_hours(2);
    place.cache.write(None, &snapshot("next"), later).unwrap();
    assert!(!left.exists());
}

#[test]
fn a_cache_that_cannot_be_written_says_so_and_keeps_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, b"").unwrap();
    let cache = Cache::new(blocked.join("orgscope"));
    let error = cache.write(None, &snapshot("x"), now()).unwrap_err();
    assert!(error.message.contains("cannot be written"), "{error}");
}

#[test]
fn the_organization_that_was_there_last_is_remembered_for_each_way_there() {
    let place = Place::new();
    let key = |profile| Key::new(profile, None, "us-east-1", None);
    assert_eq!(place.cache.last(&key(None)), None);
    place.cache.remember(&key(None), "o-one", now()).unwrap();
    place
        .cache
        .remember(&key(Some("b")), "o-two", now())
        .unwrap();
    assert_eq!(place.cache.last(&key(None)).as_deref(), Some("o-one"));
    place.cache.remember(&key(None), "o-three", now()).unwrap();
    assert_eq!(place.cache.last(&key(None)).as_deref(), Some("o-three"));
    assert_eq!(place.cache.last(&key(Some("b"))).as_deref(), Some("o-two"));
    let elsewhere = Key::new(None, None, "us-east-1", Some("http://me:secret@h:80"));
    assert_eq!(place.cache.last(&elsewhere), None);
    place.cache.remember(&elsewhere, "o-four", now()).unwrap();
    for file in place.files() {
        let text = fs::read_to_string(place.cache.folder().join(file)).unwrap();
        assert!(!text.contains("secret"), "{text}");
    }
    // Whoever's keys are in the environment, and which region does not matter.
    let with = |keys, region| Key::new(None, Some(keys), region, None);
    let (mine, theirs) = (with(1, "us-east-1"), with(2, "us-east-1"));
    assert_eq!(place.cache.last(&mine), None);
    place.cache.remember(&mine, "o-mine", now()).unwrap();
    assert_eq!(place.cache.last(&theirs), None);
    assert_eq!(
        place.cache.last(&with(1, "eu-west-1")).as_deref(),
        Some("o-mine")
    );
    for region in ["cn-north-1", "us-gov-west-1", "us-iso-east-1"] {
        assert_eq!(place.cache.last(&with(1, region)), None, "{region}");
    }
    let index = place.cache.index(&key(None)).unwrap();
    fs::write(index, b"nonsense").unwrap();
    assert_eq!(place.cache.last(&key(None)), None);
}

/// What a crafted file may have in its lines; the first may be the last of a second block.
const LINES: [&str; 8] = [
    r#"{"noticed":[],"found":[]}"#,
    "[]",
    "",
    "{}",
    "null",
    r#"[{"in":"r-1","is":{"id":"000000000001"}}]"#,
    r#"[{"in":7,"is":[]}]"#,
    "\u{1b}[2J",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_file_that_was_changed_anywhere_is_set_aside(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..8),
    ) {
        let place = Place::with("whole");
        let whole = fs::read(place.file()).unwrap();
        let mut damaged = whole.clone();
        for (at, by) in changes {
            let at = at.index(damaged.len());
            damaged[at] ^= by;
        }
        // Two changes of the same byte may undo each other.
        prop_assume!(damaged != whole);
        place.is_set_aside(&damaged);
    }

    /// Whoever can write into the folder can make the numbers right.
    #[test]
    fn a_file_of_two_blocks_of_anything_is_set_aside(
        is_first in any::<bool>(),
        lines in prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..6),
    ) {
        let place = Place::with("whole");
        let mut blocks = Blocks::of_snapshot("o-example", &snapshot("whole")).unwrap();
        let anything = lines.join("\n").into_bytes();
        prop_assume!(lines.last() != Some(&LINES[0]) || is_first);
        *(if is_first { &mut blocks.first } else { &mut blocks.second }) = anything;
        let mut text = Vec::new();
        blocks.write_to(&mut text).unwrap();
        place.is_set_aside(&text);
    }

    #[test]
    fn a_file_of_anything_is_set_aside(text in prop::collection::vec(any::<u8>(), 0..400)) {
        Place::with("whole").is_set_aside(&text);
    }
}
