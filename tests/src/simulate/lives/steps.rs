//! The steps of a life, drawn at random.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use card3ds::CheckoutCallback;
use payments_core::PaymentStatus;
use payments_core::clock::Clock as _;
use payments_core::gateway::ReportEvent;
use payments_core::time;
use payments_core::webhook::Verified;
use payments_journal::{Account, Fact, IntentKey, Journal, JournalError, Report, Ticket};
use payments_sandbox::OutgoingMessage;

use super::super::faults::random_fault;
use super::super::inbox::headers;
use super::super::process::{MERCHANT_URL, Process as Clients};
use super::Flaw;
use super::audit::truth;
use super::host::Host;
use super::life::Life;
use super::orders::{Kind, Order};
use super::store::SimStore;

impl Life {
    pub(super) fn step(&mut self) {
        self.world.state().tally.steps += 1;
        match self.random.below(100) {
            0..22 => self.record(),
            22..30 => self.execute(),
            30..33 => self.cancel(),
            33..36 => self.review(),
            36..50 => self.external_event(),
            50..62 => self.receive_messages(),
            62..68 => self.repeat_message(),
            68..72 => self.crash(),
            72..75 => self.stop(),
            75..78 => self.stop_database(),
            78..81 => self.skew_clocks(),
            81..86 => self.add_fault(),
            86..88 => self.resume(),
            _ => self.pass_time(),
        }
        let rounds = self.random.below(10);
        self.interleave(rounds);
        if self.random.percent(50) {
            let seconds = self.random.between(0, 90);
            self.pass(Duration::from_secs(seconds));
        }
    }

    fn any_order(&mut self) -> Option<(usize, Order)> {
        let state = self.world.state();
        let orders = state.audit.orders.len();
        let index = self.random.below(orders);
        state.audit.orders.get(index).map(|order| (index, order.clone()))
    }

    /// Records an intent in the merchant's transaction, and perhaps executes it.
    pub(super) fn record(&mut self) {
        let is_new = self.random.percent(90);
        let (mut drawn, process) = (self.any_order(), self.any_process());
        for _ in 0..5 {
            if drawn.as_ref().is_some_and(|(_, order)| order.is_recorded == is_new) {
                drawn = self.any_order();
            }
        }
        let (Some((index, order)), Some(process)) = (drawn, process) else { return };
        let machine = &self.machines[process];
        let Some(process) = &machine.process else { return };
        let needs_expiry = order.kind == Kind::Card || self.random.percent(20);
        let expires_after = self.random.between(60, 900);
        let expires_at = needs_expiry.then(|| machine.clock.now() + Duration::from_secs(expires_after));
        let Ok(intent) = order.intent(expires_at) else { return };
        let is_executed = order.kind == Kind::Card || self.random.percent(60);
        let (journal, host) = (process.journal.clone(), process.host.clone());
        self.world.log(format_args!("process {} records {:?} {}", host.process, order.kind, order.reference()));
        drop(process.runtime.spawn(async move {
            let mut connection = journal.store().begin();
            let ticket = match journal.record(&mut connection, &intent).await {
                Ok(recorded) => recorded.ticket(),
                Err(JournalError::Store(_)) => return,
                Err(error) => return host.world.state().audit.report(format!("an intent was not recorded: {error}")),
            };
            if let Err(error) = journal.store().commit(connection).await {
                // It may be committed all the same. The merchant records the same intent again later.
                host.world.log(format_args!("process {}: the commit failed: {error}", host.process));
                if host.world.flaw == Flaw::RecordsAgainAfterLostCommit {
                    host.world.state().audit.rename(index);
                }
                return;
            }
            host.world.state().audit.recorded(index);
            if is_executed {
                execute(&journal, &host, ticket).await;
            }
        }));
    }

    fn execute(&mut self) {
        self.with_intent(|journal, host, key| async move {
            if let Ok(Some(id)) = journal.find(&key).await {
                execute(&journal, &host, Ticket::of(id)).await;
            }
        });
    }

    fn cancel(&mut self) {
        self.with_intent(|journal, host, key| async move {
            let Ok(Some(id)) = journal.find(&key).await else { return };
            let result = journal.cancel(id).await;
            host.world.log(format_args!("process {} cancels {key}: {result:?}", host.process));
        });
    }

    /// Starts a task of a process about the intent of an order.
    fn with_intent<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        task: impl FnOnce(Journal<SimStore>, Host, IntentKey) -> F,
    ) {
        let (Some((_, order)), Some(process)) = (self.any_order(), self.any_process()) else { return };
        let Some(process) = &self.machines[process].process else { return };
        drop(process.runtime.spawn(task(process.journal.clone(), process.host.clone(), order.key())));
    }

    /// A person looks at a review, asks the provider, and decides.
    fn review(&mut self) {
        let Some(process) = self.any_process() else { return };
        let Some(process) = &self.machines[process].process else { return };
        let (journal, host) = (process.journal.clone(), process.host.clone());
        let is_wrong = self.random.percent(10);
        let (which, now) = (self.random.below(10), self.database_clock.now());
        drop(process.runtime.spawn(async move {
            let Ok(reports) = journal.reviews(None, 10).await else { return };
            let Some(report) = reports.get(which % reports.len().max(1)) else { return };
            decide(&journal, &host, report, now, is_wrong).await;
        }));
    }

    /// Receives the next messages. Some deliveries fail.
    pub(super) fn receive_messages(&mut self) {
        for _ in 0..self.random.between(1, 5) {
            let Some(message) = self.world.offline.next_message() else { return };
            self.receive(&message);
        }
    }

    /// A process receives a message. If it does not respond in time, the provider sends the message again.
    pub(super) fn receive(&mut self, message: &OutgoingMessage) {
        let response = self.handle(message);
        self.interleave(20);
        for _ in 0..3 {
            if response.lock().is_ok_and(|status| status.is_none()) {
                self.run_processes();
            }
        }
        let status = *response.lock().unwrap_or_else(PoisonError::into_inner);
        match status {
            Some(status) => {
                let body: &[u8] = if message.url.ends_with("/turbo-txn") {
                    turbo_txn::CallbackDecryptor::ACKNOWLEDGEMENT.body.as_bytes()
                } else {
                    b""
                };
                self.world.offline.respond_to(message, status, body);
            }
            None => self.world.offline.fail_delivery(message, "no response in time"),
        }
        if self.captured.len() < 12 {
            self.captured.push(message.clone());
        }
    }

    /// A message arrives once more, long after it was acknowledged.
    fn repeat_message(&mut self) {
        if !self.captured.is_empty() {
            let message = self.random.pick(&self.captured);
            drop(self.handle(&message));
        }
    }

    fn handle(&mut self, message: &OutgoingMessage) -> Arc<Mutex<Option<u16>>> {
        let response = Arc::new(Mutex::new(None));
        let Some(process) = self.any_process() else { return response };
        let Some(process) = &self.machines[process].process else { return response };
        let (journal, host) = (process.journal.clone(), process.host.clone());
        let (clients, message, slot) = (Arc::clone(&process.clients), message.clone(), Arc::clone(&response));
        drop(process.runtime.spawn(async move {
            let status = handle(&journal, &host, &clients, &message).await;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
        }));
        response
    }

    fn crash(&mut self) {
        let Some(process) = self.any_process() else { return };
        let pause = self.random.pick(&[0, 1, 30, 600, 7200, 100_000]);
        self.log(format_args!("process {process} is killed, and starts again after {pause} s"));
        self.remove(process, Duration::from_secs(pause));
    }

    /// A process stands still, as after SIGSTOP, and continues.
    fn stop(&mut self) {
        let Some(process) = self.any_process() else { return };
        let seconds = self.random.pick(&[1, 20, 40, 100, 1000, 3000]);
        self.log(format_args!("process {process} is stopped for {seconds} s"));
        self.machines[process].stopped_until = self.world.now() + Duration::from_secs(seconds);
    }

    fn stop_database(&mut self) {
        let seconds = self.random.pick(&[1, 20, 100, 1000]);
        self.log(format_args!("the database is down for {seconds} s"));
        self.world.stop_database(Duration::from_secs(seconds));
    }

    fn skew_clocks(&mut self) {
        let seconds = self.random.pick(&[-240, -100, -20, 0, 0, 20, 100, 240]);
        if self.random.percent(30) {
            self.log(format_args!("the database's clock is now wrong by {seconds} s"));
            self.database_clock.set_offset(seconds);
        } else {
            let machine = self.random.below(self.machines.len());
            self.log(format_args!("the clock of process {machine} is now wrong by {seconds} s"));
            self.machines[machine].clock.set_offset(seconds);
        }
    }

    fn add_fault(&mut self) {
        let times = self.random.between(1, 4);
        let fault = random_fault(&mut self.random, 70, &format!("x{times}"));
        self.world.offline.fault(&fault);
    }

    fn resume(&mut self) {
        let provider = self.random.pick(&["turratech", "turbo-txn", "turbopay", "card3ds"]);
        self.with_intent(move |journal, _, _| async move {
            // A failure of the database leaves the pause, which ends by itself.
            drop(journal.resume(&Account::at(provider)).await);
        });
    }

    fn pass_time(&mut self) {
        let seconds = match self.random.below(12) {
            0..5 => self.random.between(1, 60),
            5..9 => self.random.between(60, 600),
            9..11 => {
                // The machines sleep, and nothing happens meanwhile.
                let seconds = self.random.between(600, 4 * 3600);
                self.world.offline.clock().advance(Duration::from_secs(seconds));
                5
            }
            _ => {
                let seconds = self.random.between(23 * 3600, 25 * 3600);
                self.world.offline.clock().advance(Duration::from_secs(seconds));
                5
            }
        };
        self.log(format_args!("time passes"));
        self.pass(Duration::from_secs(seconds));
    }
}

async fn execute(journal: &Journal<SimStore>, host: &Host, ticket: Ticket) {
    let id = ticket.intent();
    match journal.execute(ticket).await {
        Ok(executed) => {
            let error = executed.error.as_ref().map(|error| (error.kind(), error.outcome()));
            host.world.log(format_args!("process {}: intent {id} is {}, {error:?}", host.process, executed.state));
        }
        Err(JournalError::Interrupted) => {
            host.world.state().audit.report("the task of a call panicked".to_owned());
        }
        Err(error) => host.world.log(format_args!("process {}: intent {id}: {error}", host.process)),
    }
}

/// Decides as the provider's own records say, once no request can be in flight any more.
pub(super) async fn decide(
    journal: &Journal<SimStore>,
    host: &Host,
    report: &Report,
    now: time::OffsetDateTime,
    is_wrong: bool,
) {
    let claims = report.evidence.iter().filter(|entry| matches!(entry.evidence.fact, Fact::Claimed { .. }));
    if claims.map(|entry| entry.at).max().is_some_and(|at| at + IN_FLIGHT > now) {
        return;
    }
    let ledger = host.world.offline.ledger();
    let decision = {
        let mut state = host.world.state();
        let Some(order) = state.audit.order_mut(&report.key) else { return };
        let Some(decision) = truth(order, &ledger) else { return };
        order.decided_wrongly |= is_wrong;
        state.tally.decisions += 1;
        decision
    };
    let decision = match decision {
        payments_journal::Decision::Done if is_wrong => payments_journal::Decision::NotDone,
        payments_journal::Decision::NotDone if is_wrong => payments_journal::Decision::Done,
        decision => decision,
    };
    let state = journal.decide(report.id, decision, "operator 7").await;
    host.world.log(format_args!("a person decides {decision:?} about {}: {state:?}", report.key));
}

async fn handle(journal: &Journal<SimStore>, host: &Host, clients: &Clients, message: &OutgoingMessage) -> u16 {
    let path = message.url.strip_prefix(MERCHANT_URL).unwrap_or_default().trim_start_matches('/');
    let page = path.split('/').next().unwrap_or_default();
    match page {
        "turbopay" => match clients.turbopay_events.verify(&message.body, &headers(message)) {
            Ok(event) => receive(journal, host, "turbopay", &event).await,
            Err(_) => 400,
        },
        "turratech" => match clients.turratech_events.verify(&message.body, &headers(message)) {
            Ok(event) => receive(journal, host, "turratech", &event).await,
            Err(_) => 400,
        },
        "turbo-txn" => match clients.turbo_txn_callbacks.decrypt(&message.body) {
            Ok(callback) => {
                let received = journal.receive_hint(&Account::at("turbo-txn"), &callback.hint()).await;
                status(host, received.is_ok())
            }
            Err(_) => 400,
        },
        "checkout" => match CheckoutCallback::parse(&message.body) {
            Ok(callback) => {
                let received = journal.receive_hint(&Account::at("card3ds"), &callback.hint()).await;
                status(host, received.is_ok())
            }
            Err(_) => 400,
        },
        _ => 200,
    }
}

async fn receive<E: ReportEvent>(
    journal: &Journal<SimStore>,
    host: &Host,
    provider: &'static str,
    event: &Verified<E>,
) -> u16 {
    let received = journal.receive(&Account::at(provider), event).await;
    let is_stored = received.is_ok() || host.world.flaw == Flaw::AcknowledgesUnstoredEvents;
    if let Ok(Some(report)) = event.report() {
        let (reference, status) = (&report.reference, &report.status);
        host.world.log(format_args!("process {} received {reference:?} {status:?}: {received:?}", host.process));
        if is_stored {
            let digest = || format!("digest:{}", event.digest());
            let source = report.event_id.as_ref().map_or_else(digest, |id| format!("event:{id}"));
            host.world.state().audit.acknowledged(provider, source);
        }
        let is_success = report.status == PaymentStatus::Succeeded && report.is_final;
        if let Some(reference) = report.reference.filter(|_| is_stored && is_success) {
            host.world.state().audit.acknowledged_success(provider, &reference);
        }
    }
    status(host, is_stored || received.is_ok())
}

fn status(host: &Host, is_received: bool) -> u16 {
    host.world.state().tally.messages += 1;
    if is_received { 200 } else { 500 }
}

/// Longer than any request of the simulation is in flight, with all clocks wrong.
const IN_FLIGHT: Duration = Duration::from_secs(4 * 3600);
