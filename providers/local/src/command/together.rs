//! Many futures at once in the task that asks. Dropping the whole drops each at once, which kills the processes that
//! they own: spawned tasks would end only when the runtime next turns to them.

use std::{future::poll_fn, pin::Pin, task::Poll};

/// The outputs of `futures` in their order, at most `limit` of them under way at a time.
pub(crate) async fn all<F: Future>(
    futures: impl Iterator<Item = F>,
    limit: usize,
) -> Vec<F::Output> {
    let mut waiting = futures.enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut finished: Vec<(usize, F::Output)> = Vec::new();
    poll_fn(|context| {
        loop {
            let free = limit.max(1).saturating_sub(running.len());
            running.extend(
                waiting
                    .by_ref()
                    .take(free)
                    .map(|(place, future)| (place, Box::pin(future))),
            );
            if running.is_empty() {
                return Poll::Ready(());
            }
            let before = running.len();
            running.retain_mut(|(place, future)| match future.as_mut().poll(context) {
                Poll::Ready(output) => {
                    finished.push((*place, output));
                    false
                }
                Poll::Pending => true,
            });
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await;
    finished.sort_by_key(|(place, _)| *place);
    finished.into_iter().map(|(_, output)| output).collect()
}
