//! Where the owner of a data folder answers: a Unix socket in the folder.
//!
//! The system bounds the path of a socket to about a hundred bytes, and some file systems have no sockets. Then it is in
//! a private folder among the temporary ones, and the owner's note in the lock file says where. The note can be trusted:
//! a data folder in which others may write is refused. Yet the folder of an owner that was killed may be gone and its
//! name another's, so each end asks the system who is at the other.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use crate::aws::embedded::folder::Note;

const NAME: &str = "socket";
const FALLBACK: &str = "kiosk-";
const ROOT: u32 = 0;

/// A socket in the file system, gone with the value.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    /// As a note has it.
    noted: PathBuf,
}

impl Socket {
    /// Makes the socket of a folder, whose lock the caller has. What an owner that was killed has left is removed.
    pub fn bind(folder: &Path, left: &Note) -> io::Result<(Self, UnixListener)> {
        if let Some(noted) = &left.socket {
            clear(&folder.join(noted));
        }
        listen(folder, PathBuf::from(NAME)).or_else(|error| {
            tracing::debug!(%error, "the data folder can have no socket");
            let elsewhere = std::env::temp_dir().join(format!("{FALLBACK}{:016x}", rand::random::<u64>()));
            DirBuilder::new().mode(0o700).create(&elsewhere)?;
            listen(folder, elsewhere.join(NAME)).inspect_err(|_| {
                let _ = fs::remove_dir(&elsewhere);
            })
        })
    }

    /// Where it is: from the data folder on, or from the root.
    pub fn noted(&self) -> &Path {
        &self.noted
    }
}

fn listen(folder: &Path, noted: PathBuf) -> io::Result<(Socket, UnixListener)> {
    let path = folder.join(&noted);
    SocketAddr::from_pathname(&path)?;
    remove(&path);
    let listener = UnixListener::bind(&path)?;
    let socket = Socket { path, noted };
    fs::set_permissions(&socket.path, fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok((socket, listener))
}

impl Drop for Socket {
    fn drop(&mut self) {
        clear(&self.path);
    }
}

/// Removes a socket; nothing else that is there.
fn remove(path: &Path) {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        let _ = fs::remove_file(path);
    }
}

/// Removes a socket and, when it is not in the data folder, the private folder around it.
fn clear(path: &Path) {
    remove(path);
    let own = |folder: &&Path| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FALLBACK));
    if let Some(folder) = path.parent().filter(|folder| folder.parent() == Some(&std::env::temp_dir())).filter(own) {
        let _ = fs::remove_dir(folder);
    }
}

/// Where the owner of a folder says that it answers.
pub fn of_owner(folder: &Path) -> io::Result<PathBuf> {
    let noted = Note::in_folder(folder).socket;
    noted.map(|noted| folder.join(noted)).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Whether somebody answers there.
pub fn listens(folder: &Path) -> bool {
    of_owner(folder).and_then(UnixStream::connect).is_ok()
}

/// Fails for an end of a connection that is another account's, unless it is the system's own.
pub fn demand_own(stream: &tokio::net::UnixStream) -> io::Result<()> {
    let this = tokio::net::UnixStream::pair()?.0.peer_cred()?.uid();
    demand_account(this, stream.peer_cred()?.uid())
}

fn demand_account(this: u32, other: u32) -> io::Result<()> {
    if other == this || other == ROOT {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("account {other} is at the other end")))
}

#[cfg(test)]
mod tests {
    use super::{ROOT, demand_account};

    #[test]
    fn only_the_same_account_and_the_system_are_let_in() {
        for (this, other, is_let_in) in
            [(1000, 1000, true), (1000, ROOT, true), (1000, 1001, false), (ROOT, 1000, false)]
        {
            assert_eq!(demand_account(this, other).is_ok(), is_let_in, "{other} at {this}'s");
        }
    }
}
