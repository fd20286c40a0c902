//! card3ds: nothing protects a second request, and only checkouts can be looked up, so a lost response needs a review.

mod native;

use card3ds::{ApiKey, ApiSecret, Client, Enrolment, NewPayment, NewThreeDsPayment, ReturnUrls, ThreeDsCallback};
use payments::journaled::{self, ThreeDsCompletions};
use payments_core::clock::{Clock as _, SystemClock};
use payments_core::gateway::{CaptureRequest, PaymentRequest};
use payments_core::time::Duration;
use payments_core::{Card, Currency, Expiry, Money};
use payments_journal::{Gateway, Intent};
use payments_sandbox::{EntryKind, Sandbox};

use super::Failed;
use super::job::Prepared;
use super::scenario::{MayReview, PrepareFuture, Provider, REFERENCE, SHOP, Scenario, Wires};
use crate::clients::card3ds_at;
use native::{NativeExecutor, NativeOperation};

pub(super) const PROVIDER: Provider = Provider {
    name: NAME,
    scenarios: &[
        Scenario::new(
            "card3ds.start-payment/checkout",
            ("card3ds.checkout", EntryKind::Begun),
            nothing,
            |_, reference| {
                let request = PaymentRequest::new(reference, lira()?).description("A book");
                Ok(Intent::new(NAME, request.return_url(format!("{SHOP}/checkout"))))
            },
            MayReview::Always,
        ),
        Scenario {
            by_ticket: true,
            ..Scenario::new(
                "card3ds.start-payment/card",
                ("card3ds.start-3ds", EntryKind::Begun),
                nothing,
                |_, reference| {
                    let request = PaymentRequest::new(reference, lira()?).card(test_card()?).return_url(SHOP);
                    let request = request.failure_url(SHOP).customer_address(CUSTOMER.parse()?);
                    Ok(Intent::new(NAME, request).expires_at(soon()))
                },
                MayReview::Always,
            )
        },
        // A partial capture, so that a second one would also be possible.
        Scenario {
            rests_pending: false,
            ..Scenario::new(
                "card3ds.capture",
                ("card3ds.capture", EntryKind::Executed),
                |sandbox| Box::pin(authorized(sandbox)),
                |prepared, reference| {
                    let part = Money::parse("30.00", Currency::TRY)?;
                    Ok(Intent::new(NAME, CaptureRequest::new(reference, prepared.payment_id()?, part)))
                },
                MayReview::Always,
            )
        },
        Scenario {
            by_ticket: true,
            ..Scenario::new(
                "card3ds.pre-authorize",
                ("card3ds.pre-authorization", EntryKind::Executed),
                nothing,
                |_, reference| by_card(reference, NativeOperation::PreAuthorize),
                MayReview::Always,
            )
        },
        Scenario {
            by_ticket: true,
            rests_pending: false,
            ..Scenario::new(
                "card3ds.create-payment",
                ("card3ds.payment", EntryKind::Executed),
                nothing,
                |_, reference| by_card(reference, NativeOperation::CreatePayment),
                MayReview::Always,
            )
        },
        Scenario {
            by_ticket: true,
            rests_pending: false,
            ..Scenario::new(
                "card3ds.complete-3ds",
                ("card3ds.complete-3ds", EntryKind::Executed),
                |sandbox| Box::pin(challenged(sandbox)),
                complete,
                MayReview::Always,
            )
        },
    ],
    gateway,
    verify: |_, _, _| Err("card3ds sends no webhooks".into()),
};

fn gateway(prepared: &Prepared, wires: Wires) -> Result<Gateway, Failed> {
    let secret = ApiSecret::new(prepared.key("api_secret")?)?;
    let builder = Client::builder(ApiKey::new(prepared.key("api_key")?)?, secret);
    let client =
        builder.base_url(prepared.base_url.as_str()).transport(wires.transport).timeouts(wires.timeouts).build()?;
    let mut gateway = journaled::card3ds(NAME, client.clone());
    for operation in NativeOperation::ALL {
        gateway = gateway.native(operation.name(), NativeExecutor::new(*operation, client.clone()));
    }
    Ok(gateway)
}

fn at(sandbox: &Sandbox) -> Prepared {
    let provider = sandbox.card3ds();
    Prepared::at(provider.base_url(), &[("api_key", provider.api_key()), ("api_secret", provider.api_secret())])
}

fn nothing(sandbox: &Sandbox) -> PrepareFuture<'_> {
    Box::pin(async { Ok(at(sandbox)) })
}

async fn authorized(sandbox: &Sandbox) -> Result<Prepared, Failed> {
    let payment = card3ds_at(sandbox)?.pre_authorize(new_payment()?).send().await?;
    Ok(at(sandbox).payment(payment.payment_id.as_str()))
}

/// Starts 3-D Secure and lets the customer approve.
async fn challenged(sandbox: &Sandbox) -> Result<Prepared, Failed> {
    let urls = ReturnUrls { success: SHOP.to_owned(), failure: SHOP.to_owned() };
    let new = NewThreeDsPayment::new(new_payment()?, urls);
    let Enrolment::Enrolled(challenge) = card3ds_at(sandbox)?.start_3ds(new).send().await? else {
        return Err("the card is not enrolled".into());
    };
    sandbox.card3ds().challenge(challenge.payment_id.as_str()).approve();
    let posted = sandbox.deliveries().pop().ok_or("no form was posted to the merchant")?;
    Ok(Prepared { form: Some(posted.body), ..at(sandbox).payment(challenge.payment_id.as_str()) })
}

/// An intent that only this process can send, because the card is in its memory only.
fn by_card(reference: &str, operation: NativeOperation) -> Result<Intent, Failed> {
    let intent = Intent::native(NAME, operation.name(), reference, Some(lira()?), native::VERSION, &CUSTOMER)?;
    Ok(intent.in_memory(test_card()?).expires_at(soon()))
}

fn complete(prepared: &Prepared, reference: &str) -> Result<Intent, Failed> {
    let callback = ThreeDsCallback::parse(prepared.form.as_ref().ok_or("the customer's form is missing")?)?;
    let payment_id = prepared.payment_id()?.parse()?;
    let intent = ThreeDsCompletions::intent(NAME, reference, lira()?, &payment_id, callback)?;
    Ok(intent.expires_at(soon()))
}

fn new_payment() -> Result<NewPayment, Failed> {
    Ok(NewPayment::new(REFERENCE, lira()?, test_card()?, CUSTOMER.parse()?))
}

fn test_card() -> Result<Card, Failed> {
    Ok(Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?))
}

fn lira() -> Result<Money, Failed> {
    Ok(Money::parse("100.50", Currency::TRY)?)
}

/// After the longest lease, so that an intent whose process died before sending is abandoned.
fn soon() -> payments_core::time::OffsetDateTime {
    SystemClock::new().now() + Duration::milliseconds(500)
}

const NAME: &str = "card3ds";
const CUSTOMER: &str = "198.51.100.7:52144";
