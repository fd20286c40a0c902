//! Tests of the stage, the books and the panel, with the real shop.

mod books;
mod customer;
mod panel;
mod program;
mod stage;
