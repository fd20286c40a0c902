use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ValidationError;

/// A currency: any three letters, as ISO 4217 writes them.
///
/// Those of ISO 4217 know how many decimals they have ([`Currency::exponent`]). Any other code is carried along, but
/// whatever would need its decimals is an error; they are never taken to be two.
///
/// ```
/// use payments_core::Currency;
///
/// assert_eq!(Currency::INR.exponent(), Some(2));
/// assert_eq!("kwd".parse::<Currency>()?.exponent(), Some(3));
/// assert_eq!("ABC".parse::<Currency>()?.exponent(), None);
/// # Ok::<(), payments_core::ValidationError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// How many decimals its amounts have: 0, 2, 3 or 4; `None` where ISO 4217 names none.
    #[must_use]
    pub fn exponent(self) -> Option<u32> {
        let index = ISO_4217.binary_search_by(|(code, _)| code.0.cmp(&self.0)).ok()?;
        ISO_4217.get(index).and_then(|(_, exponent)| *exponent)
    }

    /// The three letters, upper case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII letters ever get in, so this cannot fail.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Every code of ISO 4217 that this version knows, the recently withdrawn ones included, in alphabetical order.
    pub fn iso_4217() -> impl Iterator<Item = Currency> {
        ISO_4217.iter().map(|(currency, _)| *currency)
    }

    const fn literal(code: &str) -> Self {
        let bytes = code.as_bytes();
        Self([bytes[0], bytes[1], bytes[2]])
    }
}

impl FromStr for Currency {
    type Err = ValidationError;

    /// Reads three ASCII letters of either case.
    fn from_str(text: &str) -> Result<Self, ValidationError> {
        match text.as_bytes() {
            [a, b, c] if text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(ValidationError::new("currency", "must be three letters, as in ISO 4217")),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::deserialize(deserializer, str::parse)
    }
}

macro_rules! iso_4217 {
    ($($code:ident $exponent:ident $(($digits:literal))? $name:literal;)+) => {
        impl Currency {
            $(
                #[doc = concat!($name, ".")]
                pub const $code: Currency = Currency::literal(stringify!($code));
            )+
        }

        /// Sorted by code, so that it can be searched.
        static ISO_4217: &[(Currency, Option<u32>)] = &[$((Currency::$code, $exponent $(($digits))?)),+];
    };
}

// ISO 4217, list one. Codes withdrawn since 2021 stay, because their orders are still looked up.
iso_4217! {
    AED Some(2) "UAE dirham";
    AFN Some(2) "Afghani";
    ALL Some(2) "Lek";
    AMD Some(2) "Armenian dram";
    ANG Some(2) "Netherlands Antillean guilder, withdrawn 2025";
    AOA Some(2) "Kwanza";
    ARS Some(2) "Argentine peso";
    AUD Some(2) "Australian dollar";
    AWG Some(2) "Aruban florin";
    AZN Some(2) "Azerbaijan manat";
    BAM Some(2) "Convertible mark";
    BBD Some(2) "Barbados dollar";
    BDT Some(2) "Taka";
    BGN Some(2) "Bulgarian lev, withdrawn 2026";
    BHD Some(3) "Bahraini dinar";
    BIF Some(0) "Burundi franc";
    BMD Some(2) "Bermudian dollar";
    BND Some(2) "Brunei dollar";
    BOB Some(2) "Boliviano";
    BOV Some(2) "Mvdol";
    BRL Some(2) "Brazilian real";
    BSD Some(2) "Bahamian dollar";
    BTN Some(2) "Ngultrum";
    BWP Some(2) "Pula";
    BYN Some(2) "Belarusian ruble";
    BZD Some(2) "Belize dollar";
    CAD Some(2) "Canadian dollar";
    CDF Some(2) "Congolese franc";
    CHE Some(2) "WIR euro";
    CHF Some(2) "Swiss franc";
    CHW Some(2) "WIR franc";
    CLF Some(4) "Unidad de Fomento";
    CLP Some(0) "Chilean peso";
    CNY Some(2) "Yuan renminbi";
    COP Some(2) "Colombian peso";
    COU Some(2) "Unidad de Valor Real";
    CRC Some(2) "Costa Rican colon";
    CUC Some(2) "Peso convertible, withdrawn 2021";
    CUP Some(2) "Cuban peso";
    CVE Some(2) "Cabo Verde escudo";
    CZK Some(2) "Czech koruna";
    DJF Some(0) "Djibouti franc";
    DKK Some(2) "Danish krone";
    DOP Some(2) "Dominican peso";
    DZD Some(2) "Algerian dinar";
    EGP Some(2) "Egyptian pound";
    ERN Some(2) "Nakfa";
    ETB Some(2) "Ethiopian birr";
    EUR Some(2) "Euro";
    FJD Some(2) "Fiji dollar";
    FKP Some(2) "Falkland Islands pound";
    GBP Some(2) "Pound sterling";
    GEL Some(2) "Lari";
    GHS Some(2) "Ghana cedi";
    GIP Some(2) "Gibraltar pound";
    GMD Some(2) "Dalasi";
    GNF Some(0) "Guinean franc";
    GTQ Some(2) "Quetzal";
    GYD Some(2) "Guyana dollar";
    HKD Some(2) "Hong Kong dollar";
    HNL Some(2) "Lempira";
    HRK Some(2) "Kuna, withdrawn 2023";
    HTG Some(2) "Gourde";
    HUF Some(2) "Forint";
    IDR Some(2) "Rupiah";
    ILS Some(2) "New Israeli sheqel";
    INR Some(2) "Indian rupee";
    IQD Some(3) "Iraqi dinar";
    IRR Some(2) "Iranian rial";
    ISK Some(0) "Iceland krona";
    JMD Some(2) "Jamaican dollar";
    JOD Some(3) "Jordanian dinar";
    JPY Some(0) "Yen";
    KES Some(2) "Kenyan shilling";
    KGS Some(2) "Som";
    KHR Some(2) "Riel";
    KMF Some(0) "Comorian franc";
    KPW Some(2) "North Korean won";
    KRW Some(0) "Won";
    KWD Some(3) "Kuwaiti dinar";
    KYD Some(2) "Cayman Islands dollar";
    KZT Some(2) "Tenge";
    LAK Some(2) "Lao kip";
    LBP Some(2) "Lebanese pound";
    LKR Some(2) "Sri Lanka rupee";
    LRD Some(2) "Liberian dollar";
    LSL Some(2) "Loti";
    LYD Some(3) "Libyan dinar";
    MAD Some(2) "Moroccan dirham";
    MDL Some(2) "Moldovan leu";
    MGA Some(2) "Malagasy ariary";
    MKD Some(2) "Denar";
    MMK Some(2) "Kyat";
    MNT Some(2) "Tugrik";
    MOP Some(2) "Pataca";
    MRU Some(2) "Ouguiya";
    MUR Some(2) "Mauritius rupee";
    MVR Some(2) "Rufiyaa";
    MWK Some(2) "Malawi kwacha";
    MXN Some(2) "Mexican peso";
    MXV Some(2) "Mexican Unidad de Inversion";
    MYR Some(2) "Malaysian ringgit";
    MZN Some(2) "Mozambique metical";
    NAD Some(2) "Namibia dollar";
    NGN Some(2) "Naira";
    NIO Some(2) "Cordoba oro";
    NOK Some(2) "Norwegian krone";
    NPR Some(2) "Nepalese rupee";
    NZD Some(2) "New Zealand dollar";
    OMR Some(3) "Rial Omani";
    PAB Some(2) "Balboa";
    PEN Some(2) "Sol";
    PGK Some(2) "Kina";
    PHP Some(2) "Philippine peso";
    PKR Some(2) "Pakistan rupee";
    PLN Some(2) "Zloty";
    PYG Some(0) "Guarani";
    QAR Some(2) "Qatari rial";
    RON Some(2) "Romanian leu";
    RSD Some(2) "Serbian dinar";
    RUB Some(2) "Russian ruble";
    RWF Some(0) "Rwanda franc";
    SAR Some(2) "Saudi riyal";
    SBD Some(2) "Solomon Islands dollar";
    SCR Some(2) "Seychelles rupee";
    SDG Some(2) "Sudanese pound";
    SEK Some(2) "Swedish krona";
    SGD Some(2) "Singapore dollar";
    SHP Some(2) "Saint Helena pound";
    SLE Some(2) "Leone";
    SLL Some(2) "Leone, withdrawn 2024";
    SOS Some(2) "Somali shilling";
    SRD Some(2) "Surinam dollar";
    SSP Some(2) "South Sudanese pound";
    STN Some(2) "Dobra";
    SVC Some(2) "El Salvador colon";
    SYP Some(2) "Syrian pound";
    SZL Some(2) "Lilangeni";
    THB Some(2) "Baht";
    TJS Some(2) "Somoni";
    TMT Some(2) "Turkmenistan new manat";
    TND Some(3) "Tunisian dinar";
    TOP Some(2) "Pa'anga";
    TRY Some(2) "Turkish lira";
    TTD Some(2) "Trinidad and Tobago dollar";
    TWD Some(2) "New Taiwan dollar";
    TZS Some(2) "Tanzanian shilling";
    UAH Some(2) "Hryvnia";
    UGX Some(0) "Uganda shilling";
    USD Some(2) "US dollar";
    USN Some(2) "US dollar (next day)";
    UYI Some(0) "Uruguay peso en unidades indexadas";
    UYU Some(2) "Peso uruguayo";
    UYW Some(4) "Unidad previsional";
    UZS Some(2) "Uzbekistan sum";
    VED Some(2) "Digital bolivar";
    VES Some(2) "Bolivar soberano";
    VND Some(0) "Dong";
    VUV Some(0) "Vatu";
    WST Some(2) "Tala";
    XAD Some(2) "Arab accounting dinar";
    XAF Some(0) "CFA franc BEAC";
    XAG None "Silver";
    XAU None "Gold";
    XBA None "Bond markets unit (EURCO)";
    XBB None "Bond markets unit (E.M.U.-6)";
    XBC None "Bond markets unit (E.U.A.-9)";
    XBD None "Bond markets unit (E.U.A.-17)";
    XCD Some(2) "East Caribbean dollar";
    XCG Some(2) "Caribbean guilder";
    XDR None "Special drawing right";
    XOF Some(0) "CFA franc BCEAO";
    XPD None "Palladium";
    XPF Some(0) "CFP franc";
    XPT None "Platinum";
    XSU None "Sucre";
    XTS None "Reserved for testing";
    XUA None "ADB unit of account";
    XXX None "No currency";
    YER Some(2) "Yemeni rial";
    ZAR Some(2) "Rand";
    ZMW Some(2) "Zambian kwacha";
    ZWG Some(2) "Zimbabwe gold";
    ZWL Some(2) "Zimbabwe dollar, withdrawn 2024";
}
