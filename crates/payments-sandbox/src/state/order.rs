//! An order as the inspector shows it: what was done beside what the client was told.

use std::collections::HashMap;

use super::SharedState;
use crate::endpoint::Body;
use crate::engine::{OrderSummary, PossibleAction, Transition};
use crate::ledger::{Entry, EntryKind, double};
use crate::money::AmountUnit;
use crate::record::{Record, RecordKind, Told, ToldEnd};

/// An order of a provider.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) provider: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) reference: String,
    /// What actions name the order by.
    pub(crate) id: String,
    pub(crate) status: &'static str,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) unit: AmountUnit,
    /// The recorded changes of the status, in order. Older ones may have left the records.
    pub(crate) history: Vec<StatusRecord>,
    /// The ledger entries of the reference, which orders with the same reference share.
    pub(crate) entries: Vec<Entry>,
    /// The API requests about the reference, which orders with the same reference share.
    pub(crate) requests: Vec<OrderRequest>,
    /// The operations that change nothing.
    reads: &'static [&'static str],
    /// The places of these requests, by their numbers.
    places: HashMap<u64, usize>,
    pub(crate) actions: Vec<OrderAction>,
    /// The documented changes of the status of such an order.
    pub(crate) transitions: Vec<Transition>,
}

/// A recorded change of the status.
#[derive(Debug, Clone)]
pub(crate) struct StatusRecord {
    pub(crate) number: u64,
    pub(crate) at_ms: u64,
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'static str,
    /// The number and the text of the record that caused it; `None` if time did.
    pub(crate) cause: Option<(u64, String)>,
}

/// A request about an order, and what its client was told.
#[derive(Debug, Clone)]
pub(crate) struct OrderRequest {
    /// The number of its record.
    pub(crate) record: u64,
    pub(crate) request: Option<u64>,
    pub(crate) at_ms: u64,
    pub(crate) operation: Option<&'static str>,
    pub(crate) faults: Vec<String>,
    /// `None` while the client waits.
    pub(crate) told: Option<Told>,
    /// True if the operation changes nothing, so that it is neither executed nor not executed.
    pub(crate) is_read: bool,
    /// True if the ledger has an entry of the request that does more than to begin a payment.
    pub(crate) is_executed: bool,
    /// True if the ledger has an entry of the request.
    pub(crate) has_entry: bool,
}

/// An action that the order's status allows now.
#[derive(Debug, Clone)]
pub(crate) struct OrderAction {
    /// The path in the control API, with its parameters encoded.
    pub(crate) path: String,
    pub(crate) name: &'static str,
    /// The members of the body that make sense, with their JSON Schemas.
    pub(crate) members: Vec<(&'static str, serde_json::Value)>,
    /// True if the action needs a body.
    pub(crate) needs_body: bool,
}

/// Which orders to return.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrderFilter {
    pub(crate) provider: Option<String>,
    pub(crate) reference: Option<String>,
    /// What actions name the order by.
    pub(crate) id: Option<String>,
    pub(crate) limit: usize,
}

impl OrderRequest {
    /// Returns what the client could not know, if it was told something else than what was done.
    pub(crate) fn disagreement(&self) -> Option<String> {
        let told = self.told?;
        let status = told.status.filter(|_| told.end == ToldEnd::Whole);
        let has_fault = |phase: &str| {
            let changes =
                |fault: &&String| fault.starts_with(phase) && !fault.contains(" delay") && !fault.contains(" slow");
            self.faults.iter().any(|fault| changes(&fault))
        };
        if self.is_read {
            let status = status.filter(|status| (200..300).contains(status) && has_fault("@"))?;
            return Some(format!("the client was sent a response ({status}) that a fault changed"));
        }
        let done = if self.is_executed { "executed" } else { "created" };
        match (self.has_entry, status) {
            (true, None) if told.bytes == 0 => Some(format!("{done}; the client was sent no response")),
            (true, None) => Some(format!("{done}; the client was {told}")),
            (true, Some(status)) if !(200..300).contains(&status) => {
                Some(format!("{done}; the client was sent status {status}"))
            }
            (true, Some(status)) if has_fault("@after-commit") => {
                Some(format!("{done}; the client was sent a response ({status}) that a fault changed"))
            }
            (false, Some(status)) if (200..300).contains(&status) && has_fault("@before-commit") => {
                Some(format!("not executed; the client was sent status {status}"))
            }
            _ => None,
        }
    }

    /// Returns what the client was told, in words.
    pub(crate) fn told_text(&self) -> String {
        match self.told {
            None => "no response yet".to_owned(),
            Some(Told { status: Some(status), end: ToldEnd::Whole, .. }) => status.to_string(),
            Some(Told { bytes: 0, end, .. }) => format!("no response ({})", end.as_str()),
            Some(told) => {
                format!("{} ({told})", told.status.map_or("a part".to_owned(), |status| format!("a part of {status}")))
            }
        }
    }
}

impl Order {
    /// Returns what clients could not know about the order.
    pub(crate) fn disagreements(&self) -> Vec<String> {
        self.requests.iter().filter_map(OrderRequest::disagreement).collect()
    }

    /// True if something happened twice to the reference that may happen once. A capture after its authorization may, and so may a
    /// payment after one that was released.
    pub(crate) fn is_double(&self) -> bool {
        double::among(self.entries.iter()).iter().any(|double| double.is_payment)
    }

    /// The record of the order's creation, or of the first change that was kept; 0 if none was.
    pub(crate) fn first_record(&self) -> u64 {
        self.history.first().map_or(0, |change| change.number)
    }
}

impl SharedState {
    /// Returns the newest orders that match, the newest first, and how many match in all.
    pub(crate) fn orders(&self, filter: &OrderFilter) -> (Vec<Order>, usize) {
        self.tick();
        let state = self.lock();
        let (mut orders, mut count) = (Vec::new(), 0);
        for engine in state.engines() {
            let spec = engine.spec();
            if filter.provider.as_ref().is_some_and(|provider| provider != spec.name) {
                continue;
            }
            let mut matching = engine.orders();
            matching.retain(|order| {
                filter.reference.as_ref().is_none_or(|reference| order.reference == reference)
                    && filter.id.as_ref().is_none_or(|id| order.id == id)
            });
            count += matching.len();
            let endpoints = engine.endpoints();
            for order in &matching[matching.len().saturating_sub(filter.limit)..] {
                let actions = engine.possible_actions(order.id).into_iter();
                let actions =
                    actions.filter_map(|action| OrderAction::new(endpoints.get(action.endpoint)?, action, order.id));
                let transitions = spec.transitions.iter().filter(|known| known.operations.contains(&order.operation));
                orders.push(Order {
                    unit: spec.unit,
                    reads: spec.read_only_operations,
                    actions: actions.collect(),
                    transitions: transitions.copied().collect(),
                    ..Order::of(spec.name, order)
                });
            }
        }
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, order) in orders.iter().enumerate() {
            places.entry(order.reference.clone()).or_default().push(index);
        }
        let places = |reference: &str| places.get(reference).map_or(&[][..], Vec::as_slice);
        let first = state.records.records().front().map_or(0, |record| record.number);
        let text = |number: u64| {
            let index = usize::try_from(number.checked_sub(first)?).ok()?;
            state.records.records().get(index).map(|record| record.text.clone())
        };
        for record in state.records.records() {
            let Some(reference) = record.reference.as_deref().filter(|_| Order::has(record.kind)) else { continue };
            for index in places(reference) {
                if record.provider == Some(orders[*index].provider) {
                    orders[*index].add(record, text);
                }
            }
        }
        for entry in state.ledger.iter() {
            for index in places(&entry.reference) {
                if entry.operation.split('.').next() == Some(orders[*index].provider) {
                    orders[*index].add_entry(entry);
                }
            }
        }
        drop(state);
        // An order without a record is older than all others. The sort is stable, so these stay in their order.
        orders.reverse();
        orders.sort_by_key(|order| std::cmp::Reverse(order.first_record()));
        orders.truncate(filter.limit);
        (orders, count)
    }

    /// Returns the newest order of a provider with this id.
    pub(crate) fn order(&self, provider: &str, id: &str) -> Option<Order> {
        let filter =
            OrderFilter { provider: Some(provider.to_owned()), id: Some(id.to_owned()), reference: None, limit: 1 };
        self.orders(&filter).0.pop()
    }
}

impl Order {
    fn of(provider: &'static str, order: &OrderSummary<'_>) -> Self {
        Self {
            provider,
            operation: order.operation,
            reference: order.reference.to_owned(),
            id: order.id.to_owned(),
            status: order.status,
            amount: order.amount,
            currency: order.currency.to_owned(),
            unit: AmountUnit::Hundredths,
            history: Vec::new(),
            entries: Vec::new(),
            requests: Vec::new(),
            reads: &[],
            places: HashMap::new(),
            actions: Vec::new(),
            transitions: Vec::new(),
        }
    }

    /// True if [`add`](Self::add) adds something of such records. The others are most of a long run.
    fn has(kind: RecordKind) -> bool {
        matches!(kind, RecordKind::Status | RecordKind::Request | RecordKind::Fault | RecordKind::Told)
    }

    /// Adds a record about the order's reference.
    fn add(&mut self, record: &Record, text: impl Fn(u64) -> Option<String>) {
        let at_ms = u64::try_from(record.at.as_millis()).unwrap_or(u64::MAX);
        let request = record.request.and_then(|number| self.places.get(&number)).copied();
        match record.kind {
            RecordKind::Status if record.id.as_deref() == Some(&self.id) => {
                let Some(change) = record.status else { return };
                let cause = record.cause.map(|cause| (cause, text(cause).unwrap_or_default()));
                let (from, to) = (change.from, change.to);
                self.history.push(StatusRecord { number: record.number, at_ms, from, to, cause });
            }
            RecordKind::Request if request.is_none() => {
                self.places.extend(record.request.map(|number| (number, self.requests.len())));
                self.requests.push(OrderRequest {
                    record: record.number,
                    request: record.request,
                    at_ms,
                    operation: record.operation,
                    faults: record.fault.iter().cloned().collect(),
                    told: record.told,
                    is_read: record.operation.is_some_and(|operation| self.reads.contains(&operation)),
                    is_executed: false,
                    has_entry: false,
                });
            }
            RecordKind::Fault => {
                if let Some(index) = request {
                    self.requests[index].faults.extend(record.fault.clone());
                }
            }
            RecordKind::Told => {
                if let Some(index) = request {
                    self.requests[index].told = record.told;
                }
            }
            _ => {}
        }
    }

    fn add_entry(&mut self, entry: &Entry) {
        if let Some(index) = entry.request.and_then(|number| self.places.get(&number)) {
            let request = &mut self.requests[*index];
            request.has_entry = true;
            request.is_executed |= entry.kind != EntryKind::Begun;
        }
        self.entries.push(entry.clone());
    }
}

impl OrderAction {
    fn new(endpoint: &crate::endpoint::Endpoint, possible: PossibleAction, id: &str) -> Option<Self> {
        let name = match possible.action {
            "" => endpoint.path.rsplit('/').next()?,
            action => action,
        };
        let needs_body = matches!(endpoint.body, Body::Required(_));
        let members = possible.members.iter().map(|member| (*member, endpoint.member(member)));
        Some(Self { path: endpoint.path_for(id, possible.action), name, members: members.collect(), needs_body })
    }
}

#[cfg(test)]
mod tests {
    use super::Order;
    use crate::engine::OrderSummary;
    use crate::ledger::{Entry, EntryKind};
    use crate::money::AmountUnit;
    use crate::record::{Record, RecordKind, Told, ToldEnd};

    #[test]
    fn each_record_and_each_entry_belongs_to_its_request() {
        let (amount, currency) = (1, "INR");
        let summary = OrderSummary { operation: "withdraw", reference: "a", id: "a", status: "new", amount, currency };
        let mut order = Order::of("turbopay", &summary);
        let record = |kind, request| Record::new(kind, "").of("turbopay", Some("withdraw")).request(request);
        let told = Told { bytes: 100, of: Some(100), status: Some(200), end: ToldEnd::Whole };
        for request in 1..=1_000 {
            order.add(&record(RecordKind::Request, request), |_| None);
            order.add(&record(RecordKind::Told, request).told(told), |_| None);
        }
        for number in 1..=1_000 {
            let request = u64::try_from(number).ok();
            order.add_entry(&Entry {
                number,
                at: 0,
                operation: "turbopay.withdraw".to_owned(),
                reference: "a".to_owned(),
                kind: EntryKind::Done,
                amount,
                currency: currency.to_owned(),
                moves_money: false,
                request,
                unit: AmountUnit::Hundredths,
            });
        }
        let is_whole = |request: &super::OrderRequest| request.is_executed && request.told == Some(told);
        assert!(order.requests.len() == 1_000 && order.requests.iter().all(is_whole));
    }
}
