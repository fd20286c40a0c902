//! The *break it* panel: one page that breaks the shop's world, and shows what the shop believes beside the ledger.

mod access;
mod actions;
mod faults;
mod page;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::{from_fn, map_response};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::{Failed, Shop, Stage};

/// The panel of a stage.
#[derive(Debug)]
pub struct Panel {
    stage: Stage,
    /// The kills that wait for an operation.
    kills: Mutex<Vec<Kill>>,
}

/// A kill of the shop's process, as soon as an operation is executed.
#[derive(Debug)]
struct Kill {
    /// The number of the fault that stalls the response.
    fault: u64,
    task: JoinHandle<()>,
}

impl Panel {
    /// Creates the panel.
    #[must_use]
    pub fn new(stage: Stage) -> Arc<Self> {
        Arc::new(Self { stage, kills: Mutex::default() })
    }

    /// The stage.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/", get(page::show))
            .route("/panel.css", get(async || asset("text/css", include_str!("../assets/panel.css"))))
            .route("/panel.js", get(async || asset("text/javascript", include_str!("../assets/panel.js"))))
            .route("/faults/{action}", post(actions::arm))
            .route("/faults/{number}/remove", post(actions::remove))
            .route("/shop/{number}/kill", post(actions::kill))
            .route("/shop/{number}/start", post(actions::start))
            .with_state(Arc::clone(self))
            .layer(map_response(access::isolate))
            .layer(from_fn(access::check))
    }

    /// Serves the panel until `ended`, and then ends the shop and the sandbox.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener fails.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        ended: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failed> {
        // A connection may stay open for longer than the panel is needed.
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let ended = async move {
            ended.await;
            // The receiver waits until the server has stopped.
            let _ = stop.send(());
        };
        let server = axum::serve(listener, self.router()).with_graceful_shutdown(ended).into_future();
        let late = async {
            let _ = stopped.await;
            tokio::time::sleep(LONGEST_END).await;
        };
        let served = tokio::select! {
            served = server => served,
            () = late => Ok(()),
        };
        self.end().await;
        Ok(served?)
    }

    /// Ends the shop and the sandbox.
    async fn end(self: Arc<Self>) {
        let kills = std::mem::take(&mut *self.kills());
        for kill in kills {
            kill.task.abort();
            // It was aborted, or has ended.
            let _ = kill.task.await;
        }
        self.stage.shops().iter().for_each(Shop::kill);
        // A fault that never occurred is no mistake here.
        self.stage.sandbox().clear_faults();
        if let Some(panel) = Arc::into_inner(self) {
            panel.stage.abandon();
        }
    }

    fn kills(&self) -> MutexGuard<'_, Vec<Kill>> {
        self.kills.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the panel waits for open connections when it ends.
const LONGEST_END: Duration = Duration::from_secs(1);

fn asset(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, "no-cache")], text)
}
