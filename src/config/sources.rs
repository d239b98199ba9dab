//! Where settings come from: flags, the environment, a file.

use std::collections::HashMap;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use directories::{ProjectDirs, UserDirs};

/// All that settings are read from. Tests make their own; only [`Sources::of_process`] looks at the process.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file that was named; it has to exist.
    pub file: Option<PathBuf>,
    /// Files that are read when none was named: the first that exists.
    pub usual_files: Vec<PathBuf>,
    /// The data folder that was named on the command line.
    pub data_dir: Option<PathBuf>,
    /// The data folder when none is set.
    pub platform_data_dir: Option<PathBuf>,
    /// Where a person's documents go: their folder for downloads, or their home.
    pub downloads: Option<PathBuf>,
    /// The environment.
    pub environment: HashMap<String, String>,
}

impl Sources {
    /// What this process was given: its flags, its environment, and the usual places for files.
    pub fn of_process(file: Option<PathBuf>, data_dir: Option<PathBuf>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the one place where the environment is read")]
        let environment = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        let folders = ProjectDirs::from("", "", "kiosk");
        let mut usual_files = vec![PathBuf::from("config.toml")];
        usual_files.extend(folders.as_ref().map(|folders| folders.config_dir().join("config.toml")));
        Self {
            file,
            usual_files,
            data_dir,
            platform_data_dir: folders.map(|folders| folders.data_dir().to_owned()),
            downloads: UserDirs::new()
                .map(|person| person.download_dir().unwrap_or_else(|| person.home_dir()).to_owned()),
            environment: environment.collect(),
        }
    }

    /// A variable's value; an empty one counts as absent, since that is how most tools unset one.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// On a line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// In a variable of the environment.
    Variable(String),
    /// After a flag of the command line.
    Flag(&'static str),
}

impl Origin {
    pub(super) fn at(path: &Path, text: &str, offset: usize) -> Self {
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        Self::File { path: path.to_owned(), line }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "{name} in the environment"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}
