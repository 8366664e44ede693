//! Rows of cells as CSV (RFC 4180, lines end with a line feed), safe to open in a spreadsheet.

use csv_core::{WriteResult, Writer};

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Number(f64),
    Count(u64),
    Text(String),
}

/// Spreadsheets take a text for a formula that begins with one of these, the wide forms of East Asian letters included.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A line for each row.
pub(super) fn table(rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
    let mut text = Vec::new();
    let mut writer = Writer::new();
    for row in rows {
        for (place, cell) in row.into_iter().enumerate() {
            if place > 0 {
                add(&mut text, |out| writer.delimiter(out));
            }
            let cell = written(cell);
            let mut rest = cell.as_bytes();
            add(&mut text, |out| {
                let (result, read, written) = writer.field(rest, out);
                rest = &rest[read..];
                (result, written)
            });
        }
        add(&mut text, |out| writer.terminator(out));
    }
    add(&mut text, |out| writer.finish(out));
    // Every byte came from a text, in its order.
    String::from_utf8_lossy(&text).into_owned()
}

/// Lets a step of the writer fill a buffer until it is done.
fn add(text: &mut Vec<u8>, mut step: impl FnMut(&mut [u8]) -> (WriteResult, usize)) {
    let mut buffer = [0; 512];
    loop {
        let (result, written) = step(&mut buffer);
        text.extend_from_slice(&buffer[..written]);
        if matches!(result, WriteResult::InputEmpty) {
            return;
        }
    }
}

fn written(cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(number) => number.to_string(),
        Cell::Count(count) => count.to_string(),
        Cell::Text(text) => {
            let number = text.parse().is_ok_and(f64::is_finite);
            // Readers in C end a cell at NUL.
            let text = text.replace('\0', "\u{fffd}");
            if text.starts_with(FORMULA) && !number { format!("'{text}") } else { text }
        }
    }
}

#[cfg(test)]
mod tests {
    use csv_core::{ReadRecordResult, Reader};

    use super::*;

    fn line(texts: &[&str]) -> String {
        table([texts.iter().map(|text| Cell::Text((*text).to_string())).collect()])
    }

    /// The cells of CSV as a reader has them.
    fn read(mut text: &[u8]) -> Vec<Vec<String>> {
        let (mut reader, mut rows) = (Reader::new(), Vec::new());
        let (mut output, mut ends) = (vec![0; 1 << 16], vec![0; 64]);
        loop {
            let (result, taken, _, count) = reader.read_record(text, &mut output, &mut ends);
            text = &text[taken..];
            match result {
                ReadRecordResult::Record => {
                    let starts = std::iter::once(&0).chain(&ends).copied();
                    let cells = starts.zip(&ends[..count]).map(|(from, to)| &output[from..*to]);
                    rows.push(cells.map(|cell| String::from_utf8(cell.to_vec()).unwrap()).collect());
                }
                ReadRecordResult::End => return rows,
                _ => {}
            }
        }
    }

    #[test]
    fn a_cell_is_quoted_where_it_would_end_or_begin_another() {
        assert_eq!(
            line(&["plain", "a,b", "a\"b", "a\rb", "a\nb", "a\r\nb", ""]),
            "plain,\"a,b\",\"a\"\"b\",\"a\rb\",\"a\nb\",\"a\r\nb\",\n"
        );
        assert_eq!(
            table([vec![Cell::Count(3), Cell::Number(-0.5), Cell::Number(f64::INFINITY), Cell::Empty]]),
            "3,-0.5,inf,\n"
        );
        assert_eq!(line(&["a\0b"]), "a\u{fffd}b\n");
    }

    #[test]
    fn no_text_is_a_formula_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1+1", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-1e", "-inf", "-"] {
            let cells = &read(line(&[text]).as_bytes())[0];
            assert_eq!(cells, &[format!("'{text}")]);
        }
        for text in ["-0.5", "+3", "-1e-4", "1", "relu", "a=b"] {
            assert_eq!(line(&[text]), format!("{text}\n"));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let long = "é,\"\r\n".repeat(1000);
        let texts =
            ["a", "", ",", "\"", "\"\"", "\r", "x\u{2028}y\u{85}", "\u{202e}b", " a ", "\u{feff}", &long];
        let rows = read((line(&texts) + &line(&texts)).as_bytes());
        let expected: Vec<_> = texts
            .iter()
            .map(|text| if *text == "\r" { "'\r".to_string() } else { (*text).to_string() })
            .collect();
        assert_eq!(rows, [expected.clone(), expected]);
    }
}
