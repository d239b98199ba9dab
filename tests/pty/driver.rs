//! The built program on a pseudo-terminal: types, and reads the screen until it shows what is expected.
//!
//! Nothing sleeps: a wait ends with the text, with the program, or at its deadline with the screen in the message.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::MouseProtocolMode;

/// Long enough for a busy machine, short enough to be noticed.
const DEADLINE: Duration = Duration::from_mins(1);

const ROWS: NonZero<u16> = NonZero::new(24).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(80).expect("not zero");

/// Tells a program that it is on a [`Console`].
const MARK: &str = "ON_A_TERMINAL_OF_ITS_OWN";

/// Whether this program was started on a [`Console`].
#[allow(clippy::disallowed_methods, reason = "a test that starts itself again has to know which of the two it is")]
pub fn is_on_a_terminal_of_its_own() -> bool {
    std::env::var_os(MARK).is_some()
}

/// A program on a terminal of its own.
pub struct Console {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
    screen: vt100::Parser,
    /// Until it is hung up.
    master: Option<Box<dyn MasterPty + Send>>,
}

impl Console {
    /// Starts Kiosk on a data folder.
    pub fn start(data: &Path, home: &Path, arguments: &[&str]) -> Self {
        Self::start_program(Path::new(env!("CARGO_BIN_EXE_kiosk")), data, home, arguments)
    }

    /// Starts a program on a data folder, with an environment of its own and 24 lines of 80 columns.
    pub fn start_program(program: &Path, data: &Path, home: &Path, arguments: &[&str]) -> Self {
        Self::start_on("xterm-256color", program, data, home, arguments)
    }

    /// The same on a terminal of a kind, as programs are told; it understands what an xterm does.
    pub fn start_on(kind: &str, program: &Path, data: &Path, home: &Path, arguments: &[&str]) -> Self {
        let pair = native_pty_system().openpty(pty_size(COLUMNS, ROWS)).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.env_clear();
        command.env("TERM", kind);
        command.env("LANG", "C.UTF-8");
        command.env(MARK, "yes");
        command.env("HOME", home);
        command.env("KIOSK_DATA_DIR", data);
        command.cwd(home);
        command.args(arguments);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let keys = pair.master.take_writer().expect("the terminal can be written");
        let (bytes, output) = channel();
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if bytes.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(ROWS, COLUMNS, 0);
        Self { child, keys, output, reader: Some(reader), screen, master: Some(pair.master) }
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

    /// What of the terminal is not as a shell needs it; nothing when all is.
    pub fn left_behind(&self) -> Vec<&'static str> {
        let screen = self.screen.screen();
        let line = self.line_settings();
        let all = [
            (screen.alternate_screen(), "the second screen"),
            (screen.hide_cursor(), "a hidden cursor"),
            (screen.mouse_protocol_mode() != MouseProtocolMode::None, "mouse reports"),
            (screen.bracketed_paste(), "bracketed paste"),
            (line.contains("-icanon"), "raw lines"),
            (line.contains("-echo "), "no echo"),
        ];
        all.into_iter().filter_map(|(left, what)| left.then_some(what)).collect()
    }

    /// The terminal's own settings, as `stty` words them.
    fn line_settings(&self) -> String {
        let terminal = self.master().tty_name().expect("a pseudo-terminal has a name");
        let terminal = File::open(terminal).expect("it can be opened");
        let output = Command::new("stty").arg("-a").stdin(terminal).output().expect("stty runs");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        let size = |cells| NonZero::new(cells).expect("a terminal has cells");
        self.screen.screen_mut().set_size(size(rows), size(columns));
        self.master().resize(pty_size(size(columns), size(rows))).expect("it has another size");
        self
    }

    /// Says that the terminal has another size, as no terminal has it that can be looked at.
    pub fn claim(&mut self, columns: u16, rows: u16) -> &mut Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master().resize(size).expect("any size can be claimed");
        self
    }

    /// The most colours of which the screen shows one: 0 of none but the terminal's own, 16 or 256.
    pub fn colours(&self) -> u16 {
        let screen = self.screen.screen();
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        let cells = (0..rows).flat_map(|row| (0..columns).filter_map(move |column| screen.cell(row, column)));
        let colours = cells.flat_map(|cell| [cell.fgcolor(), cell.bgcolor()]).map(|colour| match colour {
            vt100::Color::Default => 0,
            vt100::Color::Idx(..16) => 16,
            _ => 256,
        });
        colours.max().unwrap_or(0)
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

    /// Takes the terminal away, as a broken line does, and waits for the program's end. `key` makes the program write,
    /// so that the reader notices that nobody listens.
    pub fn hang_up(&mut self, key: &str) -> ExitStatus {
        self.output = channel().1;
        self.keys(key);
        self.reader.take().expect("it was not hung up").join().expect("it reads without a fault");
        self.keys = Box::new(std::io::sink());
        self.master = None;
        self.child.wait().expect("the program can be waited for")
    }

    /// The program's process.
    pub fn id(&self) -> u32 {
        self.child.process_id().expect("it was started")
    }

    /// Sends the program a signal, such as `TERM`.
    pub fn signal(&mut self, name: &str) -> &mut Self {
        let id = self.id().to_string();
        let told = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(told.success(), "the program is there");
        self
    }

    fn master(&self) -> &dyn MasterPty {
        self.master.as_deref().expect("it was not hung up")
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
    }
}

fn pty_size(columns: NonZero<u16>, rows: NonZero<u16>) -> PtySize {
    PtySize { rows: rows.get(), cols: columns.get(), pixel_width: 0, pixel_height: 0 }
}

/// A program that a failed test leaves behind would keep its folder.
impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
