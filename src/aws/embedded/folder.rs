//! The data folder: who may read it, and who has it open.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::aws::embedded::EmbeddedError;

const LOCK: &str = "lock";

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
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the folder, or says who has it.
    pub fn take(folder: &Path) -> Result<Self, EmbeddedError> {
        let refused = refused(folder);
        let mut file = own_file(&folder.join(LOCK)).map_err(&refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedError::InUse { folder: folder.to_owned(), pid: owner(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        written.map_err(refused)?;
        Ok(Self { _file: file })
    }
}

/// The process that wrote itself into the lock file; where locks are mandatory it cannot be read.
fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
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
