//! A list with a cursor that stays on its row when rows come and go.

use std::ops::Range;

/// Cursor and window of a list whose rows have keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    key: String,
    row: usize,
    offset: usize,
    height: usize,
}

impl List {
    /// The number of the row under the cursor, from 0.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }

    /// The rows on screen, by number, of so many rows.
    #[must_use]
    pub fn window(&self, count: usize) -> Range<usize> {
        // With more room than before, rows above come back instead of gaps below.
        let offset = self.offset.min(count.saturating_sub(self.height));
        offset..(offset + self.height).min(count)
    }

    /// How many rows fit on the screen.
    pub(super) fn height(&self) -> usize {
        self.height
    }

    pub(super) fn set_height(&mut self, height: usize) {
        self.height = height;
        self.keep_in_window();
    }

    /// After the rows have changed: follows the row under the cursor, or stays at its place where
    /// that has gone.
    pub(super) fn settle<'a>(&mut self, keys: impl ExactSizeIterator<Item = &'a str> + Clone) {
        let count = keys.len();
        // A cursor on the first row stays there, so that what is new on top is seen.
        if self.row > 0
            && let Some(row) = keys.clone().position(|key| key == self.key)
        {
            self.row = row;
        }
        self.row = self.row.min(count.saturating_sub(1));
        self.take_key(keys);
        self.offset = self.offset.min(count.saturating_sub(self.height));
        self.keep_in_window();
    }

    pub(super) fn move_by<'a>(
        &mut self,
        rows: isize,
        keys: impl ExactSizeIterator<Item = &'a str> + Clone,
    ) {
        let last = keys.len().saturating_sub(1);
        self.row = self.row.saturating_add_signed(rows).min(last);
        self.take_key(keys);
        self.keep_in_window();
    }

    fn take_key<'a>(&mut self, mut keys: impl Iterator<Item = &'a str>) {
        keys.nth(self.row)
            .unwrap_or_default()
            .clone_into(&mut self.key);
    }

    fn keep_in_window(&mut self) {
        let lowest = (self.row + 1).saturating_sub(self.height);
        self.offset = self.offset.clamp(lowest.min(self.row), self.row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_follows_its_row_and_stays_on_screen() {
        let mut list = List::default();
        list.set_height(2);
        list.settle(["a", "b", "c", "d"].into_iter());
        assert_eq!((list.row(), list.window(4)), (0, 0..2));
        list.move_by(2, ["a", "b", "c", "d"].into_iter());
        assert_eq!((list.row(), list.window(4)), (2, 1..3));
        list.settle(["new", "a", "b", "c", "d"].into_iter());
        assert_eq!(list.row(), 3, "still on c");
        list.settle(["new", "a"].into_iter());
        assert_eq!((list.row(), list.window(2)), (1, 0..2));
        // A screen that has grown is filled.
        list.settle(["a", "b", "c", "d"].into_iter());
        list.move_by(3, ["a", "b", "c", "d"].into_iter());
        list.set_height(4);
        assert_eq!(list.window(4), 0..4);
        list.settle([].into_iter());
        assert_eq!((list.row(), list.window(0)), (0, 0..0));
    }
}
