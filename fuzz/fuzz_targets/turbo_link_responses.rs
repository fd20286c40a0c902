#![no_main]
payments_fuzz::fuzz!(turbo_link_responses);
