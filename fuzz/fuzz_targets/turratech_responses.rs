#![no_main]
payments_fuzz::fuzz!(turratech_responses);
