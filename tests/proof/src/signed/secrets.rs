//! The secrets: rotated, of another sender, or invalid.

use super::Genuine;
use crate::crypto::sha256;
use crate::vectors::{Vector, rows};

/// Deliveries signed with other secrets.
pub(super) fn signers(g: &Genuine) -> Vec<Vector> {
    let (secret, prefix) = (g.secret.as_str(), g.prefix);
    let (new, other) = (format!("{prefix}new"), format!("{prefix}other"));
    let long = prefix.repeat(if g.is_turratech() { 20 } else { 30 });
    let rotating = [new.as_str(), secret];
    let by = |text: &str| g.signed_by(text.as_bytes());
    let value = |text: &str| by(text).headers.remove(0).1.bytes().unwrap_or_default();
    let both = [value(&other), b",".to_vec(), value(&new)[g.time().len() + 3..].to_vec()];
    rows! { g;
        both Accepted "old {secret} while it rotates", "every {secret} counts" => g.vector().secrets(rotating);
        both Accepted "new {secret} while it rotates", "every {secret} counts" => by(&new).secrets(rotating);
        turratech Accepted "signed with two secrets", "one of them has to fit"
            => g.with_header(both.concat()).secrets(rotating);
        both Rejected "another {secret}", "it is nobody's here" => by(&other).secrets(rotating);
        both Rejected "old {secret} after the rotation", "it does not count any more" => g.vector().secrets([&new]);
        both Rejected "signed with the empty key", "it is nobody's" => by("");
        both Rejected "signed with the {secret} and a newline", "the key is the text as it is"
            => by(&format!("{secret}\n"));
        turratech Rejected "signed with the secret without its prefix", "nothing is cut off"
            => by(&secret[prefix.len()..]);
        both Rejected "signed with what the {secret}'s hex means", "hexadecimal digits are not decoded"
            => by(DECODED).secrets([HEX]);
        both Accepted "signed with a {secret} of hex digits", "the text is the key" => by(HEX).secrets([HEX]);
        both Rejected "signed with what the {secret}'s base64 means", "base64 is not decoded"
            => by(DECODED).secrets([BASE64]);
        both Accepted "signed with a {secret} of base64", "the text is the key" => by(BASE64).secrets([BASE64]);
        both Accepted "signed with the {secret} and NUL", "equal by construction: HMAC pads keys with NUL"
            => by(&format!("{secret}\0"));
        both Accepted "signed with the hash of a {secret} longer than a block",
            "equal by construction: HMAC hashes long keys" => g.signed_by(&sha256(long.as_bytes())).secrets([&long]);
    }
}

/// Secrets that no receiver accepts.
pub(super) fn invalid(g: &Genuine) -> Vec<Vector> {
    let (secret, prefix) = (g.secret.as_str(), g.prefix);
    let with = |secret: &str| g.vector().secrets([secret]);
    rows! { g;
        both InvalidSecret "{secret} empty", "anyone could sign with it" => with("");
        both InvalidSecret "{secret} with a newline behind it", "it comes from a file, and would prove nothing"
            => with(&format!("{secret}\n"));
        both InvalidSecret "{secret} of blanks", "it is no {secret}" => with("  ");
        turratech InvalidSecret "secret with a blank inside", "it is a slip of copying"
            => with(&secret.replacen('_', "_ ", 1));
        both InvalidSecret "{secret} that is no ASCII", "it is a slip of copying" => with(&format!("{prefix}\u{e9}"));
        both InvalidSecret "second {secret} empty", "anyone could sign with it" => g.vector().secrets([secret, ""]);
    }
}

/// `HEX` and `BASE64` encode this text.
const DECODED: &str = "0123456789abcdef";
const HEX: &str = "30313233343536373839616263646566";
const BASE64: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";
