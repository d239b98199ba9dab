//! Several consoles and commands on one data folder.

use std::fs;

use crate::driver::Console;
use crate::{Machine, choose_a_train, sign_in, word_after};

impl Machine {
    /// The process that has the data folder, or had it last.
    fn owner(&self) -> u32 {
        let note = fs::read_to_string(self.data.path().join("lock")).expect("the owner leaves a note");
        note.lines().next().and_then(|pid| pid.parse().ok()).expect("its first line is the process")
    }

    fn has_socket(&self) -> bool {
        self.data.path().join("socket").exists()
    }

    /// Says of a booking what `kiosk booking show` says.
    fn booking(&self, pnr: &str) -> String {
        let (code, out, said) = self.run(&["booking", "show", pnr]);
        assert_eq!(code, Some(0), "{said}");
        out
    }
}

/// Books the best berth of the train that is chosen, for one person, and gives the PNR.
fn book(console: &mut Console, name: &str) -> String {
    hold(console);
    pay(console, name)
}

fn hold(console: &mut Console) {
    console.wait("Enter hold the best").keys("\r").wait("4 PASSENGERS").wait("held for");
}

pub fn pay(console: &mut Console, name: &str) -> String {
    console.keys(&format!("{name}\r34\rF")).wait("[F]").keys("\r9876543210\r");
    console.wait("5 PAY").wait("To pay").wait("(•) Cash").keys("\r");
    console.wait("CONFIRMED").wait(name);
    word_after(&console.text(), "Ticket ").replace('-', "")
}

#[test]
fn commands_run_beside_a_console() {
    let machine = Machine::new();
    let mut console = machine.console();
    console.wait("Book a journey");
    for arguments in [&["health"][..], &["user", "list"], &["provision"], &["seed"]] {
        let (code, _, said) = machine.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }
    assert_eq!(machine.owner(), console.id(), "they were its guests");
    sign_in(&mut console);
    choose_a_train(&mut console);
    let pnr = book(&mut console, "Anita Sharma");
    assert!(machine.booking(&pnr).contains("Anita Sharma"));
}

#[test]
fn a_console_goes_on_to_book_when_the_one_that_had_the_folder_is_killed() {
    let machine = Machine::new();
    let mut owner = machine.console();
    owner.wait("Book a journey");
    let mut console = machine.console();
    sign_in(&mut console);
    choose_a_train(&mut console);
    hold(&mut console);
    assert_eq!(machine.owner(), owner.id());

    owner.signal("KILL");
    assert!(!owner.end().success());
    assert!(machine.has_socket(), "it had no time to remove it");
    let pnr = pay(&mut console, "Anita Sharma");
    assert_eq!(machine.owner(), console.id());
    assert!(machine.booking(&pnr).contains("Anita Sharma"), "it lets others in");
}

#[test]
fn of_two_consoles_one_takes_the_folder_and_both_go_on_when_its_owner_leaves() {
    let machine = Machine::new();
    let mut owner = machine.console();
    owner.wait("Book a journey");
    let shown = machine.data.path().join("opened/receipt-8451234567.pdf");
    fs::create_dir_all(shown.parent().expect("a folder")).and_then(|()| fs::write(&shown, "%PDF-")).expect("a file");
    let (mut one, mut two) = (machine.console(), machine.console());
    for console in [&mut one, &mut two] {
        sign_in(console);
        choose_a_train(console);
    }
    assert!(shown.exists(), "the first console still shows it");
    owner.keys("\x03").wait("Leave Kiosk?").keys("\r");
    assert!(owner.end().success());

    let bookings = [book(&mut one, "Anita Sharma"), book(&mut two, "Bina Rao")];
    assert!([one.id(), two.id()].contains(&machine.owner()));
    for (pnr, name) in bookings.iter().zip(["Anita Sharma", "Bina Rao"]) {
        assert!(machine.booking(pnr).contains(name));
    }

    for mut console in [one, two] {
        console.signal("TERM");
        assert!(console.end().success());
    }
    assert!(!machine.has_socket(), "the last one has put everything away");
    assert!(machine.booking(&bookings[0]).contains("Anita Sharma"));
    machine.console().wait("Book a journey");
    assert!(!shown.exists(), "nobody shows it any more");
}
