use payments_core::id::check_id;
use payments_core::string_newtype;

string_newtype! {
    /// tur.bo's id of a payment link: 1 to 255 letters, digits, `.`, `_` and `-`, but not `.` or `..` (*inferred*).
    pub struct LinkId("id"): |text| check_id("id", text);
}
