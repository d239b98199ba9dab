//! How far calls have come that take long: what each of them told last, for the program.

use std::collections::HashMap;
use std::future::pending;

use futures_util::FutureExt as _;
use futures_util::future::select_all;
use tokio::sync::watch;

use crate::service::progress::{Progress, Tell};
use crate::ui::msg::{CallId, Msg};

/// Calls that tell how far they have come.
#[derive(Debug, Default)]
pub(super) struct Told(HashMap<CallId, watch::Receiver<Option<Progress>>>);

impl Told {
    /// Listens to a call.
    pub fn listen(&mut self, call: CallId) -> Tell {
        let (tell, told) = Tell::somebody();
        self.0.insert(call, told);
        tell
    }

    /// Listens no more to a call, which hears that nobody waits for it.
    pub fn stop(&mut self, call: CallId) {
        self.0.remove(&call);
    }

    /// Waits until a call has come farther. Dropped before that, it loses nothing.
    pub async fn next(&mut self) -> Msg {
        loop {
            if self.0.is_empty() {
                return pending().await;
            }
            let calls = self.0.iter_mut().map(|(call, told)| {
                let news = async move {
                    let is_told = told.changed().await.is_ok();
                    (*call, is_told.then(|| *told.borrow_and_update()).flatten())
                };
                news.boxed()
            });
            let (news, ..) = select_all(calls).await;
            match news {
                (call, Some(progress)) => return Msg::Progress(call, progress),
                // It is about to be answered.
                (call, None) => self.stop(call),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use futures_util::FutureExt as _;

    use super::Told;
    use crate::service::progress::{Progress, Stage};
    use crate::ui::msg::{CallId, Msg};

    const fn read(done: u64) -> Progress {
        Progress { stage: Stage::Reading, done, of: 100 }
    }

    #[tokio::test]
    async fn the_newest_of_each_call_is_heard_until_it_is_stopped_or_answered() {
        let mut told = Told::default();
        assert!(told.next().now_or_never().is_none(), "nobody tells anything");
        let (one, other) = (told.listen(CallId(1)), told.listen(CallId(2)));
        assert!(told.next().now_or_never().is_none(), "nothing was told");
        assert!([1, 2, 3].iter().all(|done| one.tell(read(*done)).is_continue()));
        assert!(matches!(told.next().now_or_never(), Some(Msg::Progress(CallId(1), known)) if known == read(3)));
        assert!(told.next().now_or_never().is_none(), "it was heard");
        told.stop(CallId(1));
        assert_eq!(one.tell(read(4)), ControlFlow::Break(()), "nobody waits for it");
        let _ = other.tell(read(5));
        drop(other);
        assert!(matches!(told.next().now_or_never(), Some(Msg::Progress(CallId(2), known)) if known == read(5)));
        assert!(told.next().now_or_never().is_none(), "what is answered tells nothing more");
        assert!(told.0.is_empty());
    }
}
