//! Attempts to change something: requests that a page may send to another origin without asking, and those for which it must ask.

use super::target::{Attempt, CANARY, Control, Target};

/// Requests that change the state if they are accepted, with their bodies.
const ACTIONS: &[(&str, &str)] = &[
    ("/clock/advance", r#"{"seconds": 600}"#),
    ("/faults", r#"{"spec": "turbopay.withdraw @after-commit fin"}"#),
    ("/notes", r#"{"text": "hostile"}"#),
    ("/expectations", r#"{"reference": "hostile", "status": "success"}"#),
    ("/same-orders", r#"{"references": ["hostile-1", "hostile-2"]}"#),
    ("/turratech/seed", r#"{"payments": 3}"#),
];

pub(super) fn attempts(target: &Target) -> Vec<Attempt> {
    let mut attempts = fetches();
    attempts.extend(methods());
    attempts.extend(other_ways());
    attempts.extend(forms());
    attempts.extend(frames_without_origin());
    attempts.extend(providers(target));
    attempts
}

/// `fetch` with each content type that needs no preflight request, and with JSON.
fn fetches() -> Vec<Attempt> {
    let content_types = [
        "text/plain",
        "text/plain;charset=UTF-8",
        "text/plain; application/json",
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=application/json",
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "",
    ];
    let mut actions = ACTIONS.iter().cycle();
    let mut attempts = Vec::new();
    for content_type in content_types {
        for mode in ["cors", "no-cors"] {
            let (path, body) = actions.next().expect("a cycle never ends");
            // Without a type, the blob's body has no `Content-Type`.
            let sent = match content_type {
                "" => format!("body: new Blob([{body:?}])"),
                _ => format!("headers: {{'content-type': {content_type:?}}}, body: {body:?}"),
            };
            attempts.push(Attempt::new(
                format!("fetch {path} as {content_type:?} with mode {mode}"),
                format!("return (await fetch(target + {path:?}, {{method: 'POST', mode: {mode:?}, {sent}}})).text()"),
            ));
        }
    }
    let options = [
        ("with keepalive", "keepalive: true"),
        ("with credentials", "mode: 'no-cors', credentials: 'include'"),
        ("without a referrer", "mode: 'no-cors', referrerPolicy: 'no-referrer'"),
        ("with the sandbox as the referrer", "mode: 'no-cors', referrer: target + '/'"),
        ("without the cache", "mode: 'no-cors', cache: 'no-store'"),
        ("from the cache", "mode: 'no-cors', cache: 'force-cache'"),
        ("with high priority", "mode: 'no-cors', priority: 'high'"),
    ];
    for (name, option) in options {
        attempts.push(Attempt::new(
            format!("fetch {name}"),
            format!(
                "await fetch(target + '/clock/advance', {{method: 'POST', body: '{{\"seconds\": 600}}', {option}}})"
            ),
        ));
    }
    attempts.push(
        Attempt::new(
            "fetch with mode same-origin",
            "await fetch(target + '/clock/advance', {method: 'POST', mode: 'same-origin', \
             headers: {'content-type': 'application/json'}, body: '{\"seconds\": 600}'})",
        )
        .control(Control::SameOrigin),
    );
    attempts.push(
        Attempt::new(
            "fetch with a forged Origin and Host",
            "await fetch(target + '/clock/advance', {method: 'POST', headers: {'content-type': 'text/plain', \
             origin: target, host: target.slice(7), 'sec-fetch-site': 'same-origin'}, body: '{\"seconds\": 600}'})",
        )
        .control(Control::OtherSite),
    );
    attempts.push(Attempt::new(
        "a second request hidden in the body of a first one",
        "const second = 'POST /clock/advance HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Type: application/json\\r\\n' + \
         'Content-Length: 16\\r\\n\\r\\n{\"seconds\": 600}'; \
         for (const path of ['/', '/records', '/clock/advance', '/nothing']) { \
         await fetch(target + path, {method: 'POST', mode: 'no-cors', body: second}).catch(String) }",
    ));
    attempts.push(
        Attempt::new(
            "fetch with credentials in the URL",
            "await fetch(target.replace('//', '//a:b@') + '/clock/advance', {method: 'POST', mode: 'no-cors', body: '{}'})",
        )
        .control(Control::Never("a URL with credentials is an error")),
    );
    attempts
}

/// Methods and headers for which a browser asks before.
fn methods() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for (method, path) in [
        ("DELETE", "/faults"),
        ("delete", "/faults"),
        ("PUT", "/clock/advance"),
        ("PATCH", "/clock/advance"),
        ("PUT", "/faults"),
        ("CLOCK", "/clock/advance"),
    ] {
        attempts.push(Attempt::new(
            format!("fetch {method} {path}"),
            format!("return (await fetch(target + {path:?}, {{method: {method:?}}})).text()"),
        ));
    }
    for (method, mode) in [("DELETE", "no-cors"), ("TRACE", "cors"), ("CONNECT", "cors")] {
        attempts.push(
            Attempt::new(
                format!("fetch {method} with mode {mode}"),
                format!("await fetch(target + '/faults', {{method: {method:?}, mode: {mode:?}}})"),
            )
            .control(Control::Never("a browser does not send it")),
        );
    }
    for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for method in ["POST", "GET"] {
            attempts.push(Attempt::new(
                format!("fetch {method} /faults with {header}: DELETE"),
                format!("await fetch(target + '/faults', {{method: {method:?}, headers: {{{header:?}: 'DELETE'}}}})"),
            ));
        }
    }
    for query in ["_method=DELETE", "method=DELETE", "_method=POST"] {
        attempts.push(Attempt::new(
            format!("fetch POST /faults?{query}"),
            format!("await fetch(target + '/faults?{query}', {{method: 'POST', mode: 'no-cors', body: '{query}'}})"),
        ));
    }
    for (method, content_type) in [("POST", "text/plain"), ("POST", "application/json"), ("DELETE", "text/plain")] {
        attempts.push(Attempt::new(
            format!("XMLHttpRequest {method} as {content_type}"),
            format!(
                "return new Promise((done) => {{ const request = new XMLHttpRequest(); request.open({method:?}, target + '/faults'); \
                 request.setRequestHeader('content-type', {content_type:?}); request.upload.onprogress = () => {{}}; \
                 request.onloadend = () => done(request.responseText); \
                 request.send('{{\"spec\": \"turbopay.withdraw @after-commit fin\"}}') }})"
            ),
        ));
    }
    attempts
}

/// Requests that are not made by `fetch`.
fn other_ways() -> Vec<Attempt> {
    let advance = r#"{"seconds": 600}"#;
    let beacons = [
        ("a text", format!("'{advance}'")),
        ("a text blob", format!("new Blob(['{advance}'], {{type: 'text/plain'}})")),
        ("a JSON blob", format!("new Blob(['{advance}'], {{type: 'application/json'}})")),
        ("a blob without a type", format!("new Blob(['{advance}'])")),
        (
            "form data",
            "Object.entries({seconds: 600}).reduce((f, [k, v]) => (f.append(k, v), f), new FormData())".to_owned(),
        ),
        ("parameters", "new URLSearchParams({seconds: 600})".to_owned()),
        ("bytes", format!("new TextEncoder().encode('{advance}').buffer")),
    ];
    let mut attempts: Vec<Attempt> = beacons
        .iter()
        .map(|(name, data)| {
            let script = format!("navigator.sendBeacon(target + '/clock/advance', {data}); await wait(150)");
            let attempt = Attempt::new(format!("sendBeacon with {name}"), script);
            match *name {
                "a JSON blob" => attempt.control(Control::Never("the other server allows no credentials")),
                _ => attempt,
            }
        })
        .collect();
    attempts.push(Attempt::new(
        "a link with a ping",
        "const link = Object.assign(document.createElement('a'), {href: '#x', ping: target + '/clock/advance'}); \
         document.body.append(link); link.click(); await wait(200)",
    ));
    attempts
        .push(Attempt::new("a report of a violated policy", "await add('iframe', {src: '/reports'}); await wait(200)"));
    attempts.push(Attempt::new(
        "WebSocket",
        "await new Promise((done) => { const socket = new WebSocket(target.replace('http', 'ws') + '/events'); \
         socket.onopen = socket.onerror = done; setTimeout(done, 500) })",
    ));
    attempts.push(Attempt::new(
        "WebSocket to a POST address",
        "await new Promise((done) => { const socket = new WebSocket(target.replace('http', 'ws') + '/clock/advance', ['json']); \
         socket.onopen = socket.onerror = done; setTimeout(done, 500) })",
    ));
    attempts.push(
        Attempt::new(
            "WebTransport",
            "const transport = new WebTransport(target.replace('http', 'https') + '/clock/advance'); \
         await Promise.race([transport.ready, wait(500)])",
        )
        .control(Control::Never("the server needs HTTP/3")),
    );
    attempts.push(Attempt::new(
        "fetch from a worker",
        "const code = `fetch('${target}/clock/advance', {method: 'POST', mode: 'no-cors', body: '{\"seconds\": 600}'})\
         .finally(() => postMessage(1))`; \
         const worker = new Worker(URL.createObjectURL(new Blob([code]))); \
         await new Promise((done) => { worker.onmessage = done; setTimeout(done, 1000) })",
    ));
    for (name, properties) in [
        ("an image", "'img', {src: target + '/misdirected'}"),
        ("a script", "'script', {src: target + '/misdirected'}"),
        ("a style sheet", "'link', {rel: 'stylesheet', href: target + '/misdirected'}"),
        ("a frame", "'iframe', {src: target + '/misdirected'}"),
        ("an object", "'object', {data: target + '/misdirected'}"),
    ] {
        attempts.push(Attempt::new(
            format!("{name} at the address that redirect faults lead to"),
            format!("await add({properties})"),
        ));
    }
    attempts.push(Attempt::new(
        "a request to the address that redirect faults lead to",
        "await fetch(target + '/misdirected', {method: 'POST', mode: 'no-cors', body: 'x'})",
    ));
    attempts.push(Attempt::new(
        "a window at the address that redirect faults lead to",
        "return opened(target + '/misdirected', () => '')",
    ));
    attempts
}

fn forms() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let enctypes = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
    let frames = [
        ("a frame", "{}"),
        ("a sandboxed frame", "{frame: {sandbox: ''}}"),
        ("a window", "{target: '_blank'}"),
        ("a frame without a referrer", "{referrerPolicy: true}"),
    ];
    let mut actions = ACTIONS.iter().cycle();
    for enctype in enctypes {
        for (place, options) in frames {
            let (path, body) = actions.next().expect("a cycle never ends");
            // As text, a field's name and its value together are JSON.
            let (name, value) = body.split_at(body.len() - 1);
            attempts.push(Attempt::new(
                format!("a form to {path} as {enctype} into {place}"),
                format!(
                    "return submit(target + {path:?}, {{enctype: {enctype:?}, fields: {{{:?}: {:?}}}, ...{options}}})",
                    format!("{name}, \"x\": \""),
                    format!("\"{value}"),
                ),
            ));
        }
    }
    for path in ["/clock/advance", "/faults", "/webhooks/release", "/notes"] {
        attempts.push(Attempt::new(
            format!("a GET form to {path}"),
            format!(
                "return submit(target + {path:?}, {{method: 'get', fields: {{seconds: 600, spec: 'x', text: 'x'}}}})"
            ),
        ));
    }
    for path in ["/webhooks/release", "/turratech/seed", &format!("/turbopay/orders/{CANARY}/success")] {
        attempts.push(Attempt::new(
            format!("a form without fields to {path}"),
            format!("return submit(target + {path:?})"),
        ));
    }
    attempts
}

/// Pages whose origin is `null`, or none of their own.
fn frames_without_origin() -> Vec<Attempt> {
    let fetch = |content_type: &str, mode: &str| {
        format!(
            "await fetch(\"${{target}}/clock/advance\", {{method: \"POST\", mode: \"{mode}\", \
             headers: {{\"content-type\": \"{content_type}\"}}, body: \"{{\\\\\"seconds\\\\\": 600}}\"}})"
        )
    };
    let form = "const form = document.createElement(\"form\"); form.method = \"post\"; \
                form.action = \"${target}/clock/advance\"; document.body.append(form); form.submit(); \
                await new Promise((done) => setTimeout(done, 300))";
    let mut attempts = Vec::new();
    let kinds = [
        ("a sandboxed frame", "'srcdoc', {sandbox: 'allow-scripts allow-forms allow-popups'}"),
        (
            "a sandboxed frame with the page's origin",
            "'srcdoc', {sandbox: 'allow-scripts allow-forms allow-same-origin'}",
        ),
        ("a frame of a data URL", "'data', {}"),
        ("a frame of a blob", "'blob', {}"),
        ("a frame without a referrer", "'srcdoc', {referrerPolicy: 'no-referrer'}"),
    ];
    for (kind, place) in kinds {
        for (name, script) in [
            ("fetch as text", fetch("text/plain", "no-cors")),
            ("fetch as JSON", fetch("application/json", "cors")),
            ("a form", form.to_owned()),
        ] {
            attempts.push(Attempt::new(format!("{name} in {kind}"), format!("return inside({place}, `{script}`)")));
        }
    }
    attempts
}

/// Requests to the providers' ports, whose keys a page may know: they come from the seed.
fn providers(target: &Target) -> Vec<Attempt> {
    let sandbox = target.sandbox();
    let turbopay = sandbox.turbopay();
    let (origin, key) = (turbopay.base_url().trim_end_matches("/api").to_owned(), turbopay.api_key());
    let withdrawal = r#"{"method": "bank_transfer", "amount": 500, "currency": "INR", "traffic": "std", "merchant_order_id": "hostile", "merchant_customer_id": "customer-1", "customer_bank_account": "065432123456789", "bank_code": "HDFC0000053", "status_url": "http://127.0.0.1:9/"}"#;
    let mut attempts = Vec::new();
    for (name, options) in [
        ("with the key in a header", format!("headers: {{authorization: {key:?}}}")),
        ("with the key in a header, without asking", format!("mode: 'no-cors', headers: {{authorization: {key:?}}}")),
        ("with credentials", "mode: 'no-cors', credentials: 'include'".to_owned()),
        ("with keepalive", format!("keepalive: true, headers: {{authorization: {key:?}}}")),
    ] {
        attempts.push(
            Attempt::new(
                format!("a withdrawal at TurboPay {name}"),
                format!(
                    "return (await fetch(target + '/api/withdraw/new', {{method: 'POST', body: {withdrawal:?}, {options}}})).text()"
                ),
            )
            .at_provider(&origin),
        );
    }
    for (name, script) in [
        (
            "by a form",
            format!(
                "return submit(target + '/api/withdraw/new', {{enctype: 'text/plain', fields: {{{withdrawal:?}: ''}}}})"
            ),
        ),
        (
            "by a form with the key as credentials",
            format!(
                "return submit(target.replace('//', '//' + encodeURIComponent({key:?}) + ':@') + '/api/withdraw/new', \
                     {{enctype: 'text/plain', target: '_blank', fields: {{{withdrawal:?}: ''}}}})"
            ),
        ),
        (
            "by a form with the key as a field",
            format!(
                "return submit(target + '/api/withdraw/new?authorization=' + {key:?}, {{fields: {{authorization: {key:?}}}}})"
            ),
        ),
        ("by a beacon", format!("navigator.sendBeacon(target + '/api/withdraw/new', {withdrawal:?}); await wait(150)")),
    ] {
        attempts.push(Attempt::new(format!("a withdrawal at TurboPay {name}"), script).at_provider(&origin));
    }
    let turratech = sandbox.turratech();
    let bases = [
        ("TurraTech", turratech.base_url(), "/v1/payments"),
        ("card3ds", sandbox.card3ds().base_url(), "/api/payment"),
        ("Turbo Transactions", sandbox.turbo_txn().base_url(), "/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s"),
        ("tur.bo", sandbox.turbo_link().base_url(), "/payments"),
    ];
    for (name, base, path) in bases {
        let origin = base.split('/').take(3).collect::<Vec<_>>().join("/");
        attempts.push(
            Attempt::new(
                format!("a form to {name}"),
                format!(
                    "return submit(target + {path:?}, {{fields: {{amount: 100, currency: 'USD', orderId: 'hostile'}}}})"
                ),
            )
            .at_provider(&origin),
        );
        attempts.push(
            Attempt::new(
                format!("JSON to {name}, with every key header"),
                format!(
                    "return (await fetch(target + {path:?}, {{method: 'POST', body: '{{}}', headers: {{\
                     authorization: 'Bearer ' + {:?}, 'x-api-key': {:?}, 'client-id': {:?}, 'content-type': 'application/json'}}}})).text()",
                    turratech.api_key(),
                    sandbox.card3ds().api_key(),
                    sandbox.turbo_txn().client_id(),
                ),
            )
            .at_provider(&origin),
        );
    }
    attempts
}
