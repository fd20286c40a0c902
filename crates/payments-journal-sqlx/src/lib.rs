#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod columns;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod limit;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod settlement;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod stats;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod values;

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresRateLimit, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteRateLimit, SqliteStore};
