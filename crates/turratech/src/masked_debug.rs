//! `Debug` for types with free text. Customers type card numbers into any field, so free text is masked.

use std::fmt;

use payments_core::mask_card_numbers;

/// A value whose `Debug` output masks everything that looks like a card number.
pub(crate) struct Masked<'a, T>(pub(crate) &'a T);

impl<T: fmt::Debug> fmt::Debug for Masked<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if f.alternate() { format!("{:#?}", self.0) } else { format!("{:?}", self.0) };
        f.write_str(&mask_card_numbers(&text))
    }
}

/// Implements `Debug` with all fields of a struct. The fields under `masked` are shown through [`Masked`].
macro_rules! masked_debug {
    ($type:ident { $($field:ident),* } masked { $($masked:ident),* }) => {
        impl ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                // The pattern is exhaustive, so that a new field cannot be forgotten.
                let Self { $($field,)* $($masked),* } = self;
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($field), $field))*
                    $(.field(stringify!($masked), &$crate::masked_debug::Masked($masked)))*
                    .finish()
            }
        }
    };
}

pub(crate) use masked_debug;
