//! Compiles the Rust blocks of the project's documents, and runs those that can run. The crates' own READMEs are their docs.

/// A module each, so that a failure names it.
macro_rules! pages {
    ($($page:ident: $path:literal),* $(,)?) => {
        $(#[doc = include_str!(concat!("../../", $path))] mod $page {})*
    };
}

pages! {
    readme: "README.md",
    adding_a_provider: "docs/guide/adding-a-provider.md",
    choosing: "docs/guide/choosing.md",
    errors: "docs/guide/errors.md",
    first_payment: "docs/guide/first-payment.md",
    going_live: "docs/guide/going-live.md",
    testing: "docs/guide/testing.md",
    three_d_secure: "docs/guide/three-d-secure.md",
    webhooks: "docs/guide/webhooks.md",
}
