use payments_core::test_util::Script;
use payments_core::{AmountUnreadable, Effect, Money};
use turbo_link::{ApiKey, Client, LinkStatus, ListLinks};

use super::{Case, Rules, build_client, check_call, check_item, choices};
use crate::oracle::{any_text, clean, member, member_at, occurrences, same_text, shortest, text};

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
    let items = occurrences(case.body, &["line_items"]);
    let [items] = items.as_slice() else { panic!("a list has its items once") };
    let items: Option<Vec<Box<serde_json::value::RawValue>>> = serde_json::from_str(items).expect("they are a list");
    let items = items.unwrap_or_default();
    assert_eq!(items.len(), list.line_items.len());
    for (index, link) in list.line_items.iter().enumerate() {
        let position = format!("[{index}]");
        let part = |name| member_at(case.body, &["line_items", &position, name]);
        let link = match link {
            Ok(link) => link,
            Err(unreadable) => {
                check_item(case.body, "line_items", index, unreadable);
                continue;
            }
        };
        same_text(part("id"), link.id.as_str());
        same_text(part("status"), link.status.as_str());
        check_amount(part("amount"), &occurrences(case.body, &["line_items", &position, "amount"]), &link.amount());
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
    match list.find(&id) {
        Ok(Some(link)) => assert_eq!(link.id, id),
        // A link that cannot be read may be the one.
        Ok(None) => assert!(list.line_items.iter().all(|link| match link {
            Ok(link) => link.id != id,
            Err(unreadable) => unreadable.id.as_deref().is_some_and(|found| found != id.as_str()),
        })),
        Err(unreadable) => assert!(unreadable.id.as_deref().is_none_or(|found| found == id.as_str())),
    }
    serde_json::to_string(&list).expect("what is stored can be written");
    true
}

/// An amount is read exactly from dollars. Any other text is kept.
#[track_caller]
fn check_amount(raw: Option<String>, all: &[String], amount: &Result<Money, AmountUnreadable>) {
    match amount {
        Ok(amount) => {
            let said = raw.as_deref().and_then(text).expect("an item has an amount");
            let plain = said.strip_prefix('$').expect("dollars").replace(',', "");
            let read = amount.decimal_text().expect("dollars have decimals");
            assert_eq!(shortest(&plain), shortest(&read), "{said} was read as {read}");
            assert_eq!(amount.currency(), turbo_link::Currency::USD);
        }
        Err(unreadable) => {
            if let [raw] = all {
                let said = Some(any_text(raw)).filter(|said| raw != "null" && !said.is_empty());
                let kept = unreadable.raw().map(|kept| clean(kept.as_bytes(), char::REPLACEMENT_CHARACTER));
                assert!(
                    unreadable.raw() == said.as_deref() || kept.as_ref() == Some(raw),
                    "{raw} was kept as {kept:?}"
                );
                let cents = said.as_deref().and_then(|said| shortest(said.strip_prefix('$')?));
                let is_exact = cents.is_some_and(|cents| cents.split('.').nth(1).is_some_and(|it| it.len() <= 2));
                assert!(
                    !is_exact || said.is_some_and(|said| said.contains('-') || said.len() > 17),
                    "{raw} can be read"
                );
            }
        }
    }
}

fn client(script: &Script) -> Client {
    let builder = Client::builder(ApiKey::new(KEY).expect("a key"));
    build_client!(builder, script)
}

const KEY: &str = "tl-canary-api-key-7f3a";
