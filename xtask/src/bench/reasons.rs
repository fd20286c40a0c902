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
        "A trace of the system calls shows three syncs of 0.1 ms on each side. The journal's claim and its result take five \
         round trips each, a bare commit three: the transaction begins with its terms, the intent is read with its evidence, \
         the change is written, the commit, and sqlx's check of the connection that goes back to the pool. Each takes 0.06 to 0.3 \
         ms, because PostgreSQL parses the terms each time, and the change runs triggers and checks. The share is large where \
         a disk syncs in 0.1 ms, as this one does",
    ),
    (
        "postgres-claims-apalis",
        "A trace of the system calls shows two syncs per job on each side. A job takes eight statements in the journal, with those \
         that begin and end transactions, and six in apalis-postgres, because the journal reads the evidence before each change",
    ),
    (
        "postgres-claims-underway",
        "A trace of the system calls shows two syncs per job on each side, and fewer messages for the journal. So the journal's \
         statements take longer. Which part of them does is not yet known",
    ),
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
