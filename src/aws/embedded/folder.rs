//! The data folder: who may read it, and who has it open.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::aws::embedded::EmbeddedError;

const LOCK: &str = "lock";
/// Bytes; a number and a path are shorter.
const LONGEST_NOTE: u64 = 4096;

/// Creates the data folder for its owner alone, or takes one that is there. That one may be anybody's home, so its mode
/// stays as it is, but a folder in which others may write is refused: they could put a database of theirs into it.
pub fn take_data(folder: &Path) -> Result<(), EmbeddedError> {
    create(folder).and_then(|()| refuse_if_others_write(folder)).map_err(refused(folder))
}

/// Creates one of Kiosk's own folders in the data folder. Whatever its mode was, only its owner can enter it then.
pub fn take_own(folder: &Path) -> Result<(), EmbeddedError> {
    create(folder).and_then(|()| owner_only(folder, 0o700)).map_err(refused(folder))
}

/// Removes the files in one of Kiosk's own folders, if there is such a folder.
pub fn empty_own(folder: &Path) -> Result<(), EmbeddedError> {
    let emptied = || -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    match emptied() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done.map_err(refused(folder)),
    }
}

/// Opens a file that only its owner can read, creating it if it is missing.
pub fn own_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    owner_only(path, 0o600)?;
    Ok(file)
}

fn refused(folder: &Path) -> impl Fn(io::Error) -> EmbeddedError {
    move |source| EmbeddedError::Folder { folder: folder.to_owned(), source }
}

fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn refuse_if_others_write(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let others = fs::metadata(folder)?.permissions().mode() & 0o022;
    if others == 0 {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "other accounts may write in it, which `chmod go-w` ends"))
}

#[cfg(not(unix))]
fn refuse_if_others_write(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Takes everybody else's rights away where there are any: what is there already may have been made by another hand.
#[cfg(unix)]
fn owner_only(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let others = fs::metadata(path)?.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn owner_only(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Ownership of a data folder, for as long as the value lives.
#[derive(Debug)]
pub struct Lock(File);

/// What an owner says of itself in the lock file. It outlives an owner that was killed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Its process.
    pub pid: Option<u32>,
    /// Where it answers other processes, from the folder on or from the root; `None` if it does not.
    pub socket: Option<PathBuf>,
}

/// What came of asking for a folder.
#[derive(Debug)]
pub enum Taken {
    /// It is the caller's.
    Ours(Lock),
    /// It is somebody else's, who left this note or is about to.
    Theirs(Note),
}

impl Lock {
    /// Takes the folder, or says who has it.
    pub fn take(folder: &Path) -> Result<Taken, EmbeddedError> {
        let refused = refused(folder);
        let file = own_file(&folder.join(LOCK)).map_err(&refused)?;
        match file.try_lock() {
            Ok(()) => Ok(Taken::Ours(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(Taken::Theirs(Note::read(&file))),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }

    /// The note that the owner before has left, or one's own.
    #[cfg(unix)]
    pub fn note(&self) -> Note {
        Note::read(&self.0)
    }

    /// Leaves a note for those who find the folder taken.
    pub fn leave(&self, note: &Note) -> io::Result<()> {
        let text = note.to_string();
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)
    }
}

impl Note {
    /// The note of the owner of a folder, or of its last one.
    pub fn in_folder(folder: &Path) -> Self {
        File::open(folder.join(LOCK)).map(|file| Self::read(&file)).unwrap_or_default()
    }

    /// Where locks are mandatory, a note cannot be read while it says anything.
    fn read(mut file: &File) -> Self {
        let mut text = String::new();
        let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(LONGEST_NOTE).read_to_string(&mut text));
        let mut lines = if read.is_ok() { text.lines() } else { "".lines() };
        let pid = lines.next().and_then(|line| line.parse().ok());
        let socket = lines.next().filter(|line| !line.is_empty()).map(PathBuf::from);
        Self { pid, socket }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pid = self.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let socket = self.socket.as_ref().map(|socket| socket.display().to_string()).unwrap_or_default();
        writeln!(f, "{pid}\n{socket}")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::empty_own;

    #[test]
    fn a_folder_is_emptied_of_its_files_and_a_missing_one_is_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("opened");
        empty_own(&own).expect("nothing to do");
        fs::create_dir_all(own.join("kept")).expect("a folder");
        fs::write(own.join("receipt-1.pdf"), "paper").expect("a file");
        empty_own(&own).expect("its own files");
        let left: Vec<_> = fs::read_dir(&own).expect("it stays").map(|entry| entry.expect("one").file_name()).collect();
        assert_eq!(left, ["kept"]);
    }
}
