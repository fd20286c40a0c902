#![no_main]
payments_fuzz::fuzz!(faults);
