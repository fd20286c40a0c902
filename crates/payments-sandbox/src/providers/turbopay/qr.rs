//! The QR code and the deep links of a host-to-host deposit, as recorded.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use crate::{money, qr};

pub(crate) struct Links {
    pub(crate) upi: String,
    pub(crate) phonepe: String,
    pub(crate) paytm: String,
}

pub(crate) fn links(wallet: &str, name: &str, note: &str, amount: i64, currency: &str) -> Links {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (pa, pn, tn) = (encoded(wallet), encoded(name), encoded(note));
    let (am, cu) = (money::plain(amount), currency);
    // The members of the recorded link, with amounts in hundredths.
    let data = json!({
        "contact": {"cbsName": "", "nickName": "", "type": "VPA", "vpa": wallet},
        "p2pPaymentCheckoutParams": {
            "isByDefaultKnownContact": true,
            "enableSpeechToText": false,
            "allowAmountEdit": false,
            "showQrCodeOption": false,
            "disableViewHistory": true,
            "shouldShowUnsavedContactBanner": false,
            "isRecurring": false,
            "checkoutType": "DEFAULT",
            "transactionContext": "p2p",
            "disableNotesEdit": true,
            "showKeyboard": false,
            "currency": cu,
            "shouldShowMaskedNumber": true,
            "note": note,
            "initialAmount": amount,
        },
    });
    let data = encoded(&STANDARD.encode(data.to_string()));
    Links {
        upi: format!("upi://pay?pa={pa}&pn={pn}&tn={tn}&am={am}&cu={cu}"),
        phonepe: format!("phonepe://native?data={data}&id=p2ppayment"),
        paytm: format!("paytmmp://cash_wallet?pa={pa}&pn={pn}&tn={tn}&am={am}&cu={cu}&featuretype=money_transfer"),
    }
}

/// Returns a QR code of the text as a PNG in base64; `None` if the text is too long.
pub(crate) fn png_base64(text: &str) -> Option<String> {
    qr::png(text).map(|png| STANDARD.encode(png))
}
