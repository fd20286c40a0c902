use payments_core::open_enum;

open_enum! {
    /// A payment method. The merchant's setup sheet lists the methods that are available.
    pub enum Method {
        /// The Unified Payments Interface.
        Upi = "upi",
        /// A bank transfer, such as IMPS.
        BankTransfer = "bank_transfer",
    }
}

open_enum! {
    /// The kind of traffic. The merchant's setup sheet says which kind to send.
    ///
    /// The document gives only the abbreviations. What they mean is inferred.
    pub enum Traffic {
        /// A customer's first deposit (inferred).
        FirstTime = "ftd",
        /// Any later order (inferred).
        Standard = "std",
    }
}
