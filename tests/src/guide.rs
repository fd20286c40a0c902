//! Compiles and runs the Rust examples in the project's documents. The crates test their own READMEs.

/// Declares one module per page, so that a failure names the page.
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
    http_settings: "docs/guide/http-settings.md",
    operate: "docs/guide/operate.md",
    review: "docs/guide/review.md",
    run_several_workers: "docs/guide/run-several-workers.md",
    settlement: "docs/guide/settlement.md",
    storing: "docs/guide/storing.md",
    survive_a_crash: "docs/guide/survive-a-crash.md",
    synchronous: "docs/guide/synchronous.md",
    testing: "docs/guide/testing.md",
    three_d_secure: "docs/guide/three-d-secure.md",
    webhooks: "docs/guide/webhooks.md",
}
