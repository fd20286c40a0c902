//! Only the dependencies of this application are counted.

fn main() {
    println!("{}", std::any::type_name::<payrail::PaymentError>());
}
