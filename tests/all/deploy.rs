//! The scripts of `deploy/`: an archive is packed, set up, replaced and taken back, and an installation is tried.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kiosk");

/// What came of a script.
pub struct Done {
    code: Option<i32>,
    out: String,
    said: String,
}

/// Runs one of the project's scripts, or a program.
fn run(program: &str, arguments: &[&str]) -> Done {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap_or_else(|error| panic!("{program} starts: {error}"));
    let Output { status, stdout, stderr } = output;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Done { code: status.code(), out: text(stdout), said: text(stderr) }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("it is text")
}

/// Packs the built program without what a debugger needs, and with something at its end that makes it another.
fn packed(folder: &Path, mark: &str) -> PathBuf {
    let (small, out) = (folder.join(format!("kiosk{mark}")), folder.join(format!("out{mark}")));
    let stripped = run("strip", &["--strip-all", "-o", path(&small), PROGRAM]);
    assert_eq!(stripped.code, Some(0), "{}", stripped.said);
    let mut program = fs::read(&small).expect("it is there");
    program.extend(mark.as_bytes());
    fs::write(&small, program).expect("it can be written");
    let done = run("deploy/package.sh", &["--binary", path(&small), "--out", path(&out)]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.said);
    let archive = fs::read_dir(out).expect("a folder").map(|entry| entry.expect("an entry").path());
    archive.into_iter().find(|file| file.extension().is_some_and(|end| end == "gz")).expect("an archive")
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file).expect("it is there").permissions().mode() & 0o777
}

/// A machine's files as the setup script sees them.
struct Root(TempDir);

impl Root {
    fn set_up(&self, arguments: &[&str]) -> Done {
        run("deploy/setup.sh", &[arguments, &["--root", path(self.0.path())]].concat())
    }

    fn at(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.at(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// The release that a link names.
    fn release(&self, link: &str) -> PathBuf {
        fs::read_link(self.at("usr/local/lib/kiosk").join(link)).expect("a link")
    }

    /// Runs the installed program with the settings and the key of the service.
    fn kiosk(&self, arguments: &[&str]) -> Output {
        let secrets = self.read("etc/kiosk/kiosk.env");
        let (name, key) = secrets.trim().split_once('=').expect("a variable");
        Command::new(self.at("usr/local/bin/kiosk"))
            .args(arguments)
            .env_clear()
            .env(name, key)
            .env("KIOSK_CONFIG", self.at("etc/kiosk/config.toml"))
            .env("KIOSK_DATA_DIR", self.at("var/lib/kiosk"))
            .output()
            .expect("it starts")
    }
}

#[test]
fn a_machine_is_set_up_again_upgraded_and_taken_back_and_keeps_its_key_and_settings() {
    let (folder, root) = (TempDir::new().expect("a folder"), Root(TempDir::new().expect("a folder")));
    let (one, two) = (packed(folder.path(), "1"), packed(folder.path(), "2"));

    let done = root.set_up(&[path(&one), "--listen", "0.0.0.0:2222"]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.said);
    assert!(done.out.contains("left out: systemctl"), "{}", done.out);
    assert_eq!((mode(&root.at("etc/kiosk/config.toml")), mode(&root.at("etc/kiosk/kiosk.env"))), (0o640, 0o600));
    assert_eq!(mode(&root.at("var/lib/kiosk")), 0o700);
    let settings = root.read("etc/kiosk/config.toml");
    for line in ["mode = \"production\"", "store = \"embedded\"", "listen = \"0.0.0.0:2222\""] {
        assert!(settings.lines().any(|set| set == line), "{line} in\n{settings}");
    }
    assert!(settings.lines().any(|set| set == "listen = \"127.0.0.1:9464\""), "monitors stay where they were");
    let unit = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk.service")).expect("a unit");
    assert_eq!(root.read("etc/systemd/system/kiosk.service"), unit);
    assert!(root.at("etc/systemd/system/kiosk-console@.service").exists());
    let ready = root.kiosk(&["provision"]);
    assert!(ready.status.success(), "{}", String::from_utf8_lossy(&ready.stderr));

    // What an operator changed is theirs, and nothing is made twice.
    fs::write(root.at("etc/kiosk/config.toml"), format!("{settings}# ours\n")).expect("it can be written");
    let before = (root.read("etc/kiosk/config.toml"), root.read("etc/kiosk/kiosk.env"), root.release("current"));
    let kept = |root: &Root| (root.read("etc/kiosk/config.toml"), root.read("etc/kiosk/kiosk.env"));
    let again = root.set_up(&[path(&one)]);
    assert_eq!(again.code, Some(0), "{}{}", again.out, again.said);
    assert_eq!(kept(&root), (before.0.clone(), before.1.clone()));
    assert_eq!(root.release("current"), before.2);
    let early = root.set_up(&["--rollback"]);
    assert!(early.code == Some(1) && early.said.contains("no version before"), "{}", early.said);

    let upgraded = root.set_up(&[path(&two)]);
    assert_eq!(upgraded.code, Some(0), "{}{}", upgraded.out, upgraded.said);
    assert_eq!(root.release("previous"), before.2);
    let newer = root.release("current");
    assert_ne!(newer, before.2);
    let back = root.set_up(&["--rollback"]);
    assert_eq!(back.code, Some(0), "{}{}", back.out, back.said);
    assert_eq!((root.release("current"), root.release("previous")), (before.2, newer));
    assert_eq!(kept(&root), (before.0, before.1));
    let health = root.kiosk(&["health"]);
    assert!(health.status.success(), "{}", String::from_utf8_lossy(&health.stderr));
}

#[test]
fn a_new_configuration_on_aws_is_not_started_before_it_names_a_place() {
    let folder = TempDir::new().expect("a folder");
    let archive = packed(folder.path(), "1");
    let set_up = |root: &Root, place: &[&str]| {
        let done = root.set_up(&[place, &[path(&archive), "--store", "aws"]].concat());
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.said);
        done.out
    };
    let root = Root(TempDir::new().expect("a folder"));
    let said = set_up(&root, &["--region", "ap-south-1"]);
    for step in ["not started", "edit ", "kiosk-admin provision", "kiosk-admin seed", "once more"] {
        assert!(said.contains(step), "{step} in\n{said}");
    }
    assert!(!said.contains("enable and start"), "{said}");
    // Now it is the operator's, who has done what was said.
    assert!(set_up(&root, &[]).contains("enable and start"), "it is started");

    let root = Root(TempDir::new().expect("a folder"));
    let said = set_up(&root, &["--region", "ap-south-1", "--bucket", "our-receipts"]);
    assert!(said.contains("enable and start"), "{said}");
    let settings = root.read("etc/kiosk/config.toml");
    for line in ["store = \"aws\"", "region = \"ap-south-1\"", "bucket = \"our-receipts\""] {
        assert!(settings.lines().any(|set| set == line), "{line} in\n{settings}");
    }
    let lost = root.set_up(&[path(&archive), "--bucket", "our-receipts"]);
    assert_eq!(lost.code, Some(2), "the embedded store has no bucket to be named: {}", lost.out);
}

#[test]
fn a_set_up_that_broke_off_is_not_taken_for_a_release() {
    let (folder, root) = (TempDir::new().expect("a folder"), Root(TempDir::new().expect("a folder")));
    let archive = packed(folder.path(), "1");
    fs::create_dir_all(root.at("usr/local/lib/kiosk/.staging-half/bin")).expect("it can be made");
    let done = root.set_up(&[path(&archive)]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.said);
    let there = fs::read_dir(root.at("usr/local/lib/kiosk")).expect("a folder");
    let mut there: Vec<_> = there.map(|entry| entry.expect("an entry").file_name()).collect();
    there.sort();
    assert_eq!(
        there,
        [OsString::from("current"), root.release("current").into_os_string()],
        "a release and the link to it"
    );
}

#[test]
fn a_damaged_archive_changes_nothing() {
    let (folder, root) = (TempDir::new().expect("a folder"), Root(TempDir::new().expect("a folder")));
    let archive = folder.path().join("kiosk-9.9.9-x86_64.tar.gz");
    fs::write(&archive, "half an archive").expect("it can be written");
    let done = root.set_up(&[path(&archive)]);
    assert!(done.code == Some(1) && done.said.contains("side by side"), "{}", done.said);
    let sum = format!("{}  kiosk-9.9.9-x86_64.tar.gz\n", "0".repeat(64));
    fs::write(folder.path().join("kiosk-9.9.9-x86_64.tar.gz.sha256"), sum).expect("it can be written");
    let done = root.set_up(&[path(&archive)]);
    assert!(done.code == Some(1) && done.said.contains("fetch both again"), "{}", done.said);
    assert_eq!(fs::read_dir(root.0.path()).expect("a folder").count(), 0);
}

#[test]
fn a_program_for_newer_systems_is_not_packed_and_its_symbol_is_named() {
    let out = TempDir::new().expect("a folder");
    let done = run("deploy/package.sh", &["--binary", PROGRAM, "--out", path(out.path()), "--glibc", "2.17"]);
    assert_eq!(done.code, Some(1), "{}", done.out);
    assert!(done.said.lines().next().is_some_and(|line| line.contains(" of GLIBC_2.")), "{}", done.said);
    assert_eq!(fs::read_dir(out.path()).expect("a folder").count(), 0);
}

/// An installation to be tried: how its commands are run.
pub struct Installation {
    folder: TempDir,
}

impl Installation {
    /// With variables of its environment.
    pub fn new(environment: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let own = [("HOME", path(folder.path())), ("KIOSK_DATA_DIR", path(folder.path()))];
        let variables = own.iter().chain(environment).map(|(name, value)| format!(" {name}='{value}'"));
        let script = format!("#!/bin/sh\nexec env -i{} '{PROGRAM}' \"$@\"\n", variables.collect::<String>());
        let file = folder.path().join("kiosk-admin");
        fs::write(&file, script).expect("it can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).expect("it is ours");
        Self { folder }
    }

    fn command(&self) -> String {
        path(&self.folder.path().join("kiosk-admin")).to_owned()
    }

    pub fn kiosk(&self, arguments: &[&str]) -> Done {
        let done = run(&self.command(), arguments);
        assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.said);
        done
    }

    /// Loads a timetable.
    pub fn seed(&self, timetable: &str) {
        let file = self.folder.path().join("timetable.toml");
        fs::write(&file, timetable).expect("it can be written");
        self.kiosk(&["seed", path(&file)]);
    }

    pub fn make_administrator(&self) {
        let add =
            format!("echo signal-lantern | '{}' user add boss boss@example.in --role administrator", self.command());
        let done = run("sh", &["-c", &add]);
        assert_eq!(done.code, Some(0), "{}", done.said);
    }

    /// Tries it: the exit code, and each line that says that something passed or failed.
    pub fn verify(&self) -> (Option<i32>, Vec<String>) {
        let done = run("deploy/verify.sh", &["--kiosk", &self.command()]);
        let lines = done.out.lines().filter(|line| line.starts_with("passed") || line.starts_with("failed"));
        let lines = lines.map(str::to_owned).collect();
        assert!(done.code == Some(0) || done.code == Some(1), "{}{}", done.out, done.said);
        assert_eq!(done.out.ends_with("Kiosk is ready.\n"), done.code == Some(0), "{}", done.out);
        (done.code, lines)
    }

    /// What a try left behind: accounts that are open, and berths that are taken.
    pub fn is_as_before(&self) {
        let users = self.kiosk(&["user", "list", "--json"]).out;
        let own: Vec<_> = users.lines().filter(|line| line.contains("\"Username\":\"verify-")).collect();
        assert!(!own.is_empty(), "each try has an account of its own");
        assert!(own.iter().all(|account| account.contains("\"Closed\":true")), "{own:?}");
        self.kiosk(&["audit", "--deep"]);
    }
}

pub fn failed(lines: &[String]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.strip_prefix("failed  ")?.split(':').next()).collect()
}

pub const WHOLE: [&str; 8] = [
    "passed  the store answers",
    "passed  an administrator is there",
    "passed  an account can be made",
    "passed  the trains are there",
    "passed  a journey can be booked",
    "passed  its receipt can be read",
    "passed  it can be cancelled",
    "passed  what is kept agrees with the bookings",
];

#[test]
fn an_installation_on_the_embedded_store_is_tried_and_left_as_it_was() {
    let installation = Installation::new(&[]);
    installation.kiosk(&["seed"]);
    let (code, lines) = installation.verify();
    assert_eq!((code, failed(&lines)), (Some(1), vec!["an administrator is there"]));
    installation.make_administrator();
    let (code, lines) = installation.verify();
    assert_eq!((code, lines.iter().map(String::as_str).collect::<Vec<_>>()), (Some(0), WHOLE.to_vec()));
    installation.is_as_before();
    installation.kiosk(&["sales", "stop", "--all"]);
    assert_eq!(failed(&installation.verify().1), ["a journey can be booked"]);
    installation.is_as_before();
}
