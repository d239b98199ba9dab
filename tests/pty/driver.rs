//! The built program on a pseudo-terminal: types, and reads the screen until it shows what is expected.
//!
//! Nothing sleeps: a wait ends with the text, with the program, or at its deadline with the screen in the message.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Long enough for a busy machine, short enough to be noticed.
const DEADLINE: Duration = Duration::from_mins(1);

const ROWS: NonZero<u16> = NonZero::new(24).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(80).expect("not zero");

/// A program on a terminal of its own.
pub struct Console {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    seen: Vec<u8>,
    _master: Box<dyn MasterPty + Send>,
}

impl Console {
    /// Starts the program on a data folder, with an environment of its own and 24 lines of 80 columns.
    pub fn start(data: &Path, home: &Path, arguments: &[&str]) -> Self {
        let size = PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kiosk"));
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.env("KIOSK_DATA_DIR", data);
        command.cwd(home);
        command.args(arguments);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let keys = pair.master.take_writer().expect("the terminal can be written");
        let (bytes, output) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if bytes.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(ROWS, COLUMNS, 0);
        Self { child, keys, output, screen, seen: Vec::new(), _master: pair.master }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("the program reads");
        self
    }

    /// Waits until the screen shows a text.
    pub fn wait(&mut self, text: &str) -> &mut Self {
        self.wait_until(&format!("'{text}'"), |screen| screen.contains(text))
    }

    /// Waits until what the screen shows satisfies `good`.
    pub fn wait_until(&mut self, what: &str, good: impl Fn(&str) -> bool) -> &mut Self {
        let until = Instant::now() + DEADLINE;
        while !good(&self.text()) {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout) => panic!("no {what} in {DEADLINE:?}; the screen is\n{}", self.text()),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the program ended before {what}; the screen is\n{}", self.text())
                }
            }
        }
        self
    }

    /// What the screen shows.
    pub fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// Whether the program has the terminal's second screen, as full-screen programs do.
    pub fn is_full_screen(&self) -> bool {
        self.screen.screen().alternate_screen()
    }

    /// Waits for the program's end, and gives how it ended.
    pub fn end(&mut self) -> ExitStatus {
        let until = Instant::now() + DEADLINE;
        loop {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => {
                    return self.child.wait().expect("the program can be waited for");
                }
                Err(RecvTimeoutError::Timeout) => panic!("no end in {DEADLINE:?}; the screen is\n{}", self.text()),
            }
        }
    }

    /// The program's process.
    pub fn id(&self) -> u32 {
        self.child.process_id().expect("it was started")
    }

    /// All bytes that the program wrote.
    pub fn seen(&self) -> &[u8] {
        &self.seen
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.seen.extend(bytes);
    }
}

/// A program that a failed test leaves behind would keep its folder.
impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
