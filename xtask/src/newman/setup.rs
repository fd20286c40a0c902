//! What must have happened at the provider before a recorded exchange can happen again.

use crate::newman::recording::Exchange;

/// One thing that happens first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Setup {
    /// An order is created, as the recorded success at this path was; `{{order_id}}` is its id from here on.
    Order(&'static str),
    /// The customer's transfer for that order is confirmed under this number.
    Confirmed(&'static str),
    /// Something happens to that order at the provider: the last part of the sandbox's control path.
    Becomes(&'static str),
    /// So many seconds pass.
    Passes(u32),
    /// The very same request is sent.
    Itself,
}

use Setup::{Becomes, Confirmed, Itself, Order, Passes};

/// How one recorded exchange is made to happen again; the others need nothing.
pub(crate) struct Scenario {
    path: &'static str,
    example: &'static str,
    pub(crate) setup: &'static [Setup],
    /// What is put for a text of the recorded request.
    pub(crate) replace: Option<(&'static str, &'static str)>,
}

pub(crate) fn scenario(exchange: &Exchange) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|scenario| scenario.example == exchange.name && exchange.path.starts_with(scenario.path))
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        path: CONFIRM,
        example: "200 Success - order confirmed",
        setup: &[Order("/s2s/deposit/new")],
        replace: Some(("3a54ba9d-cf38-4dcb-8478-51afdb77d96e", "{{order_id}}")),
    },
    // The recorded order is unknown to the provider, and the recorded number is taken: the answer says both.
    Scenario {
        path: CONFIRM,
        example: "422 Wrong UTR - already taken",
        setup: &[Order("/s2s/deposit/new"), Confirmed("409876543210")],
        replace: None,
    },
    Scenario { path: "/withdraw/new", example: "422 Order already taken", setup: &[Itself], replace: None },
    status("200 Success order", &[Order(DEPOSIT), Becomes("success")]),
    status("200 Expired order", &[Order(DEPOSIT), Passes(600)]),
    status("200 Failed order", &[Order(DEPOSIT), Becomes("fail")]),
    status("200 New order", &[Order(DEPOSIT)]),
    status("200 Pending order", &[Order(DEPOSIT), Becomes("pending")]),
    status("200 Chargeback order", &[Order(DEPOSIT), Becomes("success"), Becomes("chargeback")]),
    status("401 Unauthorized", &[Order(DEPOSIT)]),
    // The id that the recorded answer repeats: too short by three characters, so that no route matches it.
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
