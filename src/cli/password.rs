//! A password: asked for at a terminal without showing it, or read as the first line of standard input.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{CliError, Kind};

/// The longest that is read; the services decide what is too long for a password.
const LONGEST: u64 = 4096;

/// A new password: at a terminal it is asked for twice.
pub(super) fn choose() -> Result<SecretString, CliError> {
    if !io::stdin().is_terminal() {
        return first_line();
    }
    let password = ask("New password: ")?;
    if *password != *ask("The same again: ")? {
        return Err(CliError::new(Kind::Refused, "The two passwords differ: run the command again."));
    }
    Ok(SecretString::from(password.as_str()))
}

fn first_line() -> Result<SecretString, CliError> {
    let mut line = Zeroizing::new(String::new());
    let read = io::stdin().lock().take(LONGEST).read_line(&mut line);
    read.map_err(|error| failed(&error))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(CliError::new(Kind::BadData, "There is no password on standard input.")
            .hint("write it as the first line, or run the command at a terminal to be asked for it"));
    }
    Ok(SecretString::from(password))
}

/// Keeps the terminal from showing what is typed, until it is dropped.
struct Unseen;

impl Unseen {
    fn begin() -> io::Result<Self> {
        enable_raw_mode().map(|()| Self)
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
        let _ = io::stderr().write_all(b"\n");
    }
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    let mut screen = io::stderr();
    write!(screen, "{prompt}").and_then(|()| screen.flush()).map_err(|error| failed(&error))?;
    let _unseen = Unseen::begin().map_err(|error| failed(&error))?;
    let mut typed = Zeroizing::new(String::new());
    loop {
        let Event::Key(KeyEvent { code, modifiers, kind, .. }) = read().map_err(|error| failed(&error))? else {
            continue;
        };
        let control = modifiers.contains(KeyModifiers::CONTROL);
        match code {
            _ if kind == KeyEventKind::Release => {}
            KeyCode::Enter => return Ok(typed),
            KeyCode::Char('c' | 'd') if control => return Err(CliError::new(Kind::Refused, "Nothing was changed.")),
            KeyCode::Char('u') if control => typed.clear(),
            KeyCode::Char(c) if !control => typed.push(c),
            KeyCode::Backspace => {
                typed.pop();
            }
            _ => {}
        }
    }
}

fn failed(error: &io::Error) -> CliError {
    CliError::new(Kind::Files, format!("The password cannot be read: {error}"))
}
