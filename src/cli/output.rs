//! Standard output. A reader that has seen enough, such as `head`, is no error.

use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use super::{CliError, Kind};
use crate::domain::text::is_hidden;
use crate::ui::text::clean;

/// Writes a text and ends its line. What could steer a terminal is made visible, whoever stored it.
pub(super) fn line(text: impl Display) -> Result<(), CliError> {
    bytes(format!("{}\n", clean_lines(&text.to_string())).as_bytes())
}

/// Tells whoever looks on, on standard error, what goes on.
pub(super) fn notice(text: impl Display) {
    // Nobody has to hear it.
    let _ = writeln!(io::stderr().lock(), "{}", clean_lines(&text.to_string()));
}

/// Writes a value as JSON on one line.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(|error| CliError::new(Kind::Internal, error))?;
    line(escaped(&text))
}

/// Writes bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::new(Kind::Files, format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// The text with everything but its line breaks made visible.
pub(super) fn clean_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(clean).collect();
    lines.join("\n")
}

/// JSON that means the same in characters that a terminal shows: outside of strings there are no others.
fn escaped(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{clean_lines, escaped};

    const TRICK: &str = "Rajdhani\u{1b}[2J \u{202e}\u{9b}\u{e0041} अनीता";

    #[test]
    fn a_stored_text_cannot_steer_the_terminal() {
        assert_eq!(clean_lines(&format!("{TRICK}\nTotal")), "Rajdhani�[2J ��� अनीता\nTotal");
    }

    #[test]
    fn json_reads_back_as_it_was_in_visible_characters() {
        let json = escaped(&serde_json::to_string(TRICK).expect("a text"));
        assert_eq!(json, r#""Rajdhani\u001b[2J \u202e\u009b\udb40\udc41 अनीता""#);
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), TRICK);
    }
}
