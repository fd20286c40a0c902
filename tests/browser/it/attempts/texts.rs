//! Hostile texts in everything that a merchant, a provider's client or a customer can name: on each page they are text.

use std::collections::{BTreeMap, BTreeSet};

use payments_browser_tests::{Browser, Findings, Screen, Site};
use serde_json::{Value, json};

use super::report;
use super::target::Target;

/// What a text would do if a page took it for more than text: set `window.ran`, or the title, or load from another host.
const TEXTS: &[(&str, &str)] = &[
    ("a script", "<script>window.ran=1;document.title='ran'</script>"),
    ("a script in capitals", "<SCRIPT\n>window.ran=1</SCRIPT\n>"),
    ("the end of an attribute", "\"><img src=x onerror=window.ran=1>"),
    ("the end of a quoted attribute", "'><img src=x onerror='window.ran=1'>"),
    ("attributes", "\" autofocus onfocus=\"window.ran=1\" x=\""),
    ("attributes in single quotes", "' autofocus onfocus='window.ran=1' x='"),
    ("backticks", "`onload=window.ran=1`"),
    ("the end of a title", "</title><script>window.ran=1</script>"),
    ("the end of a script", "--></script><script>window.ran=1</script><!--"),
    ("the end of a style", "</style></textarea></noscript></template><img src=x onerror=window.ran=1>"),
    ("an address with a script", "javascript:window.ran=1"),
    ("an address with a hidden script", "java\tscript:window.ran=1//%0Aalert(1)"),
    ("an address with data", "data:text/html,<script>parent.ran=1</script>"),
    ("a picture with a script", "<svg/onload=window.ran=1><script>window.ran=1</script></svg>"),
    ("a frame", "<iframe srcdoc=\"<script>parent.ran=1</script>\"></iframe><object data=//evil.example></object>"),
    (
        "another host",
        "<img src=//evil.example/a><link rel=stylesheet href=http://evil.example/b><base href=//evil.example/>",
    ),
    (
        "a form",
        "<form action=http://evil.example><button autofocus>Pay</button></form><meta http-equiv=refresh content=\"0;url=//evil.example\">",
    ),
    ("a template", "{{constructor.constructor('window.ran=1')()}}${window.ran=1}<%= ran %>#{ran}"),
    ("entities", "&lt;script&gt;window.ran=1&lt;/script&gt;&#60;img src=x onerror=window.ran=1&#62;&quot;"),
    (
        "characters without a glyph",
        "a\u{0}<\u{0}script>\u{b}window.ran=1\u{1b}[2J\r\nSet-Cookie: ran=1\r\n\r\n<script>",
    ),
    ("reversed text", "\u{202e}<script>1=nar.wodniw</script>\u{2066}\u{200f}\u{202c}"),
    ("line separators", "\u{2028}<script>window.ran=1</script>\u{2029}\u{85}\u{feff}"),
    ("wide brackets", "\u{ff1c}script\u{ff1e}window.ran=1\u{ff1c}/script\u{ff1e}\u{2039}img\u{203a}+ADw-script+AD4-"),
    ("formulas", "=HYPERLINK(\"http://evil.example\",\"x\")<script>window.ran=1</script>"),
];

/// A text beyond what a table or an address bar expects.
fn long() -> String {
    "<b onclick=window.ran=1>".repeat(300)
}

/// Parts of a surrogate pair, which JSON can have and text cannot, as a JSON string.
const HALF_PAIR: &str = r#""\ud83d<script>window.ran=1</script>\ude00""#;

/// Bodies of requests, with the text in place of `@`.
const DEPOSIT: &str = r#"{"method": "upi", "amount": 2000, "currency": "INR", "customer_email": "name@mail.example",
    "customer_phone": "+919876543210", "customer_name": "TEXT", "merchant_order_id": "REFERENCE",
    "merchant_customer_id": "TEXT", "status_url": "http://127.0.0.1:9/?URL", "redirect_url": "REDIRECT", "traffic": "ftd"}"#;
const WITHDRAWAL: &str = r#"{"method": "bank_transfer", "amount": 500, "currency": "INR", "traffic": "std",
    "merchant_order_id": "REFERENCE", "merchant_customer_id": "TEXT", "customer_bank_account": "065432123456789",
    "bank_code": "HDFC0000053", "status_url": "http://127.0.0.1:9/?URL", "TEXT": "TEXT"}"#;
const TRANSACTION: &str = r#"{"orderId": "REFERENCE", "amount": 300, "returnUrl": "REDIRECT", "TEXT": "TEXT"}"#;
const CHECKOUT: &str = r#"{"orderId": "REFERENCE", "amount": 100.5, "currency": "TRY", "description": "TEXT",
    "callback": "REDIRECT", "customerId": "TEXT", "maxInstallmentCount": 6, "interestPaidByCustomer": true}"#;
const CARD: &str = r#"{"orderId": "REFERENCE", "amount": 100.5, "currency": "TRY", "cardHolderName": "TEXT", "pan": "5421190122090656",
    "expiryMonth": "04", "expiryYear": "28", "cvv": "916", "requestIp": "192.168.1.1", "requestPort": 8080, "customerId": "TEXT",
    "successUrl": "REDIRECT", "failureUrl": "REDIRECT"}"#;
const PAYMENT: &str = r#"{"amount": 2000, "currency": "gbp", "payment_method": "pm_card_visa", "confirm": true,
    "description": "TEXT", "metadata": {"order_id": "REFERENCE", "TEXT": "TEXT"}}"#;

/// A sandbox in whose records everything is one text.
struct Seeded {
    target: Target,
    client: reqwest::Client,
    /// The text as a JSON string, without the quotes.
    literal: String,
    /// The text in a URL.
    encoded: String,
    /// Addresses of customers' pages.
    pages: BTreeSet<String>,
}

impl Seeded {
    async fn new(literal: &str) -> Self {
        let target = Target::start().await;
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let text: String = serde_json::from_str(literal).unwrap_or_else(|_| literal.replace("\\ud", "d"));
        let literal = literal[1..literal.len() - 1].to_owned();
        let mut seeded = Self { target, client, literal, encoded: encode(&text), pages: BTreeSet::new() };
        seeded.use_providers(&text).await;
        seeded.use_control_api().await;
        seeded
    }

    async fn use_providers(&mut self, text: &str) {
        let sandbox = self.target.sandbox();
        let (turbopay, turbo_txn, card3ds) = (sandbox.turbopay(), sandbox.turbo_txn(), sandbox.card3ds());
        let (links, turratech) = (sandbox.turbo_link().base_url().to_owned(), sandbox.turratech());
        let turbopay_key = vec![("authorization", turbopay.api_key().to_owned())];
        let txn_keys =
            vec![("client-id", turbo_txn.client_id().to_owned()), ("secret-key", turbo_txn.secret_key().to_owned())];
        let card_keys =
            vec![("x-api-key", card3ds.api_key().to_owned()), ("x-api-secret", card3ds.api_secret().to_owned())];
        let bearer = vec![("authorization", format!("Bearer {}", turratech.api_key()))];
        let base = |base: &str, path: &str| format!("{base}{path}");
        let requests = [
            (base(turbopay.base_url(), "/deposit/new"), &turbopay_key, DEPOSIT),
            (base(turbopay.base_url(), "/withdraw/new"), &turbopay_key, WITHDRAWAL),
            (
                base(turbo_txn.base_url(), "/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s"),
                &txn_keys,
                TRANSACTION,
            ),
            (base(card3ds.base_url(), "/api/checkout"), &card_keys, CHECKOUT),
            (base(card3ds.base_url(), "/api/payment"), &card_keys, CARD),
            (base(card3ds.base_url(), "/api/3ds"), &card_keys, CARD),
            (base(turratech.base_url(), "/v1/payments"), &bearer, PAYMENT),
        ];
        let shop = format!("http://127.0.0.1:9/?{}", self.encoded);
        let literal = self.literal.clone();
        for (number, (url, keys, template)) in requests.iter().enumerate() {
            // A text that a provider refuses somewhere is accepted elsewhere.
            for (reference, redirect) in [
                (literal.as_str(), shop.as_str()),
                ("plain", shop.as_str()),
                (literal.as_str(), literal.as_str()),
                ("other", literal.as_str()),
            ] {
                let reference = if reference == literal { literal.clone() } else { format!("{reference}-{number}") };
                let body = template.replace("REFERENCE", &reference).replace("REDIRECT", redirect);
                let body = body.replace("TEXT", &literal).replace("URL", &self.encoded);
                let response = self.send(url, keys, &body, text).await;
                self.find_pages(&response);
            }
            let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
            for path in [format!("{origin}/{}?{}={0}", self.encoded, self.encoded), format!("{url}/{}", self.encoded)] {
                self.send(&path, keys, "", text).await;
            }
        }
        self.send(&format!("{links}/payments?search={}", self.encoded), &bearer, "{}", text).await;
    }

    async fn use_control_api(&mut self) {
        let control = self.target.origin();
        for (path, template) in [
            ("/notes", r#"{"text": "TEXT", "reference": "TEXT"}"#),
            ("/notes", r#"{"text": "TEXT"}"#),
            ("/expectations", r#"{"reference": "TEXT", "status": "TEXT"}"#),
            ("/same-orders", r#"{"references": ["TEXT", "TEXT-2", "plain-1"]}"#),
            ("/faults", r#"{"spec": "TEXT"}"#),
            ("/faults", r#"{"spec": "turbopay.withdraw order=TEXT @after-commit fin"}"#),
            ("/faults", r#"{"spec": "turbopay.balance order=URL @after-commit fin"}"#),
            ("/turratech/endpoints", r#"{"url": "http://127.0.0.1:9/?URL"}"#),
            ("/turbo-txn/callbacks", r#"{"url": "http://127.0.0.1:9/?URL"}"#),
            ("/turbo-link/links", r#"{"amount": "1.00"}"#),
            ("/turbopay/orders/URL/success", "{}"),
            ("/turbopay/orders/plain-0/success", "{}"),
            ("/turbo-txn/orders/URL/approve", "{}"),
            ("/clock/advance", r#"{"seconds": 2}"#),
        ] {
            let body = template.replace("TEXT", &self.literal).replace("URL", &self.encoded);
            let response =
                self.send(&format!("{control}{}", path.replace("URL", &self.encoded)), &[], &body, "x").await;
            self.find_pages(&response);
        }
        self.target.sandbox().settle().await;
    }

    /// Sends a request that may be refused, and returns the response's body.
    async fn send(&self, url: &str, headers: &[(&str, String)], body: &str, text: &str) -> String {
        let mut request = self.client.post(url).header("content-type", "application/json").body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        for name in ["user-agent", "idempotency-key", "accept-language", "order-id", "x-text"] {
            // Not every text can be in a header.
            if let Ok(value) = reqwest::header::HeaderValue::from_bytes(text.as_bytes()) {
                request = request.header(name, value);
            }
        }
        // A fault may close the connection.
        match request.send().await {
            Ok(response) => response.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Adds the addresses of customers' pages in a response.
    fn find_pages(&mut self, response: &str) {
        let Ok(response) = serde_json::from_str::<Value>(response) else { return };
        let mut values = vec![&response];
        while let Some(value) = values.pop() {
            match value {
                Value::Array(items) => values.extend(items),
                Value::Object(members) => values.extend(members.values()),
                Value::String(url)
                    if url.starts_with("http://127.0.0.1:") && !url.contains(":9/") && !url.ends_with(".png") =>
                {
                    self.pages.insert(url.clone());
                }
                _ => {}
            }
        }
    }

    /// The inspector's pages, of everything that the sandbox has recorded.
    async fn inspector(&self) -> Vec<String> {
        let records: Value = serde_json::from_str(&self.target.get("/records").await).unwrap();
        // One record of each kind at each provider.
        let mut kinds = BTreeSet::new();
        let of_a_kind = |record: &&Value| kinds.insert(["kind", "provider"].map(|name| record[name].to_string()));
        let numbers =
            records["records"].as_array().unwrap().iter().filter(of_a_kind).map(|record| record["number"].to_string());
        let numbers: Vec<String> = numbers.collect();
        let pages = self.html_pages().await;
        let orders: Value = serde_json::from_str(&self.target.get("/orders?limit=1").await).unwrap();
        let mut paths = BTreeSet::new();
        for (path, _) in pages {
            if path.contains("{number}") {
                paths.extend(numbers.iter().map(|number| path.replace("{number}", number)));
            } else if path.contains('{') {
                paths.extend(orders.as_array().unwrap().iter().map(|order| {
                    let value = |name: &str| encode(order[name].as_str().unwrap());
                    path.replace("{provider}", &value("provider")).replace("{id}", &value("id"))
                }));
            } else {
                paths.insert(path);
            }
        }
        paths.into_iter().map(|path| format!("{}{path}", self.target.origin())).collect()
    }

    /// The inspector's pages with the text in each query and each part of the path.
    async fn hostile_addresses(&self) -> Vec<String> {
        let mut addresses = Vec::new();
        for (path, query) in self.html_pages().await {
            let url = format!("{}{path}", self.target.origin());
            addresses.extend(query.iter().map(|name| format!("{url}?{name}={}", self.encoded)));
            addresses.push(format!("{url}?{0}={0}#{0}", self.encoded));
            addresses.push(format!("{}/{}", url.trim_end_matches('/'), self.encoded));
        }
        addresses.into_iter().map(|url| url.replace("{number}", &self.encoded)).collect()
    }

    /// Those that show the text, or whose scripts read the address.
    fn opened_addresses(&self) -> Vec<String> {
        let pages = [
            "deliveries?order=",
            "orders?reference=",
            "timeline?kind=",
            "timeline?order=",
            "timeline?provider=",
            "unknown/",
        ];
        pages.map(|page| format!("{}/inspector/{page}{}", self.target.origin(), self.encoded)).to_vec()
    }

    /// The HTML of a page. What a browser does not take for HTML has none.
    async fn html(&self, url: &str) -> String {
        let response = self.client.get(url).send().await.unwrap();
        let header = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (content_type, sniffing) = (header("content-type"), header("x-content-type-options"));
        if content_type.starts_with("text/html") {
            return response.text().await.unwrap();
        }
        assert!(!content_type.is_empty() && sniffing == "nosniff", "{url}: a browser may take it for HTML");
        String::new()
    }

    /// The paths of the pages of the inspector, and the names of their queries.
    async fn html_pages(&self) -> Vec<(String, Vec<String>)> {
        let description: Value = serde_json::from_str(&self.target.get("/openapi.json").await).unwrap();
        let paths = description["paths"].as_object().unwrap().iter();
        let pages = paths.filter(|(_, methods)| !methods["get"]["responses"]["200"]["content"]["text/html"].is_null());
        let query = |methods: &Value| {
            let parameters = methods["get"]["parameters"].as_array().unwrap();
            let names =
                parameters.iter().filter(|parameter| parameter["in"] == "query").map(|parameter| &parameter["name"]);
            names.map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        pages.map(|(path, methods)| (path.clone(), query(methods))).collect()
    }
}

/// Encodes a text for a part of a path, or a value in a query.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A function that returns what is on a page that a text must not have made, and then what the page shows.
const LOOK: &str = r#"const look = (page, address) => {
    const problems = [];
    if (window.ran) problems.push("a script ran");
    if (page.title === "ran") problems.push(`the title is ${page.title}`);
    for (const element of page.querySelectorAll("*")) {
      for (const { name, value } of element.attributes) {
        if (name.startsWith("on")) problems.push(`${element.localName} has ${name}`);
        const isAddress = ["href", "src", "action", "formaction", "data", "xlink:href", "srcdoc", "ping"].includes(name);
        const protocol = isAddress && URL.canParse(value, address) ? new URL(value, address).protocol : "http:";
        if (!["http:", "https:"].includes(protocol) && !/^data:(,$|image\/)/.test(value)) problems.push(`${element.localName} has ${name}=${value}`);
      }
    }
    const foreign = "script:not([src^='/']), img:not([src^='data:']):not([src^='/']), link:not([href^='/']):not([href^='data:,']), " +
      "iframe, object, embed, base, meta[http-equiv], svg script, foreignObject, marquee, style, form[action^='http://evil']";
    for (const element of page.querySelectorAll(foreign)) problems.push(element.outerHTML.slice(0, 200));
    const values = [...page.querySelectorAll("input, textarea, option, button")].map((field) => field.value + (field.dataset.body ?? ""));
    return [problems, page.body.textContent + values.join()];
  };"#;

/// The page that is open.
async fn look(browser: &Browser) -> [Value; 2] {
    let found = browser.run(&format!("{LOOK} return look(document, location)")).await;
    [found[0].clone(), found[1].clone()]
}

/// The same for pages by their HTML, which the browser parses and does not open: no script of the page runs, and nothing is loaded.
async fn look_at_html(browser: &Browser, pages: &[(String, String)]) -> Vec<[Value; 2]> {
    browser.open("about:blank").await;
    let parse = "const parser = new DOMParser(); \
                 return pages.map(([address, html]) => look(parser.parseFromString(html, 'text/html'), address))";
    let found = browser.run(&format!("{LOOK} const pages = {}; {parse}", json!(pages))).await;
    found.as_array().unwrap().iter().map(|found| [found[0].clone(), found[1].clone()]).collect()
}

/// One page of each kind, which differs from number to number.
fn one_of_each_kind(pages: &[String], number: usize) -> Vec<&String> {
    let mut kinds: BTreeMap<_, Vec<&String>> = BTreeMap::new();
    for page in pages {
        let parts: Vec<&str> = page.split(['/', '?']).collect();
        // An inspector's address has a name after `inspector`, and a customer's page has an id there.
        let names = if parts[3] == "inspector" { 5 } else { 4 };
        kinds.entry((parts[..names.min(parts.len())].to_vec(), parts.len())).or_default().push(page);
    }
    kinds.into_values().map(|pages| pages[number % pages.len()]).collect()
}

/// All texts as JSON strings, with their names.
fn texts() -> Vec<(&'static str, String)> {
    let mut texts: Vec<(&str, String)> = TEXTS.iter().map(|(name, text)| (*name, json!(text).to_string())).collect();
    texts.push(("a long text", json!(long()).to_string()));
    texts.push(("half of a pair", HALF_PAIR.to_owned()));
    texts
}

/// What remains of a text after characters without a glyph are replaced, and white space is collapsed.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !c.is_whitespace() && *c != '\u{fffd}' && *c != '\u{feff}').collect()
}

#[tokio::test]
async fn hostile_texts_stay_texts_on_every_page() {
    let mut browser = Browser::start(Screen::Desktop).await;
    let (mut attempts, mut succeeded) = (0, Vec::new());
    for (number, (name, literal)) in texts().iter().enumerate() {
        let seeded = Seeded::new(literal).await;
        let mut shown = String::new();
        // The browser parses every page, and opens one of each kind: another one for each text.
        let inspector = seeded.inspector().await;
        let addresses: Vec<String> = inspector.iter().chain(&seeded.pages).cloned().collect();
        let mut pages = Vec::new();
        for url in addresses.iter().chain(&seeded.hostile_addresses().await) {
            pages.push((url.clone(), seeded.html(url).await));
        }
        let found = look_at_html(&browser, &pages).await;
        let mut looks: Vec<_> = pages.into_iter().map(|(url, _)| url).zip(found).collect();
        for url in one_of_each_kind(&addresses, number) {
            browser.open(&format!("{url}#{}", seeded.encoded)).await;
            looks.push((url.clone(), look(&browser).await));
        }
        let findings = std::mem::take(browser.findings().await);
        if findings != Findings::default() {
            succeeded.push(format!("{name}: {findings:?}"));
        }
        for url in seeded.opened_addresses() {
            browser.open(&url).await;
            looks.push((url, look(&browser).await));
        }
        let mut findings = std::mem::take(browser.findings().await);
        // Chromium logs each page whose status is an error.
        findings.console.retain(|error| !error.contains("the server responded with a status of 4"));
        if findings != Findings::default() {
            succeeded.push(format!("{name} in addresses: {findings:?}"));
        }

        for (url, [problems, text]) in looks {
            attempts += 1;
            if let Some(problems) = problems.as_array().filter(|problems| !problems.is_empty()) {
                succeeded.push(format!("{name} on {url}: {problems:?}"));
            }
            if !url.contains(&seeded.encoded) {
                shown.push_str(text.as_str().unwrap());
            }
        }
        let text: String = serde_json::from_str(literal).unwrap_or_default();
        assert!(visible(&shown).contains(&visible(&text)), "{name} is shown on no page of {inspector:?}");
        seeded.target.finish();
    }
    browser.finish().await;
    report("script injection", attempts, &succeeded);
}

/// Pages that show a text as it is. The other test proves nothing if the text is not found there, opened or only parsed.
#[tokio::test]
async fn a_text_that_a_page_does_not_escape_is_found() {
    let site = Site::start().await;
    let browser = Browser::start(Screen::Desktop).await;
    // They become dangerous if a page decodes or compiles them again, or in a browser of the past.
    let harmless = ["a template", "entities", "wide brackets", "backticks"];
    for (name, literal) in texts().iter().filter(|(name, _)| !harmless.contains(name)) {
        let Ok(text) = serde_json::from_str::<String>(literal) else { continue };
        let pages: Vec<(String, String)> = [
            format!("<p>{text}</p>"),
            format!("<p title=\"{text}\">Text</p>"),
            format!("<p title='{text}'>Text</p>"),
            format!("<p title={text}>Text</p>"),
            format!("<a href=\"{text}\">Text</a>"),
        ]
        .map(|html| (site.url("/unsafe"), html))
        .to_vec();
        let is_found = |[problems, _]: &[Value; 2]| problems.as_array().is_some_and(|problems| !problems.is_empty());
        let parsed = look_at_html(&browser, &pages).await;
        let place =
            parsed.iter().position(is_found).unwrap_or_else(|| panic!("{name} is found on no page that is parsed"));
        site.page("/unsafe", &pages[place].1);
        browser.open(&site.url("/unsafe")).await;
        assert!(is_found(&look(&browser).await), "{name} is not found on the page that is opened");
    }
    browser.abandon();
}
