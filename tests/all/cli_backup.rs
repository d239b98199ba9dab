//! A backup is taken while Kiosk runs, and what it restores is whole.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use futures_util::future::join_all;
use kiosk::aws::embedded;
use kiosk::aws::embedded::backup::{self, Existing};
use serde_json::Value;

use crate::cli::Machine;
use crate::cli_sale::{ANITA, found, seeded, sell};

/// Sells a berth; its PNR.
fn sold(machine: &Machine) -> String {
    let (run, _) = found(machine);
    let sold = sell(machine, &run, &[&ANITA[..], &["--test", "--json"]].concat());
    assert_eq!(sold.code, 0, "{}", sold.said);
    let booking: Value = serde_json::from_str(&sold.out).expect("JSON");
    booking["BookingID"].as_str().expect("a PNR").to_owned()
}

/// Takes a backup to another machine.
fn moved(from: &Machine, to: &Machine) {
    fs::copy(from.0.path().join("backup.tar"), to.0.path().join("backup.tar")).expect("it is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sold_before_a_backup_is_restored_whole_while_the_seller_goes_on() {
    let machine = seeded();
    let before = sold(&machine);
    assert_eq!(machine.run(&["booking", "receipt", &before, "-o", "before.pdf"]).code, 0);
    // From here on this process has the folder, as a server would.
    let owner = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
    let done = machine.run(&["backup", "backup.tar"]);
    assert_eq!(done.code, 0, "{}", done.said);
    let mode = fs::metadata(machine.0.path().join("backup.tar")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
    let after = sold(&machine);
    drop(owner);

    let other = Machine::new();
    moved(&machine, &other);
    let done = other.run(&["restore", "backup.tar"]);
    assert_eq!(done.code, 0, "{}", done.said);
    let show = |machine: &Machine, pnr: &str| machine.run(&["booking", "show", pnr, "--json"]);
    assert_eq!(show(&other, &before).out, show(&machine, &before).out);
    assert_eq!(show(&other, &after).code, 66, "it was sold later");
    assert_eq!(other.run(&["audit", "--deep"]).code, 0);
    assert_eq!(other.run(&["ticket", "key"]).out, machine.run(&["ticket", "key"]).out, "tickets verify as before");
    assert_eq!(other.run(&["booking", "receipt", &before, "-o", "after.pdf"]).code, 0);
    let read = |machine: &Machine, name| fs::read(machine.0.path().join(name)).expect("it was saved");
    assert!(read(&other, "after.pdf") == read(&machine, "before.pdf"), "the receipt differs");
    assert_eq!(machine.run(&["backup", "backup.tar"]).code, 74, "a backup is not overwritten");
}

#[test]
fn a_folder_in_use_or_with_a_database_is_kept_and_half_a_backup_changes_nothing() {
    let machine = seeded();
    assert_eq!(machine.run(&["backup", "backup.tar"]).code, 0);
    let pnr = sold(&machine);
    let show = || machine.run(&["booking", "show", &pnr]).code;

    let kept = machine.run(&["restore", "backup.tar"]);
    assert!(kept.code == 77 && kept.said.contains("--replace"), "{}", kept.said);
    let owner = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
    assert_eq!(machine.run(&["restore", "backup.tar", "--replace"]).code, 75);
    drop(owner);
    let whole = fs::read(machine.0.path().join("backup.tar")).expect("it is there");
    for length in [0, 700, whole.len() / 2] {
        fs::write(machine.0.path().join("half.tar"), &whole[..length]).expect("it can be written");
        let refused = machine.run(&["restore", "half.tar", "--replace"]);
        assert_eq!(refused.code, 65, "{length}: {}", refused.said);
    }
    assert_eq!(show(), 0, "nothing was changed");

    let done = machine.run(&["restore", "backup.tar", "--replace"]);
    assert_eq!(done.code, 0, "{}", done.said);
    assert_eq!(show(), 66, "it was sold later");
    assert_eq!(machine.run(&["audit", "--deep"]).code, 0);
}

#[tokio::test]
async fn backups_that_are_made_at_once_are_whole_and_what_a_killed_one_left_goes() {
    let machine = seeded();
    let data = machine.0.path().join("data");
    let left = data.join("copying").join("of-a-process-that-was-killed");
    fs::create_dir_all(&left).expect("a folder");
    fs::write(left.join("kiosk.db"), "half of it").expect("a file");
    let _owner = embedded::open(&data).expect("nobody has it");
    let files: Vec<_> = (0..4).map(|nth| machine.0.path().join(format!("{nth}.tar"))).collect();
    for saved in join_all(files.iter().map(|file| backup::save(&data, &[], file))).await {
        saved.expect("each is made");
    }
    for (nth, file) in files.iter().enumerate() {
        let restored = backup::restore(file, &machine.0.path().join(format!("data-{nth}")), Existing::Keep);
        restored.unwrap_or_else(|error| panic!("backup {nth} is not whole: {error}"));
    }
    let names = fs::read_dir(data.join("copying")).expect("it stays").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["lock"], "no copy is left");
}
