//! A progress bar on standard error, for what takes longer than a second and only where a person looks.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long something may take before it has to show that it is alive.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears after a second of work, and goes when it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    since: Instant,
    what: &'static str,
}

impl Progress {
    /// Begins to count; `what` is done, such as `Loading trains`.
    pub fn new(what: &'static str) -> Self {
        Self { bar: ProgressBar::hidden(), since: Instant::now(), what }
    }

    /// So much of it is done; `now_at` names what is being done.
    pub fn set(&self, done: usize, of: usize, now_at: &str) {
        if self.bar.is_hidden() && self.since.elapsed() > PATIENCE {
            let style = ProgressStyle::with_template("{prefix} {wide_bar:.yellow} {pos}/{len} {msg:24!}");
            self.bar.set_style(style.expect("the template is well formed"));
            self.bar.set_prefix(self.what);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(now_at.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
