//! The simulated providers. To add one, add its folder, its `mod`, and its line in the list below.

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

/// The number of providers.
pub(crate) const COUNT: usize = NAMES.len();

/// The origin of each provider's listener: `http://127.0.0.1:4001`.
pub(crate) type Origins = [String; COUNT];

/// Generates everything that exists once per provider.
macro_rules! providers {
    ($($module:ident: $handle:ident, $engine:ident, $title:literal;)*) => {
        /// The providers' names, which are the names of their crates.
        const NAMES: &[&str] = &[$($module::engine::SPEC.name),*];

        /// The settings of each provider.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct ProviderSettings {
            $(pub(crate) $module: $module::Settings,)*
        }

        impl ProviderSettings {
            /// Creates the keys that were not set.
            pub(crate) fn fill_in_keys(&mut self, seed: u64) -> Result<(), StartError> {
                $(self.$module.fill_in_keys(&mut Random::for_name(seed, &format!("{} keys", $module::engine::SPEC.name)))?;)*
                Ok(())
            }

            /// Returns every key of every provider.
            pub(crate) fn keys(&self) -> Vec<String> {
                [$(self.$module.all_keys()),*].concat().into_iter().map(str::to_owned).collect()
            }

            /// Creates the engine of each provider, with the origin of its listener.
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

        /// The handle of each provider.
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

            /// Returns each provider's base URL and keys, by the provider's name.
            pub(crate) fn credentials(&self) -> Vec<(&'static str, Vec<(&'static str, &str)>)> {
                vec![$(($module::engine::SPEC.name, self.$module.credentials())),*]
            }
        }

        /// Generates the setters of a builder with a field `settings: ProviderSettings`.
        macro_rules! settings_methods {
            () => {
                $(
                    #[doc = concat!("Sets the keys and the behaviour of ", $title, ".")]
                    pub fn $module(mut self, settings: $crate::providers::$module::Settings) -> Self {
                        self.settings.$module = settings;
                        self
                    }
                )*
            };
        }

        /// Generates the provider methods of a sandbox with a field `simulation: Simulation`.
        macro_rules! handle_methods {
            () => {
                $(
                    #[doc = concat!("Returns the handle of ", $title, ": its base URL, its keys, and its banks' and customers' actions.")]
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

// The order determines the ports, the control page, and which of several actions that are due at one time runs first.
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
    fn every_engine_has_the_name_of_its_place_in_the_list() {
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
        state.act(ProviderId::new(turbopay), "test", |_, _| Ok((effects, ()))).unwrap();

        assert_eq!(state.violations(), ["turbopay.withdraw was executed twice for \"twice\""]);
    }
}
