//! `kiosk rules` on the built program.

use std::fs;

use crate::cli::Machine;

#[test]
fn rules_go_out_are_changed_tried_published_and_taken_back() {
    let machine = Machine::new();
    let done = |arguments: &[&str]| {
        let done = machine.run(arguments);
        assert_eq!(done.code, 0, "{arguments:?}: {}{}", done.out, done.said);
        done.out
    };
    assert!(done(&["rules", "list", "fares"]).starts_with("fares-2025-12-26           in force   from 2025-12-26\n"));
    assert_eq!(done(&["rules", "export", "fares", "-o", "fares.toml"]).trim(), "Saved fares.toml.");
    let file = machine.0.path().join("fares.toml");
    let text = fs::read_to_string(&file).expect("it was written");
    assert!(done(&["rules", "check", "fares.toml"]).starts_with("No mistakes: rules of fares, which can hold from 2"));

    fs::write(&file, text.replace("round-up-to = 5", "round-up-to = 0")).expect("it can be written");
    for command in [&["rules", "check", "fares.toml"][..], &["rules", "publish", "fares.toml", "--from", "2199-01-01"]]
    {
        let refused = machine.run(command);
        assert_eq!(refused.code, 65, "{}", refused.said);
        let line = text.lines().position(|line| line == "round-up-to = 5").expect("it is there") + 1;
        let says = format!("fares.toml, line {line}: fares.round-up-to is 0: write a number from 1 to 100");
        assert!(refused.said.contains(&says), "{}", refused.said);
    }

    fs::write(&file, text.replace("round-up-to = 5", "round-up-to = 100")).expect("it can be written");
    let preview = done(&["rules", "preview", "fares.toml", "--train", "12951", "--class", "3A", "--ages", "34,7"]);
    assert!(preview.lines().any(|line| line.starts_with("* Fare ")), "{preview}");
    assert!(preview.lines().any(|line| line.starts_with("  First chart ")), "{preview}");
    let published = done(&["rules", "publish", "fares.toml", "--from", "2199-01-01"]);
    assert_eq!(published.trim(), "fares-2199-01-01-e1 are published and hold from 2199-01-01 on.");
    let past = machine.run(&["rules", "publish", "fares.toml", "--from", "2020-01-01"]);
    assert!(past.code == 77 && past.said.contains("These rules can hold from 2"), "{}", past.said);
    let listed = done(&["rules", "list", "fares"]);
    let first = "fares-2199-01-01-e1        to come    from 2199-01-01, published by operator";
    assert_eq!(listed.lines().next(), Some(first), "{listed}");
    assert_eq!(done(&["rules", "withdraw", "fares-2199-01-01-e1"]).trim(), "fares-2199-01-01-e1 are withdrawn.");
    assert!(
        done(&["rules", "list"])
            .contains("fares-2199-01-01-e1        withdrawn  from 2199-01-01, withdrawn by operator")
    );
    assert_eq!(done(&["rules", "export", "fares-2199-01-01-e1"]), fs::read_to_string(&file).expect("it is there"));
    let shipped = machine.run(&["rules", "withdraw", "fares-2020-01-01"]);
    assert!(shipped.said.contains("fares-2020-01-01 came with the program"), "{}", shipped.said);
    let unknown = machine.run(&["rules", "export", "fares-of-old"]);
    assert!(unknown.code == 66 && unknown.said.contains("There are no rules called fares-of-old"), "{}", unknown.said);
}
