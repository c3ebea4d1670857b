//! A session that is told by the owner of its board.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio::time::Sleep;

use super::{
    client::{Attachment, Client, Trouble},
    feed::HEARTBEAT,
    mirror::Mirror,
    session::{Answer, Desk, Next, Order, Standing},
    wire::Frame,
};
use crate::{
    domain::Problem,
    history::Owner,
    insight::Completeness,
    refresh::{is_over, until_over},
};

/// An owner that was not heard of for so long is stopped or stuck: two signs of life are
/// missing, and some time for a machine that is busy.
const SILENT_AFTER: Duration = Duration::from_secs(HEARTBEAT.as_secs() * 2 + 2);

impl Desk {
    /// Until the owner goes or the session ends.
    pub(super) async fn view(&mut self, mut attachment: Attachment) -> Next {
        let owner = attachment.owner.clone();
        self.stand.send_replace(Standing::Viewer(owner.pid));
        // Until it has said something that is of use.
        self.is_in_vain = true;
        // An owner tells everything to who comes.
        self.mirror = Mirror::default();
        let mut silence = Some(silence());
        let mut heard_at = self.setup.clock.now();
        loop {
            let over = self.until_over();
            tokio::select! {
                            biased;
                            order = self.orders.recv() => match order {
                                Some(Order::Suspend(done)) => {
                                    // Whoever waited may have gone on.
            let _ = done.send(());
                                    return Next::Suspended;
                                }
                                Some(Order::Stop { .. }) | None => return Next::Ended(None),
                                Some(order) => ask(attachment.client.clone(), owner.clone(), order),
                            },
                            frame = attachment.next() => {
                                heard_at = self.setup.clock.now();
                                silence = Some(self::silence());
                                self.fine();
                                if let Some(next) = self.hear(frame, &mut attachment).await {
                                    return next;
                                }
                            }
                            () = tokio::time::sleep(over) => self.age().await,
                            () = wait(&mut silence) => {
                                silence = None;
                                self.trouble(silent(&owner, SILENT_AFTER), Some(heard_at));
                            }
                        }
        }
    }

    /// Takes in a frame and those that are there already; makes one board of them. What to do
    /// next, if the owner has gone.
    async fn hear(&mut self, first: Result<Frame, Trouble>, attachment: &mut Attachment) -> Option<Next> {
        let (mut next, mut news, mut waiting) = (None, false, Some(first));
        while let Some(frame) = waiting {
            let heard = match frame {
                Ok(Frame::State(state)) => {
                    news = true;
                    self.mirror.hear(*state).map_err(Trouble::from)
                }
                Ok(Frame::Alive) => Ok(()),
                Ok(Frame::Triage(triage)) => {
                    self.triage.send_replace(triage);
                    Ok(())
                }
                Ok(Frame::End) => Err(Trouble::Gone),
                Err(trouble) => Err(trouble),
            };
            match heard {
                Ok(()) => {
                    self.fine();
                    self.is_in_vain &= !news;
                    waiting = attachment.ready();
                }
                Err(Trouble::Refused(problem)) => {
                    // What it said so far may be half of it.
                    self.is_in_vain = true;
                    self.trouble(problem, None);
                    return Some(Next::Seek);
                }
                Err(Trouble::Gone | Trouble::Silent) => {
                    next = Some(Next::Seek);
                    waiting = None;
                }
            }
        }
        if news {
            self.derive().await;
        }
        next
    }

    async fn derive(&mut self) {
        let before = Arc::clone(&self.plain);
        let (deriver, clock) = (self.setup.deriver.clone(), self.setup.clock);
        let Some(board) = self.mirror.board(&deriver, clock, Some(&before)).await else { return };
        let is_another = !Arc::ptr_eq(&board.insight, &before.insight);
        let is_whole = board.completeness == Completeness::Whole;
        self.show(Arc::new(board));
        // How good forecasts were follows, as it does for the owner.
        if is_another
            && is_whole
            && deriver.catch_up().await
            && let Some(board) = self.mirror.board(&deriver, clock, None).await
        {
            self.show(Arc::new(board));
        }
        if self.mirror.is_settled() {
            self.settle.send_replace(true);
        }
    }

    /// Makes another board if time alone asks for it.
    pub(super) async fn age(&mut self) {
        if is_over(&self.plain, self.setup.clock.now()) {
            self.derive().await;
        }
    }

    pub(super) fn until_over(&self) -> Duration {
        until_over(&self.plain, self.setup.clock)
    }
}

/// `owner 4711 has not answered for 12 s`.
fn silent(owner: &Owner, silence: Duration) -> Problem {
    let Owner { pid, .. } = owner;
    Problem::new(
        format!("process {pid}, the owner of this board, has not answered for {} s", silence.as_secs()),
        format!("let it go on (kill -CONT {pid}), or end it (kill -9 {pid}): another process takes over"),
    )
}

fn silence() -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(SILENT_AFTER))
}

async fn wait(timer: &mut Option<Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => std::future::pending().await,
    }
}

/// Hands a question on to the owner, without waiting for it here.
fn ask(client: Client, owner: Owner, order: Order) {
    fn tell<T>(answer: Answer<T>, read: Result<T, Trouble>, owner: &Owner) {
        // Whoever asked may have gone on.
        drop(answer.send(read.map_err(|trouble| trouble.problem(Some(owner)))));
    }
    tokio::spawn(async move {
        match order {
            Order::Refresh(source) => {
                if let Err(trouble) = client.refresh(source.as_ref()).await {
                    tracing::warn!(?trouble, "the owner was not asked to refresh");
                }
            }
            Order::At { at, answer } => tell(answer, client.at(at).await, &owner),
            Order::Instants { from, until, answer } => {
                tell(answer, client.instants(from, until).await, &owner);
            }
            Order::Note { change, answer } => tell(answer, client.note(&change).await, &owner),
            // The owner looks at a release of its own.
            Order::LookAt(_) | Order::Suspend(_) | Order::Resume | Order::Stop { .. } => {}
        }
    });
}
