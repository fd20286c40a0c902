#![no_main]
payments_fuzz::fuzz!(turbo_txn_responses);
