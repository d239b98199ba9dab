//! Frames on their way to a terminal: at most one at a time, written by a thread of its own.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ui::app::App;

/// How long the last frame may take.
const LAST_FRAME: Duration = Duration::from_millis(500);

/// Terminals that know it show a frame all at once; others ignore it.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const ERASE: &[u8] = b"\x1b[0m\x1b[2J";
const BELL: u8 = 7;

/// What the person sees.
#[derive(Debug)]
pub struct Output {
    screen: Terminal<CrosstermBackend<Sheet>>,
    sheet: Sheet,
    size: Size,
    ground: Ground,
    bell: Bell,
    frames: SyncSender<Flight>,
    free: Arc<Semaphore>,
}

/// What the terminal shows before a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ground {
    /// Anything: it has to be erased.
    Unknown,
    /// The frame before.
    Drawn,
}

/// What sounds with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bell {
    Silent,
    Rings,
}

/// A frame with the permit to have one on its way, which comes back when it has been written.
type Flight = (Vec<u8>, OwnedSemaphorePermit);

impl Output {
    /// An output of a size, written to `writer` by a thread that ends with it.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn new(writer: impl Write + Send + 'static, size: Size) -> io::Result<Self> {
        let free = Arc::new(Semaphore::new(1));
        let (frames, flights) = sync_channel(1);
        let gate = Arc::clone(&free);
        thread::Builder::new().name("frames".to_owned()).spawn(move || write_all(writer, &flights, &gate))?;
        let sheet = Sheet::default();
        Ok(Self {
            screen: screen(&sheet, size)?,
            sheet,
            size,
            ground: Ground::Unknown,
            bell: Bell::Silent,
            frames,
            free,
        })
    }

    /// The terminal has another size.
    pub fn resize(&mut self, size: Size) {
        self.size = size;
        self.ground = Ground::Unknown;
    }

    /// Rings with the next frame.
    pub fn ring(&mut self) {
        self.bell = Bell::Rings;
    }

    /// Waits until a frame can be sent.
    ///
    /// # Errors
    /// The terminal is gone.
    pub async fn free(&self) -> io::Result<()> {
        self.free.acquire().await.map(drop).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Draws the program and sends what changed. Call it when [`Self::free`] has come back; else it does nothing.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn paint(&mut self, app: &App) -> io::Result<()> {
        let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() else { return Ok(()) };
        let mut bytes = BEGIN.to_vec();
        if self.ground == Ground::Unknown {
            self.screen = screen(&self.sheet, self.size)?;
            self.ground = Ground::Drawn;
            bytes.extend(ERASE);
        }
        self.screen.draw(|frame| app.view(frame))?;
        bytes.append(&mut self.sheet.take());
        bytes.extend(END);
        if std::mem::replace(&mut self.bell, Bell::Silent) == Bell::Rings {
            bytes.push(BELL);
        }
        self.frames.try_send((bytes, permit)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits a moment for the last frame.
    pub async fn finish(self) {
        let _ = tokio::time::timeout(LAST_FRAME, self.free()).await;
    }
}

fn screen(sheet: &Sheet, size: Size) -> io::Result<Terminal<CrosstermBackend<Sheet>>> {
    // A fixed place: the size comes with the input, so nothing here asks the terminal and waits for its answer.
    let place = Rect::new(0, 0, size.width, size.height);
    let options = TerminalOptions { viewport: Viewport::Fixed(place) };
    Terminal::with_options(CrosstermBackend::new(sheet.clone()), options)
}

fn write_all(mut writer: impl Write, flights: &Receiver<Flight>, gate: &Semaphore) {
    for (bytes, permit) in flights {
        if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
            gate.close();
            return;
        }
        drop(permit);
    }
}

/// Where a frame is composed before it is sent.
#[derive(Clone, Debug, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Sheet {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
