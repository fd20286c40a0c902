//! Compiles the Rust blocks of the project's documents, and runs those that can run. The crates' own READMEs are their docs.

/// A page each, so that a failure names it.
macro_rules! pages {
    ($($page:ident: $path:literal),* $(,)?) => {
        $(#[doc = include_str!(concat!("../../", $path))] mod $page {})*
    };
}

pages! {
    readme: "README.md",
    contributing: "CONTRIBUTING.md",
    security: "SECURITY.md",
    card3ds: "docs/providers/card3ds.md",
    turbo_link: "docs/providers/turbo-link.md",
    turbo_txn: "docs/providers/turbo-txn.md",
    turbopay: "docs/providers/turbopay.md",
    turratech: "docs/providers/turratech.md",
    choosing: "docs/guide/choosing.md",
    errors: "docs/guide/errors.md",
    first_payment: "docs/guide/first-payment.md",
    going_live: "docs/guide/going-live.md",
    releasing: "docs/releasing.md",
    testing: "docs/guide/testing.md",
    three_d_secure: "docs/guide/three-d-secure.md",
    webhooks: "docs/guide/webhooks.md",
}
