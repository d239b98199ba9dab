//! A file of comma-separated values with the names of its columns at the head, row by row, each with its line.
//!
//! A row that cannot be read is a mistake of its own and no end of the file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Trim};

use super::{Fault, Unreadable};

/// More rows than the stop times of any railway have.
const MOST_ROWS: u64 = 5_000_000;

/// More mistakes than anybody mends line by line.
const MOST_FAULTS: usize = 10_000;

/// A file that is being read.
pub(super) struct Table<R> {
    file: Arc<str>,
    reader: Reader<Lines<R>>,
    columns: Arc<HashMap<String, usize>>,
    width: usize,
    raw: ByteRecord,
    rows: u64,
    /// The rows that could not be read since they were last asked for.
    unread: Vec<ByteRecord>,
}

/// A row of it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    file: Arc<str>,
    columns: Arc<HashMap<String, usize>>,
    cells: StringRecord,
    /// Its line, from 1.
    pub line: u64,
}

impl Table<File> {
    /// Opens a file of a folder; `None` where there is none.
    pub fn of_folder(folder: &Path, file: &str, required: &[&str]) -> Result<Option<Self>, Unreadable> {
        match File::open(folder.join(file)) {
            Ok(source) => Self::new(file, source, required).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unreadable::Io { file: file.to_owned(), error }),
        }
    }
}

impl<R: Read> Table<R> {
    /// Reads the head of a file, which must name the required columns.
    pub fn new(file: &str, source: R, required: &[&str]) -> Result<Self, Unreadable> {
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(Lines::of(source));
        let head = |problem: String| Unreadable::Head(Fault { file: file.to_owned(), line: 1, problem });
        let names = match reader.headers() {
            Ok(names) => names.clone(),
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => return Err(Unreadable::Io { file: file.to_owned(), error }),
                _ => return Err(head("it is not in UTF-8: save the file as UTF-8".to_owned())),
            },
        };
        let columns: HashMap<_, _> = names.iter().enumerate().map(|(at, name)| (name.to_lowercase(), at)).collect();
        let absent: Vec<_> = required.iter().copied().filter(|name| !columns.contains_key(*name)).collect();
        if !absent.is_empty() {
            return Err(head(format!("the head does not name {}: add it, with its values below", absent.join(", "))));
        }
        let (file, columns, width) = (Arc::from(file), Arc::new(columns), names.len());
        Ok(Self { file, reader, columns, width, raw: ByteRecord::new(), rows: 0, unread: Vec::new() })
    }

    /// The next row that can be read; mistakes before it are added to `faults`. `None` at the end.
    pub fn next(&mut self, faults: &mut Vec<Fault>) -> Result<Option<Row>, Unreadable> {
        loop {
            match self.reader.read_byte_record(&mut self.raw) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => {
                    return Err(Unreadable::Io { file: self.file.to_string(), error: io::Error::other(error) });
                }
            }
            self.rows += 1;
            if self.rows > MOST_ROWS {
                return Err(Unreadable::TooLong { file: self.file.to_string(), most: MOST_ROWS });
            }
            if faults.len() > MOST_FAULTS {
                return Err(Unreadable::Hopeless { file: self.file.to_string(), most: MOST_FAULTS });
            }
            // The reader stands on the line after what it read.
            let lines = self.raw.as_slice().split(|byte| *byte == b'\n').count();
            let line = self.reader.position().line().saturating_sub(lines as u64);
            let mut fault = |problem: String| faults.push(Fault { file: self.file.to_string(), line, problem });
            if self.raw.len() != self.width {
                let (cells, width) = (self.raw.len(), self.width);
                fault(format!("it has {cells} cells and the head {width}: check its commas and quotes"));
                self.unread.push(std::mem::take(&mut self.raw));
                continue;
            }
            match StringRecord::from_byte_record(std::mem::take(&mut self.raw)) {
                Ok(cells) => {
                    let (file, columns) = (Arc::clone(&self.file), Arc::clone(&self.columns));
                    return Ok(Some(Row { file, columns, cells, line }));
                }
                Err(error) => {
                    let column = error.utf8_error().field();
                    let named = self.columns.iter().find(|(_, at)| **at == column).map_or("", |(name, _)| name);
                    fault(format!("its {named} is not in UTF-8: save the file as UTF-8"));
                    self.unread.push(error.into_byte_record());
                }
            }
        }
    }
}

impl<R> Table<R> {
    /// What a column seems to say in the rows that could not be read since this was last asked.
    pub fn seen_in_unread(&mut self, column: &str) -> Vec<String> {
        let at = self.columns.get(column).copied();
        let cell = |row: ByteRecord| Some(String::from_utf8_lossy(row.get(at?)?).trim().to_owned());
        self.unread.drain(..).filter_map(cell).collect()
    }
}

/// A file whose lines all end alike, the last one too, so that they can be counted: a reader of records takes up one of the
/// two signs with which lines may end, and the other with the next.
struct Lines<R> {
    source: R,
    /// What was read last.
    last: u8,
}

impl<R: Read> Lines<R> {
    const fn of(source: R) -> Self {
        Self { source, last: b'\n' }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.source.read(buf)?;
            if read == 0 {
                let is_whole = buf.is_empty() || matches!(std::mem::replace(&mut self.last, b'\n'), b'\n' | b'\r');
                if !is_whole {
                    buf[0] = b'\n';
                }
                return Ok(usize::from(!is_whole));
            }
            let mut kept = 0;
            for at in 0..read {
                let byte = buf[at];
                if (self.last, byte) != (b'\r', b'\n') {
                    buf[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
                self.last = byte;
            }
            if kept > 0 {
                return Ok(kept);
            }
        }
    }
}

impl Row {
    /// The text of a column; empty where the file has no such column.
    pub fn text(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|at| self.cells.get(*at)).unwrap_or_default()
    }

    /// A mistake in this row.
    pub fn fault(&self, problem: impl Into<String>) -> Fault {
        Fault { file: self.file.to_string(), line: self.line, problem: problem.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Table, Unreadable};

    fn rows(bytes: &[u8]) -> (Vec<(u64, String)>, Vec<String>) {
        let mut table = Table::new("stops.txt", bytes, &["stop_id"]).expect("a head");
        let mut faults: Vec<Fault> = Vec::new();
        let mut rows = Vec::new();
        while let Some(row) = table.next(&mut faults).expect("memory") {
            rows.push((row.line, format!("{}|{}", row.text("stop_id"), row.text("stop_name"))));
        }
        (rows, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_byte_order_mark_quotes_and_spaces_are_no_part_of_the_text() {
        let (rows, faults) =
            rows(b"\xef\xbb\xbf\"stop_id\", stop_name\r\nS1,\"Surat, \"\"Jn\"\"\"\r\n\r\nS2 , Two \r\n");
        assert_eq!(rows, [(2, "S1|Surat, \"Jn\"".to_owned()), (4, "S2|Two".to_owned())]);
        assert_eq!(faults, Vec::<String>::new());
    }

    #[test]
    fn a_row_stands_on_its_line_however_lines_end() {
        for end in ["\n", "\r\n", "\r"] {
            for last in ["", end] {
                let file = ["stop_id,stop_name", "S1,\"two", "lines\"", "", "S2,x"].join(end) + last;
                let (rows, _) = rows(file.as_bytes());
                assert_eq!(rows, [(2, "S1|two\nlines".to_owned()), (5, "S2|x".to_owned())], "{end:?} {last:?}");
            }
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_says_its_line_and_the_others_are_read() {
        let (rows, faults) = rows(b"stop_id,stop_name\nS1,Sur\xe9t\nS2,Two,2\nS3,Three\n");
        assert_eq!(rows, [(4, "S3|Three".to_owned())]);
        assert_eq!(
            faults,
            [
                "stops.txt, line 2: its stop_name is not in UTF-8: save the file as UTF-8",
                "stops.txt, line 3: it has 3 cells and the head 2: check its commas and quotes",
            ]
        );
    }

    #[test]
    fn a_head_without_a_column_is_no_table() {
        let error = Table::new("stops.txt", &b"a,b\n1,2\n"[..], &["stop_id"]).err().expect("refused");
        assert!(matches!(error, Unreadable::Head(_)));
        assert_eq!(
            error.to_string(),
            "stops.txt, line 1: the head does not name stop_id: add it, with its values below"
        );
    }
}
