use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

/// How a terminal that does not mark pastes sends a character.
fn typed(c: char) -> Event {
    match c {
        '\n' => key(KeyCode::Enter, KeyModifiers::NONE),
        '\t' => key(KeyCode::Tab, KeyModifiers::NONE),
        c if c.is_uppercase() => key(KeyCode::Char(c), KeyModifiers::SHIFT),
        c => key(KeyCode::Char(c), KeyModifiers::NONE),
    }
}

fn keys(text: &str) -> Vec<Event> {
    text.chars().map(typed).collect()
}

fn paste(text: &str) -> Event {
    Event::Paste(text.to_owned())
}

/// All text in the order in which it comes, pasted or typed.
fn text_of(events: &[Event]) -> String {
    let texts = events.iter().map(|event| match event {
        Event::Paste(text) => text.clone(),
        other => character(other).map(String::from).unwrap_or_default(),
    });
    texts.collect()
}

fn is_paste(event: &Event) -> bool {
    matches!(event, Event::Paste(_))
}

#[test]
fn a_list_of_ids_is_one_paste() {
    let ids: Vec<String> = (0..200).map(|n| format!("{n:012}")).collect();
    for between in ["\n", "\t", ",", ", "] {
        let text = ids.join(between) + "\n";
        assert_eq!(joined(keys(&text)), [paste(&text)]);
        // The search was opened for it, and its key came with it.
        let searched = joined(keys(&format!("/{text}")));
        assert_eq!(searched, [typed('/'), paste(&text)]);
    }
}

#[test]
fn a_single_line_is_a_paste_and_the_key_that_ends_it_stays_a_key() {
    for text in [
        "000000000012",
        "0000-0000-0012",
        "arn:aws:s3:::a-bucket",
        "arn:aws:iam::000000000012:role/Admin",
        "ou-q7f2-lxy6d2y5",
        "shop+prod@example.com",
    ] {
        assert_eq!(joined(keys(text)), [paste(text)]);
        let entered = joined(keys(&format!("{text}\n")));
        assert_eq!(entered, [paste(text), typed('\n')]);
    }
}

#[test]
fn what_somebody_has_typed_ahead_stays_as_it_was_typed() {
    for text in [
        "jjjjjjjjkkkkllllh",
        "/production\njjjl",
        "/000000000012\n",
        "/id:000000000012\t",
        "close 2 accounts\t\n",
        "111111111111",
        "000000000000",
        "jjjjjjjjjjjjjjjj",
    ] {
        assert_eq!(joined(keys(text)), keys(text), "{text}");
    }
    // Only the id is pasted where a line with it is among other keys.
    let all = joined(keys("000000000012\nryn\n"));
    let mut expected = vec![paste("000000000012")];
    expected.extend(keys("\nryn\n"));
    assert_eq!(all, expected);
}

#[test]
fn only_what_may_be_the_begin_of_a_paste_is_waited_for() {
    assert_eq!(quiet_after(&keys("jkl")), None);
    assert_eq!(quiet_after(&keys("jjjjjjjjjjjjjjj")), None);
    assert_eq!(quiet_after(&keys("0000-")), Some(QUIET));
    let list = quiet_after(&keys("000000000012\n00"));
    assert_eq!(list, Some(QUIET_AFTER_PASTE));
}

/// What is told of pieces that come so many milliseconds after one another, by a clock that does
/// not wait. Whoever takes it often has something else to do.
async fn told(pieces: &[(u64, &str)]) -> Vec<Event> {
    let pieces = pieces.iter().map(|(after, text)| (*after, keys(text)));
    told_of(pieces.collect()).await
}

async fn told_of(pieces: Vec<(u64, Vec<Event>)>) -> Vec<Event> {
    let pieces = pieces.into_iter();
    let pieces = pieces.map(|(after, events)| (Duration::from_millis(after), events));
    let pieces = futures::stream::iter(pieces).then(|(after, keys)| async move {
        tokio::time::sleep(after).await;
        futures::stream::iter(keys.into_iter().map(Ok))
    });
    let mut input = Input::of(pieces.flatten().boxed());
    let mut told = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(7), input.next()).await {
            Err(_) => {}
            Ok(Some(event)) => told.push(event.unwrap()),
            Ok(None) => return told,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_a_slow_line_brings_in_pieces_is_one_paste() {
    let pieces = [
        (0, "000000000012\n0000"),
        (240, "00000013\nr"),
        (100, "yn\n00000000"),
        (200, "0014\n"),
    ];
    let all: String = pieces.iter().map(|(_, text)| *text).collect();
    assert_eq!(told(&pieces).await, [paste(&all)]);
    // What comes much later is something else.
    let mut later = pieces.to_vec();
    later.push((260, "jk"));
    let mut expected = vec![paste(&all)];
    expected.extend(keys("jk"));
    assert_eq!(told(&later).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_single_letter_that_comes_soon_after_a_paste_is_a_part_of_it() {
    let list = "000000000012 is public\n000000000013 is publ";
    for rest in ["q", "\n", "i", "\t"] {
        let all = told(&[(0, list), (100, rest), (240, "c\n0000"), (200, "3")]).await;
        assert_eq!(all, [paste(&format!("{list}{rest}c\n00003"))]);
    }
    // The key that ends a single line stays one, whenever it comes.
    let entered = told(&[(0, "000000000012"), (60, "\n"), (260, "j")]).await;
    assert_eq!(entered, [paste("000000000012"), typed('\n'), typed('j')]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_types_nothing_is_told_at_once_after_a_paste() {
    let list = "000000000012\n000000000013";
    let others = [
        key(KeyCode::Esc, KeyModifiers::NONE),
        key(KeyCode::Down, KeyModifiers::NONE),
        key(KeyCode::F(1), KeyModifiers::NONE),
        key(KeyCode::Char('c'), KeyModifiers::CONTROL),
    ];
    for other in others {
        let start = Instant::now();
        let pieces = vec![(0, keys(list)), (60, vec![other.clone()]), (60, keys("j"))];
        let all = told_of(pieces).await;
        assert_eq!(all, [paste(list), other, typed('j')]);
        assert_eq!(start.elapsed(), Duration::from_millis(120));
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_told_as_soon_as_they_come() {
    let start = Instant::now();
    let pieces = [(0, "j"), (30, "jk"), (30, "jjjjjjj"), (30, "\n")];
    assert_eq!(told(&pieces).await, keys("jjkjjjjjjj\n"));
    assert_eq!(start.elapsed(), Duration::from_millis(90));
}

#[test]
fn what_is_longer_than_anybody_types_at_once_is_a_paste_whatever_it_says() {
    let text = "yes, close the old ones\nyyyy\n".repeat(3);
    assert_eq!(joined(keys(&text)), [paste(&text)]);
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_changes_its_order(
        parts in vec(prop_oneof![
            "[a-z0-9/ \n\t@.-]{0,20}".prop_map(|text| keys(&text)),
            "[0-9]{12}\n?".prop_map(|text| keys(&text)),
            Just(vec![key(KeyCode::Esc, KeyModifiers::NONE)]),
            Just(vec![key(KeyCode::Char('c'), KeyModifiers::CONTROL)]),
            Just(vec![Event::Resize(80, 24)]),
        ], 0..8),
    ) {
        let burst = parts.concat();
        let events = joined(burst.clone());
        prop_assert_eq!(text_of(&events), text_of(&burst));
        let others = |events: &[Event]| -> Vec<Event> {
            let others = events.iter().filter(|event| character(event).is_none());
            others.filter(|event| !is_paste(event)).cloned().collect()
        };
        prop_assert_eq!(others(&events), others(&burst));
    }

    #[test]
    fn a_held_key_and_what_is_short_are_no_paste(c in any::<char>(), n in 0_usize..400, text in "\\PC{0,11}") {
        let held = vec![key(KeyCode::Char(c), KeyModifiers::NONE); n];
        prop_assert_eq!(joined(held.clone()), held);
        prop_assert_eq!(joined(keys(&text)), keys(&text));
    }

    #[test]
    fn keys_that_tell_of_nothing_are_no_paste(text in "[a-zA-Z/\n\t ?<>\\[\\]=-]{0,64}") {
        prop_assume!(!text.contains("arn:aws"));
        let is_place = !matches!(Wanted::parse(&text), Wanted::Words(_));
        prop_assume!(!is_place);
        prop_assert_eq!(joined(keys(&text)), keys(&text));
    }

    #[test]
    fn two_ids_or_more_are_one_paste_whatever_is_between(
        ids in vec("[0-9]{12}", 2..20),
        between in "[,;| \n\t]{1,3}",
    ) {
        let text = ids.join(&between);
        prop_assume!(!is_one_key(&text));
        prop_assert_eq!(joined(keys(&text)), [paste(&text)]);
    }
}
