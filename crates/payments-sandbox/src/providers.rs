//! The providers that the sandbox plays. A new one is a folder here, its `mod`, and its line in the list below.

pub mod card3ds;
pub mod turbo_link;
pub mod turbo_txn;
pub mod turbopay;
pub mod turratech;

use std::sync::Arc;

use crate::engine::Engine;
use crate::error::StartError;
use crate::handles::EngineHandle;
use crate::random::Random;
use crate::state::{ProviderId, SharedState};

/// How many there are.
pub(crate) const COUNT: usize = NAMES.len();

/// The address of each one's listener: `http://127.0.0.1:4001`.
pub(crate) type Origins = [String; COUNT];

/// Makes everything that there is once for each provider.
macro_rules! providers {
    ($($module:ident: $handle:ident, $engine:ident, $title:literal;)*) => {
        /// As their crates are called.
        const NAMES: &[&str] = &[$($module::engine::SPEC.name),*];

        /// How each is set up.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct ProviderSettings {
            $(pub(crate) $module: $module::Settings,)*
        }

        impl ProviderSettings {
            /// Makes the keys that were not given.
            pub(crate) fn fill_in_keys(&mut self, seed: u64) -> Result<(), StartError> {
                $(self.$module.fill_in_keys(&mut Random::for_name(seed, &format!("{} keys", $module::engine::SPEC.name)))?;)*
                Ok(())
            }

            /// The engine of each, with the address of its listener.
            pub(crate) fn engines(&self, seed: u64, origins: Origins) -> Vec<Box<dyn Engine>> {
                let seed = |name| Random::for_name(seed, name).next();
                let [$($module),*] = origins;
                vec![$(Box::new($module::engine::$engine::new(
                    self.$module.clone(),
                    $module,
                    seed($module::engine::SPEC.name),
                ))),*]
            }
        }

        /// The handle of each.
        pub(crate) struct Handles {
            $(pub(crate) $module: $module::handle::$handle,)*
        }

        impl Handles {
            pub(crate) fn new(state: &Arc<SharedState>, origins: &Origins, settings: ProviderSettings) -> Self {
                let [$($module),*] = std::array::from_fn(|index| (ProviderId::new(index), origins[index].as_str()));
                Self {
                    $($module: $module::handle::$handle::new(
                        EngineHandle::new(state, $module.0),
                        $module.1,
                        settings.$module,
                    ),)*
                }
            }

            /// What a client needs to reach each and to authenticate, by the provider's name.
            pub(crate) fn credentials(&self) -> Vec<(&'static str, Vec<(&'static str, &str)>)> {
                vec![$(($module::engine::SPEC.name, self.$module.credentials())),*]
            }
        }

        /// The methods of a builder with a field `settings: ProviderSettings`.
        macro_rules! settings_methods {
            () => {
                $(
                    #[doc = concat!("Sets how ", $title, " behaves, and its keys.")]
                    pub fn $module(mut self, settings: $crate::providers::$module::Settings) -> Self {
                        self.settings.$module = settings;
                        self
                    }
                )*
            };
        }

        /// The methods of a sandbox with a field `simulation: Simulation`.
        macro_rules! handle_methods {
            () => {
                $(
                    #[doc = concat!($title, ": its address, its keys, and what happens there.")]
                    #[must_use]
                    pub fn $module(&self) -> &$crate::providers::$module::handle::$handle {
                        &self.simulation.handles.$module
                    }
                )*
            };
        }

        pub(crate) use {handle_methods, settings_methods};
    };
}

// The list. Its order is that of the ports, of the control page, and of what is due at one moment.
providers! {
    turratech: TurraTech, TurraTechEngine, "TurraTech";
    turbo_txn: TurboTxn, TurboTxnEngine, "Turbo Transactions";
    turbo_link: TurboLink, TurboLinkEngine, "tur.bo";
    card3ds: Card3ds, Card3dsEngine, "card3ds";
    turbopay: TurboPay, TurboPayEngine, "TurboPay";
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{NAMES, Origins, ProviderSettings};
    use crate::clock::Clock;
    use crate::engine::Effect;
    use crate::ledger::EntryKind;
    use crate::state::{ProviderId, SharedState};

    #[test]
    fn every_provider_goes_by_one_name() {
        let engines = ProviderSettings::default().engines(1, Origins::default());
        assert_eq!(engines.iter().map(|engine| engine.spec().name).collect::<Vec<_>>(), NAMES);
    }

    #[test]
    fn an_order_that_was_executed_twice_is_a_violation() {
        let engines = ProviderSettings::default().engines(1, Origins::default());
        let state = Arc::new(SharedState::new(Clock::manual(), 1, String::new(), false, engines));
        let execution = |reference: &str, operation| Effect::Record {
            operation,
            reference: reference.to_owned(),
            kind: EntryKind::Executed,
            amount: 100,
            currency: "INR".to_owned(),
            request: None,
        };
        let effects = vec![
            execution("twice", "turbopay.withdraw"),
            execution("once", "turbopay.withdraw"),
            execution("once", "turbopay.confirm"),
            execution("twice", "turbopay.withdraw"),
        ];
        let turbopay = NAMES.iter().position(|name| *name == "turbopay").unwrap();
        state.act(ProviderId::new(turbopay), |_, _| Ok((effects, ()))).unwrap();

        assert_eq!(state.violations(), ["turbopay.withdraw was executed twice for \"twice\""]);
    }
}
