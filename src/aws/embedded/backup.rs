//! A copy of a data folder while it is in use, as one file, and a folder from such a file.
//!
//! The database is copied by its owner, between two requests, as it is at one moment; objects follow, which are only ever
//! added and are made again from the database when they are missing. Nothing else of the folder is in a copy but keys
//! that are named by the caller.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use dynoxide::Database;
use dynoxide::actions::list_tables::ListTablesRequest;
use tar::{Archive, Builder, HeaderMode};
use thiserror::Error;
use uuid::Uuid;

use crate::aws::embedded::folder::{self, Lock, Taken};
use crate::aws::embedded::member::Member;
use crate::aws::embedded::{EmbeddedError, database, objects};

/// Where copies of the database are made, in the data folder: the owner may see no other. Each backup has a folder in it.
const COPYING: &str = "copying";
/// Every backup that is being made has its share of the lock on this file, in that folder.
const AT_WORK: &str = "lock";
/// Where a backup is unpacked before anything of the folder is touched.
const RESTORING: &str = "restoring";
/// How `SQLite` calls what it keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// What becomes of a folder that has a database already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and nothing is restored.
    Keep,
    /// It goes once the backup has been read whole.
    Replace,
}

/// Why nothing was saved or restored.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] EmbeddedError),
    /// A file cannot be read or written.
    #[error("{}: {source}", .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The owner of the folder does not copy its database.
    #[error("the process that has the data folder does not copy its database ({0}): end it, and try again")]
    NotCopied(String),
    /// The file is no backup, or only a part of one.
    #[error("{} is not a whole backup: {what}", .file.display())]
    NotABackup {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// There is a database already.
    #[error("the data folder {} has a database already", .0.display())]
    NotEmpty(PathBuf),
}

/// Saves the database, the objects and what is there of the named files in a new file that only its owner can read.
pub async fn save(data: &Path, keys: &[&str], file: &Path) -> Result<(), BackupError> {
    folder::take_data(data)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let archive = options.open(file).map_err(failed(file))?;
    let saved = pack(data, keys, archive, file).await;
    if saved.is_err() {
        // Half a backup is none.
        let _ = fs::remove_file(file);
    }
    saved
}

/// A folder for the copy of one backup, which goes with the value.
struct Copying {
    folder: PathBuf,
    _at_work: File,
}

impl Copying {
    /// A new folder. What backups that were killed have left is removed, unless another is being made: then the next does.
    fn begin(data: &Path) -> Result<Self, BackupError> {
        let all = data.join(COPYING);
        folder::take_own(&all)?;
        let all = all.canonicalize().map_err(failed(&all))?;
        let lock = all.join(AT_WORK);
        let at_work = folder::own_file(&lock).map_err(failed(&lock))?;
        if at_work.try_lock().is_ok() {
            for entry in fs::read_dir(&all).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed(&all))? {
                if entry.file_name() != AT_WORK {
                    remove(&entry.path())?;
                }
            }
            at_work.unlock().map_err(failed(&lock))?;
        }
        // Others have all of it only while they remove what was left.
        at_work.lock_shared().map_err(failed(&lock))?;
        let folder = all.join(Uuid::new_v4().simple().to_string());
        folder::take_own(&folder)?;
        Ok(Self { folder, _at_work: at_work })
    }
}

impl Drop for Copying {
    fn drop(&mut self) {
        // The next backup removes what cannot be removed now.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

async fn pack(data: &Path, keys: &[&str], archive: File, file: &Path) -> Result<(), BackupError> {
    let copying = Copying::begin(data)?;
    let copy = copying.folder.join(database::FILE);
    // Made first, so that it is its owner's alone; an empty one is filled.
    let empty = folder::own_file(&copy).and_then(|made| made.set_len(0));
    empty.map_err(failed(&copy))?;
    Member::of(data)?.copy_database(&copy).await.map_err(BackupError::NotCopied)?;

    let mut tar = Builder::new(archive);
    tar.mode(HeaderMode::Complete);
    let objects = files_below(data, objects::FOLDER)?;
    for name in keys.iter().copied().chain(objects.iter().map(String::as_str)) {
        let path = data.join(name);
        match append(&mut tar, &path, name) {
            // A key that was never there, or an object that is gone since it was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            appended => appended.map_err(failed(&path))?,
        }
    }
    // Last, so that half a backup has none.
    append(&mut tar, &copy, database::FILE).map_err(failed(&copy))?;
    let written = tar.into_inner().and_then(|archive| archive.sync_all());
    written.map_err(failed(file))
}

fn append(tar: &mut Builder<File>, path: &Path, name: &str) -> io::Result<()> {
    tar.append_file(name, &mut File::open(path)?)
}

/// The files below a folder of the data folder, by name from that one.
fn files_below(data: &Path, name: &str) -> Result<Vec<String>, BackupError> {
    let (mut files, mut folders) = (Vec::new(), vec![name.to_owned()]);
    while let Some(name) = folders.pop() {
        let path = data.join(&name);
        let listed = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            listed => listed.and_then(Iterator::collect::<io::Result<Vec<_>>>),
        };
        for entry in listed.map_err(failed(&path))? {
            let Some(last) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let below = format!("{name}/{last}");
            if entry.file_type().map_err(failed(&path))?.is_dir() { folders.push(below) } else { files.push(below) }
        }
    }
    files.sort();
    Ok(files)
}

/// Fills a data folder, of which nobody is at work, from a backup. The folder is as it was unless the backup is whole.
///
/// # Errors
///
/// `Folder` with `InUse` while anybody has the folder; `NotEmpty` where there is a database that is to be kept.
pub fn restore(file: &Path, data: &Path, existing: Existing) -> Result<(), BackupError> {
    let archive = File::open(file).map_err(failed(file))?;
    folder::take_data(data)?;
    let _lock = match Lock::take(data)? {
        Taken::Ours(lock) => lock,
        Taken::Theirs(note) => return Err(EmbeddedError::InUse { folder: data.to_owned(), pid: note.pid }.into()),
    };
    if existing == Existing::Keep && data.join(database::FILE).exists() {
        return Err(BackupError::NotEmpty(data.to_owned()));
    }
    let restoring = data.join(RESTORING);
    remove(&restoring)?;
    folder::take_own(&restoring)?;
    let restored = unpack(archive, file, &restoring).and_then(|()| exchange(data, &restoring));
    remove(&restoring)?;
    restored
}

/// Unpacks a backup and opens its database once.
fn unpack(archive: File, file: &Path, restoring: &Path) -> Result<(), BackupError> {
    let bad = |what: String| BackupError::NotABackup { file: file.to_owned(), what };
    Archive::new(archive).unpack(restoring).map_err(|error| bad(error.to_string()))?;
    let copy = restoring.join(database::FILE);
    if !copy.exists() {
        return Err(bad("there is no database in it".to_owned()));
    }
    let opened =
        Database::new(&copy.to_string_lossy()).and_then(|database| database.list_tables(ListTablesRequest::default()));
    let tables = opened.map_err(|error| bad(error.to_string()))?;
    if tables.table_names.is_empty() { Err(bad("its database has no tables".to_owned())) } else { Ok(()) }
}

/// Puts what was unpacked in the place of what is there. Broken off, it is done by restoring again.
fn exchange(data: &Path, restoring: &Path) -> Result<(), BackupError> {
    for beside in BESIDE {
        remove(&data.join(format!("{}{beside}", database::FILE)))?;
    }
    for entry in fs::read_dir(restoring).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(failed(restoring))? {
        let place = data.join(entry.file_name());
        remove(&place)?;
        fs::rename(entry.path(), &place).map_err(failed(&place))?;
    }
    Ok(())
}

/// Removes a file or a folder, if there is one.
fn remove(path: &Path) -> Result<(), BackupError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path)(error)),
        _ => Ok(()),
    }
}

fn failed(file: &Path) -> impl Fn(io::Error) -> BackupError {
    move |source| BackupError::File { file: file.to_owned(), source }
}
