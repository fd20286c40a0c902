//! The steps, so that the crate's tests go through them too.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use payments_sandbox::Sandbox;
use turbopay::payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use turbopay::payments_core::{Exchange, Observer};
use turbopay::{
    ApiKey, BankAccount, BankCode, Client, ClientBuilder, Currency, Direction, Error, ErrorKind, Event, Expected,
    MerchantOrderId, Method, Mismatch, Money, NewDeposit, NewWithdrawal, OrderStatus, Outcome, Problem, Traffic,
    Transition, Verified, VerifyError, WebhookKey, WebhookVerifier, transition,
};

type Failure = Box<dyn std::error::Error>;

/// Goes through the checklist in its order, and tells each step as it is done.
pub(crate) async fn all(merchant: &Merchant, mut tell: impl FnMut(Step)) {
    tell(step("deposits are created", deposit(merchant).await));
    tell(step("withdrawals are created", withdrawal(merchant).await));
    tell(step("incomplete data", incomplete_data(merchant).await));
    tell(step("invalid data", invalid_data(merchant).await));
    tell(step("duplicate data", duplicate_data(merchant).await));
    tell(step("a wrong key is told", wrong_key(merchant).await));
    tell(step("a lost answer is told", lost_answer(merchant).await));
    tell(by_hand("the application handles every error", "run its own tests against the sandbox, with faults"));
    tell(step("requests and answers are shown to a log", logging(merchant)));
    tell(by_hand("the application keeps that log", "give its client an observer, as this one has"));
    tell(step("the status URL can be reached", reachable(merchant)));
    tell(step("a status URL goes with each order", status_url_required(merchant).await));
    tell(step("signatures of webhooks are checked", signatures(merchant).await));
    tell(step("webhooks set status and amount", amounts(merchant).await));
    tell(step("goods are delivered once, on success", delivery(merchant).await));
    tell(step("TurboPay takes requests from this address", whitelisted(merchant).await));
    tell(by_hand("TurboPay's addresses may reach this server", "if you filter: ask TurboPay's tech team for them"));
    tell(by_hand("the back office shows every order", "log in, and find the orders that this run made"));
    tell(by_hand("day and hour of the start are arranged", "with TurboPay's tech team"));
    tell(by_hand("the start is agreed to", "by TurboPay's tech team; nothing live before that"));
    tell(by_hand("the first live payments are watched", "in your system and in the back office"));
}

async fn deposit(merchant: &Merchant) -> Result<Found, Failure> {
    let (client, reference) = (merchant.client()?, merchant.reference("deposit")?);
    let deposit = client.create_deposit(merchant.deposit(&reference)?).send().await?;
    let order = client.lookup(&reference).send().await?;
    order.check(&Expected::new(&reference, merchant.amount))?;
    ok(format!("{reference} is {}, looked up: {}; the page is {}", deposit.status, order.status, deposit.form_url))
}

async fn withdrawal(merchant: &Merchant) -> Result<Found, Failure> {
    let (client, reference) = (merchant.client()?, merchant.reference("withdrawal")?);
    let Some(withdrawal) = merchant.withdrawal(&reference)? else {
        return later("say where to with account=.. ifsc=.. (with a live key it pays out real money)");
    };
    match client.create_withdrawal(withdrawal).send().await {
        Ok(_) => {}
        // To be asked about, and never sent again.
        Err(err) if err.outcome() == Outcome::Unknown => {
            let found = client.wait_until_final(&reference).timeout(PATIENCE).send().await;
            if found.is_err() {
                return failed(format!("{err}; {reference} MAY HAVE BEEN PAID OUT, and was not found: ask TurboPay"));
            }
        }
        Err(err) => return Err(err.into()),
    }
    let order = client.lookup(&reference).send().await?;
    order.check(&Expected::new(&reference, merchant.amount))?;
    ok(format!("{reference} is {}", order.status))
}

async fn incomplete_data(merchant: &Merchant) -> Result<Found, Failure> {
    let client = merchant.builder(merchant.key.clone()).status_url(&merchant.status_url).build()?;
    let deposit = merchant.deposit(&merchant.reference("incomplete")?)?;
    let err = refused(client.create_deposit(deposit).send().await)?;
    not_sent(&err, "a deposit without an address to return to")
}

async fn invalid_data(merchant: &Merchant) -> Result<Found, Failure> {
    let client = merchant.client()?;
    let paise = Money::from_minor(10_050, Currency::INR);
    let (reference, customer) = (merchant.reference("paise")?, "going-live".parse()?);
    let here = refused(client.create_deposit(NewDeposit::upi(paise, reference, customer)).send().await)?;
    if here.outcome() != Outcome::NotSent {
        return failed(format!("paise should not have been sent: {here}"));
    }
    let (reference, customer) = (merchant.reference("method")?, "going-live".parse()?);
    let deposit = NewDeposit::by(Method::from("no_such_method"), merchant.amount, reference, customer);
    let there = refused(client.create_deposit(deposit).send().await)?;
    match (there.outcome(), Problem::of(&there)) {
        (Outcome::Refused, Some(problem)) => ok(format!("paise are not sent; a method that is none: {problem:?}")),
        _ => failed(format!("a method that is none should have been refused in known words: {there}")),
    }
}

async fn duplicate_data(merchant: &Merchant) -> Result<Found, Failure> {
    let (client, reference) = (merchant.client()?, merchant.reference("twice")?);
    client.create_deposit(merchant.deposit(&reference)?).send().await?;
    let again = refused(client.create_deposit(merchant.deposit(&reference)?).send().await)?;
    match Problem::of(&again) {
        Some(Problem::MerchantOrderIdTaken) => ok(format!("the second order with {reference} is refused: {again}")),
        _ => failed(format!("the second order with {reference} should have been refused as taken: {again}")),
    }
}

async fn wrong_key(merchant: &Merchant) -> Result<Found, Failure> {
    let client = merchant.builder(ApiKey::new("sandbox_no_key_of_anybody")?).build()?;
    let err = refused(client.default_balance().send().await)?;
    match (err.kind(), err.outcome()) {
        (ErrorKind::Authentication, Outcome::Refused) => ok(err.to_string()),
        _ => failed(format!("a wrong key should be an authentication error: {err}")),
    }
}

async fn lost_answer(merchant: &Merchant) -> Result<Found, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return later("only a sandbox loses answers on purpose: run this without a key");
    };
    let (client, reference) = (merchant.client()?, merchant.reference("lost")?);
    let Some(withdrawal) = merchant.withdrawal(&reference)? else { return failed("there is no beneficiary") };
    sandbox.fault(&format!("turbopay.withdraw order={reference} @after-commit fin"));
    let err = refused(client.create_withdrawal(withdrawal).send().await)?;
    let order = client.wait_until_final(&reference).send().await?;
    let executions = sandbox.ledger().order(reference.as_str()).executions();
    if err.outcome() == Outcome::Unknown && order.status == OrderStatus::Success && executions == 1 {
        return ok(format!("{err}; looked up: {}, paid out once", order.status));
    }
    failed(format!("{err}: {:?}, looked up: {}, paid out {executions} times", err.outcome(), order.status))
}

fn logging(merchant: &Merchant) -> Result<Found, Failure> {
    let log = merchant.log.0.lock().unwrap_or_else(PoisonError::into_inner);
    if log.is_empty() {
        return failed("no exchange was shown to the observer");
    }
    let account = merchant.beneficiary.as_ref().map(|(account, _)| account.as_str());
    let hidden = [merchant.secret.as_deref(), account];
    if log.iter().any(|line| hidden.iter().flatten().any(|text| line.contains(text))) {
        return failed("a key or an account number was shown to the observer");
    }
    let looked_for = if merchant.secret.is_some() { "; the key is in none" } else { "" };
    ok(format!("{} exchanges by now{looked_for}", log.len()))
}

fn reachable(merchant: &Merchant) -> Result<Found, Failure> {
    let url = &merchant.status_url;
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next());
    if merchant.sandbox.is_some() {
        return later("this is a sandbox: post to yours from outside your network");
    }
    match host {
        Some(host) if host != "localhost" && !host.ends_with(".example") && !host.starts_with("127.") => {
            later(format!("post to {url} from outside your network: 400 is the right answer to what is not signed"))
        }
        _ => failed(format!("TurboPay cannot reach {url}: say status-url=https://..")),
    }
}

async fn status_url_required(merchant: &Merchant) -> Result<Found, Failure> {
    let client = merchant.builder(merchant.key.clone()).redirect_url(&merchant.redirect_url).build()?;
    let deposit = merchant.deposit(&merchant.reference("silent")?)?;
    let err = refused(client.create_deposit(deposit).send().await)?;
    not_sent(&err, "an order without one")
}

async fn signatures(merchant: &Merchant) -> Result<Found, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return later(
            "press \"Resend callback\" in the back office; your server answers 200, and 400 to a changed copy",
        );
    };
    let reference = paid(merchant, sandbox, "signed").await?;
    let (endpoint, _, body, headers) = last_delivery(sandbox, &reference)?;
    let mut changed = body.clone();
    changed.push(b' ');
    let stranger = WebhookVerifier::new(WebhookKey::new("sandbox_another_key")?);
    match (endpoint.verify(&changed, &headers), stranger.verify(&body, &headers)) {
        (Err(VerifyError::Rejected), Err(VerifyError::Rejected)) => {
            ok("TurboPay's is taken; changed by a byte, or under another key, it is not")
        }
        _ => failed("a delivery that is not TurboPay's was believed"),
    }
}

async fn amounts(merchant: &Merchant) -> Result<Found, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return later("pay a test order; your order has the status and the amount that the back office shows");
    };
    let (client, reference) = (merchant.client()?, merchant.reference("changed")?);
    client.create_deposit(merchant.deposit(&reference)?).send().await?;
    sandbox.turbopay().order(reference.as_str()).succeed_with("250.00");
    sandbox.settle().await;
    let (_, event, ..) = last_delivery(sandbox, &reference)?;
    match event.check(&Expected::new(&reference, merchant.amount)) {
        Err(Mismatch::AmountDiffers { expected: asked, actual }) => {
            ok(format!("the event says {}, {actual} instead of {asked}: both are at hand", event.status))
        }
        other => failed(format!("another amount was paid than asked for, and the event's check says {other:?}")),
    }
}

async fn delivery(merchant: &Merchant) -> Result<Found, Failure> {
    let Some(sandbox) = &merchant.sandbox else {
        return later("pay a test order, resend its callback: the goods go out once");
    };
    let reference = paid(merchant, sandbox, "goods").await?;
    let (_, first, ..) = last_delivery(sandbox, &reference)?;
    sandbox.turbopay().order(reference.as_str()).resend();
    sandbox.settle().await;
    let (_, again, ..) = last_delivery(sandbox, &reference)?;
    first.check(&Expected::new(&reference, merchant.amount))?;
    let steps = [
        transition(Direction::Deposit, &OrderStatus::New, &first.status),
        transition(Direction::Deposit, &first.status, &again.status),
    ];
    match steps {
        [Transition::Expected, Transition::Repeated] => ok("success delivers; the same again is told as repeated"),
        other => failed(format!("success and its repetition are told as {other:?}")),
    }
}

async fn whitelisted(merchant: &Merchant) -> Result<Found, Failure> {
    match merchant.client()?.default_balance().send().await {
        Ok(balance) => ok(format!("{} {}; run this on each production server", balance.available, balance.currency)),
        Err(err) => failed(match err.advice() {
            Some(advice) => format!("{err}: {advice}"),
            None => err.to_string(),
        }),
    }
}

/// A deposit that the sandbox's customer has paid.
async fn paid(merchant: &Merchant, sandbox: &Sandbox, what: &str) -> Result<MerchantOrderId, Failure> {
    let reference = merchant.reference(what)?;
    merchant.client()?.create_deposit(merchant.deposit(&reference)?).send().await?;
    sandbox.turbopay().order(reference.as_str()).succeed();
    sandbox.settle().await;
    Ok(reference)
}

type Delivered = (WebhookVerifier, Verified<Event>, Vec<u8>, HeaderMap);

/// The newest delivery about an order, verified.
fn last_delivery(sandbox: &Sandbox, reference: &MerchantOrderId) -> Result<Delivered, Failure> {
    let deliveries = sandbox.deliveries();
    let delivery = deliveries.into_iter().rfind(|delivery| delivery.reference == reference.as_str());
    let delivery = delivery.ok_or("there is no delivery")?;
    let mut headers = HeaderMap::new();
    for (name, value) in &delivery.headers {
        headers.append(name.parse::<HeaderName>()?, value.parse::<HeaderValue>()?);
    }
    let endpoint = WebhookVerifier::new(WebhookKey::new(sandbox.turbopay().webhook_key())?);
    let event = endpoint.verify(&delivery.body, &headers)?;
    Ok((endpoint, event, delivery.body, headers))
}

/// Who goes through the checklist, and where.
pub(crate) struct Merchant {
    key: ApiKey,
    /// The key's text, to be looked for where it must not be. A real key gives none.
    secret: Option<String>,
    base_url: Option<String>,
    status_url: String,
    redirect_url: String,
    amount: Money,
    traffic: Traffic,
    beneficiary: Option<(BankAccount, BankCode)>,
    sandbox: Option<Sandbox>,
    log: Log,
    /// Makes the references of this run unlike those of any other.
    run: u128,
}

impl Merchant {
    pub(crate) fn at_turbopay(key: ApiKey, arguments: Arguments) -> Result<Self, Failure> {
        let status_url = arguments.status_url.unwrap_or_else(|| "https://shop.example/turbopay".to_owned());
        let redirect_url = arguments.redirect_url.unwrap_or_else(|| "https://shop.example/thanks".to_owned());
        let beneficiary = match (arguments.account, arguments.ifsc) {
            (Some(account), Some(ifsc)) => Some((account.parse()?, ifsc.parse()?)),
            (None, None) => None,
            _ => return Err("account and ifsc go together".into()),
        };
        Ok(Self {
            key,
            secret: None,
            base_url: arguments.base_url,
            status_url,
            redirect_url,
            amount: Money::parse(arguments.amount.as_deref().unwrap_or("500"), Currency::INR)?,
            traffic: Traffic::from(arguments.traffic.as_deref().unwrap_or("std")),
            beneficiary,
            sandbox: None,
            log: Log::default(),
            run: std::time::UNIX_EPOCH.elapsed()?.as_millis(),
        })
    }

    pub(crate) fn in_a_sandbox(sandbox: Sandbox, arguments: Arguments) -> Result<Self, Failure> {
        let secret = sandbox.turbopay().api_key().to_owned();
        let base_url = Some(sandbox.turbopay().base_url().to_owned());
        let status_url = arguments.status_url.clone().or_else(|| Some("http://127.0.0.1:9/turbopay".to_owned()));
        let (account, ifsc) = (Some("065432123456789".to_owned()), Some("HDFC0000053".to_owned()));
        let arguments = Arguments { base_url, status_url, account, ifsc, ..arguments };
        let merchant = Self::at_turbopay(ApiKey::new(secret.as_str())?, arguments)?;
        Ok(Self { secret: Some(secret), sandbox: Some(sandbox), ..merchant })
    }

    /// A client that is told what TurboPay requires with every order.
    fn client(&self) -> Result<Client, Error> {
        let builder = self.builder(self.key.clone()).status_url(&self.status_url).redirect_url(&self.redirect_url);
        builder.build()
    }

    /// One that is not told where webhooks and customers go.
    fn builder(&self, key: ApiKey) -> ClientBuilder {
        let mut builder = Client::builder(key).traffic(self.traffic.clone()).observer(self.log.clone());
        if let Some(base_url) = &self.base_url {
            builder = builder.base_url(base_url);
        }
        match &self.sandbox {
            Some(sandbox) => builder.clock(sandbox.clock()).timer(sandbox.clock()),
            None => builder,
        }
    }

    fn reference(&self, what: &str) -> Result<MerchantOrderId, Failure> {
        Ok(format!("going-live-{}-{what}", self.run).parse()?)
    }

    fn deposit(&self, reference: &MerchantOrderId) -> Result<NewDeposit, Failure> {
        Ok(NewDeposit::upi(self.amount, reference.clone(), "going-live".parse()?))
    }

    fn withdrawal(&self, reference: &MerchantOrderId) -> Result<Option<NewWithdrawal>, Failure> {
        let Some((account, bank)) = self.beneficiary.clone() else { return Ok(None) };
        let customer = "going-live".parse()?;
        Ok(Some(NewWithdrawal::bank_transfer(self.amount, reference.clone(), customer, account, bank)))
    }
}

/// What the command line says, as `name=value`.
#[derive(Default)]
pub(crate) struct Arguments {
    base_url: Option<String>,
    status_url: Option<String>,
    redirect_url: Option<String>,
    amount: Option<String>,
    traffic: Option<String>,
    account: Option<String>,
    ifsc: Option<String>,
}

impl Arguments {
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut read = Self::default();
        for argument in arguments {
            let (name, value) = argument.split_once('=').ok_or_else(|| format!("{argument} is not name=value"))?;
            let place = match name {
                "base-url" => &mut read.base_url,
                "status-url" => &mut read.status_url,
                "redirect-url" => &mut read.redirect_url,
                "amount" => &mut read.amount,
                "traffic" => &mut read.traffic,
                "account" => &mut read.account,
                "ifsc" => &mut read.ifsc,
                _ => return Err(format!("there is no {name}").into()),
            };
            *place = Some(value.to_owned());
        }
        Ok(read)
    }
}

/// Every exchange as a line: what a merchant would write to a file.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Observer for Log {
    fn exchange(&self, exchange: &Exchange<'_>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{exchange:?}"));
    }
}

/// One step of the checklist, and what became of it.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) found: Found,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, text) = match &self.found {
            Found::Ok(text) => ("ok", text),
            Found::Failed(text) => ("FAILED", text),
            Found::ByHand(text) => ("by hand", text),
        };
        write!(f, "{found:<8} {}: {text}", self.name)
    }
}

pub(crate) enum Found {
    Ok(String),
    Failed(String),
    ByHand(String),
}

/// A step that ends with an error has failed, whatever the error.
fn step(name: &'static str, found: Result<Found, Failure>) -> Step {
    Step { name, found: found.unwrap_or_else(|err| Found::Failed(err.to_string())) }
}

fn by_hand(name: &'static str, what: &str) -> Step {
    Step { name, found: Found::ByHand(what.to_owned()) }
}

fn ok(text: impl Into<String>) -> Result<Found, Failure> {
    Ok(Found::Ok(text.into()))
}

fn failed(text: impl Into<String>) -> Result<Found, Failure> {
    Ok(Found::Failed(text.into()))
}

fn later(text: impl Into<String>) -> Result<Found, Failure> {
    Ok(Found::ByHand(text.into()))
}

fn not_sent(err: &Error, what: &str) -> Result<Found, Failure> {
    match err.outcome() {
        Outcome::NotSent => ok(format!("{what} is not sent: {err}")),
        Outcome::Refused | Outcome::Unknown => failed(format!("{what} should not have been sent: {err}")),
    }
}

/// The error of what must not succeed.
fn refused<T>(result: Result<T, Error>) -> Result<Error, Failure> {
    result.map_or_else(Ok, |_| Err("it was taken, and should not have been".into()))
}

/// How long a withdrawal whose answer was lost is asked about.
const PATIENCE: Duration = Duration::from_secs(60);
