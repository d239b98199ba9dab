//! `kiosk audit`: whether everything that is kept of the runs agrees with their bookings, for a person or for a monitor.

use std::time::Duration;

use clap::Args as ClapArgs;
use serde::Serialize;
use serde_json::json;

use super::progress::Progress;
use super::{CliError, Kind, open, output};
use crate::config::Config;
use crate::domain::audit::Difference;
use crate::domain::time::railway_time;
use crate::domain::train::RunId;
use crate::service::audit::{BeforeLedger, LASTING};
use crate::service::{AuditReport, AuditScope, Depth, Finding, Kiosk, Repair};

#[derive(Debug, ClapArgs)]
#[allow(clippy::doc_markdown, reason = "these comments are the help that a person reads")]
pub(super) struct Args {
    /// Audit this run alone, such as 12951#2026-12-05 [default: all]
    #[arg(long, value_name = "RUN")]
    run: Option<RunId>,
    /// Look through the whole table of bookings too, for those that no manifest has
    #[arg(long)]
    deep: bool,
    /// Mend berths that are taken for nobody, or sold and still on offer
    ///
    /// Looks twice, a minute apart, and changes only what nobody has touched in between. Bookings are never changed.
    #[arg(long)]
    repair: bool,
    /// Print what was found as JSON on one line
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let kiosk = open::kiosk(config).await?;
    let scope = args.run.map_or(AuditScope::All, AuditScope::Run);
    // A repair has to know every booking before it gives a berth back.
    let depth = if args.deep || args.repair { Depth::Bookings } else { Depth::Manifests };
    let report = audit(&kiosk, scope, depth).await?;
    let repair = if args.repair && report.findings.iter().any(is_mendable) {
        repair(&kiosk, report).await?
    } else {
        Repair { mended: Vec::new(), after: report }
    };
    kiosk.settle().await;
    if args.json {
        output::json(&as_json(&repair))?;
    } else {
        output::line(words(&repair))?;
    }
    match repair.after.findings.len() {
        0 => Ok(()),
        1 => Err(CliError::new(Kind::Differences, "1 difference remains.")),
        left => Err(CliError::new(Kind::Differences, format!("{left} differences remain."))),
    }
    .map_err(|error| error.hint("each says above what to do about it"))
}

async fn audit(kiosk: &Kiosk, scope: AuditScope, depth: Depth) -> Result<AuditReport, CliError> {
    let progress = Progress::new("Auditing");
    Ok(kiosk.audit(scope, depth, |done, of, now_at| progress.set(done, of, now_at)).await?)
}

/// Waits until what was found has lasted long enough, and mends what is still so.
async fn repair(kiosk: &Kiosk, first: AuditReport) -> Result<Repair, CliError> {
    let whole = LASTING.to_std().expect("it is not negative").as_secs();
    output::notice(format_args!(
        "A repair looks twice, {whole} seconds apart, so that nothing is mended that is only on its way. Interrupting it \
         is safe."
    ));
    let progress = Progress::new("Looking again soon");
    loop {
        // Nothing is left once it is negative.
        let left = (first.at + LASTING - kiosk.now()).to_std().unwrap_or_default();
        if left.is_zero() {
            break;
        }
        let seconds = left.as_millis().div_ceil(1000) as usize;
        progress.set((whole as usize).saturating_sub(seconds), whole as usize, &format!("in {seconds} seconds"));
        #[allow(clippy::disallowed_methods, reason = "a person waits, on no other clock than theirs")]
        tokio::time::sleep(left.min(Duration::from_secs(1))).await;
    }
    drop(progress);
    let progress = Progress::new("Repairing");
    Ok(kiosk.repair(&first, |done, of, now_at| progress.set(done, of, now_at)).await?)
}

/// Whether a repair could do anything about it.
fn is_mendable(finding: &Finding) -> bool {
    matches!(
        finding.difference,
        Difference::Stray { .. }
            | Difference::Unmarked { .. }
            | Difference::WrongForm { .. }
            | Difference::Unfenced { .. }
    )
}

fn words(repair: &Repair) -> String {
    let after = &repair.after;
    let mut lines = Vec::new();
    lines.extend(repair.mended.iter().map(|finding| format!("mended: {}", sentence(finding))));
    lines.extend(after.findings.iter().map(sentence));
    let count = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let coaches = if after.coaches == 1 { "1 coach".to_owned() } else { format!("{} coaches", after.coaches) };
    let mended = if repair.mended.is_empty() { String::new() } else { format!(", {} mended", repair.mended.len()) };
    lines.extend(before_ledger(&after.before));
    lines.push(format!(
        "{}, {coaches}, {}: {}{mended}.",
        count(after.runs, "run"),
        count(after.bookings, "booking"),
        count(after.findings.len(), "difference"),
    ));
    lines.join("\n")
}

/// What is said of money that moved before there was a ledger.
fn before_ledger(before: &BeforeLedger) -> Option<String> {
    let bookings = match before.bookings {
        0 => return None,
        1 => "1 booking was".to_owned(),
        more => format!("{more} bookings were"),
    };
    let begins = match before.since {
        Some(since) => format!("which begins on {}", railway_time(since).format("%-d %b %Y at %H:%M")),
        None => "which has no entry yet".to_owned(),
    };
    Some(format!(
        "{bookings} paid before there was a ledger, {begins}: {} was taken for them and not handed out by then, and is in no report \
         of sales or refunds. The bookings themselves have it, and nothing is to be done.",
        before.amount
    ))
}

fn sentence(finding: &Finding) -> String {
    match finding.run {
        Some(run) => format!("{run}: {}", finding.difference),
        None => finding.difference.to_string(),
    }
}

/// A finding with its sentence, for machines that show it to people.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Said<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    sentence: String,
}

fn as_json(repair: &Repair) -> serde_json::Value {
    let after = &repair.after;
    let said = |findings: &[Finding]| {
        let said = findings.iter().map(|finding| Said { finding, sentence: finding.difference.to_string() });
        said.map(|said| json!(said)).collect::<Vec<_>>()
    };
    json!({
        "At": after.at,
        "Runs": after.runs,
        "Coaches": after.coaches,
        "Bookings": after.bookings,
        "Differences": said(&after.findings),
        "BeforeLedger": after.before,
        "Mended": said(&repair.mended),
    })
}
