//! The line in which runs wait.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch::{Sender, channel};

/// How many run at once.
const AT_ONCE: usize = 4;

/// How many more may wait.
const WAITING: usize = 16;

/// The runs that are not over, the oldest first. The first ones run, the others wait.
#[derive(Clone)]
pub struct Queue(Arc<Sender<VecDeque<Arc<()>>>>);

/// The place of a run, until it is dropped.
pub struct Ticket {
    queue: Queue,
    run: Arc<()>,
}

impl Queue {
    pub fn new() -> Self {
        Self(Arc::new(channel(VecDeque::new()).0))
    }

    /// The last place, unless too many wait.
    pub fn join(&self) -> Option<Ticket> {
        let run = Arc::new(());
        let joined = self.0.send_if_modified(|runs| {
            let room = runs.len() < AT_ONCE + WAITING;
            if room {
                runs.push_back(run.clone());
            }
            room
        });
        joined.then(|| Ticket {
            queue: self.clone(),
            run,
        })
    }
}

impl Ticket {
    /// Waits until this run may start. Tells how many have to end first, whenever that changes.
    pub async fn reached(&self, mut tell: impl FnMut(usize)) {
        let mut queue = self.queue.0.subscribe();
        let mut told = 0;
        loop {
            let before = queue
                .borrow_and_update()
                .iter()
                .position(|run| Arc::ptr_eq(run, &self.run))
                .expect("it is there until it is dropped");
            if before < AT_ONCE {
                return;
            }
            let ahead = before - AT_ONCE + 1;
            if ahead != told {
                tell(ahead);
                told = ahead;
            }
            // The sender is there, in `self`.
            let _ = queue.changed().await;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.queue
            .0
            .send_modify(|runs| runs.retain(|run| !Arc::ptr_eq(run, &self.run)));
    }
}
