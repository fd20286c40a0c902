use payments_core::open_enum;

open_enum! {
    /// How money travels. A merchant's set-up sheet says which methods are open to it.
    pub enum Method {
        /// The Unified Payments Interface.
        Upi = "upi",
        /// A bank transfer, such as IMPS.
        BankTransfer = "bank_transfer",
    }
}

open_enum! {
    /// The kind of traffic. A merchant's set-up sheet says which kind it sends; the document has only the letters.
    pub enum Traffic {
        /// A customer's first deposit (inferred).
        FirstTime = "ftd",
        /// Anything later (inferred).
        Standard = "std",
    }
}
