//! The shop's environment variables.

use payments_sandbox::Sandbox;

/// The password of the back office.
pub const OFFICE_PASSWORD: &str = "samovar-office";

/// Returns the variables of a shop that uses the sandbox.
///
/// The shop is `localhost` and the sandbox is `127.0.0.1`: two sites for a browser, as in production.
pub(super) fn of(sandbox: &Sandbox, database: &str, port: u16) -> Vec<(String, String)> {
    let (turratech, turbo_txn, turbo_link) = (sandbox.turratech(), sandbox.turbo_txn(), sandbox.turbo_link());
    let (card3ds, turbopay) = (sandbox.card3ds(), sandbox.turbopay());
    let listen = format!("127.0.0.1:{port}");
    let url = format!("http://localhost:{port}");
    let variables: [(&str, &str); 22] = [
        ("SHOP_LISTEN", &listen),
        ("SHOP_URL", &url),
        ("SHOP_DATABASE", database),
        ("SHOP_OFFICE_PASSWORD", OFFICE_PASSWORD),
        ("SHOP_CLOCK_URL", sandbox.control_url()),
        ("PAYMENTS_JOURNAL_KEY", JOURNAL_KEY),
        ("TURRATECH_API_KEY", turratech.api_key()),
        ("TURRATECH_WEBHOOK_SECRET", turratech.webhook_secret()),
        ("TURRATECH_BASE_URL", turratech.base_url()),
        ("TURBO_TXN_CLIENT_ID", turbo_txn.client_id()),
        ("TURBO_TXN_SECRET_KEY", turbo_txn.secret_key()),
        ("TURBO_TXN_CALLBACK_KEY", turbo_txn.callback_key()),
        ("TURBO_TXN_BASE_URL", turbo_txn.base_url()),
        ("TURBO_LINK_API_KEY", turbo_link.api_key()),
        ("TURBO_LINK_BASE_URL", turbo_link.base_url()),
        ("CARD3DS_API_KEY", card3ds.api_key()),
        ("CARD3DS_API_SECRET", card3ds.api_secret()),
        ("CARD3DS_BASE_URL", card3ds.base_url()),
        ("TURBOPAY_API_KEY", turbopay.api_key()),
        ("TURBOPAY_WEBHOOK_KEY", turbopay.webhook_key()),
        ("TURBOPAY_BASE_URL", turbopay.base_url()),
        ("NO_COLOR", "1"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// 32 bytes in base64. Only the sandbox's money depends on it.
const JOURNAL_KEY: &str = "c2hvcC1zdGFnZS1qb3VybmFsLWtleS0wMTIzNDU2Nzg=";
