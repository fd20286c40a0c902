//! Why limits are missed.

/// Why a limit is missed, by the name of its row.
pub(super) const MISS_REASONS: &[(&str, &str)] = &[
    (
        "post-bare",
        "The SDK's own work takes a few microseconds per call. Its share of a call depends on the speed of the \
         loopback interface",
    ),
    (
        "flight",
        "With all cores busy, every instruction counts, and a call executes more of them than hand-written code. The \
         SDK reads the response twice, to keep it as received. It keeps the parameters, to compare the response with \
         them. It also manages a key, a deadline, a retry budget and a trace",
    ),
    (
        "webhook-stripe",
        "HMAC-SHA256 and serde_json alone, decoding into the same types, already exceed the limit: compare the next \
         row",
    ),
    (
        "webhook-bare",
        "The event's type is known before its object is decoded. So the object is read twice: first, serde_json \
         finds its end",
    ),
    (
        "webhook-hmac",
        "The processor has instructions for the HMAC, but none for JSON. Skipping over the event without decoding it \
         already takes serde_json most of the time that the limit leaves. The event's own members, its time and its \
         header come on top",
    ),
    (
        "callback",
        "Bad padding takes the same steps as good padding, the text is in a copy that is wiped, and the text is \
         checked as UTF-8 first",
    ),
    (
        "build-bare",
        "Exact decimals, times, HMAC and two of our own crates come on top of the dependencies that both sides have",
    ),
    ("build-stripe", "Both sides have reqwest, rustls with aws-lc-rs and tokio, and these alone exceed the limit"),
    (
        "journal-call",
        "The journal's own work takes about 0.3 ms per call: SQLite's statements, and messages between threads, because sqlx \
         runs each connection on a thread of its own. The share is large where a disk commits in 0.1 ms, as this one \
         does. Compare the next row",
    ),
    (
        "journal-worker",
        "The other side holds one connection and no lease. The journal reads an intent's evidence before each change, and \
         commits each claim and each result alone",
    ),
    (
        "journal-worker-apalis",
        "apalis-sqlite claims and finishes jobs in batches. The journal reads the evidence of each intent, and commits \
         each claim and each result alone",
    ),
    (
        "postgres-call",
        "By the server's log, the journal's statements take more than 0.7 ms of a payout, and the other side's less than 0.1 ms: an intent \
         has eight indexes, checks and a trigger, and each step adds evidence and a change to it. Both sides wait for three syncs \
         of 0.1 ms. The share is large where a disk syncs in 0.1 ms, as this one does. Compare the next row",
    ),
    (
        "postgres-call-slow-sync",
        "As above. The journal reads and writes an intent twice, in two round trips each. The reading could be saved after a claim, \
         if the store kept what it has written",
    ),
    (
        "postgres-claims-apalis",
        "Both sides sync twice per job. apalis-postgres changes one row of one table. The journal writes a row of evidence and one \
         for the hook at each step, beside the intent's own, and reads the evidence before",
    ),
    ("postgres-claims-underway", "As above. The journal is ahead with several jobs at a time: compare the rows below"),
    (
        "postgres-claims-32-apalis",
        "apalis-postgres claims 32 jobs in one transaction, and stores the results that have arrived in one. The journal commits \
         each claim and each result alone",
    ),
    ("postgres-claims-32-underway", "Both sides commit each claim and each result alone: compare one job at a time"),
    ("incremental", "Linking: the program is larger, above all by its debug information"),
    (
        "crates",
        "Exact decimals and times have their own crates, and so does the path of a value that cannot be decoded",
    ),
];
