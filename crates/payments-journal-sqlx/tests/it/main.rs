mod amend;
mod record;
mod support;
