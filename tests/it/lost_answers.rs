//! The answer is lost, and the money may have moved: what each provider lets a client do about it.

mod card3ds;
mod turbo_txn;
mod turbopay;
mod turratech;

/// Every way in which an answer can be lost, that is not the provider's own word for anything.
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

/// How often a request reached the sandbox, by whatever operation.
fn requests(sandbox: &payments_sandbox::Sandbox) -> usize {
    sandbox.timeline().iter().filter(|entry| entry.what.contains(": request ")).count()
}
