//! Attempts to read something: data that a page may load from another origin, and windows and frames of it.

use super::target::{Attempt, Control, Target};

pub(super) fn attempts(target: &Target) -> Vec<Attempt> {
    let mut attempts = requests();
    attempts.extend(elements());
    attempts.extend(windows());
    attempts.extend(provider(target));
    attempts
}

fn requests() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for path in
        ["/", "/records", "/timeline", "/ledger", "/orders", "/deliveries", "/faults", "/expectations", "/openapi.json"]
    {
        attempts.push(Attempt::new(format!("fetch {path}"), format!("return (await fetch(target + {path:?})).text()")));
    }
    let never = Control::Never("the response is opaque");
    attempts.extend([
        Attempt::new("fetch without asking", "return (await fetch(target + '/records', {mode: 'no-cors'})).text()").control(never),
        Attempt::new("fetch with credentials", "return (await fetch(target + '/records', {credentials: 'include'})).text()").control(never),
        Attempt::new(
            "a response from the cache",
            "const cache = await caches.open('x'); await cache.add(new Request(target + '/records', {mode: 'no-cors'})); \
             return (await cache.match(target + '/records')).text()",
        )
        .control(Control::Never("the cache does not keep what the page may not read")),
        Attempt::new(
            "XMLHttpRequest",
            "return new Promise((done) => { const request = new XMLHttpRequest(); request.open('GET', target + '/records'); \
             request.onloadend = () => done(request.responseText); request.send() })",
        ),
        Attempt::new(
            "XMLHttpRequest for a document",
            "return new Promise((done) => { const request = new XMLHttpRequest(); request.open('GET', target + '/'); \
             request.responseType = 'document'; request.onloadend = () => done(request.response?.body?.innerText); request.send() })",
        ),
        Attempt::new(
            "XMLHttpRequest that waits",
            "const request = new XMLHttpRequest(); request.open('GET', target + '/records', false); request.send(); return request.responseText",
        ),
    ]);
    for path in ["/deliveries", "/events", "/events?last_event_id=0-0", "/records"] {
        let control = match path {
            "/deliveries" => Control::OtherSite,
            _ => Control::Never("the other server has no events there"),
        };
        attempts.push(
            Attempt::new(
                format!("EventSource {path}"),
                format!(
                    "return new Promise((done) => {{ const events = new EventSource(target + {path:?}); \
                     const end = (text) => {{ events.close(); done(text) }}; events.onmessage = ({{data}}) => end(data); \
                     events.onopen = () => setTimeout(() => end('canary-7f3a: it was opened'), 300); events.onerror = () => end('error'); \
                     events.addEventListener('record', ({{data}}) => end('canary-7f3a: ' + data)); setTimeout(() => end('nothing'), 1000) }})"
                ),
            )
            .control(control),
        );
    }
    for (kind, place) in [
        ("a sandboxed frame", "'srcdoc', {sandbox: 'allow-scripts'}"),
        ("a data URL", "'data', {}"),
        ("a blob", "'blob', {}"),
    ] {
        attempts.push(Attempt::new(
            format!("fetch in {kind}"),
            format!("return inside({place}, `return (await fetch(\"${{target}}/records\")).text()`)"),
        ));
    }
    attempts
}

/// What elements load, and what scripts see of it.
fn elements() -> Vec<Attempt> {
    let never = |reason| Control::Never(reason);
    let mut attempts = vec![
        Attempt::new(
            "a script of the records",
            "const leaks = []; addEventListener('error', ({message}) => leaks.push(message)); \
             await add('script', {src: target + '/records'}); return String(self.leaked) + leaks",
        ),
        Attempt::new(
            "a script of the records, with replaced constructors",
            "const leaks = []; const keep = (value) => leaks.push(String(value)); \
             Object.defineProperty(Object.prototype, 'reference', {set: keep, configurable: true}); \
             Object.defineProperty(Object.prototype, 'text', {set: keep, configurable: true}); \
             const array = self.Array; self.Array = function () { return new Proxy(this, {set: (_, key, value) => keep(value)}) }; \
             for (const path of ['/records', '/orders', '/timeline']) await add('script', {src: target + path}); \
             self.Array = array; return String(self.leaked) + leaks",
        ),
        Attempt::new(
            "a script of the records in UTF-16",
            "await add('script', {src: target + '/records', charset: 'utf-16'}); \
             return String(self.leaked) + Object.getOwnPropertyNames(window).slice(-3)",
        )
        .control(never("the other server's script is not in UTF-16")),
        Attempt::new(
            "a script with a global proxy",
            "const leaks = []; Object.setPrototypeOf(Object.getPrototypeOf(window) ?? {}, null); \
             await add('script', {src: target + '/orders', type: 'text/javascript'}); return leaks",
        )
        .control(never("JSON sets no variable")),
        Attempt::new(
            "a module script",
            "await add('script', {type: 'module', src: target + '/records'}); return self.leaked",
        ),
        Attempt::new("an import", "await import(target + '/records'); return self.leaked"),
        Attempt::new(
            "an import of JSON",
            "return JSON.stringify((await import(target + '/ledger', {with: {type: 'json'}})).default)",
        ),
        Attempt::new(
            "a preloaded module",
            "await add('link', {rel: 'modulepreload', href: target + '/records'}); await import(target + '/records'); return self.leaked",
        ),
        Attempt::new(
            "a worker that imports the records",
            "const code = `importScripts('${target}/records'); postMessage(String(self.leaked))`; \
             const worker = new Worker(URL.createObjectURL(new Blob([code]))); \
             return new Promise((done) => { worker.onmessage = ({data}) => done(data); worker.onerror = ({message}) => done(message) })",
        ),
        Attempt::new(
            "a worker of the records",
            "const worker = new Worker(target + '/records'); return new Promise((done) => { worker.onerror = ({message}) => done(message) })",
        )
        .control(never("a worker's script is of the same origin")),
        Attempt::new(
            "a style sheet of the timeline",
            "await add('link', {rel: 'stylesheet', href: target + '/timeline'}); \
             const rules = read(() => [...document.styleSheets].map((sheet) => [...sheet.cssRules].map((rule) => rule.cssText))); \
             return rules + getComputedStyle(document.body).getPropertyValue('--leaked')",
        ),
        Attempt::new(
            "an imported style sheet",
            "await add('style', {textContent: `@import url(\"${target}/timeline\");`}); await wait(200); \
             return getComputedStyle(document.body).getPropertyValue('--leaked')",
        ),
        Attempt::new(
            "a style sheet of the records in quirks mode",
            "const frame = await add('iframe', {srcdoc: `<html><link rel=stylesheet href=\"${target}/timeline\"><body>x`}); await wait(200); \
             return frame.contentWindow.getComputedStyle(frame.contentDocument.body).getPropertyValue('--leaked')",
        ),
        Attempt::new(
            "the size of what was loaded",
            "await add('img', {src: target + '/records'}); await wait(100); \
             const sizes = performance.getEntriesByType('resource').filter(({name}) => name.startsWith(target)); \
             return sizes.some(({decodedBodySize, responseStatus}) => decodedBodySize || responseStatus === 200) ? 'canary-7f3a' : ''",
        ),
        Attempt::new(
            "an image drawn on a canvas",
            "const image = await add('img', {src: target + '/records', crossOrigin: 'anonymous'}); \
             const canvas = document.createElement('canvas'); canvas.getContext('2d').drawImage(image, 0, 0); return canvas.toDataURL().slice(0, 30)",
        )
        .control(never("the records are no image")),
    ];
    for (name, properties) in [
        ("an image", "'img', {src: target + '/records'}"),
        ("an input's image", "'input', {type: 'image', src: target + '/records'}"),
        ("a preload", "'link', {rel: 'preload', as: 'fetch', href: target + '/records', crossOrigin: 'anonymous'}"),
        ("a prefetch", "'link', {rel: 'prefetch', href: target + '/records'}"),
    ] {
        attempts.push(
            Attempt::new(
                format!("{name} of the records"),
                format!(
                    "const loaded = await add({properties}); \
                     return ['innerText', 'textContent', 'naturalWidth'].map((name) => String(loaded[name]))"
                ),
            )
            .control(Control::OtherSite),
        );
    }
    for path in ["/", "/records", "/timeline", "/orders"] {
        for (name, properties) in [
            ("a frame", "'iframe', {src: target + PATH}"),
            ("a sandboxed frame", "'iframe', {src: target + PATH, sandbox: 'allow-scripts allow-same-origin'}"),
            ("an object", "'object', {data: target + PATH}"),
            ("an embed", "'embed', {src: target + PATH}"),
        ] {
            let properties = properties.replace("PATH", &format!("{path:?}"));
            let control = match name {
                "an embed" => never("an embed has no document"),
                _ => Control::SameOrigin,
            };
            attempts.push(
                Attempt::new(
                    format!("{name} of {path}"),
                    format!("const frame = await add({properties}); return readFrame(frame) + read(() => frame.getSVGDocument?.()?.documentElement)"),
                )
                .control(control),
            );
        }
    }
    attempts
}

fn windows() -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for path in ["/", "/records", "/openapi.json"] {
        attempts.push(
            Attempt::new(
                format!("the document of a window at {path}"),
                format!(
                    "return opened(target + {path:?}, (other) => read(() => other.document.documentElement.outerHTML))"
                ),
            )
            .control(Control::SameOrigin),
        );
        attempts.push(Attempt::new(
            format!("a reference to a window at {path}"),
            // A window in another group looks closed.
            format!(
                "return opened(target + {path:?}, (other) => (other.closed ? '' : 'canary-7f3a: ' + other.length))"
            ),
        ));
    }
    attempts.extend([
        Attempt::new(
            "messages of a window",
            "const messages = []; addEventListener('message', ({data}) => messages.push(JSON.stringify(data))); \
             await opened(target + '/', (other) => other.postMessage('canary?', '*')); await wait(100); return messages.join()",
        )
        .control(Control::Never("nothing answers")),
        Attempt::new(
            "a window that is opened twice by its name",
            "const first = open(target + '/', 'inspector'); await wait(300); const second = open('', 'inspector'); \
             const seen = read(() => second.document.documentElement.outerHTML); second?.close(); first?.close(); return seen",
        )
        .control(Control::SameOrigin),
        Attempt::new(
            "a window with the page's script",
            "return opened(target + '/', async (other) => { other.location = 'javascript:opener.stolen = document.body.innerText'; \
             await wait(200); return String(self.stolen) })",
        )
        .control(Control::SameOrigin),
        Attempt::new(
            "a script in a frame",
            "const frame = await add('iframe', {src: target + '/'}); \
             frame.src = 'javascript:parent.stolen = document.body.innerText'; await wait(200); return String(self.stolen)",
        )
        .control(Control::Never("a frame's new address is the page's own")),
        Attempt::new(
            "the same domain",
            "document.domain = location.hostname; const frame = await add('iframe', {src: target + '/'}); return readFrame(frame)",
        )
        .control(Control::SameOrigin),
    ]);
    attempts
}

/// The providers' pages are public, but not what their APIs return.
fn provider(target: &Target) -> Vec<Attempt> {
    let turbopay = target.sandbox().turbopay();
    let origin = turbopay.base_url().trim_end_matches("/api").to_owned();
    let key = turbopay.api_key();
    let options = [
        ("with the key", format!("{{headers: {{authorization: {key:?}}}}}")),
        ("without asking", format!("{{mode: 'no-cors', headers: {{authorization: {key:?}}}}}")),
    ];
    let attempts = options.into_iter().map(|(name, options)| {
        let script = format!("return (await fetch(target + '/api/order/status/canary-7f3a', {options})).text()");
        let control = match name {
            "with the key" => Control::OtherSite,
            _ => Control::Never("the response is opaque"),
        };
        Attempt::new(format!("an order at TurboPay {name}"), script).at_provider(&origin).control(control)
    });
    attempts.collect()
}
