//! The panel's actions. Each answers with the page, or with the problem as text.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use serde::Deserialize;

use super::faults::{BREAKS, armed};
use super::{Kill, Panel};

type Done = Result<Redirect, (StatusCode, String)>;

#[derive(Deserialize)]
pub(super) struct Chosen {
    operation: String,
    /// The number of the process to kill, from 1.
    process: Option<usize>,
}

/// Arms a fault, and for some also a kill of the shop.
pub(super) async fn arm(
    State(panel): State<Arc<Panel>>,
    Path(action): Path<String>,
    Form(chosen): Form<Chosen>,
) -> Done {
    let offered = BREAKS.iter().find(|offered| offered.name == action);
    let offered = offered.ok_or_else(|| (StatusCode::NOT_FOUND, "there is no such action".to_owned()))?;
    let operation = offered.operations.iter().find(|(operation, _)| *operation == chosen.operation);
    let (operation, _) =
        operation.ok_or_else(|| (StatusCode::BAD_REQUEST, "the action has no such operation".to_owned()))?;

    let killed = position(&panel, chosen.process.unwrap_or(1))?;
    let before = panel.stage.sandbox().ledger().entries().len();
    let fault = panel.stage.arm(&(offered.fault)(operation));
    if offered.kills {
        let waiting = Arc::clone(&panel);
        let task = tokio::spawn(async move {
            waiting.stage.executed_after(before, operation).await;
            waiting.stage.shops()[killed].kill();
        });
        let mut kills = panel.kills();
        kills.retain(|kill| !kill.task.is_finished());
        kills.push(Kill { fault, task });
    }
    done()
}

/// Removes a fault, and the kill that belongs to it.
pub(super) async fn remove(State(panel): State<Arc<Panel>>, Path(number): Path<u64>) -> Done {
    panel.kills().retain(|kill| {
        let stays = kill.fault != number;
        if !stays {
            kill.task.abort();
        }
        stays
    });
    // The list may be older than the sandbox's.
    if armed(panel.stage.sandbox()).iter().any(|fault| fault.number == number) {
        panel.stage.sandbox().control("DELETE", &format!("/faults/{number}"), "");
    }
    done()
}

/// Kills a process of the shop.
pub(super) async fn kill(State(panel): State<Arc<Panel>>, Path(number): Path<usize>) -> Done {
    panel.stage.shops()[position(&panel, number)?].kill();
    done()
}

/// Starts a process of the shop again.
pub(super) async fn start(State(panel): State<Arc<Panel>>, Path(number): Path<usize>) -> Done {
    let shop = &panel.stage.shops()[position(&panel, number)?];
    match shop.start().await {
        Ok(()) => done(),
        // A second click finds it running.
        Err(_) if shop.is_running() => done(),
        Err(failed) => Err((StatusCode::INTERNAL_SERVER_ERROR, failed.to_string())),
    }
}

/// The position of a process, by its number.
fn position(panel: &Panel, number: usize) -> Result<usize, (StatusCode, String)> {
    let position = number.checked_sub(1).filter(|position| *position < panel.stage.shops().len());
    position.ok_or_else(|| (StatusCode::NOT_FOUND, "the shop has no such process".to_owned()))
}

fn done() -> Done {
    Ok(Redirect::to("/"))
}
