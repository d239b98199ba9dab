//! Recordings: secrets stay out of them however they are typed, a damaged one says so, and the loop of a session writes them.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use kiosk::domain::terminal::TerminalKind;
use kiosk::domain::user::{Role, Username};
use kiosk::service::account::DEVELOPMENT_ACCOUNTS;
use kiosk::service::request::{Failure, Identity, Reply};
use kiosk::service::{Clock as _, Kiosk};
use kiosk::terminal::output::Output;
use kiosk::terminal::papers::Papers;
use kiosk::terminal::recorder::Recordings;
use kiosk::terminal::{self, Door};
use kiosk::ui::app::App;
use kiosk::ui::context::{AccountHint, Setup};
use kiosk::ui::keys::Key;
use kiosk::ui::msg::{CallId, Effect, Msg};
use kiosk::ui::recording::{BadRecording, End, Ending, Recording, Scribe};
use ratatui::layout::Size;
use rstest::rstest;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::sync::oneshot;

use crate::cli::Machine;
use crate::service_kit::{PASSWORD, Stage};
use crate::tape::Tape;
use crate::ui_kit::{RULES, draw, identity, parse_keys, setup, start, words};

/// A password of letters that nothing else is written in: not one of them may be in a recording.
const SECRET: &str = "σφόδρα λέξις ψυχή";

/// Of the same length.
const OTHER: &str = "σφόδρα λέξις ψυχό";

/// A program whose every message is recorded.
struct Booth {
    app: App,
    tape: Tape,
    now: DateTime<Utc>,
    calls: Vec<CallId>,
}

impl Booth {
    fn new(setup: Setup) -> Self {
        let now = start();
        let tape = Tape::new(&setup, now);
        let mut booth = Self { app: App::new(setup, now), tape, now, calls: Vec::new() };
        booth.tell(Msg::Resize(Size::new(80, 24)));
        booth
    }

    fn counter() -> Self {
        Self::new(setup(TerminalKind::Counter))
    }

    fn signed_in() -> Self {
        Self::new(Setup { identity: Some(identity(Role::Agent)), ..setup(TerminalKind::Counter) })
    }

    fn tell(&mut self, msg: Msg) -> &mut Self {
        self.tape.take(self.now, &self.app, &msg);
        for effect in self.app.update(self.now, msg) {
            if let Effect::Call(id, _) = effect {
                self.calls.push(id);
            }
        }
        self.tape.saw(&self.app);
        self
    }

    fn keys(&mut self, script: &str) -> &mut Self {
        for key in parse_keys(script) {
            self.tell(Msg::Key(key));
        }
        self
    }

    fn paste(&mut self, text: &str) -> &mut Self {
        self.tell(Msg::Paste(text.to_owned()))
    }

    /// Answers the newest request.
    fn reply(&mut self, answer: Result<Reply, Failure>) -> &mut Self {
        let call = self.calls.pop().expect("something was asked");
        self.tell(Msg::Reply(call, answer))
    }

    fn welcome(&mut self) -> &mut Self {
        self.reply(Ok(Reply::Welcome(identity(Role::Agent))))
    }

    /// Time passes; the program is woken when it asked for it.
    fn advance(&mut self, by: TimeDelta) -> &mut Self {
        let end = self.now + by;
        while let Some(at) = self.app.next_wake().filter(|at| *at <= end) {
            self.now = at;
            self.tell(Msg::Wake);
        }
        self.now = end;
        self
    }

    fn shows(&mut self, text: &str) -> &mut Self {
        let screen = words(&draw(&self.app, Size::new(80, 24)));
        assert!(screen.contains(text), "'{text}' is not on the screen:\n{screen}");
        self
    }

    /// The same screens after every message of a replay, and not a letter of the secret in the file.
    fn plays_without_the_secret(self) {
        let written = self.tape.check(self.now, &RULES);
        has_no_secret(&written);
    }

    /// Not a letter of the secret in the file, which may play to other screens.
    fn never_has_the_secret(self) {
        let (bytes, _) = self.tape.end(self.now);
        has_no_secret(&String::from_utf8(bytes).expect("JSON is UTF-8"));
    }
}

fn has_no_secret(written: &str) {
    for line in written.lines() {
        let letter = line.chars().find(|c| SECRET.contains(*c) && !c.is_ascii());
        assert_eq!(letter, None, "a letter of the password is in the recording: {line}");
    }
}

#[test]
fn a_password_is_dots_in_a_recording_and_the_screens_are_the_same() {
    let mut booth = Booth::counter();
    booth.keys("sagnes<tab>").keys(OTHER).keys("<bs><left><del><c-a>").keys("x").keys("<end><c-w>").shows("Sign in");
    booth.keys("  <enter>").reply(Err(Failure::WrongPassword)).shows("The name or the password is wrong");
    booth.paste(&format!("  {SECRET}\n")).keys("\u{202e}").shows("cannot be printed");
    booth.keys("<f1>").shows("Keys").keys(&SECRET[..2]).keys("<c-q>").shows("Leave Kiosk?").keys("n");
    // Typed on while the answer is on its way, and the answer is that it was wrong.
    booth.keys("<enter>").keys(SECRET).reply(Err(Failure::WrongPassword)).keys(SECRET).keys("<c-u>").keys(SECRET);
    booth.paste(&SECRET.repeat(9)).shows("at most 128 characters").keys("<enter>").welcome().shows("From");
    booth.plays_without_the_secret();
}

#[test]
fn a_new_account_s_passwords_are_dots_whether_they_are_the_same_or_not() {
    let mut booth = Booth::counter();
    booth.keys("s<f5>anita<tab>anita@example.in<tab>").keys(SECRET).keys("<tab>").keys(&SECRET[2..]).keys("<enter>");
    booth.shows("The two passwords differ").keys("<c-u>").keys(OTHER).keys("<enter>");
    booth.reply(Err(Failure::PasswordsDiffer)).shows("The two passwords differ");
    booth.keys("<bs>").keys(&SECRET[SECRET.len() - 2..]).keys("<enter>");
    booth.reply(Err(Failure::UsernameTaken(Username::parse("anita").expect("a name")))).shows("is taken");
    booth.keys("2<esc><tab>").keys(SECRET).keys("<f5><tab><tab><tab><enter>");
    let claims = Identity { may_claim_administrator: true, ..identity(Role::Traveller) };
    booth.reply(Ok(Reply::Welcome(claims))).shows("one-time code");
    booth.keys(SECRET).keys("<enter>").reply(Err(Failure::WrongCode)).paste(SECRET).keys("<enter>").welcome();
    booth.shows("You are the administrator");
    booth.plays_without_the_secret();
}

#[test]
fn whoever_unlocks_types_dots() {
    let mut booth = Booth::signed_in();
    booth.keys("NDLS<f9>").shows("This terminal is locked").keys(SECRET).keys("<enter>").keys(SECRET);
    booth.reply(Err(Failure::WrongPassword)).shows("The password is wrong");
    // Two letters are typed, and the terminal is too small for the others.
    booth.keys(&SECRET[..4]).tell(Msg::Resize(Size::new(40, 10))).keys(SECRET).tell(Msg::Resize(Size::new(80, 24)));
    booth.paste(SECRET).keys("<enter>").welcome().shows("NDLS");
    // Locked for want of anybody; and by the services, in the middle of a word.
    booth.advance(TimeDelta::minutes(10)).shows("This terminal is locked").keys(SECRET).keys("<enter>").welcome();
    booth.plays_without_the_secret();
}

#[test]
fn the_warning_of_a_public_console_takes_a_letter_and_shows_none() {
    let mut booth = Booth::new(setup(TerminalKind::Public));
    booth.keys("sagnes<tab>").keys(&SECRET[..6]).advance(TimeDelta::seconds(75)).shows("Are you still there?");
    booth.keys(&SECRET[6..]).shows("Sign in").advance(TimeDelta::seconds(75)).paste(SECRET).keys("<enter>");
    booth.plays_without_the_secret();
}

#[test]
fn a_password_that_is_typed_on_after_its_screen_has_left_stays_out() {
    // The first try was right after all: the rest of the second one goes to another screen.
    let mut booth = Booth::counter();
    booth.keys("sagnes<tab>").keys(SECRET).keys("<enter>").keys(&SECRET[..6]).welcome().shows("From");
    booth.keys("<bs>").keys(&SECRET[6..]).paste(SECRET);
    booth.never_has_the_secret();
    // The lock goes away in the middle of a word, since the session does.
    let mut booth = Booth::signed_in();
    booth.keys("<f9>").keys(SECRET).keys("<enter>").keys(&SECRET[..6]).reply(Err(Failure::SignedOut)).shows("Welcome");
    booth.keys(&SECRET[6..]);
    booth.never_has_the_secret();
    // The server closes.
    let mut booth = Booth::signed_in();
    let at = booth.now + TimeDelta::seconds(5);
    booth.keys("<f9>").keys(&SECRET[..6]).tell(Msg::Closing(at)).advance(TimeDelta::seconds(6)).keys(&SECRET[6..]);
    booth.tell(Msg::HangUp);
    booth.never_has_the_secret();
}

/// Only rules are read from files, and a wrong name is typed soon.
#[test]
fn a_file_that_was_named_by_mistake_is_not_in_the_recording() {
    let administrator = Setup { identity: Some(identity(Role::Administrator)), ..setup(TerminalKind::Desk) };
    let mut booth = Booth::new(administrator);
    booth.keys("<f12>fnnotes.txt<enter>").tell(Msg::Read(Ok(format!("{SECRET}\n{SECRET}")))).shows("A text of 2 lines");
    booth.plays_without_the_secret();
}

#[test]
fn what_is_typed_after_a_password_is_in_the_recording_again() {
    let mut booth = Booth::counter();
    booth.keys("sagnes<tab>").keys(SECRET).keys("<enter>").welcome().keys("NDLS<enter>BCT").shows("BCT");
    booth.keys("<f8>").shows("Welcome").keys("sdev").shows("dev");
    booth.plays_without_the_secret();
}

#[test]
fn the_passwords_on_a_development_system_s_screen_are_in_the_program_and_not_in_a_recording() {
    let hints = DEVELOPMENT_ACCOUNTS.iter().map(AccountHint::from).collect();
    let mut booth = Booth::new(Setup { hints, ..setup(TerminalKind::Counter) });
    booth.keys("s<f3>").shows(DEVELOPMENT_ACCOUNTS[1].password).keys("<enter>").welcome();
    let written = booth.tape.check(booth.now, &RULES);
    for account in DEVELOPMENT_ACCOUNTS {
        assert!(!written.contains(account.password), "{}", account.password);
    }
}

/// A short session as a file.
fn recorded() -> String {
    let mut booth = Booth::counter();
    booth.keys("<f1><esc>");
    booth.tape.check(booth.now, &RULES)
}

fn read(text: &str) -> Result<Recording, BadRecording> {
    Recording::read(text.as_bytes(), &RULES)
}

#[rstest]
#[case("")]
#[case("PDF\n")]
#[case("{\"Recorded\":1}\n")]
fn another_file_is_no_recording(#[case] text: &str) {
    assert_eq!(read(text).expect_err("refused"), BadRecording::NotARecording);
}

#[test]
fn a_recording_of_another_form_or_other_rules_is_refused() {
    let newer = recorded().replacen("\"Recording\":1", "\"Recording\":2", 1);
    assert_eq!(read(&newer).expect_err("refused"), BadRecording::Version { found: 2 });
    let mut header: serde_json::Value =
        serde_json::from_str(recorded().lines().next().expect("a header")).expect("JSON");
    header["Rules"] = "0123456789abcdef".into();
    let program = env!("CARGO_PKG_VERSION").to_owned();
    assert_eq!(read(&header.to_string()).expect_err("refused"), BadRecording::OtherRules { program });
    header["Rules"] = serde_json::Value::Null;
    assert!(matches!(read(&header.to_string()), Err(BadRecording::Damaged { line: 1, .. })));
}

#[test]
fn a_recording_that_was_cut_off_plays_as_far_as_it_is_whole() {
    let whole = recorded();
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
    for length in ends[0]..whole.len() {
        let recording = read(&whole[..length]).unwrap_or_else(|bad| panic!("cut at {length}: {bad}"));
        // A line that lacks nothing but its line break is whole.
        let messages = ends[1..].iter().filter(|end| **end <= length + 1).count().min(3);
        assert_eq!(recording.entries.len(), messages, "cut at {length}");
        let is_told = length + 1 == whole.len();
        assert_eq!(recording.ending, if is_told { Ending::Told(End::Over) } else { Ending::CutOff }, "cut at {length}");
    }
}

#[test]
fn damage_in_the_middle_is_named_by_its_line() {
    let lines: Vec<String> = recorded().lines().map(|line| format!("{line}\n")).collect();
    for (line, damaged) in [(2, lines[1].replacen("Took", "Tock", 1)), (3, "{\n".to_owned()), (4, "\n".to_owned())] {
        let mut lines = lines.clone();
        lines[line - 1] = damaged;
        let bad = read(&lines.concat()).expect_err("refused");
        assert!(matches!(bad, BadRecording::Damaged { line: at, .. } if at == line), "{bad}");
    }
    let bad = read(&format!("{}{}", lines.concat(), lines[1])).expect_err("refused");
    assert_eq!(
        bad.to_string(),
        format!("line {} of this recording is damaged: it stands behind the end", lines.len() + 1)
    );
}

/// Signs somebody in at a real session, waits for the screen behind it, and hangs up; recorded as the door would.
async fn visit(stage: &Stage, recordings: Recordings) -> String {
    stage.account("agnes", Role::Agent).await;
    let kiosk: &Kiosk = &stage.kiosk;
    let size = Size::new(80, 24);
    let begin = Setup { stations: kiosk.stations(), rules: kiosk.rules(), ..setup(TerminalKind::Counter) };
    let session = kiosk.open_session(begin.terminal.clone());
    let (screen, mut seen) = tokio::io::duplex(1 << 16);
    let (tell, told) = oneshot::channel();
    let watching = tokio::spawn(async move {
        let mut parser = vt100::Parser::new(NonZero::new(24).expect("rows"), NonZero::new(80).expect("columns"), 0);
        let (mut tell, mut bytes) = (Some(tell), vec![0; 4096]);
        while let Ok(count @ 1..) = seen.read(&mut bytes).await {
            parser.process(&bytes[..count]);
            if parser.screen().contents().contains("agnes") && parser.screen().contents().contains("From") {
                let _ = tell.take().map(|tell| tell.send(parser.screen().contents()));
            }
        }
    });
    let keys = parse_keys("sagnes<tab>").into_iter().chain(PASSWORD.chars().map(Key::Char)).chain([Key::Enter]);
    let typed: Vec<Msg> = [Msg::Resize(size)].into_iter().chain(keys.map(Msg::Key)).collect();
    let (shown, shows) = oneshot::channel();
    let leaves = stream::once(async move {
        let _ = shown.send(told.await.expect("the search is shown"));
        Msg::HangUp
    });
    let door = Door {
        input: Box::pin(stream::iter(typed).chain(leaves)),
        output: Output::on_task(screen, size),
        papers: Arc::new(Papers::default()),
        recordings: Some(Arc::new(recordings)),
        lot: None,
    };
    terminal::run(session, kiosk.clock(), begin, door).await.expect("the terminal takes it");
    watching.await.expect("it only reads");
    shows.await.expect("it was shown")
}

fn only_file(folder: &Path) -> (std::path::PathBuf, Vec<u8>) {
    let files: Vec<_> = fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    let [file] = files.as_slice() else { panic!("one file for the session: {files:?}") };
    (file.clone(), fs::read(file).expect("it can be read"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_of_a_session_records_it_and_nobody_else_may_read_it() {
    let (stage, folder) = (Stage::new().await, TempDir::new().expect("a folder"));
    let shown = visit(&stage, Recordings::new(folder.path(), 1)).await;
    let (file, bytes) = only_file(folder.path());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).expect("facts").permissions().mode() & 0o777, 0o600);
    }
    let recording = Recording::read(&bytes, &stage.kiosk.rules()).expect("it is whole");
    assert_eq!(recording.ending, Ending::Told(End::Over));
    let text = String::from_utf8(bytes).expect("JSON is UTF-8");
    assert!(PASSWORD.split(' ').all(|word| !text.contains(word)), "{text}");
    let mut app = recording.app();
    let replayed: Vec<String> = recording
        .entries
        .iter()
        .map(|entry| {
            let _ = app.update(entry.at, entry.msg.clone());
            words(&draw(&app, Size::new(80, 24)))
        })
        .collect();
    let plain = |screen: &str| screen.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let shown = plain(&shown);
    assert!(replayed.iter().any(|screen| plain(screen) == shown), "{}\n{}", shown.join("\n"), replayed.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_is_full_says_so_and_the_session_goes_on() {
    let (stage, folder) = (Stage::new().await, TempDir::new().expect("a folder"));
    let header =
        Scribe::header(&Setup { stations: stage.kiosk.stations(), ..setup(TerminalKind::Counter) }, stage.clock.now());
    let limit = header.len() + 1000;
    visit(&stage, Recordings::with_limit(folder.path(), limit)).await;
    let (_, bytes) = only_file(folder.path());
    assert!((header.len()..=limit).contains(&bytes.len()), "{} of {limit} bytes", bytes.len());
    let recording = Recording::read(&bytes, &stage.kiosk.rules()).expect("it is whole");
    assert_eq!(recording.ending, Ending::Told(End::Full));
    assert!(recording.entries.len() > 5, "as much as there is room for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_cannot_be_written_costs_nobody_their_session() {
    let (stage, folder) = (Stage::new().await, TempDir::new().expect("a folder"));
    let nowhere = folder.path().join("nowhere");
    let shown = visit(&stage, Recordings::new(&nowhere, 1)).await;
    assert!(shown.contains("agnes"), "{shown}");
    assert!(!nowhere.exists());
}

#[test]
fn the_command_prints_screens_and_says_what_is_wrong_with_a_file() {
    let machine = Machine::new();
    let file = machine.0.path().join("session.jsonl");
    let replay = |bytes: &str, arguments: &[&str]| {
        fs::write(&file, bytes).expect("it can be written");
        let arguments: Vec<&str> = ["replay", "session.jsonl"].into_iter().chain(arguments.iter().copied()).collect();
        machine.run(&arguments)
    };
    let whole = recorded();
    let done = replay(&whole, &["--last"]);
    assert!(done.code == 0 && done.out.contains("Welcome") && done.out.lines().count() == 24, "{}", done.out);
    assert_eq!(done.said, "");
    let done = replay(&whole, &["--at", "2"]);
    assert!(done.out.contains("Shows the keys that work here."), "{}", done.out);
    let done = replay(&whole, &["--at", "4"]);
    assert_eq!((done.code, done.out.as_str()), (66, ""));
    assert!(done.said.starts_with("kiosk: There is no message 4: the recording has 3."), "{}", done.said);
    let done = replay(&whole, &["--list"]);
    assert_eq!(done.out.lines().nth(1), Some("    2  2026-12-01T08:14:22.000Z  Key"));
    let done = replay(&whole[..whole.len() - 70], &["--last"]);
    assert_eq!(done.code, 0);
    assert!(done.said.starts_with("The recording was cut off"), "{}", done.said);
    let done = replay(&whole.replacen("F\":1", "G\":1", 1), &["--last"]);
    assert_eq!(done.code, 65);
    assert!(done.said.starts_with("kiosk: session.jsonl: line 3 of this recording is damaged: "), "{}", done.said);
    let done = replay("nothing\n", &[]);
    assert_eq!(
        (done.code, done.said.as_str()),
        (65, "kiosk: session.jsonl: this is not a recording of a Kiosk session\n")
    );
    let done = replay(&whole, &[]);
    assert_eq!(done.code, 3);
    assert!(done.said.contains("--at and --last print instead"), "{}", done.said);
    assert_eq!(machine.run(&["replay", "elsewhere.jsonl"]).code, 66);
    assert_eq!(replay(&whole, &["--last", "--at", "1"]).code, 2);
}
