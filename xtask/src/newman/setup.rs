//! The requests that prepare the sandbox for a recorded exchange.

use crate::newman::recording::Exchange;

/// A preparation step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Setup {
    /// Creates an order with the recorded successful request for this path, and sets `{{order_id}}`.
    CreateOrder(&'static str),
    /// Confirms the customer's transfer for that order with this UTR.
    ConfirmUtr(&'static str),
    /// Changes that order: the last segment of the sandbox's control path.
    Control(&'static str),
    /// Advances the clock by this many seconds.
    AdvanceClock(u32),
    /// Sends the recorded request once before.
    SameRequest,
}

use Setup::{AdvanceClock, ConfirmUtr, Control, CreateOrder, SameRequest};

/// The preparation of a recorded exchange. Exchanges without a scenario need none.
pub(crate) struct Scenario {
    path: &'static str,
    example: &'static str,
    pub(crate) setup: &'static [Setup],
    /// A text of the recorded request, and its replacement.
    pub(crate) replace: Option<(&'static str, &'static str)>,
}

pub(crate) fn scenario(exchange: &Exchange) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.example == exchange.name && exchange.path.starts_with(scenario.path))
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        path: CONFIRM,
        example: "200 Success - order confirmed",
        setup: &[CreateOrder("/s2s/deposit/new")],
        replace: Some(("3a54ba9d-cf38-4dcb-8478-51afdb77d96e", "{{order_id}}")),
    },
    // The recorded response reports both an unknown order and a used UTR.
    Scenario {
        path: CONFIRM,
        example: "422 Wrong UTR - already taken",
        setup: &[CreateOrder("/s2s/deposit/new"), ConfirmUtr("409876543210")],
        replace: None,
    },
    Scenario { path: "/withdraw/new", example: "422 Order already taken", setup: &[SameRequest], replace: None },
    status("200 Success order", &[CreateOrder(DEPOSIT), Control("success")]),
    status("200 Expired order", &[CreateOrder(DEPOSIT), AdvanceClock(600)]),
    status("200 Failed order", &[CreateOrder(DEPOSIT), Control("fail")]),
    status("200 New order", &[CreateOrder(DEPOSIT)]),
    status("200 Pending order", &[CreateOrder(DEPOSIT), Control("pending")]),
    status("200 Chargeback order", &[CreateOrder(DEPOSIT), Control("success"), Control("chargeback")]),
    status("401 Unauthorized", &[CreateOrder(DEPOSIT)]),
    // The id in the recorded response. It is three characters too short, so no route matches it.
    Scenario {
        path: STATUS,
        example: "404 Order not found",
        setup: &[],
        replace: Some(("{{order_id}}", "e2430e2c-dce6-4981-80bd-950304673")),
    },
];

const fn status(example: &'static str, setup: &'static [Setup]) -> Scenario {
    Scenario { path: STATUS, example, setup, replace: None }
}

const CONFIRM: &str = "/s2s/deposit/confirm";
const DEPOSIT: &str = "/deposit/new";
const STATUS: &str = "/order/status/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::newman::recording::tests::exchanges;

    #[test]
    fn every_scenario_belongs_to_one_exchange() {
        let exchanges = exchanges();
        for scenario in SCENARIOS {
            let matches =
                |exchange: &&Exchange| exchange.name == scenario.example && exchange.path.starts_with(scenario.path);
            assert_eq!(exchanges.iter().filter(matches).count(), 1, "{}", scenario.example);
        }
    }

    #[test]
    fn every_replaced_text_is_in_the_recorded_request() {
        for exchange in exchanges() {
            if let Some((old, _)) = scenario(&exchange).and_then(|scenario| scenario.replace) {
                assert!(exchange.path.contains(old) || exchange.body.unwrap_or_default().contains(old), "{old}");
            }
        }
    }
}
