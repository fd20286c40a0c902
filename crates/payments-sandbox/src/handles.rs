//! The shared part of all handles: access to a provider's engine in the shared state.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::engine::{Effect, Engine};
use crate::problem::Problem;
use crate::state::{ProviderId, SharedState};

/// A typed reference to one provider's engine in the shared state.
#[derive(Clone)]
pub(crate) struct EngineHandle<E> {
    state: Arc<SharedState>,
    provider: ProviderId,
    engine: PhantomData<fn() -> E>,
}

impl<E: Engine> EngineHandle<E> {
    /// Creates a handle. `provider` must be the provider whose engine is an `E`.
    pub(crate) fn new(state: &Arc<SharedState>, provider: ProviderId) -> Self {
        Self { state: Arc::clone(state), provider, engine: PhantomData }
    }

    /// Reads from the engine, after executing everything that is due.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&E) -> T) -> T {
        self.state.tick();
        read(downcast(self.state.lock().engine(self.provider)))
    }

    /// Performs an action of a bank, a customer or the back office, outside of any request.
    pub(crate) fn act(
        &self,
        act: impl FnOnce(&mut E, OffsetDateTime) -> Result<Vec<Effect>, Problem>,
    ) -> Result<(), Problem> {
        self.act_with(|engine, now| act(engine, now).map(|effects| (effects, ())))
    }

    /// Performs such an action and returns its value.
    pub(crate) fn act_with<T>(
        &self,
        act: impl FnOnce(&mut E, OffsetDateTime) -> Result<(Vec<Effect>, T), Problem>,
    ) -> Result<T, Problem> {
        self.state.act(self.provider, "an action of the test", |engine, now| act(downcast(engine), now))
    }
}

#[expect(clippy::panic, reason = "the list of providers gives each handle its own engine")]
fn downcast<E: Engine>(engine: &mut dyn Engine) -> &mut E {
    let engine: &mut dyn Any = engine;
    match engine.downcast_mut() {
        Some(engine) => engine,
        None => panic!("the handle belongs to another provider's engine"),
    }
}

/// Returns the value. Panics if the action was impossible, which fails the test.
#[track_caller]
#[expect(clippy::panic, reason = "an impossible action is an error in the test")]
pub(crate) fn or_panic<T>(result: Result<T, impl fmt::Display>) -> T {
    result.unwrap_or_else(|problem| panic!("{problem}"))
}

/// Declares a provider's handle: `provider_handle! { pub struct TurboPay(TurboPayEngine), "/api" }`.
///
/// The string is the path of the API's base URL. The provider's `Settings` must be in scope.
macro_rules! provider_handle {
    ($(#[$attribute:meta])* pub struct $name:ident($engine:ty), $path:literal) => {
        $(#[$attribute])*
        #[derive(Clone)]
        pub struct $name {
            engine: $crate::handles::EngineHandle<$engine>,
            settings: Settings,
            base_url: String,
        }

        impl $name {
            pub(crate) fn new(
                engine: $crate::handles::EngineHandle<$engine>,
                origin: &str,
                settings: Settings,
            ) -> Self {
                Self { engine, settings, base_url: format!("{origin}{}", $path) }
            }

            /// The base URL of the provider's API.
            #[must_use]
            pub fn base_url(&self) -> &str {
                &self.base_url
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("base_url", &self.base_url).finish_non_exhaustive()
            }
        }
    };
}

/// Declares a handle to one object of a provider, identified by a string:
/// `object_handle! { pub struct OrderHandle(TurboPayEngine), reference }`.
macro_rules! object_handle {
    ($(#[$attribute:meta])* pub struct $name:ident($engine:ty), $key:ident) => {
        $(#[$attribute])*
        #[derive(Clone)]
        pub struct $name {
            engine: $crate::handles::EngineHandle<$engine>,
            $key: String,
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field(stringify!($key), &self.$key).finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use {object_handle, provider_handle};
