//! A file of comma-separated values with the names of its columns at the head, row by row, each with its line.
//!
//! A row that cannot be read is a mistake of its own and no end of the file.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use csv::{ByteRecord, Reader, ReaderBuilder, StringRecord, Trim};

use super::meter::Meter;
use super::{Fault, Unreadable};

/// More rows than the stop times of any railway have.
const MOST_ROWS: u64 = 5_000_000;

/// More mistakes than anybody mends line by line.
const MOST_FAULTS: usize = 10_000;

/// The longest row, in bytes. One that is longer has a quote that nobody closed, and goes on to the end of the file.
const LONGEST_ROW: u64 = 64 << 10;

/// How long a file may be, in bytes, by what is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// All of it may be kept in memory: trips, stations, a sheet.
    Kept,
    /// A few bytes are kept of each row: stop times, shapes.
    Passing,
}

impl Size {
    const fn most(self) -> u64 {
        match self {
            Self::Kept => 32 << 20,
            Self::Passing => 1 << 30,
        }
    }
}

/// A file that is being read.
pub(super) struct Table<'a, R> {
    file: Arc<str>,
    reader: Reader<Lines<'a, R>>,
    columns: Arc<HashMap<String, usize>>,
    width: usize,
    raw: ByteRecord,
    rows: u64,
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

/// A folder with the files of a feed.
#[derive(Clone, Copy)]
pub(super) struct Folder<'a> {
    pub path: &'a Path,
    pub meter: &'a Meter<'a>,
}

impl Folder<'_> {
    /// The bytes of a file; none where there is none.
    pub fn size(self, file: &str) -> u64 {
        fs::metadata(self.path.join(file)).map_or(0, |about| about.len())
    }
}

/// Opens a file that has an end. What is none, such as a pipe, could keep its reader waiting for ever.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let about = fs::metadata(path)?;
    if about.is_file() { File::open(path) } else { Err(io::Error::other("it is not a plain file: only such are read")) }
}

impl<'a> Table<'a, File> {
    /// Opens a file of a folder; `None` where there is none.
    pub fn of_folder(
        folder: Folder<'a>,
        file: &str,
        required: &[&str],
        size: Size,
    ) -> Result<Option<Self>, Unreadable> {
        match open(&folder.path.join(file)) {
            Ok(source) => Self::new(file, source, required, (size, folder.meter)).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unreadable::Io { file: file.to_owned(), error }),
        }
    }
}

impl<'a, R: Read> Table<'a, R> {
    /// Reads the head of a file, which must name the required columns.
    pub fn new(
        file: &str,
        source: R,
        required: &[&str],
        (size, meter): (Size, &'a Meter<'a>),
    ) -> Result<Self, Unreadable> {
        let lines = Lines::of(source, size.most(), meter);
        let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(lines);
        let head = |problem: String| Unreadable::Head(Fault { file: file.to_owned(), line: 1, problem });
        let names = match reader.headers().cloned() {
            Ok(names) => names,
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => return Err(reader.get_ref().unreadable(file, 1, error)),
                _ => return Err(head("it is not in UTF-8: save the file as UTF-8".to_owned())),
            },
        };
        let columns: HashMap<_, _> = names.iter().enumerate().map(|(at, name)| (name.to_lowercase(), at)).collect();
        let absent: Vec<_> = required.iter().copied().filter(|name| !columns.contains_key(*name)).collect();
        if !absent.is_empty() {
            return Err(head(format!("the head does not name {}: add it, with its values below", absent.join(", "))));
        }
        let (file, columns, width) = (Arc::from(file), Arc::new(columns), names.len());
        Ok(Self { file, reader, columns, width, raw: ByteRecord::new(), rows: 0 })
    }

    /// The next row that can be read; mistakes before it are added to `faults`. `None` at the end.
    pub fn next(&mut self, faults: &mut Vec<Fault>) -> Result<Option<Row>, Unreadable> {
        loop {
            match self.step(faults)? {
                None => return Ok(None),
                Some(Ok(row)) => return Ok(Some(row)),
                Some(Err(_)) => {}
            }
        }
    }

    /// The next row, or one that cannot be read, with its mistake added to `faults`. `None` at the end.
    pub fn step(&mut self, faults: &mut Vec<Fault>) -> Result<Option<Result<Row, Unread>>, Unreadable> {
        self.reader.get_mut().begin_row();
        let begins = self.reader.position().line();
        match self.reader.read_byte_record(&mut self.raw) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => {
                return Err(self.reader.get_ref().unreadable(&self.file, begins, io::Error::other(error)));
            }
        }
        self.rows += 1;
        if self.rows > MOST_ROWS {
            return Err(Unreadable::TooLong { file: self.file.to_string(), most: MOST_ROWS, of: "rows" });
        }
        if faults.len() > MOST_FAULTS {
            return Err(Unreadable::Hopeless { file: self.file.to_string(), most: MOST_FAULTS });
        }
        // The reader stands on the line after what it read.
        let lines = self.raw.as_slice().split(|byte| *byte == b'\n').count();
        let line = self.reader.position().line().saturating_sub(lines as u64);
        let mut fault = |problem: String| faults.push(Fault { file: self.file.to_string(), line, problem });
        let columns = Arc::clone(&self.columns);
        if self.raw.len() != self.width {
            let (cells, width) = (self.raw.len(), self.width);
            fault(format!("it has {cells} cells and the head {width}: check its commas and quotes"));
            return Ok(Some(Err(Unread { columns, cells: std::mem::take(&mut self.raw) })));
        }
        Ok(Some(match StringRecord::from_byte_record(std::mem::take(&mut self.raw)) {
            Ok(cells) => Ok(Row { file: Arc::clone(&self.file), columns, cells, line }),
            Err(error) => {
                let column = error.utf8_error().field();
                let named = columns.iter().find(|(_, at)| **at == column).map_or("", |(name, _)| name);
                fault(format!("its {named} is not in UTF-8: save the file as UTF-8"));
                Err(Unread { columns, cells: error.into_byte_record() })
            }
        }))
    }
}

/// A row that cannot be read.
pub(super) struct Unread {
    columns: Arc<HashMap<String, usize>>,
    cells: ByteRecord,
}

impl Unread {
    /// What a column seems to say.
    pub fn seems(&self, column: &str) -> Option<String> {
        let cell = self.cells.get(*self.columns.get(column)?)?;
        Some(String::from_utf8_lossy(cell).trim().to_owned())
    }
}

/// A file whose lines all end alike, the last one too, so that they can be counted: a reader of records takes up one of the
/// two signs with which lines may end, and the other with the next. It gives no more than a file and a row may have.
struct Lines<'a, R> {
    source: R,
    /// Who is told how far it has come.
    meter: &'a Meter<'a>,
    /// What was read last.
    last: u8,
    /// The most bytes of it, and how many were given.
    most: u64,
    given: u64,
    /// How many were given before the row that is being read. What a reader has read ahead belongs to it as well.
    before_row: u64,
    /// Whether it gives no more.
    over: Option<Over>,
}

/// Of what there was too much, or nobody waits for more of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    File,
    Row,
    Patience,
}

impl<'a, R> Lines<'a, R> {
    const fn of(source: R, most: u64, meter: &'a Meter<'a>) -> Self {
        Self { source, meter, last: b'\n', most, given: 0, before_row: 0, over: None }
    }

    const fn begin_row(&mut self) {
        self.before_row = self.given;
    }

    /// What is said of an error of the row that begins in a line.
    fn unreadable(&self, file: &str, line: u64, error: io::Error) -> Unreadable {
        let file = file.to_owned();
        match self.over {
            Some(Over::File) => Unreadable::TooLong { file, most: self.most, of: "bytes" },
            Some(Over::Row) => {
                let problem = format!("the row has more than {LONGEST_ROW} bytes: close its quotes, or shorten it");
                Unreadable::LongRow(Fault { file, line, problem })
            }
            Some(Over::Patience) => Unreadable::Stopped,
            None => Unreadable::Io { file, error },
        }
    }
}

impl<R: Read> Read for Lines<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.given - self.before_row >= LONGEST_ROW {
                self.over = Some(Over::Row);
            }
            if self.given > self.most {
                self.over = Some(Over::File);
            }
            if self.over.is_some() {
                return Err(io::Error::other("it is not read on"));
            }
            let read = self.source.read(buf)?;
            self.given += read as u64;
            if self.meter.passed(read as u64).is_err() {
                self.over = Some(Over::Patience);
            }
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
    use std::io::Read;
    use std::ops::ControlFlow;

    use super::{Fault, LONGEST_ROW, Meter, Size, Table, Unreadable};

    /// Tells nobody.
    fn silent() -> Meter<'static> {
        Meter::new(&|_| ControlFlow::Continue(()))
    }

    fn rows(bytes: &[u8]) -> (Vec<(u64, String)>, Vec<String>) {
        let silent = silent();
        let mut table = Table::new("stops.txt", bytes, &["stop_id"], (Size::Kept, &silent)).expect("a head");
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
        let silent = silent();
        let error =
            Table::new("stops.txt", &b"a,b\n1,2\n"[..], &["stop_id"], (Size::Kept, &silent)).err().expect("refused");
        assert!(matches!(error, Unreadable::Head(_)));
        assert_eq!(
            error.to_string(),
            "stops.txt, line 1: the head does not name stop_id: add it, with its values below"
        );
    }

    /// Reads to the end, or to what ends it.
    fn ended(source: impl Read) -> Result<u64, String> {
        let told = |error: Unreadable| error.to_string();
        let silent = silent();
        let mut table = Table::new("stops.txt", source, &["stop_id"], (Size::Kept, &silent)).map_err(told)?;
        let mut faults: Vec<Fault> = Vec::new();
        let mut rows = 0;
        while table.next(&mut faults).map_err(told)?.is_some() {
            rows += 1;
        }
        Ok(rows)
    }

    #[test]
    fn a_row_may_be_long_but_not_endless() {
        let long = usize::try_from(LONGEST_ROW).expect("it fits") - 10;
        let row = |length: usize| format!("stop_id,stop_name\nS1,\"{}\"\nS2,x\n", "n".repeat(length));
        assert_eq!(ended(row(long).as_bytes()), Ok(2));
        let told = "stops.txt, line 2: the row has more than 65536 bytes: close its quotes, or shorten it";
        // More than the reader reads ahead.
        assert_eq!(ended(row(long + 20_000).as_bytes()), Err(told.to_owned()));
        let unclosed = b"stop_id,stop_name\nS1,\"".chain(std::io::repeat(b'n'));
        assert_eq!(ended(unclosed), Err(told.to_owned()), "a quote that nobody closed");
        let head = ended(std::io::repeat(b'n')).expect_err("a head without an end");
        assert!(head.starts_with("stops.txt, line 1: the row has more than"), "{head}");
    }

    #[test]
    fn a_file_that_is_kept_may_be_large_but_not_endless() {
        let rows =
            std::iter::repeat_n(b"S1,".iter().copied().chain(std::iter::repeat_n(b'n', 4000)).chain([b'\n']), 9000);
        let bytes: Vec<u8> = b"stop_id,stop_name\n".iter().copied().chain(rows.flatten()).collect();
        assert!(bytes.len() as u64 > Size::Kept.most());
        let told = "stops.txt has more than 33554432 bytes: take out what is no train's";
        assert_eq!(ended(&bytes[..]), Err(told.to_owned()));
        let half = bytes.len() / 2;
        assert!(ended(&bytes[..half]).is_ok_and(|rows| rows > 4000));
    }
}
