use std::str::FromStr;
use std::time::Duration;

use super::{Calls, Fault, FaultEffect, Imperfect, Phase};
use crate::error::FaultError;

impl FromStr for Fault {
    type Err = FaultError;

    /// Parses `PROVIDER[.OPERATION][#N|#N-M|#*] [order=REF] [p=N%] @PHASE EFFECT [xN|x*]`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut words = text.split_whitespace().peekable();
        let trigger = words
            .next()
            .ok_or_else(|| invalid(text, "is empty; a fault looks like turbopay.withdraw#1 @after-commit fin"))?;
        let (provider, operation, calls, all) = parse_trigger(trigger)?;
        let (mut order, mut percent) = (None, None);
        while let Some(word) = words.next_if(|word| !word.starts_with('@')) {
            match word.split_once('=') {
                Some(("order", reference)) if !reference.is_empty() => order = Some(reference.to_owned()),
                Some(("p", share)) => percent = Some(parse_percent(word, share)?),
                _ => return Err(invalid(word, "is not allowed before @PHASE; only order=REF and p=N% are")),
            }
        }
        let phase = words.next().ok_or_else(|| invalid(trigger, "needs a phase after it, such as @after-commit"))?;
        let phase = parse_phase(phase)?;
        let effect = words.next().ok_or_else(|| invalid(trigger, "needs an effect after its phase, such as fin"))?;
        let effect_text = effect;
        let effect = parse_effect(effect)?;
        if let Some(operation) = operation.as_ref().filter(|_| !phase.knows_operation()) {
            return Err(invalid(operation, operation_unknown(phase)));
        }
        if let Some(reference) = order.as_ref().filter(|_| !phase.knows_order()) {
            let word = format!("order={reference}");
            return Err(if phase.knows_operation() {
                invalid(&word, format!("cannot be used with @{}: the request's body is not read yet", phase.name()))
            } else {
                invalid(&word, operation_unknown(phase))
            });
        }
        if !phase.allows(&effect) {
            let allowed: Vec<&str> =
                EFFECTS.iter().filter(|(_, effect)| phase.allows(effect)).map(|(name, _)| *name).collect();
            return Err(invalid(
                effect_text,
                format!("is not possible at @{}; expected one of {}", phase.name(), allowed.join(", ")),
            ));
        }
        let budget = match words.next() {
            None if all => None,
            None => calls.budget(),
            Some("x*") => None,
            Some(word) => Some(parse_budget(word)?),
        };
        if let Some(word) = words.next() {
            return Err(invalid(word, "is unexpected: a fault ends with its effect and xN"));
        }
        Ok(Self { provider, operation, calls, order, percent, phase, effect, budget })
    }
}

fn parse_trigger(text: &str) -> Result<(String, Option<String>, Calls, bool), FaultError> {
    let (name, calls) = text.split_once('#').map_or((text, None), |(name, calls)| (name, Some(calls)));
    let (provider, operation) = name.split_once('.').map_or((name, None), |(name, operation)| (name, Some(operation)));
    if provider.is_empty() || operation.is_some_and(str::is_empty) {
        return Err(invalid(text, "must start with PROVIDER or PROVIDER.OPERATION"));
    }
    let number = |digits: &str| parse_number::<u64>(digits).filter(|number| *number > 0);
    let rule = "needs a call's number from 1, a range such as 2-5, or * after #";
    let (calls, all) = match calls {
        None => (Calls::Any, false),
        Some("*") => (Calls::Any, true),
        Some(range) => {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let bounds = number(from).zip(number(to)).filter(|(from, to)| from <= to);
            let (from, to) = bounds.ok_or_else(|| invalid(text, rule))?;
            (Calls::Range(from, to), false)
        }
    };
    Ok((provider.to_owned(), operation.filter(|name| *name != "*").map(str::to_owned), calls, all))
}

fn parse_percent(word: &str, share: &str) -> Result<u8, FaultError> {
    let percent = share.strip_suffix('%').and_then(parse_number::<u8>).filter(|percent| (1..=100).contains(percent));
    percent.ok_or_else(|| invalid(word, "must be a whole number from 1% to 100%"))
}

fn parse_phase(word: &str) -> Result<Phase, FaultError> {
    let names: Vec<String> = Phase::ALL.iter().map(|(name, _)| format!("@{name}")).collect();
    let phase = Phase::ALL.iter().find(|(name, _)| word.strip_prefix('@') == Some(name));
    phase
        .map(|(_, phase)| *phase)
        .ok_or_else(|| invalid(word, format!("is not a phase; expected one of {}", names.join(", "))))
}

fn parse_effect(word: &str) -> Result<FaultEffect, FaultError> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    let Some((_, pattern)) = EFFECTS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = EFFECTS.iter().map(|(name, _)| *name).collect();
        return Err(invalid(word, format!("is not an effect; expected one of {}", names.join(", "))));
    };
    let status = |range: std::ops::RangeInclusive<u16>| {
        let status = value.and_then(parse_number::<u16>).filter(|status| range.contains(status));
        status.ok_or_else(|| invalid(word, format!("needs a status from {} to {}", range.start(), range.end())))
    };
    let time = || {
        value
            .and_then(parse_duration)
            .ok_or_else(|| invalid(word, "needs a duration of at most 365 days, such as 2s or 500ms"))
    };
    Ok(match pattern {
        FaultEffect::Html(_) => FaultEffect::Html(status(200..=599)?),
        FaultEffect::Json(_) => FaultEffect::Json(status(200..=599)?),
        FaultEffect::Imperfect(_) => {
            let kind = Imperfect::ALL.iter().find(|(known, _)| value == Some(known)).map(|(_, kind)| *kind);
            let names: Vec<&str> = Imperfect::ALL.iter().map(|(name, _)| *name).collect();
            FaultEffect::Imperfect(kind.ok_or_else(|| invalid(word, format!("needs one of {}", names.join(", "))))?)
        }
        FaultEffect::Redirect(_) => FaultEffect::Redirect(status(300..=399)?),
        FaultEffect::Delay(_) => FaultEffect::Delay(time()?),
        FaultEffect::LateCommit(_) => FaultEffect::LateCommit(time()?),
        FaultEffect::Encoding(_) => match value {
            Some(name) if !name.is_empty() => FaultEffect::Encoding(name.to_owned()),
            _ => return Err(invalid(word, "needs the name of an encoding, such as gzip")),
        },
        FaultEffect::Truncate(_) => match value.map(parse_number::<usize>) {
            None => FaultEffect::Truncate(None),
            Some(Some(bytes)) => FaultEffect::Truncate(Some(bytes)),
            Some(None) => {
                return Err(invalid(word, "needs a number of bytes; without a value, half of the body is sent"));
            }
        },
        other if value.is_none() => other.clone(),
        _ => return Err(invalid(word, "takes no value")),
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let time = match text.strip_suffix("ms") {
        Some(digits) => parse_number(digits).map(Duration::from_millis),
        None => parse_number(text.strip_suffix('s')?).map(Duration::from_secs),
    };
    time.filter(|time| *time <= MAX_DURATION)
}

/// Parses digits only: `str::parse` would also accept a sign.
fn parse_number<T: FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn parse_budget(word: &str) -> Result<u32, FaultError> {
    let times = word.strip_prefix('x').and_then(parse_number::<u32>).filter(|times| *times > 0);
    times.ok_or_else(|| invalid(word, "must be xN with N from 1, or x* for no limit"))
}

/// The rule that a fault at a connection's moment cannot name an operation or an order.
fn operation_unknown(phase: Phase) -> String {
    let counted = match phase {
        Phase::FirstByte => "request",
        Phase::Idle => "idle connection",
        _ => "connection",
    };
    format!(
        "cannot be used with @{}: no request is known at that point; use turbopay, or turbopay#2 for the second {counted}",
        phase.name()
    )
}

fn invalid(part: &str, rule: impl Into<String>) -> FaultError {
    FaultError { part: part.to_owned(), rule: rule.into() }
}

/// A phase, and what can be chosen in it.
pub(crate) struct Choice {
    pub(crate) phase: &'static str,
    pub(crate) knows_operation: bool,
    pub(crate) knows_order: bool,
    /// The effects, with examples of their values.
    pub(crate) effects: Vec<String>,
}

/// Returns what can be chosen for a fault. Effects that need TLS are left out without it.
pub(crate) fn choices(is_tls: bool) -> Vec<Choice> {
    let effects = |phase: Phase| {
        let possible = EFFECTS.iter().filter(move |(_, effect)| {
            phase.allows(effect) && (is_tls || !matches!(effect, FaultEffect::Eof | FaultEffect::TlsAlert))
        });
        possible.map(|(name, effect)| match effect {
            FaultEffect::Html(_) => "html=502".to_owned(),
            FaultEffect::Json(_) => "json=429".to_owned(),
            FaultEffect::Redirect(_) => "redirect=302".to_owned(),
            FaultEffect::Encoding(_) => "encoding=gzip".to_owned(),
            FaultEffect::Delay(_) => "delay=2s".to_owned(),
            FaultEffect::LateCommit(_) => "late-commit=3s".to_owned(),
            FaultEffect::Imperfect(_) => "imperfect=bom".to_owned(),
            _ => (*name).to_owned(),
        })
    };
    let choice = |(phase, value): &(&'static str, Phase)| Choice {
        phase,
        knows_operation: value.knows_operation(),
        knows_order: value.knows_order(),
        effects: effects(*value).collect(),
    };
    Phase::ALL.iter().map(choice).collect()
}

/// A year, so that no sum with the clock overflows.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Every effect's name, with a value of its variant.
const EFFECTS: &[(&str, FaultEffect)] = &[
    ("fin", FaultEffect::Fin),
    ("rst", FaultEffect::Rst),
    ("stall", FaultEffect::Stall),
    ("eof", FaultEffect::Eof),
    ("tls-alert", FaultEffect::TlsAlert),
    ("truncate", FaultEffect::Truncate(None)),
    ("mid-status", FaultEffect::MidStatus),
    ("mid-headers", FaultEffect::MidHeaders),
    ("bad-chunk", FaultEffect::BadChunk),
    ("continue", FaultEffect::Continue),
    ("endless", FaultEffect::Endless),
    ("garbage", FaultEffect::Garbage),
    ("imperfect", FaultEffect::Imperfect(Imperfect::Bom)),
    ("html", FaultEffect::Html(0)),
    ("json", FaultEffect::Json(0)),
    ("redirect", FaultEffect::Redirect(0)),
    ("encoding", FaultEffect::Encoding(String::new())),
    ("slow", FaultEffect::Slow),
    ("delay", FaultEffect::Delay(Duration::ZERO)),
    ("late-commit", FaultEffect::LateCommit(Duration::ZERO)),
    ("duplicate", FaultEffect::Duplicate),
    ("reorder", FaultEffect::Reorder),
    ("drop", FaultEffect::Drop),
    ("tamper", FaultEffect::Tamper),
    ("hold", FaultEffect::Hold),
];
