//! Lost responses: the money may have moved, and each provider offers different ways to find out.

mod card3ds;
mod turbo_txn;
mod turbopay;
mod turratech;

/// The effects that lose a response or replace it with one that proves nothing.
const EFFECTS: &[&str] = &[
    "fin",
    "rst",
    "truncate",
    "truncate=0",
    "garbage",
    "html=502",
    "html=504",
    "html=403",
    "json=500",
    "json=503",
    "html=200",
    "redirect=302",
    "redirect=307",
    "encoding=gzip",
    "mid-status",
    "mid-headers",
    "bad-chunk",
    "continue",
    "endless",
    "json=429",
    "json=408",
    "json=409",
];

/// Returns how many requests of any operation reached the sandbox.
fn request_count(sandbox: &payments_sandbox::Sandbox) -> usize {
    sandbox.timeline().iter().filter(|entry| entry.text.contains(": request ")).count()
}
