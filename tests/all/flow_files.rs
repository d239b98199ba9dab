//! The files of a flow: what an administrator has on the disk of the machine before trains are imported.

use std::fs;

use kiosk::domain::time::railway_time;
use kiosk::export::trains;

use super::Hall;
use crate::feed::feed;

impl Hall {
    /// Writes the trains that run today as a sheet, a text replaced.
    pub(super) async fn write_sheet(&self, rest: &str) -> Result<(), String> {
        let (name, change) = rest.split_once(' ').ok_or("sheet NAME OLD -> NEW")?;
        let stored = self.stage.kiosk.stored_timetable().await.map_err(|fault| fault.to_string())?;
        let sheet = trains::sheet(&stored.timetable, railway_time(self.now()).date(), |_| true);
        let text = String::from_utf8(sheet).map_err(|fault| fault.to_string())?;
        fs::write(self.files.path().join(name), changed(&text, change)?).map_err(|fault| fault.to_string())
    }

    /// Writes a feed into a folder.
    pub(super) fn write_feed(&self, name: &str) -> Result<(), String> {
        let folder = self.files.path().join(name);
        fs::create_dir(&folder).map_err(|fault| fault.to_string())?;
        let written = feed().into_iter().try_for_each(|(name, text)| fs::write(folder.join(name), text));
        written.map_err(|fault| fault.to_string())
    }

    /// Replaces a text of a file.
    pub(super) fn change_file(&self, rest: &str) -> Result<(), String> {
        let (name, change) = rest.split_once(' ').ok_or("change FILE OLD -> NEW")?;
        let path = self.files.path().join(name);
        let text = fs::read_to_string(&path).map_err(|fault| format!("{name}: {fault}"))?;
        fs::write(path, changed(&text, change)?).map_err(|fault| fault.to_string())
    }
}

/// A text with `OLD -> NEW` done to it once.
fn changed(text: &str, change: &str) -> Result<String, String> {
    let (old, new) = change.split_once(" -> ").ok_or("a change is OLD -> NEW")?;
    if text.contains(old) { Ok(text.replacen(old, new, 1)) } else { Err(format!("'{old}' is not in it")) }
}
