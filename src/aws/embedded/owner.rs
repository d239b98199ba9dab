//! The part of the process that has a data folder: the engines, and a door for the others.

use std::path::Path;
use std::sync::Arc;

use crate::aws::embedded::EmbeddedError;
use crate::aws::embedded::door::Door;
use crate::aws::embedded::engines::Engines;
use crate::aws::embedded::folder::{Lock, Note};
use crate::aws::embedded::socket::Socket;

/// An open data folder.
///
/// What it consists of is given up in this order: no more is let in and what is in is answered; the database is closed;
/// the socket is removed; the folder is free. So no two owners ever have the database open at once.
pub struct Owner {
    _door: Option<Door>,
    engines: Arc<Engines>,
    _socket: Option<Socket>,
    _lock: Lock,
}

impl Owner {
    /// Opens the engines of a folder, and the door.
    pub fn of(data: &Path, lock: Lock) -> Result<Self, EmbeddedError> {
        let left = lock.note();
        let pid = Some(std::process::id());
        let note = |socket| Note { pid, socket };
        let noted =
            |note: &Note| lock.leave(note).map_err(|source| EmbeddedError::Folder { folder: data.to_owned(), source });
        noted(&note(None))?;
        let engines = Arc::new(Engines::in_folder(data, &lock)?);
        let opened = Socket::bind(data, &left).and_then(|(socket, listener)| {
            let door = Door::open(listener, Arc::clone(&engines))?;
            Ok((socket, door))
        });
        let (socket, door) = match opened {
            Ok((socket, door)) => (Some(socket), Some(door)),
            Err(error) => {
                tracing::warn!(%error, "no other process can use the data folder while this one does");
                (None, None)
            }
        };
        noted(&note(socket.as_ref().map(|socket| socket.noted().to_owned())))?;
        Ok(Self { _door: door, engines, _socket: socket, _lock: lock })
    }

    /// The engines.
    pub fn engines(&self) -> &Engines {
        &self.engines
    }
}
