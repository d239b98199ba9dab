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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::thread;

    use tempfile::TempDir;

    use super::Owner;
    use crate::aws::embedded::folder::{Lock, Taken};
    use crate::aws::embedded::socket;

    fn take(folder: &Path) -> Option<Lock> {
        match Lock::take(folder).expect("the folder can be used") {
            Taken::Ours(lock) => Some(lock),
            Taken::Theirs(_) => None,
        }
    }

    fn own(folder: &Path) -> Owner {
        Owner::of(folder, take(folder).expect("nobody has it")).expect("it opens")
    }

    /// Half of a request; the other half is `{}`.
    fn begin(folder: &Path) -> UnixStream {
        let at = socket::of_owner(folder).expect("the owner leaves a note");
        let mut stream = UnixStream::connect(at).expect("the door is open");
        let head = "POST / HTTP/1.1\r\nhost: embedded.invalid\r\nx-amz-target: DynamoDB_20120810.ListTables\r\n\
                    content-length: 2\r\nexpect: 100-continue\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("the owner reads");
        // Now it waits for the rest.
        let mut answer = [0; 25];
        stream.read_exact(&mut answer).expect("the owner goes on");
        assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    }

    #[test]
    fn an_owner_that_leaves_answers_what_it_has_begun_and_the_folder_is_taken_until_then() {
        let folder = TempDir::new().expect("a folder");
        let owner = own(folder.path());
        let mut asked = begin(folder.path());
        let left = thread::spawn(move || drop(owner));
        let at = socket::of_owner(folder.path()).expect("a note");
        while UnixStream::connect(&at).is_ok() {
            thread::yield_now();
        }
        assert!(take(folder.path()).is_none(), "the database is open");
        asked.write_all(b"{}").expect("the owner still reads");
        let mut heard = String::new();
        asked.read_to_string(&mut heard).expect("the owner answers");
        assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.ends_with(r#"{"TableNames":[]}"#), "{heard}");
        left.join().expect("it leaves");
        assert!(!at.exists() && take(folder.path()).is_some());
    }

    #[test]
    fn a_guest_that_stays_silent_does_not_keep_the_folder() {
        let folder = TempDir::new().expect("a folder");
        let owner = own(folder.path());
        let _silent = begin(folder.path());
        drop(owner);
        assert!(take(folder.path()).is_some());
    }
}
