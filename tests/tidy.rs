//! What the compiler cannot hold: the floors, what each may touch, how files are called and how long they are.
//!
//! The checker reads source as text without comments and literals. It is itself checked on snippets that break each rule.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each module of the crate's root; a file imports its own floor or lower ones.
const FLOORS: &[(&str, u8)] = &[
    ("domain", 0),
    ("aws", 1),
    ("metrics", 1),
    ("store", 1),
    ("export", 2),
    ("notice", 2),
    ("receipt", 2),
    ("service", 2),
    ("ticket", 2),
    ("ui", 3),
    ("terminal", 4),
    ("cli", 5),
    ("config", 5),
    ("telemetry", 5),
    ("lib", 5),
    ("main", 5),
];

/// What only some places may name, and why.
const ONLY_IN: &[(&[&str], &[&str], &str)] = &[
    (&["Utc::now", "SystemTime::now"], &["src/service/clock.rs", "src/terminal.rs"], "time is an argument"),
    (
        &["Instant::now"],
        &["src/aws", "src/store", "src/service", "src/terminal", "src/cli", "src/telemetry"],
        "time is an argument",
    ),
    (&["env::var", "env::vars"], &["src/config/sources.rs"], "the environment is read in one place"),
    (
        &["aws_", "dynoxide_rs", "s3s", "s3s_fs", "serde_dynamo"],
        &["src/aws", "src/store"],
        "only the store knows DynamoDB and S3",
    ),
    (&["ratatui::"], &["src/ui", "src/terminal"], "only screens draw"),
    (
        &["crossterm::execute", "crossterm::queue", "crossterm::terminal", "EventStream", "event::read", "event::poll"],
        &["src/terminal", "src/cli/password.rs"],
        "terminal I/O has its own floor",
    ),
    (
        &["tokio::"],
        &["src/aws", "src/store", "src/service", "src/terminal", "src/cli", "src/telemetry"],
        "the domain and the screens are pure",
    ),
    (
        &["std::fs", "std::net", "std::process", "std::thread", "fs::read", "fs::write", "rand::"],
        &[
            "src/aws",
            "src/store",
            "src/service",
            "src/terminal",
            "src/cli",
            "src/config",
            "src/telemetry.rs",
            "src/main.rs",
        ],
        "the domain, the receipt and the screens do no I/O and draw no chance",
    ),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["mod", "utils", "util", "common", "helpers", "helper", "manager", "misc"];

/// The one reason for which a test may be left out where the others run: it runs by another script.
const RUN_ELSEWHERE: &str = r#"#[ignore = "needs moto: .ci/second-store runs it"]"#;

const MOST_LINES: usize = 600;
const MOST_LINES_OF_MAIN: usize = 40;

/// A broken rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// All that is wrong with a file of this name and text.
fn check(file: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line: usize, what: String| findings.push(Finding { file: file.to_owned(), line, what });
    let code = without_comments_and_literals(text);
    let (product, tests) = if file.starts_with("src/") { split_tests(&code) } else { ("", code.as_str()) };
    let first_test_line = product.lines().count();

    let most = if file == "src/main.rs" { MOST_LINES_OF_MAIN } else { MOST_LINES };
    if text.lines().count() > most {
        find(most, format!("the file is longer than {most} lines: it is two files"));
    }
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if EMPTY_NAMES.contains(&stem) {
        find(1, format!("the name '{stem}' does not say what is inside"));
    }
    for (line, what) in imports_of_higher_floors(file, &code) {
        find(line, what);
    }
    for (number, line) in product.lines().enumerate() {
        if line.contains(".unwrap()") {
            find(number + 1, "unwrap: write expect with why it cannot fail".to_owned());
        }
        for (names, places, why) in ONLY_IN {
            let here = places.iter().any(|place| is_under(file, place));
            for name in names.iter().filter(|name| !here && mentions(line, name)) {
                find(number + 1, format!("{name} does not belong here: {why}"));
            }
        }
    }
    for (number, line) in tests.lines().enumerate() {
        if line.contains("sleep(") && !line.contains("fn sleep(") {
            find(first_test_line + number + 1, "a test waits for an event or a deadline, never for a while".to_owned());
        }
        let said = text.lines().nth(first_test_line + number).unwrap_or_default();
        if line.contains("#[ignore") && !said.contains(RUN_ELSEWHERE) {
            find(first_test_line + number + 1, "a test that does not run shows nothing".to_owned());
        }
    }
    for (number, line) in code.lines().enumerate() {
        for mark in ["todo!(", "unimplemented!(", "dbg!("] {
            if line.contains(mark) {
                find(number + 1, format!("{mark}) is unfinished work"));
            }
        }
    }
    findings
}

/// Paths through the crate's root that lead to a floor above the file's own.
fn imports_of_higher_floors(file: &str, code: &str) -> Vec<(usize, String)> {
    let Some(inside) = file.strip_prefix("src/").and_then(|inside| inside.strip_suffix(".rs")) else {
        return Vec::new();
    };
    let segments: Vec<&str> = inside.split('/').collect();
    let Some(own) = floor(segments[0]) else {
        return vec![(1, format!("the module '{}' is on no floor: add it to tests/tidy.rs", segments[0]))];
    };
    let mut found = Vec::new();
    for (at, root) in paths_through_root(code, segments.len()) {
        let line = code[..at].lines().count().max(1);
        for name in first_names(&code[at + root..]) {
            if let Some(floor) = floor(name).filter(|floor| *floor > own) {
                found.push((line, format!("floor {own} imports '{name}' of floor {floor}")));
            }
        }
    }
    found
}

/// Where a path begins at the crate's root, as `crate::` or by enough `super::`, and how long that beginning is.
fn paths_through_root(code: &str, depth: usize) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = code.match_indices("crate::").map(|(at, root)| (at, root.len())).collect();
    let up = "super::".repeat(depth);
    found.extend(code.match_indices(&up).map(|(at, root)| {
        let more = code[at + root.len()..].starts_with("super::");
        (at, if more { root.len() + "super::".len() } else { root.len() })
    }));
    found
}

/// The first names of a path, or of each path of a group in braces.
fn first_names(path: &str) -> Vec<&str> {
    let name = |text: &'_ str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let path = path.trim_start();
    let Some(group) = path.strip_prefix('{') else { return vec![&path[..name(path)]] };
    let (mut names, mut depth, mut fresh) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && (c.is_alphanumeric() || c == '_') => {
                names.push(&group[at..at + name(&group[at..])]);
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// Whether a file is `place`, or in the module of that name.
fn is_under(file: &str, place: &str) -> bool {
    file == place || file.strip_prefix(place).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
}

/// Whether a line has `name` where a word may begin; a name that does not end in `_` or `:` has to end there too.
fn mentions(line: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(word);
        let after = line[at + name.len()..].chars().next().is_some_and(word);
        !before && (name.ends_with(['_', ':']) || !after)
    })
}

/// A file's code and the module of tests at its end.
fn split_tests(code: &str) -> (&str, &str) {
    match code.find("#[cfg(test)]\nmod ") {
        Some(at) => code.split_at(at),
        None => (code, ""),
    }
}

/// The source with comments and the inside of literals blanked, so that lines and columns stay.
fn without_comments_and_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |out: &mut String, text: &str| out.extend(text.chars().map(|c| if c == '\n' { c } else { ' ' }));
    while let Some(c) = rest.chars().next() {
        let previous = out.chars().next_back();
        let starts_word = !previous.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => quoted_len(rest),
            'r' if starts_word && raw_len(rest).is_some() => raw_len(rest).unwrap_or(1),
            '\'' => char_len(rest),
            _ => 0,
        };
        if length > 0 {
            blank(&mut out, &rest[..length]);
            rest = &rest[length..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The length of a text in quotes.
fn quoted_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a raw text, if it is one.
fn raw_len(rest: &str) -> Option<usize> {
    let hashes = rest[1..].bytes().take_while(|b| *b == b'#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end).map_or(rest.len(), |at| 1 + hashes + 1 + at + end.len()))
}

/// The length of a character in quotes; a lifetime is none.
fn char_len(rest: &str) -> usize {
    let inner = &rest[1..];
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map_or(0, |at| 1 + 2 + at + 1);
    }
    let Some(c) = inner.chars().next() else { return 0 };
    if inner[c.len_utf8()..].starts_with('\'') { 1 + c.len_utf8() + 1 } else { 0 }
}

/// All Rust files below a folder of the project, by name from its root.
fn files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("it is below").to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).expect("the file can be read")));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_source_keeps_its_rules() {
    let all: Vec<(String, String)> = ["src", "tests", "benches"].into_iter().flat_map(files).collect();
    assert!(all.iter().any(|(name, _)| name == "src/main.rs"), "the source is found");
    let findings: Vec<String> =
        all.iter().flat_map(|(name, text)| check(name, text)).map(|finding| finding.to_string()).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

#[test]
fn every_module_of_the_root_is_on_a_floor() {
    let root = files("src").into_iter().find(|(name, _)| name == "src/lib.rs").expect("the root").1;
    let modules = root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules {
        assert!(floor(module).is_some(), "'{module}' is on no floor: add it to FLOORS");
    }
}

/// What the checker says of a snippet, without the file.
fn said(file: &str, text: &str) -> Vec<(usize, String)> {
    check(file, text).into_iter().map(|finding| (finding.line, finding.what)).collect()
}

#[test]
fn an_import_of_a_higher_floor_is_found_however_it_is_written() {
    let found = "floor 0 imports 'store' of floor 1";
    for text in [
        "use crate::store::Store;",
        "use crate::{domain::fare::Fare, store::Store};",
        "use crate::{\n    domain::{fare, pnr},\n    store,\n};",
        "fn f() { crate::store::open(); }",
        "use super::super::store::Store;",
        "pub(in crate::store) fn f() {}",
    ] {
        let said = said("src/domain/fare.rs", text);
        assert!(said.iter().any(|(_, what)| what == found), "{text}: {said:?}");
    }
    assert_eq!(said("src/store.rs", "\nuse super::ui::App;"), [(2, "floor 1 imports 'ui' of floor 3".to_owned())]);
    assert_eq!(said("src/attic.rs", "").len(), 1, "a module on no floor");
}

#[test]
fn an_import_of_the_same_or_a_lower_floor_is_fine() {
    assert_eq!(said("src/service/hold.rs", "use crate::{domain::fare::Fare, store::Store, receipt};"), []);
    assert_eq!(said("src/domain/fare.rs", "use super::money::Paise;\nuse super::rules;"), []);
    assert_eq!(
        said("src/domain/fare.rs", "// crate::store is above\n/* crate::ui */ const S: &str = \"crate::cli\";"),
        []
    );
    assert_eq!(said("src/domain/fare.rs", "const S: &str = r#\"say \"crate::cli\" \"#; const C: char = '\"';"), []);
}

#[test]
fn what_belongs_elsewhere_is_found() {
    for (file, text) in [
        ("src/ui/app.rs", "let now = Utc::now();"),
        ("src/ui/app.rs", "tokio::spawn(async {});"),
        ("src/ui/app.rs", "use crossterm::terminal::enable_raw_mode;"),
        ("src/ui/app.rs", "use std::fs;"),
        ("src/domain/pnr.rs", "rand::random::<u64>()"),
        ("src/domain/pnr.rs", "use ratatui::text::Line;"),
        ("src/service/hold.rs", "use aws_sdk_dynamodb::Client;"),
        ("src/service/hold.rs", "let home = std::env::var(\"HOME\");"),
        ("src/service/hold.rs", "let now = chrono::Utc::now();"),
        ("src/ui/app.rs", "let x = y.unwrap();"),
        ("src/ui/app.rs", "todo!()"),
        ("src/ui/utils.rs", ""),
        ("src/ui/mod.rs", ""),
        ("tests/all/hold.rs", "std::thread::sleep(second);"),
        ("tests/all/hold.rs", "#[ignore]\nfn f() {}"),
        ("tests/all/hold.rs", "#[ignore = \"it fails\"]\nfn f() {}"),
        ("src/ui/app.rs", "#[cfg(test)]\nmod tests {\n    tokio::time::sleep(second).await;\n}"),
    ] {
        assert_eq!(said(file, text).len(), 1, "{file}: {text}");
    }
    assert_eq!(said("src/ui/app.rs", &"\n".repeat(MOST_LINES + 1)).len(), 1);
    assert_eq!(said("src/main.rs", &"\n".repeat(MOST_LINES_OF_MAIN + 1)).len(), 1);
}

#[test]
fn what_belongs_there_is_fine() {
    for (file, text) in [
        ("src/service/clock.rs", "fn now() { Utc::now() }"),
        ("src/store/users.rs", "use aws_sdk_dynamodb::Client;"),
        ("src/terminal/console.rs", "use crossterm::terminal::enable_raw_mode;"),
        ("src/ui/keys.rs", "use crossterm::event::KeyEvent;\nlet laws_ = 1; let x = y.unwrap_or(0);"),
        ("tests/all/remote_x.rs", "#[test]\n#[ignore = \"needs moto: .ci/second-store runs it\"]\nfn f() {}"),
        ("tests/all/world.rs", "fn sleep(&self) { self.now.advance(); }"),
        ("src/ui/app.rs", "fn f<'a>(s: &'a str) -> char { '\\'' }\n// todo!()\n"),
        ("src/ui/app.rs", "#[cfg(test)]\nmod tests {\n    fn f() { x.unwrap(); }\n}"),
    ] {
        assert_eq!(said(file, text), [], "{file}: {text}");
    }
}
