//! Frames on their way to a terminal: at most one at a time, the newest, so a terminal that stops reading costs one frame.

use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ratatui::layout::Size;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::terminal::painter::Painter;
use crate::ui::app::App;

/// How long the last frame may take.
const LAST_FRAME: Duration = Duration::from_millis(500);

const BELL: u8 = 7;

/// What the person sees.
#[derive(Debug)]
pub struct Output {
    painter: Painter,
    bell: Bell,
    frames: Sender<Flight>,
    free: Arc<Semaphore>,
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
    /// Frames are written by a thread that ends with the output: for a terminal whose writes block.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn on_thread(mut writer: impl Write + Send + 'static, size: Size) -> io::Result<Self> {
        let (output, mut flights) = Self::new(size);
        let gate = Arc::clone(&output.free);
        let write_all = move || {
            while let Some((bytes, permit)) = flights.blocking_recv() {
                if writer.write_all(&bytes).and_then(|()| writer.flush()).is_err() {
                    gate.close();
                    return;
                }
                drop(permit);
            }
        };
        thread::Builder::new().name("frames".to_owned()).spawn(write_all)?;
        Ok(output)
    }

    /// Frames are written by a task that ends with the output.
    pub fn on_task(mut writer: impl AsyncWrite + Send + Unpin + 'static, size: Size) -> Self {
        let (output, mut flights) = Self::new(size);
        let gate = Arc::clone(&output.free);
        tokio::spawn(async move {
            while let Some((bytes, permit)) = flights.recv().await {
                if writer.write_all(&bytes).await.is_err() {
                    gate.close();
                    return;
                }
                drop(permit);
            }
        });
        output
    }

    fn new(size: Size) -> (Self, Receiver<Flight>) {
        let (frames, flights) = mpsc::channel(1);
        let free = Arc::new(Semaphore::new(1));
        (Self { painter: Painter::new(size), bell: Bell::Silent, frames, free }, flights)
    }

    /// The terminal has another size.
    pub fn resize(&mut self, size: Size) {
        self.painter.resize(size);
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
        let link = app.hyperlink(self.painter.size());
        let mut bytes = self.painter.paint_linked(link, app.ground(), |buf| app.view(buf))?;
        if std::mem::replace(&mut self.bell, Bell::Silent) == Bell::Rings {
            bytes.push(BELL);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.frames.try_send((bytes, permit)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits a moment for the last frame.
    pub async fn finish(self) {
        let _ = tokio::time::timeout(LAST_FRAME, self.free()).await;
    }
}
