//! Does what is due: the duties that a process left behind, whoever made them.

use crate::service::Kiosk;

impl Kiosk {
    /// Looks once for duties that are due, and does them.
    pub async fn work_once(&self) {
        let now = self.now();
        if let Err(error) = self.do_run_duties(now).await {
            tracing::warn!(%error, "the duties of runs are left for the next look");
        }
    }
}
