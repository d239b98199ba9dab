//! A progress bar on standard error, for what takes longer than a second and only where a person looks.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

/// How long something may take before it has to show that it is alive.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the bar moves while a step goes on.
const TURN: Duration = Duration::from_millis(120);

/// A bar that appears after a second, in the middle of a step if need be, and goes when it is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    appears: JoinHandle<()>,
}

impl Progress {
    /// Begins to count on the runtime; `what` is done, such as `Loading trains`.
    pub fn new(what: &'static str) -> Self {
        Self::on(ProgressDrawTarget::stderr(), what)
    }

    fn on(target: ProgressDrawTarget, what: &'static str) -> Self {
        let style = ProgressStyle::with_template("{spinner:.yellow} {prefix} {wide_bar:.yellow} {pos}/{len} {msg:24!}");
        // Characters that a console without Unicode has too.
        let style = style.expect("the template is well formed").tick_chars("|/-\\ ").progress_chars("=> ");
        let bar = ProgressBar::hidden().with_style(style).with_prefix(what);
        let shown = bar.clone();
        #[allow(clippy::disallowed_methods, reason = "a person waits, on no other clock than theirs")]
        let appears = tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            shown.set_draw_target(target);
            shown.tick();
            shown.enable_steady_tick(TURN);
        });
        Self { bar, appears }
    }

    /// So much of it is done; `now_at` names what is being done.
    pub fn set(&self, done: usize, of: usize, now_at: &str) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
        self.at(now_at);
    }

    /// Names what is being done after the last step that was counted.
    pub fn at(&self, now_at: &str) {
        self.bar.set_message(now_at.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.appears.abort();
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use indicatif::{ProgressDrawTarget, TermLike};

    use super::{PATIENCE, Progress};

    /// A terminal that keeps what was written to it.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn text(&self) -> String {
            self.0.lock().expect("no test panics in it").clone()
        }

        fn begin(&self) -> Progress {
            Progress::on(ProgressDrawTarget::term_like(Box::new(self.clone())), "Preparing")
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().expect("no test panics in it").push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Lets virtual time pass, and the task that waits for it run.
    async fn pass(time: Duration) {
        tokio::task::yield_now().await;
        tokio::time::advance(time).await;
        tokio::task::yield_now().await;
    }

    #[tokio::test(start_paused = true)]
    async fn one_step_longer_than_a_second_shows_itself() {
        let screen = Screen::default();
        let progress = screen.begin();
        progress.set(2, 6, "table trains");
        pass(Duration::from_millis(999)).await;
        assert_eq!(screen.text(), "");
        pass(Duration::from_millis(1)).await;
        let text = screen.text();
        assert!(text.contains("Preparing") && text.contains("2/6") && text.contains("table trains"), "{text:?}");
        progress.at("accounts");
        assert!(screen.text().contains("accounts"), "{:?}", screen.text());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_within_a_second_shows_nothing() {
        let screen = Screen::default();
        let progress = screen.begin();
        progress.set(6, 6, "bucket");
        drop(progress);
        pass(2 * PATIENCE).await;
        assert_eq!(screen.text(), "");
    }
}
