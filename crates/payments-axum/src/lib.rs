#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod acknowledged;
mod delivered;
mod receiver;

// The providers, each in a file of its own.
#[cfg(feature = "turbopay")]
mod turbopay;

pub use acknowledged::Acknowledged;
pub use delivered::{Delivered, Refused};
pub use receiver::Receiver;
