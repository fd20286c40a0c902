use crate::http::Request;

/// The operation of a request.
pub(super) enum Route<'a> {
    Deposit,
    HostToHost,
    Confirm,
    Withdraw,
    Balance,
    OrderStatus(&'a str),
    MerchantOrderStatus(&'a str),
}

impl Route<'_> {
    /// The operation's name in faults.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::HostToHost => "host-to-host-deposit",
            Self::Confirm => "confirm",
            Self::Withdraw => "withdraw",
            Self::Balance => "balance",
            Self::OrderStatus(_) => "order-status",
            Self::MerchantOrderStatus(_) => "merchant-order-status",
        }
    }
}

pub(super) fn route(request: &Request) -> Option<Route<'_>> {
    // One recorded request has `api/` twice and succeeded (recorded).
    let path = request.path.strip_prefix("/api/")?;
    let path = path.strip_prefix("api/").unwrap_or(path);
    match (request.method.as_str(), path) {
        ("POST", "deposit/new") => Some(Route::Deposit),
        ("POST", "s2s/deposit/new") => Some(Route::HostToHost),
        ("POST", "s2s/deposit/confirm") => Some(Route::Confirm),
        ("POST", "withdraw/new") => Some(Route::Withdraw),
        ("GET", "balance") => Some(Route::Balance),
        ("GET", _) => {
            let one_segment =
                |prefix: &str| path.strip_prefix(prefix).filter(|rest| !rest.is_empty() && !rest.contains('/'));
            let order = one_segment("order/status/").map(Route::OrderStatus);
            order.or_else(|| one_segment("merchantorder/status/").map(Route::MerchantOrderStatus))
        }
        _ => None,
    }
}

pub(super) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
