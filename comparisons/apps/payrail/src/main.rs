//! Nothing but its dependencies is looked at.

fn main() {
    println!("{}", std::any::type_name::<payrail::PaymentError>());
}
