//! `Debug` of what holds free text: people type card numbers into anything.

use std::fmt;

use payments_core::mask_card_numbers;

/// Free text of any shape, as `Debug` shows it: whole but for what could be a card's number.
pub(crate) struct Masked<'a, T>(pub(crate) &'a T);

impl<T: fmt::Debug> fmt::Debug for Masked<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if f.alternate() { format!("{:#?}", self.0) } else { format!("{:?}", self.0) };
        f.write_str(&mask_card_numbers(&shown))
    }
}

/// `Debug` with every field of a struct, those under `free` masked.
macro_rules! debug_masked {
    ($type:ident { $($field:ident),* } free { $($free:ident),* }) => {
        impl ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                // In full, so that no field is forgotten.
                let Self { $($field,)* $($free),* } = self;
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($field), $field))*
                    $(.field(stringify!($free), &$crate::shown::Masked($free)))*
                    .finish()
            }
        }
    };
}

pub(crate) use debug_masked;
