//! Documents on their way to the person: shown by the desktop, saved in a folder, or printed.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use crate::service::request::Document;
use crate::ui::msg::{How, OpenFailed, Opened};

/// How long a printer may take to accept a document.
const PRINTING: Duration = Duration::from_secs(20);

/// What can be done with documents at a terminal; what is absent cannot.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// The folder from which the desktop's program shows them. Only where there is a desktop.
    pub desktop: Option<PathBuf>,
    /// The folder for downloads.
    pub downloads: Option<PathBuf>,
    /// The printer's name, as `lpstat -p` shows it.
    pub printer: Option<String>,
}

impl Papers {
    /// How documents can reach the person here, best first.
    pub fn ways(&self) -> Vec<How> {
        let ways = [
            (How::Print, self.printer.is_some()),
            (How::Open, self.desktop.is_some()),
            (How::Save, self.downloads.is_some()),
        ];
        ways.into_iter().filter(|(_, here)| *here).map(|(how, _)| how).collect()
    }

    /// Brings a document to the person.
    pub(super) async fn deliver(&self, document: &Document, how: How) -> Result<Opened, OpenFailed> {
        match how {
            How::Open => {
                let folder = self.desktop.as_deref().ok_or_else(nowhere)?;
                let path = save(folder, document).map_err(|fault| not_saved(folder, &fault))?;
                open::that_detached(&path).map(|()| Opened::Shown).map_err(|fault| {
                    tracing::warn!(%fault, "a document was not opened");
                    OpenFailed(format!("No program showed it ({fault}): the file is {}.", path.display()))
                })
            }
            How::Save => {
                let folder = self.downloads.as_deref().ok_or_else(nowhere)?;
                let path = save(folder, document).map_err(|fault| not_saved(folder, &fault))?;
                Ok(Opened::Saved(path.display().to_string()))
            }
            // An address goes to the screen, not to a document's program.
            How::Link => Err(nowhere()),
            How::Print => print(self.printer.as_deref().ok_or_else(nowhere)?, document).await,
        }
    }
}

/// The longest file that is read, in bytes.
const LONGEST_FILE: u64 = 1024 * 1024;

impl Papers {
    /// Reads a text file of this machine, by its path or its name in the folder for downloads: where the person sits at it,
    /// and files are theirs to save as well.
    pub(super) async fn read(&self, path: &str) -> Result<String, OpenFailed> {
        let folder = self
            .downloads
            .as_deref()
            .ok_or_else(|| OpenFailed("Files cannot be read at this terminal: paste the text instead.".to_owned()))?;
        let path = folder.join(path);
        let unread = |why: String| OpenFailed(format!("{} cannot be read: {why}.", path.display()));
        let about = tokio::fs::metadata(&path).await.map_err(|fault| unread(fault.to_string()))?;
        let mut text = String::new();
        if about.is_file() {
            // Some files say that they have nothing, and go on for ever.
            let file = tokio::fs::File::open(&path).await.map_err(|fault| unread(fault.to_string()))?;
            let read = file.take(LONGEST_FILE + 1).read_to_string(&mut text).await;
            read.map_err(|fault| unread(fault.to_string()))?;
        }
        if !about.is_file() || text.len() as u64 > LONGEST_FILE {
            return Err(unread("name a text file of at most 1 MiB".to_owned()));
        }
        Ok(text)
    }
}

fn nowhere() -> OpenFailed {
    OpenFailed("That cannot be done at this terminal: ask at the counter for a print.".to_owned())
}

fn not_saved(folder: &Path, fault: &io::Error) -> OpenFailed {
    OpenFailed(format!("It could not be saved in {} ({fault}): make room there and try again.", folder.display()))
}

/// Writes a document under its name, or with a number behind it when there is such a file; nothing is overwritten.
fn save(folder: &Path, document: &Document) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = Path::new(&document.name).file_name().unwrap_or("document.pdf".as_ref());
    let (stem, ending) = name.to_str().and_then(|name| name.rsplit_once('.')).unwrap_or(("document", "pdf"));
    for copy in 1..1_000 {
        let name = if copy == 1 { format!("{stem}.{ending}") } else { format!("{stem} ({copy}).{ending}") };
        let path = folder.join(name);
        match create(&path) {
            Ok(mut file) => return file.write_all(&document.bytes).map(|()| path),
            Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(io::Error::other("there are a thousand files of this name"))
}

/// A new file for its owner's eyes: it names who travels.
fn create(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

async fn print(printer: &str, document: &Document) -> Result<Opened, OpenFailed> {
    let refused = |why: String| {
        tracing::warn!(printer, why, "a document was not printed");
        OpenFailed(format!("The printer {printer} did not take it ({why}): check it and try again."))
    };
    let job = async {
        let mut lp = Command::new("lp")
            .args(["-d", printer, "-t", &document.name, "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut paper) = lp.stdin.take() {
            paper.write_all(&document.bytes).await?;
        }
        lp.wait().await
    };
    match tokio::time::timeout(PRINTING, job).await {
        Ok(Ok(status)) if status.success() => Ok(Opened::Printed),
        Ok(Ok(status)) => Err(refused(status.to_string())),
        Ok(Err(fault)) => Err(refused(fault.to_string())),
        Err(_) => Err(refused("it does not answer".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str) -> Document {
        Document { name: name.to_owned(), bytes: b"paper".as_slice().into() }
    }

    #[test]
    fn nothing_is_overwritten_and_names_stay_in_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = save(folder.path(), &document("receipt-1.pdf")).expect("saved");
        let second = save(folder.path(), &document("receipt-1.pdf")).expect("saved");
        let third = save(folder.path(), &document("../../receipt-1.pdf")).expect("saved");
        let names = [first, second, third].map(|path| path.strip_prefix(folder.path()).expect("inside").to_owned());
        assert_eq!(
            names.map(|name| name.display().to_string()),
            ["receipt-1.pdf", "receipt-1 (2).pdf", "receipt-1 (3).pdf"]
        );
    }

    #[tokio::test]
    async fn a_file_is_read_up_to_its_limit_whatever_it_says_of_its_length() {
        let folder = tempfile::tempdir().expect("a folder");
        let papers = Papers { downloads: Some(folder.path().to_owned()), ..Papers::default() };
        let limit = usize::try_from(LONGEST_FILE).expect("it fits");
        for (length, is_read) in [(limit, true), (limit + 1, false)] {
            std::fs::write(folder.path().join("rules.toml"), "a".repeat(length)).expect("written");
            let read = papers.read("rules.toml").await;
            assert_eq!(read.is_ok_and(|text| text.len() == length), is_read, "{length} bytes");
        }
        if cfg!(target_os = "linux") {
            let read = papers.read("/proc/self/status").await.expect("its length is told as 0");
            assert!(read.contains("Pid:"), "{read}");
        }
        assert!(papers.read(".").await.is_err_and(|OpenFailed(why)| why.contains("name a text file")));
    }

    #[tokio::test]
    async fn what_a_terminal_cannot_do_is_said() {
        let papers = Papers::default();
        assert!(papers.ways().is_empty());
        assert_eq!(papers.deliver(&document("receipt-1.pdf"), How::Open).await, Err(nowhere()));
    }
}
