use payments_core::Effect;
use payments_core::test_util::Script;
use turbo_link::{ApiKey, Client, LinkStatus, ListLinks};

use super::{Case, Rules, build_client, check_call, choices};
use crate::oracle::{member, shortest, text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(2);

/// tur.bo's lists. A response with an error has no list, and every amount is exact.
pub fn turbo_link_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, 2) else { return false };
    let script = case.script();
    let client = client(&script);
    let rules = Rules { errors_in_2xx: true, ..Rules::new(Effect::Read, &[KEY]) };
    let id: turbo_link::LinkId = "abc123".parse().expect("an id");
    let list = if case.operation == 0 { ListLinks::new() } else { ListLinks::new().only(id.clone()) };
    let Some(list) = check_call(&case, &rules, &script, client.list_links(list).send()) else { return false };

    assert_eq!(member(case.body, "error").as_deref(), Some("false"));
    let items = member(case.body, "line_items").expect("a list has its items");
    let items: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(&items).expect("they are a list");
    assert_eq!(items.len(), list.line_items.len());
    for (raw, link) in items.iter().zip(&list.line_items) {
        let said = member(raw.get().as_bytes(), "amount").as_deref().and_then(text).expect("an item has an amount");
        let plain = said.strip_prefix('$').expect("dollars").replace(',', "");
        let read = link.amount.decimal_text().expect("dollars have decimals");
        assert_eq!(shortest(&plain), shortest(&read), "{said} was read as {read}");
        assert_eq!(link.amount.currency(), turbo_link::Currency::USD);
        let status = link.status.as_str();
        let known = ["pending", "completed", "refunded"].contains(&status);
        assert_eq!(matches!(link.status, LinkStatus::Unknown(_)), !known, "{status}");
        for fee in &link.convenience_fees {
            let _ = fee.amount();
        }
        let _ = (link.url.as_ref().map(|url| url.href()), link.qr.as_ref().map(|url| url.href()));
    }
    let shown = u64::try_from(items.len()).expect("it fits");
    assert!(list.not_shown() == 0 || list.not_shown() + shown == list.total_results);
    assert!(list.find(&id).is_none_or(|link| link.id == id));
    serde_json::to_string(&list).expect("what is stored can be written");
    true
}

fn client(script: &Script) -> Client {
    let builder = Client::builder(ApiKey::new(KEY).expect("a key"));
    build_client!(builder, script)
}

const KEY: &str = "tl-canary-api-key-7f3a";
