use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ValidationError;

/// A currency code of three letters, as in ISO 4217.
///
/// The currencies of ISO 4217 have a known number of decimals ([`Currency::exponent`]). Any other code is accepted, but
/// operations that need its decimals return an error. The decimals are never assumed to be two.
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
    /// The number of decimals of the currency: 0, 2, 3 or 4; `None` if ISO 4217 defines none.
    #[must_use]
    pub fn exponent(self) -> Option<u32> {
        let index = ISO_4217.binary_search_by(|(code, _)| code.0.cmp(&self.0)).ok()?;
        ISO_4217.get(index).and_then(|(_, exponent)| *exponent)
    }

    /// The currency with this numeric code of ISO 4217, such as `949` for TRY.
    ///
    /// Returns `None` if the text is not three digits, or not the code of a known currency.
    #[must_use]
    pub fn from_numeric(code: &str) -> Option<Self> {
        let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
        let number: u16 = code.parse().ok().filter(|number| is_code && *number > 0)?;
        let index = NUMERIC_CODES.iter().position(|known| *known == number)?;
        ISO_4217.get(index).map(|(currency, _)| *currency)
    }

    /// The code in upper case, such as `INR`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Constructors accept only ASCII letters, so this cannot fail.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Returns all known codes of ISO 4217, including recently withdrawn ones, in alphabetical order.
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

    /// Parses three ASCII letters in upper or lower case.
    fn from_str(text: &str) -> Result<Self, ValidationError> {
        match text.as_bytes() {
            [a, b, c] if text.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), c.to_ascii_uppercase()]))
            }
            _ => Err(ValidationError::new("currency", "must be three letters, as in ISO 4217")),
        }
    }
}

/// For columns: `#[sqlx(try_from = "String")]`.
impl TryFrom<String> for Currency {
    type Error = ValidationError;

    fn try_from(code: String) -> Result<Self, ValidationError> {
        code.parse()
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
    ($($code:ident $number:literal $exponent:ident $(($digits:literal))? $name:literal;)+) => {
        impl Currency {
            $(
                #[doc = concat!($name, ".")]
                pub const $code: Currency = Currency::literal(stringify!($code));
            )+
        }

        /// All known currencies and their decimals, sorted by code for the binary search.
        static ISO_4217: &[(Currency, Option<u32>)] = &[$((Currency::$code, $exponent $(($digits))?)),+];

        /// The numeric code of each currency, in the same order.
        static NUMERIC_CODES: &[u16] = &[$($number),+];
    };
}

// ISO 4217, list one: code, numeric code, decimals. A zero stands for a numeric code that a newer currency has taken over. Codes withdrawn since 2021 stay, because applications still look up orders in them.
iso_4217! {
    AED 784 Some(2) "UAE dirham";
    AFN 971 Some(2) "Afghani";
    ALL 8 Some(2) "Lek";
    AMD 51 Some(2) "Armenian dram";
    ANG 0 Some(2) "Netherlands Antillean guilder, withdrawn 2025";
    AOA 973 Some(2) "Kwanza";
    ARS 32 Some(2) "Argentine peso";
    AUD 36 Some(2) "Australian dollar";
    AWG 533 Some(2) "Aruban florin";
    AZN 944 Some(2) "Azerbaijan manat";
    BAM 977 Some(2) "Convertible mark";
    BBD 52 Some(2) "Barbados dollar";
    BDT 50 Some(2) "Taka";
    BGN 975 Some(2) "Bulgarian lev, withdrawn 2026";
    BHD 48 Some(3) "Bahraini dinar";
    BIF 108 Some(0) "Burundi franc";
    BMD 60 Some(2) "Bermudian dollar";
    BND 96 Some(2) "Brunei dollar";
    BOB 68 Some(2) "Boliviano";
    BOV 984 Some(2) "Mvdol";
    BRL 986 Some(2) "Brazilian real";
    BSD 44 Some(2) "Bahamian dollar";
    BTN 64 Some(2) "Ngultrum";
    BWP 72 Some(2) "Pula";
    BYN 933 Some(2) "Belarusian ruble";
    BZD 84 Some(2) "Belize dollar";
    CAD 124 Some(2) "Canadian dollar";
    CDF 976 Some(2) "Congolese franc";
    CHE 947 Some(2) "WIR euro";
    CHF 756 Some(2) "Swiss franc";
    CHW 948 Some(2) "WIR franc";
    CLF 990 Some(4) "Unidad de Fomento";
    CLP 152 Some(0) "Chilean peso";
    CNY 156 Some(2) "Yuan renminbi";
    COP 170 Some(2) "Colombian peso";
    COU 970 Some(2) "Unidad de Valor Real";
    CRC 188 Some(2) "Costa Rican colon";
    CUC 931 Some(2) "Peso convertible, withdrawn 2021";
    CUP 192 Some(2) "Cuban peso";
    CVE 132 Some(2) "Cabo Verde escudo";
    CZK 203 Some(2) "Czech koruna";
    DJF 262 Some(0) "Djibouti franc";
    DKK 208 Some(2) "Danish krone";
    DOP 214 Some(2) "Dominican peso";
    DZD 12 Some(2) "Algerian dinar";
    EGP 818 Some(2) "Egyptian pound";
    ERN 232 Some(2) "Nakfa";
    ETB 230 Some(2) "Ethiopian birr";
    EUR 978 Some(2) "Euro";
    FJD 242 Some(2) "Fiji dollar";
    FKP 238 Some(2) "Falkland Islands pound";
    GBP 826 Some(2) "Pound sterling";
    GEL 981 Some(2) "Lari";
    GHS 936 Some(2) "Ghana cedi";
    GIP 292 Some(2) "Gibraltar pound";
    GMD 270 Some(2) "Dalasi";
    GNF 324 Some(0) "Guinean franc";
    GTQ 320 Some(2) "Quetzal";
    GYD 328 Some(2) "Guyana dollar";
    HKD 344 Some(2) "Hong Kong dollar";
    HNL 340 Some(2) "Lempira";
    HRK 191 Some(2) "Kuna, withdrawn 2023";
    HTG 332 Some(2) "Gourde";
    HUF 348 Some(2) "Forint";
    IDR 360 Some(2) "Rupiah";
    ILS 376 Some(2) "New Israeli sheqel";
    INR 356 Some(2) "Indian rupee";
    IQD 368 Some(3) "Iraqi dinar";
    IRR 364 Some(2) "Iranian rial";
    ISK 352 Some(0) "Iceland krona";
    JMD 388 Some(2) "Jamaican dollar";
    JOD 400 Some(3) "Jordanian dinar";
    JPY 392 Some(0) "Yen";
    KES 404 Some(2) "Kenyan shilling";
    KGS 417 Some(2) "Som";
    KHR 116 Some(2) "Riel";
    KMF 174 Some(0) "Comorian franc";
    KPW 408 Some(2) "North Korean won";
    KRW 410 Some(0) "Won";
    KWD 414 Some(3) "Kuwaiti dinar";
    KYD 136 Some(2) "Cayman Islands dollar";
    KZT 398 Some(2) "Tenge";
    LAK 418 Some(2) "Lao kip";
    LBP 422 Some(2) "Lebanese pound";
    LKR 144 Some(2) "Sri Lanka rupee";
    LRD 430 Some(2) "Liberian dollar";
    LSL 426 Some(2) "Loti";
    LYD 434 Some(3) "Libyan dinar";
    MAD 504 Some(2) "Moroccan dirham";
    MDL 498 Some(2) "Moldovan leu";
    MGA 969 Some(2) "Malagasy ariary";
    MKD 807 Some(2) "Denar";
    MMK 104 Some(2) "Kyat";
    MNT 496 Some(2) "Tugrik";
    MOP 446 Some(2) "Pataca";
    MRU 929 Some(2) "Ouguiya";
    MUR 480 Some(2) "Mauritius rupee";
    MVR 462 Some(2) "Rufiyaa";
    MWK 454 Some(2) "Malawi kwacha";
    MXN 484 Some(2) "Mexican peso";
    MXV 979 Some(2) "Mexican Unidad de Inversion";
    MYR 458 Some(2) "Malaysian ringgit";
    MZN 943 Some(2) "Mozambique metical";
    NAD 516 Some(2) "Namibia dollar";
    NGN 566 Some(2) "Naira";
    NIO 558 Some(2) "Cordoba oro";
    NOK 578 Some(2) "Norwegian krone";
    NPR 524 Some(2) "Nepalese rupee";
    NZD 554 Some(2) "New Zealand dollar";
    OMR 512 Some(3) "Rial Omani";
    PAB 590 Some(2) "Balboa";
    PEN 604 Some(2) "Sol";
    PGK 598 Some(2) "Kina";
    PHP 608 Some(2) "Philippine peso";
    PKR 586 Some(2) "Pakistan rupee";
    PLN 985 Some(2) "Zloty";
    PYG 600 Some(0) "Guarani";
    QAR 634 Some(2) "Qatari rial";
    RON 946 Some(2) "Romanian leu";
    RSD 941 Some(2) "Serbian dinar";
    RUB 643 Some(2) "Russian ruble";
    RWF 646 Some(0) "Rwanda franc";
    SAR 682 Some(2) "Saudi riyal";
    SBD 90 Some(2) "Solomon Islands dollar";
    SCR 690 Some(2) "Seychelles rupee";
    SDG 938 Some(2) "Sudanese pound";
    SEK 752 Some(2) "Swedish krona";
    SGD 702 Some(2) "Singapore dollar";
    SHP 654 Some(2) "Saint Helena pound";
    SLE 925 Some(2) "Leone";
    SLL 694 Some(2) "Leone, withdrawn 2024";
    SOS 706 Some(2) "Somali shilling";
    SRD 968 Some(2) "Surinam dollar";
    SSP 728 Some(2) "South Sudanese pound";
    STN 930 Some(2) "Dobra";
    SVC 222 Some(2) "El Salvador colon";
    SYP 760 Some(2) "Syrian pound";
    SZL 748 Some(2) "Lilangeni";
    THB 764 Some(2) "Baht";
    TJS 972 Some(2) "Somoni";
    TMT 934 Some(2) "Turkmenistan new manat";
    TND 788 Some(3) "Tunisian dinar";
    TOP 776 Some(2) "Pa'anga";
    TRY 949 Some(2) "Turkish lira";
    TTD 780 Some(2) "Trinidad and Tobago dollar";
    TWD 901 Some(2) "New Taiwan dollar";
    TZS 834 Some(2) "Tanzanian shilling";
    UAH 980 Some(2) "Hryvnia";
    UGX 800 Some(0) "Uganda shilling";
    USD 840 Some(2) "US dollar";
    USN 997 Some(2) "US dollar (next day)";
    UYI 940 Some(0) "Uruguay peso en unidades indexadas";
    UYU 858 Some(2) "Peso uruguayo";
    UYW 927 Some(4) "Unidad previsional";
    UZS 860 Some(2) "Uzbekistan sum";
    VED 926 Some(2) "Digital bolivar";
    VES 928 Some(2) "Bolivar soberano";
    VND 704 Some(0) "Dong";
    VUV 548 Some(0) "Vatu";
    WST 882 Some(2) "Tala";
    XAD 396 Some(2) "Arab accounting dinar";
    XAF 950 Some(0) "CFA franc BEAC";
    XAG 961 None "Silver";
    XAU 959 None "Gold";
    XBA 955 None "Bond markets unit (EURCO)";
    XBB 956 None "Bond markets unit (E.M.U.-6)";
    XBC 957 None "Bond markets unit (E.U.A.-9)";
    XBD 958 None "Bond markets unit (E.U.A.-17)";
    XCD 951 Some(2) "East Caribbean dollar";
    XCG 532 Some(2) "Caribbean guilder";
    XDR 960 None "Special drawing right";
    XOF 952 Some(0) "CFA franc BCEAO";
    XPD 964 None "Palladium";
    XPF 953 Some(0) "CFP franc";
    XPT 962 None "Platinum";
    XSU 994 None "Sucre";
    XTS 963 None "Reserved for testing";
    XUA 965 None "ADB unit of account";
    XXX 999 None "No currency";
    YER 886 Some(2) "Yemeni rial";
    ZAR 710 Some(2) "Rand";
    ZMW 967 Some(2) "Zambian kwacha";
    ZWG 924 Some(2) "Zimbabwe gold";
    ZWL 932 Some(2) "Zimbabwe dollar, withdrawn 2024";
}
