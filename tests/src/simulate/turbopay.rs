//! TurboPay: deposits and withdrawals, their webhooks and lookups.

use std::pin::Pin;
use std::task::Poll;

use turbopay::{
    Direction, Error, Expected, MerchantOrderId, Mismatch, Money, NewDeposit, NewWithdrawal, Order, OrderStatus,
    Transition, transition,
};

use super::Flaw;
use super::day::{CallResult, Day};
use super::process::Process;
use super::records::{Attempt, AttemptState, Flow, FollowUpKind};

impl Day {
    pub(super) fn continue_turbopay(&mut self, index: usize) {
        let Attempt { state, needs_lookup, .. } = self.records.attempts[index];
        match state {
            AttemptState::Planned => self.send_to_turbopay(index),
            AttemptState::Unknown if self.flaw == Flaw::RetriesUnderNewKey => self.send_to_turbopay(index),
            AttemptState::Open if self.records.attempts[index].follow_up.is_some() => self.confirm(index),
            AttemptState::Unknown | AttemptState::Open => self.look_up_turbopay(index),
            AttemptState::Paid(_) | AttemptState::Failed if needs_lookup => self.look_up_turbopay(index),
            AttemptState::Paid(_) | AttemptState::Failed | AttemptState::NotExecuted => {}
        }
    }

    fn send_to_turbopay(&mut self, index: usize) {
        let attempt = &mut self.records.attempts[index];
        attempt.sent = true;
        let (flow, reference, amount) = (attempt.flow, attempt.reference.clone(), attempt.amount);
        let client = self.process.turbopay.clone();
        match flow {
            Flow::Withdrawal => {
                let call = async { client.create_withdrawal(withdrawal(&reference, amount)?).send().await };
                match self.call("create_withdrawal", &reference, call) {
                    CallResult::Executed(order) => self.turbopay_created(index, order.order_id.as_str(), order.status),
                    failed => self.turbopay_failed(index, &failed),
                }
            }
            Flow::HostToHost => {
                let call = async { client.create_host_to_host_deposit(deposit(&reference, amount)?).send().await };
                match self.call("create_host_to_host_deposit", &reference, call) {
                    CallResult::Executed(order) => self.turbopay_created(index, order.order_id.as_str(), order.status),
                    failed => self.turbopay_failed(index, &failed),
                }
            }
            _ => {
                let call = async { client.create_deposit(deposit(&reference, amount)?).send().await };
                match self.call("create_deposit", &reference, call) {
                    CallResult::Executed(order) => self.turbopay_created(index, order.order_id.as_str(), order.status),
                    failed => self.turbopay_failed(index, &failed),
                }
            }
        }
    }

    fn turbopay_created(&mut self, index: usize, id: &str, status: OrderStatus) {
        let attempt = &mut self.records.attempts[index];
        attempt.id = Some(id.to_owned());
        attempt.has_page = attempt.flow != Flow::Withdrawal;
        attempt.order_status.get_or_insert(status);
        if matches!(attempt.state, AttemptState::Planned | AttemptState::Unknown) {
            self.set_state(index, AttemptState::Open);
        }
    }

    fn turbopay_failed<T>(&mut self, index: usize, result: &CallResult<T>) {
        match result {
            CallResult::NotExecuted => self.set_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(_) | CallResult::Executed(_) => self.set_state(index, AttemptState::Unknown),
        }
    }

    pub(super) fn look_up_turbopay(&mut self, index: usize) {
        if !self.records.attempts[index].sent {
            return;
        }
        let (reference, call) = (self.records.attempts[index].reference.clone(), self.lookup_call(index));
        // An order that is not found may still be created, so only a successful lookup changes the state.
        if let Some(order) = self.read("lookup", &reference, call) {
            self.apply_turbopay_order(index, &order);
        }
    }

    /// Looks up many orders concurrently. The client's rate limit delays some of them.
    pub(super) fn look_up_concurrently(&mut self, indices: &[usize]) {
        let sent = indices.iter().filter(|index| self.records.attempts[**index].sent);
        let mut calls: Vec<_> = sent.map(|index| (*index, self.lookup_call(*index))).collect();
        let mut responses = Vec::new();
        self.offline.run(std::future::poll_fn(|context| {
            calls.retain_mut(|(index, call)| match call.as_mut().poll(context) {
                Poll::Ready(result) => {
                    responses.push((*index, result));
                    false
                }
                Poll::Pending => true,
            });
            if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        }));
        for (index, result) in responses {
            match result {
                Ok(order) => self.apply_turbopay_order(index, &order),
                Err(error) => self.log(format_args!("lookup {}: {error}", self.records.attempts[index].reference)),
            }
        }
    }

    fn lookup_call(&self, index: usize) -> Pin<Box<dyn Future<Output = Result<Order, Error>>>> {
        let (client, reference) = (self.process.turbopay.clone(), self.records.attempts[index].reference.clone());
        Box::pin(async move {
            let order: MerchantOrderId = reference.parse()?;
            client.lookup(&order).timeout(LOOKUP_TIMEOUT).send().await
        })
    }

    fn apply_turbopay_order(&mut self, index: usize, order: &Order) {
        let reference = self.records.attempts[index].reference.clone();
        let amount = self.records.attempts[index].amount;
        let actual = match order.check(&Expected::new(&reference, amount)) {
            Ok(()) => amount,
            Err(Mismatch::AmountDiffers { actual, .. }) => actual,
            Err(mismatch) => {
                return self.report_violation(format!("the lookup of {reference} returned another order: {mismatch}"));
            }
        };
        self.records.attempts[index].needs_lookup = false;
        self.apply_turbopay_status(index, order.status.clone(), actual);
    }

    /// Handles a verified event. An event that does not follow from the recorded status is looked up.
    pub(super) fn handle_turbopay_event(&mut self, event: &turbopay::Event) {
        let Some(index) = self.records.find(event.merchant_order_id.as_str()) else { return };
        let attempt = &self.records.attempts[index];
        let actual = match event.check(&Expected::new(&attempt.reference, attempt.amount)) {
            Ok(()) => attempt.amount,
            Err(Mismatch::AmountDiffers { actual, .. }) => actual,
            Err(_) => return,
        };
        let direction = if attempt.flow == Flow::Withdrawal { Direction::Withdrawal } else { Direction::Deposit };
        let from = attempt.order_status.clone().unwrap_or(OrderStatus::New);
        match transition(direction, &from, &event.status) {
            Transition::Repeated if from != OrderStatus::New => {}
            Transition::Repeated | Transition::Expected => {
                self.apply_turbopay_status(index, event.status.clone(), actual)
            }
            Transition::Rare => {
                self.apply_turbopay_status(index, event.status.clone(), actual);
                self.records.attempts[index].needs_lookup = true;
            }
            _ => self.records.attempts[index].needs_lookup = true,
        }
    }

    fn apply_turbopay_status(&mut self, index: usize, status: OrderStatus, actual: Money) {
        let attempt = &mut self.records.attempts[index];
        let withdrawal = attempt.flow == Flow::Withdrawal;
        let state = match status {
            OrderStatus::Success => AttemptState::Paid(actual),
            OrderStatus::Failed | OrderStatus::Refunded => AttemptState::Failed,
            OrderStatus::Chargeback => AttemptState::Failed,
            OrderStatus::New | OrderStatus::Pending | OrderStatus::Cancelled | OrderStatus::Expired => {
                AttemptState::Open
            }
            _ => AttemptState::Unknown,
        };
        attempt.order_status = Some(status);
        if withdrawal || attempt.state != AttemptState::NotExecuted {
            self.set_state(index, state);
        }
    }

    /// Confirms a deposit by the transfer's number (UTR), which the customer entered.
    fn confirm(&mut self, index: usize) {
        let attempt = &mut self.records.attempts[index];
        let (Some(follow_up), Some(id)) = (attempt.follow_up.as_mut(), attempt.id.clone()) else { return };
        if follow_up.sent {
            // Each UTR is accepted once, so the order's status shows whether the confirmation was executed.
            return self.look_up_turbopay(index);
        }
        follow_up.sent = true;
        let (reference, utr) = (attempt.reference.clone(), follow_up.key.value.clone());
        let client = self.process.turbopay.clone();
        let call = async { client.confirm_utr(&id.parse()?, &utr.parse()?).send().await };
        match self.call("confirm_utr", &reference, call) {
            CallResult::Executed(_) => {
                self.set_follow_up_state(index, AttemptState::Paid(self.records.attempts[index].amount))
            }
            CallResult::NotExecuted => self.set_follow_up_state(index, AttemptState::NotExecuted),
            CallResult::Unknown(_) => self.set_follow_up_state(index, AttemptState::Unknown),
        }
    }

    /// Takes an action of the customer, the bank or TurboPay's staff.
    pub(super) fn turbopay_event(&mut self, index: usize) {
        let Attempt { flow, has_page, .. } = self.records.attempts[index];
        let reference = self.records.attempts[index].reference.clone();
        let order = self.offline.turbopay().order(&reference);
        let Some(status) = order.status() else { return };
        let withdrawal = flow == Flow::Withdrawal;
        if !withdrawal && !has_page {
            return;
        }
        let choice = self.random.below(10);
        let event = match (status, withdrawal) {
            ("new", false) if flow == Flow::HostToHost && choice < 6 => {
                if self.records.attempts[index].follow_up.is_none() {
                    self.plan_follow_up(index, FollowUpKind::Confirm, self.records.attempts[index].amount);
                    let utr = self.random.between(100_000_000_000, 999_999_999_999).to_string();
                    if let Some(follow_up) = &mut self.records.attempts[index].follow_up {
                        follow_up.key.value = utr;
                    }
                }
                "is paid, and the customer enters the UTR"
            }
            ("new", false) if choice < 5 => {
                order.pay();
                "is paid by the customer"
            }
            ("new", false) if choice < 6 => {
                order.cancel();
                "is cancelled by the customer"
            }
            ("new" | "pending", false) if choice < 7 => {
                order.change_amount(&format!("{}.00", self.random.between(1, 5000)));
                "gets another amount"
            }
            ("pending" | "expired" | "cancelled" | "failed", false) if choice < 4 => {
                order.succeed();
                "succeeds late"
            }
            ("pending" | "expired" | "cancelled", false) if choice < 6 => {
                order.fail("The bank says no");
                "fails at the bank"
            }
            ("success", false) if choice < 2 => {
                order.charge_back("Not as described");
                "is charged back"
            }
            ("new" | "pending", true) if choice < 5 => {
                order.succeed();
                "is paid out"
            }
            ("new" | "pending", true) if choice < 7 => {
                order.fail("No such account");
                "fails at the bank"
            }
            ("success", true) if choice < 3 => {
                order.refund();
                "is returned by the bank"
            }
            _ => {
                order.resend();
                "gets its webhook again"
            }
        };
        self.log(format_args!("{reference} {event}"));
    }

    pub(super) fn reset_rate_limiter(&mut self) {
        if let Ok(shop) = Process::start(&self.offline, &self.network, &self.wall) {
            self.process = shop;
        }
    }
}

fn deposit(reference: &str, amount: Money) -> Result<NewDeposit, Error> {
    Ok(NewDeposit::upi(amount, reference, "customer-9"))
}

fn withdrawal(reference: &str, amount: Money) -> Result<NewWithdrawal, Error> {
    let (account, bank) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    Ok(NewWithdrawal::bank_transfer(amount, reference, "customer-9", account, bank))
}

/// Longer than any wait for the rate limit of 60 lookups per minute.
const LOOKUP_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(300);
