//! Prints `docs/journal/schema.md`.

mod page;

#[expect(clippy::print_stdout, reason = "the page is the output")]
fn main() {
    print!("{}", page::page());
}
