//! A process of the merchant: a runtime of its own, a journal on the shared database, and perhaps a worker.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use payments_core::Error;
use payments_journal::{Journal, JournalKeys, Settings};
use payments_sandbox::Offline;
use tokio::runtime::{Builder, Runtime};

use super::super::process::{Process as Clients, WallClock};
use super::clients::gateways;
use super::host::{Host, World};
use super::store::{SimStore, apply_change};
use super::wire::Wire;

/// A machine that runs the process, or will run it again.
pub(super) struct Machine {
    pub(super) number: usize,
    pub(super) clock: WallClock,
    pub(super) process: Option<Process>,
    /// When the process starts again after a crash.
    pub(super) starts_at: Duration,
    /// Until then, the process stands still, as after SIGSTOP.
    pub(super) stopped_until: Duration,
    pub(super) has_worker: bool,
    pub(super) has_hook: bool,
}

pub(super) struct Process {
    /// Dropping it drops every task where it is, as the end of a process does.
    pub(super) runtime: Runtime,
    pub(super) journal: Journal<SimStore>,
    pub(super) clients: Arc<Clients>,
    pub(super) host: Host,
}

impl Process {
    pub(super) fn start(
        world: &Arc<World>,
        machine: &Machine,
        keys: &JournalKeys,
        settings: Settings,
    ) -> Result<Self, Error> {
        let host = world.start_host(machine.number);
        let offline = &world.offline;
        let wire = Wire { sandbox: offline.transport(), host: host.clone() };
        let clients = Clients::start(offline, &wire, &machine.clock)?;
        let builder = Journal::builder(SimStore(host.clone()), keys.clone())
            .settings(settings)
            .clock(machine.clock.clone())
            .timer(offline.transport())
            .gateways(gateways(&clients, &host));
        let journal = builder.build().map_err(|error| Error::configuration(error.to_string()))?;
        let runtime = Builder::new_current_thread().build();
        let runtime = runtime.map_err(|error| Error::configuration(error.to_string()))?;
        if machine.has_worker {
            let mut worker = journal.worker();
            if machine.has_hook {
                worker = worker.on_change(|connection, change| Box::pin(apply_change(connection, change)));
            }
            drop(runtime.spawn(worker.run(pending())));
        }
        Ok(Self { runtime, journal, clients: Arc::new(clients), host })
    }

    /// Lets the process run until it waits for something, or has done many steps.
    pub(super) fn poll(&self, steps: usize) {
        self.runtime.block_on(async {
            for _ in 0..steps {
                tokio::task::yield_now().await;
            }
        });
    }
}

/// The clients that make earlier payments, without faults.
pub(super) fn clients_without_faults(offline: &Offline, clock: &WallClock) -> Result<Clients, Error> {
    Clients::start(offline, &offline.transport(), clock)
}
