#![no_main]
payments_fuzz::fuzz!(card3ds_forms);
