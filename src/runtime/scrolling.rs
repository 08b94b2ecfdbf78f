//! A backend that lets the terminal itself move the rows that only moved.
//!
//! When the tree scrolls by a row, nearly every cell changes, and sending them all costs an SSH
//! connection about ten times what it costs to tell the terminal to scroll and to send the one new
//! row. ratatui compares cell by cell and cannot see that, so this backend compares once more.

use std::io::{self, Write};
use std::ops::Range;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect, Size};
use unicode_width::UnicodeWidthStr as _;

/// With fewer rows that moved, scrolling saves nothing.
const FEWEST_ROWS: u16 = 5;

/// Draws with another backend, scrolling where that says the same in fewer bytes.
pub(super) struct ScrollingBackend<B> {
    inner: B,
    /// What the terminal shows.
    shown: Buffer,
}

impl<B: Backend> ScrollingBackend<B> {
    pub(super) fn new(inner: B) -> Self {
        Self {
            inner,
            shown: Buffer::default(),
        }
    }

    fn fit(&mut self) -> Result<(), B::Error> {
        let Size { width, height } = self.inner.size()?;
        let area = Rect::new(0, 0, width, height);
        if self.shown.area != area {
            self.shown = Buffer::empty(area);
        }
        Ok(())
    }

    /// Scrolls in the terminal and in `shown`.
    fn scroll(&mut self, Shift { rows, by }: Shift) -> Result<(), B::Error> {
        if by > 0 {
            self.inner
                .scroll_region_up(rows.clone(), by.unsigned_abs())?;
        } else {
            self.inner
                .scroll_region_down(rows.clone(), by.unsigned_abs())?;
        }
        let before = self.shown.clone();
        for row in rows.clone() {
            let from = row
                .checked_add_signed(by)
                .filter(|from| rows.contains(from));
            for column in 0..self.shown.area.width {
                self.shown[(column, row)] = match from {
                    Some(from) => before[(column, from)].clone(),
                    None => Cell::default(),
                };
            }
        }
        Ok(())
    }
}

/// Some rows of which most have moved up by so many rows (or down, if negative).
#[derive(Debug, PartialEq, Eq)]
struct Shift {
    rows: Range<u16>,
    by: i16,
}

/// The longest run of rows that moved together, if it is worth scrolling.
fn shift(shown: &Buffer, next: &Buffer) -> Option<Shift> {
    let height = next.area.height;
    let changed: Vec<bool> = (0..height)
        .map(|row| !same_text(shown, row, next, row))
        .collect();
    let is_changed = |row: u16| changed[usize::from(row)];
    if changed.iter().filter(|changed| **changed).count() < FEWEST_ROWS.into() {
        return None;
    }
    let mut best: Option<(u16, Shift)> = None;
    let furthest = i16::try_from(height).ok()?;
    for by in (1..furthest).flat_map(|by| [by, -by]) {
        let moved = |row: u16| {
            let from = row.checked_add_signed(by).filter(|from| *from < height);
            is_changed(row) && from.is_some_and(|from| same_text(shown, from, next, row))
        };
        let mut start = 0;
        while start < height {
            let end = (start..height).find(|row| !moved(*row)).unwrap_or(height);
            let length = end - start;
            if length >= FEWEST_ROWS && best.as_ref().is_none_or(|(longest, _)| length > *longest) {
                let (from, to) = (start.checked_add_signed(by)?, end.checked_add_signed(by)?);
                let rows = start.min(from)..end.max(to);
                best = Some((length, Shift { rows, by }));
            }
            start = end + 1;
        }
    }
    best.map(|(_, shift)| shift)
}

fn same_text(a: &Buffer, row_a: u16, b: &Buffer, row_b: u16) -> bool {
    let mut columns = 0..a.area.width;
    columns.all(|column| a[(column, row_a)].symbol() == b[(column, row_b)].symbol())
}

impl<B: Backend> Backend for ScrollingBackend<B> {
    type Error = B::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), B::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.fit()?;
        let mut next = self.shown.clone();
        for (column, row, cell) in content {
            let width = u16::try_from(cell.symbol().width()).unwrap_or(1);
            // A wide character covers the cells behind it, which are not told.
            for covered in column + 1..column.saturating_add(width) {
                if let Some(cell) = next.cell_mut((covered, row)) {
                    cell.reset();
                }
            }
            if let Some(place) = next.cell_mut((column, row)) {
                place.clone_from(cell);
            }
        }
        if let Some(shift) = shift(&self.shown, &next) {
            self.scroll(shift)?;
        }
        self.inner.draw(self.shown.diff(&next).into_iter())?;
        self.shown = next;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), B::Error> {
        self.fit()?;
        self.shown.reset();
        self.inner.clear()
    }

    /// A program that has the whole screen clears it as a whole.
    fn clear_region(&mut self, _: ClearType) -> Result<(), B::Error> {
        self.clear()
    }

    fn scroll_region_up(&mut self, rows: Range<u16>, by: u16) -> Result<(), B::Error> {
        let by = i16::try_from(by).unwrap_or(i16::MAX);
        self.scroll(Shift { rows, by })
    }

    fn scroll_region_down(&mut self, rows: Range<u16>, by: u16) -> Result<(), B::Error> {
        let by = i16::try_from(by).unwrap_or(i16::MAX);
        self.scroll(Shift { rows, by: -by })
    }

    fn hide_cursor(&mut self) -> Result<(), B::Error> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), B::Error> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, B::Error> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), B::Error> {
        self.inner.set_cursor_position(position)
    }

    fn size(&self) -> Result<Size, B::Error> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, B::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), B::Error> {
        self.inner.flush()
    }
}

impl<B: Write> Write for ScrollingBackend<B> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::{Color, Modifier, Style};
    use ratatui::text::{Line, Text};

    use super::*;

    const SIZE: (u16, u16) = (12, 14);

    /// A page of a long list between a fixed header and footer, its third row marked.
    fn page(first: usize) -> Text<'static> {
        const NAMES: [&str; 5] = ["alpha", "工程部", "e\u{301}t\u{e9}", "", "👩 x"];
        let mut lines = vec![Line::raw("header")];
        for row in first..first + usize::from(SIZE.1) - 2 {
            let line = Line::raw(format!("{}{row}", NAMES[row % NAMES.len()]));
            let style = Style::new().fg(Color::Indexed(u8::try_from(row % 7).unwrap()));
            let marked = if row == first + 2 {
                Modifier::REVERSED
            } else {
                Modifier::empty()
            };
            lines.push(line.style(style.add_modifier(marked)));
        }
        lines.push(Line::raw("footer"));
        Text::from(lines)
    }

    /// What can be seen: everything but the cells that wide characters cover.
    fn seen(buffer: &Buffer) -> Vec<&Cell> {
        let mut seen = Vec::new();
        for row in buffer.content.chunks(buffer.area.width.into()) {
            let mut column = 0;
            while let Some(cell) = row.get(column) {
                seen.push(cell);
                column += cell.symbol().width().max(1);
            }
        }
        seen
    }

    #[test]
    fn a_step_is_recognised_as_scrolling_of_the_rows_between_header_and_footer() {
        let draw = |first| {
            let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).unwrap();
            terminal
                .draw(|frame| frame.render_widget(page(first), frame.area()))
                .unwrap();
            terminal.backend().buffer().clone()
        };
        let of = |from, to| shift(&draw(from), &draw(to));
        assert_eq!(of(10, 11), Some(Shift { rows: 1..13, by: 1 }));
        assert_eq!(
            of(11, 10),
            Some(Shift {
                rows: 1..13,
                by: -1
            })
        );
        assert_eq!(of(10, 14), Some(Shift { rows: 1..13, by: 4 }));
        assert_eq!(of(10, 10), None);
        assert_eq!(of(10, 100), None);
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_drawn_the_terminal_shows_the_same_as_without_scrolling(
            pages in proptest::collection::vec(0..40usize, 1..20),
        ) {
            let plain = TestBackend::new(SIZE.0, SIZE.1);
            let scrolling = ScrollingBackend::new(TestBackend::new(SIZE.0, SIZE.1));
            let (mut plain, mut scrolling) = (Terminal::new(plain).unwrap(), Terminal::new(scrolling).unwrap());
            for first in pages {
                plain.draw(|frame| frame.render_widget(page(first), frame.area())).unwrap();
                scrolling.draw(|frame| frame.render_widget(page(first), frame.area())).unwrap();
                let (plain, scrolling) = (plain.backend(), scrolling.backend());
                proptest::prop_assert_eq!(seen(plain.buffer()), seen(scrolling.inner.buffer()));
            }
        }
    }
}
