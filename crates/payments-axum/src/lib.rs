#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acknowledge;
#[cfg(feature = "journal")]
mod journal;
mod source;
mod webhook;

// One file per provider.
#[cfg(feature = "card3ds")]
mod card3ds;
#[cfg(feature = "turbo-txn")]
mod turbo_txn;
#[cfg(feature = "turbopay")]
mod turbopay;
#[cfg(feature = "turratech")]
mod turratech;

pub use acknowledge::Acknowledge;
#[cfg(feature = "card3ds")]
#[cfg_attr(docsrs, doc(cfg(feature = "card3ds")))]
pub use card3ds::{BrowserReturn, HostedCheckoutCallback, OrQuery, ThreeDsFailureCallback, ThreeDsSuccessCallback};
#[cfg(feature = "journal")]
#[cfg_attr(docsrs, doc(cfg(feature = "journal")))]
pub use journal::{ForJournal, Inbox, JournaledWebhook};
pub use source::{StorableSource, WebhookSource};
pub use webhook::{StorableWebhook, Webhook, WebhookRejection};
