//! Fuzzy scores of plain ASCII texts: the same as those of `nucleo_matcher`, in a part of the time.
//!
//! The matcher looks at each character between the first and the last that match, once for each
//! letter of the word. In names and addresses few characters are letters of the word at all, and
//! only those decide; so here only those are looked at. Whatever is long or not ASCII is left to
//! the matcher.

/// What a letter that is found, a gap and a beginning are worth, as in `nucleo_matcher`'s
/// `score.rs`.
const FOUND: u16 = 16;
const GAP_START: u16 = 3;
const GAP_EXTENSION: u16 = 1;
const BOUNDARY: u16 = 8;
const CONSECUTIVE: u16 = 4;
const FIRST: u16 = 2;

/// How long a word may be: one bit of a number for each letter.
const MOST_LETTERS: usize = 64;
/// How long a text may be; the matcher does not look for the best score in any length either.
const LONGEST: usize = 1024;

/// A word to be looked for.
#[derive(Debug)]
pub(super) struct Fuzzy {
    /// Each letter, in both cases unless the case counts.
    letters: Vec<[u8; 2]>,
    /// Which letters of the word a character is, as bits.
    places: Box<[u64; 128]>,
}

/// The working memory, which a pass need not find empty.
#[derive(Debug)]
pub(super) struct Cells([Cell; MOST_LETTERS]);

impl Default for Cells {
    fn default() -> Self {
        Self([Cell::default(); MOST_LETTERS])
    }
}

/// A letter of the word, where it was found last.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    at: u16,
    /// The best score of the word up to this letter, with the letter here.
    score: u16,
    consecutive: u16,
    /// The same with the letter anywhere before, less the penalty for the gap.
    gap: u16,
}

impl Cell {
    /// The best score with the letter before `at`, less the penalty for the gap.
    fn gap_at(self, at: u16) -> u16 {
        let Some(apart) = (at - self.at).checked_sub(1) else {
            return self.gap;
        };
        let here = self.score.saturating_sub(GAP_START);
        let before = self.gap.saturating_sub(GAP_EXTENSION);
        here.max(before).saturating_sub(apart * GAP_EXTENSION)
    }

    /// Score and consecutive bonus of the next letter, found at `at`.
    fn next(self, at: u16, bonus: u16) -> (u16, u16) {
        let apart = self.gap_at(at - 1) + bonus;
        if self.at + 1 != at {
            return (apart, bonus);
        }
        let consecutive = self.consecutive.max(CONSECUTIVE);
        let consecutive = if bonus >= BOUNDARY {
            consecutive.max(bonus)
        } else {
            consecutive
        };
        let together = self.score + consecutive.max(bonus);
        if together > apart {
            (together, consecutive)
        } else {
            (apart, bonus)
        }
    }
}

impl Fuzzy {
    /// `None` if the word is one for the matcher.
    pub(super) fn new(word: &str) -> Option<Self> {
        // The matcher takes spaces for ends of words, unless there is a backslash before them.
        let plain = word.is_ascii() && !word.contains([' ', '\\']);
        if !plain || word.is_empty() || word.len() > MOST_LETTERS {
            return None;
        }
        // As for the matcher: who types a capital letter means it.
        let exact = word.bytes().any(|byte| byte.is_ascii_uppercase());
        let other = |byte: u8| {
            if exact {
                byte
            } else {
                byte.to_ascii_uppercase()
            }
        };
        let letters: Vec<[u8; 2]> = word.bytes().map(|byte| [byte, other(byte)]).collect();
        let mut places = Box::new([0; 128]);
        for (place, letter) in letters.iter().enumerate() {
            for byte in letter {
                places[usize::from(*byte)] |= 1 << place;
            }
        }
        Some(Self { letters, places })
    }

    /// Whether the text is one for this, not for the matcher.
    pub(super) fn can_score(text: &str) -> bool {
        text.len() <= LONGEST && text.is_ascii()
    }

    /// How well the text matches, if it does.
    pub(super) fn score(&self, text: &str, with: &mut Cells) -> Option<u16> {
        let text = text.as_bytes();
        let (start, end) = self.window(text)?;
        let cells = &mut with.0;
        let (mut found, mut best) = (0u64, 0);
        let mut before = start.checked_sub(1).map_or(b' ', |at| text[at]);
        for (at, &byte) in (1..).zip(&text[start..end]) {
            // The first letter, and those behind one that was found already.
            let mut here = self.places[usize::from(byte & 127)] & (found << 1 | 1);
            if here != 0 {
                let bonus = bonus(before, byte);
                let earlier = found;
                found |= here;
                // The last one first: it is to follow on what the others were before.
                while here != 0 {
                    let letter = here.ilog2() as usize;
                    here ^= 1 << letter;
                    let (score, consecutive) = match letter.checked_sub(1) {
                        None => (bonus * FIRST, bonus),
                        Some(last) => cells[last].next(at, bonus),
                    };
                    let was_found = earlier >> letter & 1 == 1;
                    cells[letter] = Cell {
                        at,
                        score: score + FOUND,
                        consecutive,
                        gap: if was_found {
                            cells[letter].gap_at(at)
                        } else {
                            0
                        },
                    };
                    if letter + 1 == self.letters.len() {
                        best = best.max(cells[letter].score);
                    }
                }
            }
            before = byte;
        }
        Some(best)
    }

    /// From the first letter to the last place of the last one, if all are there in their order.
    fn window(&self, text: &[u8]) -> Option<(usize, usize)> {
        let (mut start, mut end) = (None, 0);
        for [one, other] in &self.letters {
            let at = end + memchr::memchr2(*one, *other, &text[end..])?;
            start.get_or_insert(at);
            end = at + 1;
        }
        let [one, other] = self.letters.last()?;
        let last = memchr::memrchr2(*one, *other, &text[end..]);
        Some((start?, last.map_or(end, |at| end + at + 1)))
    }
}

#[derive(Debug, Clone, Copy)]
enum Class {
    White,
    Other,
    Delimiter,
    Small,
    Capital,
    Digit,
}

fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' => Class::Small,
        b'A'..=b'Z' => Class::Capital,
        b'0'..=b'9' => Class::Digit,
        b'/' | b',' | b':' | b';' | b'|' => Class::Delimiter,
        _ if byte.is_ascii_whitespace() => Class::White,
        _ => Class::Other,
    }
}

/// What a character is worth where it stands.
fn bonus(before: u8, byte: u8) -> u16 {
    match (class(before), class(byte)) {
        (_, Class::Delimiter) => 0,
        (_, Class::White) | (Class::White, Class::Small | Class::Capital | Class::Digit) => {
            BOUNDARY + 2
        }
        (_, Class::Other) | (Class::Other, _) => BOUNDARY,
        (Class::Delimiter, _) => BOUNDARY + 1,
        (Class::Small, Class::Capital) | (Class::Small | Class::Capital, Class::Digit) => {
            BOUNDARY - GAP_START
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
    use nucleo_matcher::{Config, Matcher, Utf32Str};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn the_score_is_that_of_the_matcher(
            texts in proptest::collection::vec("[abAB1]{0,12}|[abcAB12 /:._+@-]{0,30}|[ -~\t\u{7f}]{0,20}", 8),
            words in proptest::collection::vec("[abAB1]{1,5}|[abc1./-]{1,4}|[!-~]{1,3}", 8),
        ) {
            let (mut matcher, mut cells) = (Matcher::new(Config::DEFAULT), Cells::default());
            for (text, word) in texts.iter().flat_map(|text| words.iter().map(move |word| (text, word))) {
                let Some(fuzzy) = Fuzzy::new(word) else {
                    prop_assert!(word.contains('\\'));
                    continue;
                };
                let pattern = Pattern::new(word, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
                let wanted = pattern.score(Utf32Str::Ascii(text.as_bytes()), &mut matcher);
                let score = fuzzy.score(text, &mut cells).map(u32::from);
                prop_assert_eq!(score, wanted, "{:?} in {:?}", word, text);
            }
        }
    }

    #[test]
    fn the_longest_words_and_texts_are_scored_as_well() {
        let (mut matcher, mut cells) = (Matcher::new(Config::DEFAULT), Cells::default());
        let text = "aB1-ab/".repeat(LONGEST / 7);
        assert!(Fuzzy::can_score(&text) && !Fuzzy::can_score(&text.repeat(2)));
        for word in ["ab1".repeat(21), "a".repeat(64), "-b".repeat(32)] {
            let pattern = Pattern::new(
                &word,
                CaseMatching::Smart,
                Normalization::Smart,
                AtomKind::Fuzzy,
            );
            let wanted = pattern.score(Utf32Str::Ascii(text.as_bytes()), &mut matcher);
            let fuzzy = Fuzzy::new(&word).unwrap();
            assert_eq!(
                fuzzy.score(&text, &mut cells).map(u32::from),
                wanted,
                "{word}"
            );
        }
        assert!(Fuzzy::new(&"a".repeat(65)).is_none() && Fuzzy::new("ä").is_none());
    }
}
