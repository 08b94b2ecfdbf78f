use super::*;
use crate::org::{Change, Mutation};

const ID: &str = "222222222222";

fn order(mutation: Mutation) -> Order {
    Order::Changes {
        changes: vec![Change {
            mutation,
            target_name: "payments".into(),
            path: "Root".into(),
            parent: None,
            to_path: None,
        }],
        stop_at_first_error: false,
        undoes: None,
    }
}

fn moving() -> Confirm {
    let mutation = Mutation::MoveAccount {
        account: ID.into(),
        from: "r-1".into(),
        to: "ou-1".into(),
    };
    Confirm::new(order(mutation), Guard::Yes, Vec::new())
}

fn closing() -> Confirm {
    let mutation = Mutation::CloseAccount { account: ID.into() };
    let guard = Guard::Typed { phrase: ID.into() };
    let boxes = vec!["It is closed".into(), "All is deleted".into()];
    Confirm::new(order(mutation), guard, boxes)
}

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(1_000_000 + milliseconds)
}

fn press(confirm: Confirm, key: KeyCombination, milliseconds: u64) -> Confirm {
    match confirm.key(key, at(milliseconds)) {
        Answered::Open(confirm) => confirm,
        other => panic!("{other:?}"),
    }
}

fn confirms(confirm: Confirm, key: KeyCombination, milliseconds: u64) -> bool {
    matches!(confirm.key(key, at(milliseconds)), Answered::Confirmed(_))
}

#[test]
fn what_was_not_on_screen_cannot_be_confirmed() {
    let mut confirm = moving();
    assert_eq!(confirm.ready_at(), None);
    confirm = press(confirm, key!(y), 60_000);
    confirm.shown(at(60_000));
    confirm = press(confirm, key!(y), 60_100);
    // The early attempt has begun the time anew, and made it longer.
    confirm = press(confirm, key!(y), 61_000);
    confirm = press(confirm, key!(y), 61_900);
    assert!(confirms(confirm, key!(y), 62_900));
}

#[test]
fn a_dialog_that_was_covered_must_be_seen_again() {
    let mut confirm = moving();
    confirm.shown(at(0));
    assert!(confirm.is_ready(at(500)) && !confirm.is_ready(at(499)));
    confirm.hidden();
    assert!(!confirm.is_ready(at(9_000)));
    confirm.shown(at(9_000));
    assert!(confirm.is_ready(at(9_500)));
}

#[test]
fn a_typed_confirmation_needs_boxes_phrase_time_and_the_button() {
    let mut confirm = closing();
    confirm.shown(at(0));
    assert_eq!(confirm.focus(), Focus::Cancel);
    confirm.paste(&format!("  {ID}\n"));
    assert_eq!(confirm.focus(), Focus::Input);
    // Neither Enter in the line nor `y` anywhere is consent.
    confirm = press(confirm, key!(enter), 3_000);
    assert_eq!(confirm.focus(), Focus::Input);
    confirm = press(confirm, key!(tab), 3_000);
    assert_eq!(confirm.focus(), Focus::Accept);
    confirm = press(confirm, key!(y), 3_000);
    confirm = press(confirm, key!(enter), 3_000);
    for stop in [Focus::Cancel, Focus::Box(0), Focus::Box(1)] {
        confirm = press(confirm, key!(tab), 3_000);
        assert_eq!(confirm.focus(), stop);
        confirm = if stop == Focus::Cancel {
            confirm
        } else {
            press(confirm, key!(space), 3_000)
        };
    }
    confirm = press(confirm, key!(tab), 3_000);
    confirm = press(confirm, key!(tab), 3_000);
    assert_eq!(confirm.focus(), Focus::Accept);
    confirm.set_obstacle(Some("still reading".into()));
    confirm = press(confirm, key!(enter), 3_000);
    confirm.set_obstacle(None);
    let Answered::Confirmed(confirmed) = confirm.key(key!(enter), at(3_000)) else {
        panic!();
    };
    assert_eq!(confirmed.how(), format!("typed {ID}"));
}

#[test]
fn what_is_refused_can_only_be_left_and_must_be_read_again_when_it_is_not_any_more() {
    let mut confirm = closing();
    confirm.shown(at(0));
    confirm.set_refused(true);
    for key in [key!(space), key!(tab), key!(right), key!(y), key!(1)] {
        confirm = press(confirm, key, 3_000);
        assert_eq!(confirm.focus(), Focus::Cancel);
    }
    confirm.paste(ID);
    assert_eq!(confirm.input().value(), "");
    for part in [Focus::Box(0), Focus::Input, Focus::Accept] {
        confirm = match confirm.click(part) {
            Answered::Open(confirm) => confirm,
            other => panic!("{other:?}"),
        };
        assert_eq!(confirm.focus(), Focus::Cancel);
    }
    assert!(confirm.boxes().iter().all(|it| !it.ticked));
    for key in [key!(enter), key!(n), key!(esc)] {
        let answered = confirm.clone().key(key, at(3_000));
        assert!(matches!(answered, Answered::Cancelled));
    }
    confirm.set_refused(false);
    assert!(!confirm.is_armed(at(9_000)));
}

#[test]
fn what_cannot_be_taken_back_needs_typing_whatever_was_asked_for() {
    let close = || order(Mutation::CloseAccount { account: ID.into() });
    let empty = Guard::Typed { phrase: " ".into() };
    for guard in [Guard::Yes, empty] {
        let confirm = Confirm::new(close(), guard, Vec::new());
        assert_eq!(confirm.guard(), &Guard::Typed { phrase: ID.into() });
        assert_eq!(confirm.by_command("--yes"), None);
    }
    let moved = moving().by_command("--yes").map(|it| it.how().to_owned());
    assert_eq!(moved.as_deref(), Some("--yes"));
    let mut refused = moving();
    refused.set_obstacle(Some("no".into()));
    assert_eq!(refused.by_command("--yes"), None);
}
