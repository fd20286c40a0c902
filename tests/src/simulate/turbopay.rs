//! TurboPay: deposits, withdrawals, and what is made of what it says of them.

use std::pin::Pin;
use std::task::Poll;

use turbopay::{
    Direction, Error, Expected, MerchantOrderId, Mismatch, Money, NewDeposit, NewWithdrawal, Order, OrderStatus,
    Transition, transition,
};

use super::Rig;
use super::books::{Standing, Try, Way, What};
use super::day::{After, Day};
use super::shop::Shop;

impl Day {
    pub(super) fn attend_to_turbopay(&mut self, index: usize) {
        let Try { standing, doubt, .. } = self.books.tries[index];
        match standing {
            Standing::Planned => self.send_to_turbopay(index),
            Standing::Unknown if self.rig == Rig::TakesFreshKeys => self.send_to_turbopay(index),
            Standing::Open if self.books.tries[index].errand.is_some() => self.confirm(index),
            Standing::Unknown | Standing::Open => self.look_up_at_turbopay(index),
            Standing::Paid(_) | Standing::Failed if doubt => self.look_up_at_turbopay(index),
            Standing::Paid(_) | Standing::Failed | Standing::NotDone => {}
        }
    }

    fn send_to_turbopay(&mut self, index: usize) {
        let this = &mut self.books.tries[index];
        this.sent = true;
        let (way, reference, asked) = (this.way, this.reference.clone(), this.asked);
        let client = self.shop.turbopay.clone();
        match way {
            Way::Withdrawal => {
                let result = async { client.create_withdrawal(withdrawal(&reference, asked)?).send().await };
                match self.call("create_withdrawal", &reference, result) {
                    After::Done(made) => self.turbopay_has_it(index, made.order_id.as_str(), made.status),
                    other => self.turbopay_did_not_say(index, &other),
                }
            }
            Way::HostToHost => {
                let result = async { client.create_host_to_host_deposit(deposit(&reference, asked)?).send().await };
                match self.call("create_host_to_host_deposit", &reference, result) {
                    After::Done(made) => self.turbopay_has_it(index, made.order_id.as_str(), made.status),
                    other => self.turbopay_did_not_say(index, &other),
                }
            }
            _ => {
                let result = async { client.create_deposit(deposit(&reference, asked)?).send().await };
                match self.call("create_deposit", &reference, result) {
                    After::Done(made) => self.turbopay_has_it(index, made.order_id.as_str(), made.status),
                    other => self.turbopay_did_not_say(index, &other),
                }
            }
        }
    }

    fn turbopay_has_it(&mut self, index: usize, id: &str, status: OrderStatus) {
        let this = &mut self.books.tries[index];
        this.id = Some(id.to_owned());
        this.page = this.way != Way::Withdrawal;
        this.status.get_or_insert(status);
        if matches!(this.standing, Standing::Planned | Standing::Unknown) {
            self.believe(index, Standing::Open);
        }
    }

    fn turbopay_did_not_say<T>(&mut self, index: usize, after: &After<T>) {
        match after {
            After::NotDone => self.believe(index, Standing::NotDone),
            After::Unknown(_) | After::Done(_) => self.believe(index, Standing::Unknown),
        }
    }

    pub(super) fn look_up_at_turbopay(&mut self, index: usize) {
        if !self.books.tries[index].sent {
            return;
        }
        let (reference, asking) = (self.books.tries[index].reference.clone(), self.looking_up(index));
        // What is not found now may be on its way: only an answer changes anything.
        if let Some(order) = self.ask("lookup", &reference, asking) {
            self.turbopay_order_is(index, &order);
        }
    }

    /// So many look-ups at once: the client's limit has them wait for each other.
    pub(super) fn look_up_at_once(&mut self, indices: &[usize]) {
        let sent = indices.iter().filter(|index| self.books.tries[**index].sent);
        let mut asking: Vec<_> = sent.map(|index| (*index, self.looking_up(*index))).collect();
        let mut responses = Vec::new();
        self.offline.run(std::future::poll_fn(|context| {
            asking.retain_mut(|(index, asking)| match asking.as_mut().poll(context) {
                Poll::Ready(result) => {
                    responses.push((*index, result));
                    false
                }
                Poll::Pending => true,
            });
            if asking.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        }));
        for (index, result) in responses {
            match result {
                Ok(order) => self.turbopay_order_is(index, &order),
                Err(error) => self.say(format_args!("lookup {}: {error}", self.books.tries[index].reference)),
            }
        }
    }

    fn looking_up(&self, index: usize) -> Pin<Box<dyn Future<Output = Result<Order, Error>>>> {
        let (client, reference) = (self.shop.turbopay.clone(), self.books.tries[index].reference.clone());
        Box::pin(async move {
            let asked: MerchantOrderId = reference.parse()?;
            client.lookup(&asked).timeout(PATIENCE).send().await
        })
    }

    fn turbopay_order_is(&mut self, index: usize, order: &Order) {
        let reference = self.books.tries[index].reference.clone();
        let asked = self.books.tries[index].asked;
        let actual = match order.check(&Expected::new(&reference, asked)) {
            Ok(()) => asked,
            Err(Mismatch::AmountDiffers { actual, .. }) => actual,
            Err(mismatch) => {
                return self.violated(format!("a look-up of {reference} is about something else: {mismatch}"));
            }
        };
        self.books.tries[index].doubt = false;
        self.turbopay_says(index, order.status.clone(), actual);
    }

    /// A proved event. One that does not follow from what is known is looked up.
    pub(super) fn turbopay_told(&mut self, event: &turbopay::Event) {
        let Some(index) = self.books.find(event.merchant_order_id.as_str()) else { return };
        let this = &self.books.tries[index];
        let actual = match event.check(&Expected::new(&this.reference, this.asked)) {
            Ok(()) => this.asked,
            Err(Mismatch::AmountDiffers { actual, .. }) => actual,
            Err(_) => return,
        };
        let direction = if this.way == Way::Withdrawal { Direction::Withdrawal } else { Direction::Deposit };
        let from = this.status.clone().unwrap_or(OrderStatus::New);
        match transition(direction, &from, &event.status) {
            Transition::Repeated if from != OrderStatus::New => {}
            Transition::Repeated | Transition::Expected => self.turbopay_says(index, event.status.clone(), actual),
            Transition::Rare => {
                self.turbopay_says(index, event.status.clone(), actual);
                self.books.tries[index].doubt = true;
            }
            _ => self.books.tries[index].doubt = true,
        }
    }

    fn turbopay_says(&mut self, index: usize, status: OrderStatus, actual: Money) {
        let this = &mut self.books.tries[index];
        let withdrawal = this.way == Way::Withdrawal;
        let standing = match status {
            OrderStatus::Success => Standing::Paid(actual),
            OrderStatus::Failed | OrderStatus::Refunded => Standing::Failed,
            OrderStatus::Chargeback => Standing::Failed,
            OrderStatus::New | OrderStatus::Pending | OrderStatus::Cancelled | OrderStatus::Expired => Standing::Open,
            _ => Standing::Unknown,
        };
        this.status = Some(status);
        if withdrawal || this.standing != Standing::NotDone {
            self.believe(index, standing);
        }
    }

    /// The customer has told the number of the transfer.
    fn confirm(&mut self, index: usize) {
        let this = &mut self.books.tries[index];
        let (Some(errand), Some(id)) = (this.errand.as_mut(), this.id.clone()) else { return };
        if errand.sent {
            // A number counts once: the order's status tells.
            return self.look_up_at_turbopay(index);
        }
        errand.sent = true;
        let (reference, utr) = (this.reference.clone(), errand.key.value.clone());
        let client = self.shop.turbopay.clone();
        let confirming = async { client.confirm_utr(&id.parse()?, &utr.parse()?).send().await };
        match self.call("confirm_utr", &reference, confirming) {
            After::Done(_) => self.believe_errand(index, Standing::Paid(self.books.tries[index].asked)),
            After::NotDone => self.believe_errand(index, Standing::NotDone),
            After::Unknown(_) => self.believe_errand(index, Standing::Unknown),
        }
    }

    /// The customer, the bank, the back office.
    pub(super) fn act_at_turbopay(&mut self, index: usize) {
        let Try { way, page, .. } = self.books.tries[index];
        let reference = self.books.tries[index].reference.clone();
        let order = self.offline.turbopay().order(&reference);
        let Some(status) = order.status() else { return };
        let withdrawal = way == Way::Withdrawal;
        if !withdrawal && !page {
            return;
        }
        let choice = self.dice.below(10);
        let did = match (status, withdrawal) {
            ("new", false) if way == Way::HostToHost && choice < 6 => {
                if self.books.tries[index].errand.is_none() {
                    self.plan_errand(index, What::Confirm, self.books.tries[index].asked);
                    let utr = self.dice.between(100_000_000_000, 999_999_999_999).to_string();
                    if let Some(errand) = &mut self.books.tries[index].errand {
                        errand.key.value = utr;
                    }
                }
                "pays, and says the transfer's number"
            }
            ("new", false) if choice < 5 => {
                order.pay();
                "pays"
            }
            ("new", false) if choice < 6 => {
                order.cancel();
                "cancels"
            }
            ("new" | "pending", false) if choice < 7 => {
                order.change_amount(&format!("{}.00", self.dice.between(1, 5000)));
                "pays another amount"
            }
            ("pending" | "expired" | "cancelled" | "failed", false) if choice < 4 => {
                order.succeed();
                "has paid after all"
            }
            ("pending" | "expired" | "cancelled", false) if choice < 6 => {
                order.fail("The bank says no");
                "fails at the bank"
            }
            ("success", false) if choice < 2 => {
                order.charge_back("Not as described");
                "charges back"
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
                "comes back"
            }
            _ => {
                order.resend();
                "is told of once more"
            }
        };
        self.say(format_args!("{reference} {did}"));
    }

    pub(super) fn forget_the_limit(&mut self) {
        if let Ok(shop) = Shop::open(&self.offline, &self.network, &self.wall) {
            self.shop = shop;
        }
    }
}

fn deposit(reference: &str, asked: Money) -> Result<NewDeposit, Error> {
    Ok(NewDeposit::upi(asked, reference.parse()?, "customer-9".parse()?))
}

fn withdrawal(reference: &str, asked: Money) -> Result<NewWithdrawal, Error> {
    let (account, bank) = ("065432123456789".parse()?, "HDFC0000053".parse()?);
    Ok(NewWithdrawal::bank_transfer(asked, reference.parse()?, "customer-9".parse()?, account, bank))
}

/// Within the limit of a minute, there is always room again.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);
