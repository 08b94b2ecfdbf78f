//! Tables as text, for terminals and for pipes.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

/// Columns as wide as what is in them; the last one ends where its text does, and a column without
/// any text takes no room.
pub(super) fn write_table<const N: usize>(
    out: &mut impl Write,
    rows: &[[String; N]],
) -> io::Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row).filter(|(width, _)| **width > 0) {
            line.push_str(cell);
            line.push_str(&" ".repeat(2 + width - cell.width()));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
