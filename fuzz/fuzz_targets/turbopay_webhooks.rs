#![no_main]
payments_fuzz::fuzz!(turbopay_webhooks);
