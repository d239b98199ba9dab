//! `kiosk health`: whether the store answers, for a person or for a monitor; and, looked into, whether everything of it is
//! as it has to be.

use clap::Args as ClapArgs;
use serde_json::json;

use super::{CliError, Kind, open, output};
use crate::config::{Config, StoreChoice};
use crate::store::inspection::{Check, Verdict};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Look at tables, indexes, expiry, the bucket, the clock, notifications and every permission that Kiosk needs
    ///
    /// Nothing that is stored is read or changed. Permissions are tried on items that nobody has, and a small object is
    /// put into the bucket and taken away. A function is asked whether it may be invoked; nothing is sent to anybody.
    #[arg(long)]
    deep: bool,
    /// Answer in JSON on one line, whether it does or not
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, config: &Config) -> Result<(), CliError> {
    let store = match config.store() {
        StoreChoice::Embedded => "embedded",
        StoreChoice::Aws => "aws",
    };
    let answered = match open::store(config).await {
        Ok(opened) if args.deep => {
            let notifications = open::notifications(config);
            let mut checks = opened.inspect().await;
            checks.extend(opened.inspect_channels(&notifications.channels(), notifications.function.as_deref()).await);
            return tell(&checks, store, args.json);
        }
        Ok(opened) => opened.ping().await.map_err(CliError::from),
        Err(error) => Err(error),
    };
    let version = env!("CARGO_PKG_VERSION");
    match (answered, args.json) {
        (Ok(()), true) => output::json(&json!({"status": "ok", "store": store, "version": version})),
        (Ok(()), false) => output::line(format_args!("The {store} store answers.")),
        (Err(error), true) => {
            output::json(&json!({"status": "failed", "store": store, "version": version, "reason": error.message()}))?;
            Err(error)
        }
        (Err(error), false) => Err(error),
    }
}

/// Prints what was looked at; fails if anything is wrong.
fn tell(checks: &[Check], store: &str, as_json: bool) -> Result<(), CliError> {
    let wrong = checks.iter().filter(|check| matches!(check.verdict, Verdict::Wrong(_))).count();
    if as_json {
        let status = if wrong == 0 { "ok" } else { "failed" };
        let rows = checks.iter().map(|check| {
            let (status, detail) = words(&check.verdict);
            json!({"check": check.what, "status": status, "detail": detail})
        });
        output::json(&json!({
            "status": status, "store": store, "version": env!("CARGO_PKG_VERSION"), "checks": rows.collect::<Vec<_>>(),
        }))?;
    } else {
        let width = checks.iter().map(|check| check.what.chars().count()).max().unwrap_or_default();
        for check in checks {
            let (status, detail) = words(&check.verdict);
            output::line(format_args!("{status:<7}  {:<width$}  {detail}", check.what))?;
        }
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(CliError::new(Kind::Unavailable, format!("{wrong} of {} checks failed.", checks.len()))
            .hint("each says above what to do about it")),
    }
}

fn words(verdict: &Verdict) -> (&'static str, &str) {
    match verdict {
        Verdict::Well(detail) => ("ok", detail),
        Verdict::Wrong(detail) => ("failed", detail),
        Verdict::Skipped(detail) => ("skipped", detail),
    }
}
