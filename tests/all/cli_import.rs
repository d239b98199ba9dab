//! The command line brings trains in and out: nothing is written before it was told, and nothing with a mistake.

use std::fs;

use aws_sdk_dynamodb::types::AttributeValue;
use kiosk::aws::embedded;
use kiosk::store::Names;

use crate::cli::{Done, Machine};
use crate::feed::feed;

impl Machine {
    /// Runs a command that has to work; what it printed.
    fn done(&self, arguments: &[&str]) -> String {
        let Done { code, out, said } = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {out}{said}");
        out
    }

    /// The bundled trains as a sheet with a text replaced, as a file.
    fn sheet_with(&self, old: &str, new: &str) {
        let sheet = self.done(&["export", "trains"]);
        assert!(sheet.contains(old), "{sheet}");
        fs::write(self.0.path().join("trains.csv"), sheet.replacen(old, new, 1)).expect("it can be written");
    }
}

#[test]
fn a_sheet_goes_out_and_comes_back_unchanged() {
    let machine = Machine::new();
    assert_eq!(machine.done(&["export", "trains", "-o", "trains.csv"]).trim(), "Saved trains.csv.");
    let told = machine.done(&["import", "csv", "trains.csv"]);
    assert_eq!(told.trim(), "0 new, 0 changed, 58 unchanged; 0 that are not in it stay as they are.");
}

#[test]
fn trains_that_change_and_end_go_out_and_come_back_unchanged() {
    let machine = Machine::new();
    let later = ["import", "csv", "trains.csv", "--from", "2199-12-20"];
    machine.sheet_with("12952,Mumbai Rajdhani,", "12952,Winter Rajdhani,");
    assert!(machine.done(&later).contains("0 new, 1 changed, 57 unchanged"));
    machine.sheet_with("12951,Mumbai Rajdhani,", "12951,Tejas Rajdhani,");
    assert!(machine.done(&["import", "csv", "trains.csv"]).contains("0 new, 1 changed, 57 unchanged"));
    let sheet = machine.done(&["export", "trains", "--on", "2199-12-20"]);
    let others: Vec<_> = sheet.lines().filter(|line| !line.starts_with("12002,")).collect();
    fs::write(machine.0.path().join("trains.csv"), others.join("\n")).expect("it can be written");
    let told = machine.done(&[&later[..], &["--retire-missing"]].concat());
    assert!(told.contains("0 new, 0 changed, 57 unchanged; 1 that are not in it end."), "{told}");

    // 12951 is another since today, 12952 is to be, and 12002 is to end.
    machine.done(&["export", "trains", "-o", "now.csv"]);
    let told = machine.done(&["import", "csv", "now.csv"]);
    assert_eq!(told.trim(), "0 new, 0 changed, 58 unchanged; 0 that are not in it stay as they are.");
    machine.done(&["export", "trains", "--on", "2199-12-20", "-o", "later.csv"]);
    let told = machine.done(&["import", "csv", "later.csv", "--from", "2199-12-20"]);
    assert_eq!(told.trim(), "0 new, 0 changed, 57 unchanged; 0 that are not in it stay as they are.");
    // Seeding again brings nothing back that people have changed.
    assert!(machine.done(&["seed"]).contains("; 0 trains and 0 stations were new."));
    assert!(machine.done(&["export", "trains"]).contains("12951,Tejas Rajdhani,"));
}

#[test]
fn what_would_change_is_told_and_a_dry_run_writes_nothing() {
    let machine = Machine::new();
    machine.sheet_with("12951,Mumbai Rajdhani,", "12951,Tejas Rajdhani,");
    let dry = ["import", "csv", "trains.csv", "--dry-run"];
    let line = "~ 12951 Tejas Rajdhani: name from Mumbai Rajdhani to Tejas Rajdhani";
    for _ in 0..2 {
        let told = machine.done(&dry);
        assert!(told.contains(line) && told.contains("0 new, 1 changed, 57 unchanged"), "{told}");
        assert!(told.contains("Nothing was written: leave --dry-run out to import it."), "{told}");
    }
    let told = machine.done(&["import", "csv", "trains.csv"]);
    assert!(told.contains("Imported 1 trains and 0 stations that were new or changed."), "{told}");
    let told = machine.done(&dry);
    assert!(told.contains("0 new, 0 changed, 58 unchanged"), "{told}");
}

#[test]
fn an_import_takes_effect_on_its_date() {
    let machine = Machine::new();
    machine.sheet_with("12951,Mumbai Rajdhani,", "12951,Tejas Rajdhani,");
    machine.done(&["import", "csv", "trains.csv", "--from", "2199-12-20"]);
    let on = |date: &str| machine.done(&["export", "trains", "--on", date]);
    assert!(on("2199-12-19").contains("12951,Mumbai Rajdhani,"));
    assert!(on("2199-12-20").contains("12951,Tejas Rajdhani,"));
    let past = machine.run(&["import", "csv", "trains.csv", "--from", "2020-01-01"]);
    assert_eq!(past.code, 2, "{}", past.said);
    assert!(past.said.contains("Runs of 2020-01-01 have left and cannot change."), "{}", past.said);
}

#[test]
fn nothing_is_imported_while_there_is_a_mistake_unless_somebody_says_so() {
    let machine = Machine::new();
    machine.sheet_with("12951,Mumbai Rajdhani,rajdhani", "12951,Tejas Rajdhani,tejas");
    let sheet = fs::read_to_string(machine.0.path().join("trains.csv")).expect("it was written");
    let sheet = sheet.replacen("12952,Mumbai Rajdhani,", "12952,Other Rajdhani,", 1);
    fs::write(machine.0.path().join("trains.csv"), sheet).expect("it can be written");
    let refused = machine.run(&["import", "csv", "trains.csv"]);
    assert_eq!(refused.code, 65, "{}", refused.said);
    assert!(refused.said.contains(": 'tejas' is no kind of train: write rajdhani"), "{}", refused.said);
    assert!(refused.said.contains("Nothing was imported: there is 1 mistake above."), "{}", refused.said);
    assert!(!machine.done(&["export", "trains"]).contains("Other Rajdhani"));
    machine.done(&["import", "csv", "trains.csv", "--skip-bad"]);
    let sheet = machine.done(&["export", "trains"]);
    assert!(sheet.contains("12952,Other Rajdhani,") && sheet.contains("12951,Mumbai Rajdhani,"), "{sheet}");
}

#[test]
fn trains_that_are_not_in_it_end_when_that_is_asked_for() {
    let machine = Machine::new();
    let sheet = machine.done(&["export", "trains"]);
    let others: Vec<_> = sheet.lines().filter(|line| !line.starts_with("12951,")).collect();
    fs::write(machine.0.path().join("trains.csv"), others.join("\n")).expect("it can be written");
    let import = ["import", "csv", "trains.csv", "--from", "2199-12-20"];
    let told = machine.done(&import);
    assert!(told.contains("1 that are not in it stay as they are."), "{told}");
    let told = machine.done(&[&import[..], &["--retire-missing"]].concat());
    assert!(told.contains("- 12951 Mumbai Rajdhani: not in it, ends on 2199-12-20"), "{told}");
    let on = |date: &str| machine.done(&["export", "trains", "--on", date]).contains("\n12951,");
    assert!(on("2199-12-19") && !on("2199-12-20"));
}

/// It would end with those that are not in it.
#[test]
fn a_train_with_a_mistake_does_not_end_with_those_that_are_not_in_it() {
    let machine = Machine::new();
    machine.sheet_with("12951,Mumbai Rajdhani,rajdhani", "12951,Mumbai Rajdhani,tejas");
    let import = ["import", "csv", "trains.csv", "--from", "2199-12-20", "--skip-bad"];
    let refused = machine.run(&[&import[..], &["--retire-missing"]].concat());
    assert_eq!(refused.code, 65, "{}", refused.said);
    assert!(refused.said.contains("leave --retire-missing out"), "{}", refused.said);
    assert!(machine.done(&["export", "trains", "--on", "2199-12-20"]).contains("12951,Mumbai Rajdhani,rajdhani"));
    assert!(
        machine.done(&import).contains("1 that are not in it stay as they are."),
        "without it the rest is imported"
    );
}

#[test]
fn a_train_that_ends_tomorrow_is_told_to_end_once() {
    let machine = Machine::new();
    let sheet = machine.done(&["export", "trains"]);
    let others: Vec<_> = sheet.lines().filter(|line| !line.starts_with("12951,")).collect();
    fs::write(machine.0.path().join("trains.csv"), others.join("\n")).expect("it can be written");
    let import = ["import", "csv", "trains.csv", "--retire-missing"];
    let told = machine.done(&import);
    assert!(told.contains("- 12951 Mumbai Rajdhani: not in it, ends on "), "{told}");
    let told = machine.done(&import);
    assert_eq!(told.trim(), "0 new, 0 changed, 57 unchanged; 0 that are not in it end.");
}

/// All of it is written but the mark at its end.
#[tokio::test]
async fn an_import_that_broke_off_is_finished_by_repeating_the_command() {
    let machine = Machine::new();
    machine.done(&["export", "trains", "-o", "trains.csv"]);
    let names = Names::default();
    {
        let clients = embedded::open(&machine.0.path().join("data")).expect("nobody has it");
        let broken = clients.dynamodb.update_item().table_name(&names.trains);
        let broken = broken.key("TrainID", AttributeValue::S("#catalogue".to_owned()));
        let broken = broken.update_expression("SET Unfinished = :true");
        let broken = broken.expression_attribute_values(":true", AttributeValue::Bool(true));
        broken.send().await.expect("it is changed");
    }
    let unfinished = "An import broke off, or is being written just now: this one is to finish it.";
    let dry = machine.run(&["import", "csv", "trains.csv", "--dry-run"]);
    assert!(dry.said.contains(unfinished), "{}", dry.said);
    let finished = machine.run(&["import", "csv", "trains.csv"]);
    assert_eq!(finished.code, 0, "{}", finished.said);
    assert!(finished.said.contains(unfinished), "{}", finished.said);
    assert!(finished.out.contains("Imported 0 trains and 0 stations"), "{}", finished.out);
    let again = machine.run(&["import", "csv", "trains.csv"]);
    assert_eq!((again.code, again.said.as_str()), (0, ""), "{}", again.out);
}

#[test]
fn a_folder_that_is_none_or_lacks_a_file_says_what_to_do() {
    let machine = Machine::new();
    let none = machine.run(&["import", "gtfs", "feed"]);
    assert_eq!(none.code, 66, "{}", none.said);
    assert!(none.said.contains("feed is not a folder.") && none.said.contains("unpack the feed"), "{}", none.said);
    fs::create_dir(machine.0.path().join("feed")).expect("it can be made");
    let empty = machine.run(&["import", "gtfs", "feed"]);
    assert_eq!(empty.code, 65, "{}", empty.said);
    assert!(empty.said.contains("agency.txt is missing: a GTFS folder has it"), "{}", empty.said);
}

#[test]
fn a_feed_is_told_and_then_imported() {
    let machine = Machine::new();
    let folder = machine.0.path().join("feed");
    fs::create_dir(&folder).expect("it can be made");
    for (name, text) in feed() {
        fs::write(folder.join(name), text.replace("20271231", "21991231")).expect("it can be written");
    }
    machine.done(&["export", "trains"]);
    let from = ["import", "gtfs", "feed", "--from", "2199-12-20"];
    let dry = machine.run(&[&from[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{}", dry.said);
    assert!(dry.said.contains("2 dated exceptions of calendar_dates.txt were not taken"), "{}", dry.said);
    assert!(dry.out.contains("~ 12951 Mumbai Rajdhani: halt "), "{}", dry.out);
    assert!(dry.out.contains("+ 22903 Night Express: superfast of WR, M------, BDTS 00:15 to ST 04:00"), "{}", dry.out);
    assert!(dry.out.contains("Nothing was written: leave --dry-run out to import it."), "{}", dry.out);
    let told = machine.done(&from);
    assert!(told.contains("1 new, 1 changed, 0 unchanged; 57 that are not in it stay as they are."), "{told}");
    assert!(told.contains("Imported 2 trains and "), "{told}");
    let on = |date: &str| machine.done(&["export", "trains", "--on", date]);
    assert!(!on("2199-12-19").contains("22903,Night Express,") && on("2199-12-20").contains("22903,Night Express,"));
    let again = machine.done(&from);
    assert_eq!(again.trim(), "0 new, 0 changed, 2 unchanged; 57 that are not in it stay as they are.");
}

#[test]
fn of_a_file_that_is_no_sheet_nothing_is_told() {
    let machine = Machine::new();
    fs::write(machine.0.path().join("shadow"), "root:$6$salt$hash:19000:0:99999:7:::\n").expect("it can be written");
    let refused = machine.run(&["import", "csv", "shadow"]);
    assert_eq!(refused.code, 65, "{}", refused.said);
    assert!(refused.said.contains("shadow, line 1: the head does not name train, name, kind"), "{}", refused.said);
    assert!(!refused.said.contains("root"), "{}", refused.said);
    let none = machine.run(&["import", "csv", "nothing.csv"]);
    assert_eq!(none.code, 66, "{}", none.said);
    assert!(none.said.contains("there is no nothing.csv: check the path"), "{}", none.said);
}
