//! The challenge page runs without access to the merchant's pages.

use base64::prelude::{BASE64_STANDARD, Engine};
use card3ds::{Challenge, ChallengePage, Enrolment};
use payments_core::test_util::Reply;
use sha2::{Digest, Sha256};

use crate::support::{PAYMENT, now, scripted, three_ds};

fn challenge(html: &str) -> Challenge {
    let html = serde_json::to_string(html).unwrap();
    let response = format!(r#"{{"paymentId":"{PAYMENT}","success":true,"htmlContent":{html}}}"#);
    let (client, _) = scripted([Reply::json(200, &response)]);
    match now(client.start_3ds(three_ds()).send()).unwrap() {
        Enrolment::Enrolled(challenge) => challenge,
        Enrolment::NotEnrolled(reason) => panic!("{reason:?}"),
    }
}

/// Returns an attribute's value as a browser decodes it.
fn attribute(tag: &str, name: &str) -> String {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
    let (value, _) = rest.split_once('"').unwrap();
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(value.to_owned(), |text, (entity, c)| text.replace(entity, c))
}

#[test]
fn html_cannot_break_out_of_the_frame_and_is_shown_unchanged() {
    for html in [
        r#""></iframe><script>alert(document.cookie)</script>"#,
        r#"' onload='alert(1)"#,
        r#"&quot;></iframe><img src=x onerror=alert(1)>"#,
        r#"&amp;quot;><b>"#,
        r#"<form action="https://3ds.example.com" method="POST"><input name='a' value="1&2"></form>"#,
        "<script>document.forms[0].submit()</script></srcdoc>",
    ] {
        let frame = challenge(html).page.frame("three-ds");

        let inside = frame.strip_prefix("<iframe ").unwrap().strip_suffix("></iframe>").unwrap();
        assert!(!inside.contains(['<', '>', '\'']), "{frame}");
        assert_eq!(inside.matches('"').count(), 14, "exactly seven attributes: {frame}");
        assert_eq!(attribute(&frame, "srcdoc"), html);
        assert_eq!(attribute(&frame, "id"), "three-ds");
    }
}

#[test]
fn the_frame_may_only_submit_forms_and_run_scripts() {
    let frame = challenge("<form></form>").page.frame("x");
    let allowed: Vec<_> = attribute(&frame, "sandbox").split(' ').map(str::to_owned).collect();
    // `allow-same-origin` or `allow-top-navigation` would let the provider's HTML act as the merchant's page.
    assert_eq!(allowed, ["allow-forms", "allow-scripts"]);
    assert!(!frame.contains(" src="));
}

#[test]
fn the_frames_id_is_escaped() {
    let frame = challenge("<p>").page.frame("x\" onload=\"alert(1)");
    assert!(frame.starts_with("<iframe id=\"x&quot; onload=&quot;alert(1)\" title="), "{frame}");
    let html = ChallengePage::frame_script("a\"</script><script>");
    let script = html.strip_prefix("<script>").unwrap().strip_suffix("</script>").unwrap();
    assert!(!script.contains("</script"), "{script}");
    assert!(script.contains(r#"getElementById("a\"\u003c/script>\u003cscript>")"#), "{script}");
}

#[test]
fn the_frame_and_its_script_are_complete_html_elements() {
    let frame = challenge("<form></form>").page.frame("three-ds");
    assert!(frame.starts_with("<iframe ") && frame.ends_with("</iframe>"), "{frame}");

    let script = ChallengePage::frame_script("three-ds");
    let inside = script.strip_prefix("<script>").unwrap().strip_suffix("</script>").unwrap();
    // No text precedes or follows the element, and no `</script>` inside ends it early.
    assert!(!inside.contains('<'), "{script}");
    assert!(inside.trim().starts_with("addEventListener(") && inside.trim().ends_with("});"), "{script}");
}

#[test]
fn the_frame_script_listens_only_to_its_frame() {
    let script = ChallengePage::frame_script("three-ds");
    for rule in [
        r#"event.data !== "card3ds-returned") return"#,
        "let source = event.source",
        // The provider's page may put the issuer's page into an inner frame.
        "while (source && source !== frame.contentWindow && source !== source.parent) source = source.parent",
        "if (source && source === frame.contentWindow) frame.dispatchEvent",
    ] {
        assert!(script.contains(rule), "{rule} in {script}");
    }
}

#[test]
fn the_return_page_notifies_every_page_around_it() {
    let script = r#"for(let w=window;w!==w.parent;){w=w.parent;w.postMessage("card3ds-returned","*")}"#;
    assert_eq!(script_of(ChallengePage::RETURN_PAGE), script);
}

#[test]
fn the_return_page_runs_only_its_own_script() {
    let digest = Sha256::digest(script_of(ChallengePage::RETURN_PAGE));
    let policy = format!("default-src 'none'; script-src 'sha256-{}'", BASE64_STANDARD.encode(digest));

    let headers = ChallengePage::RETURN_HEADERS;

    assert!(headers.contains(&("content-security-policy", policy.as_str())), "{policy}");
    assert!(headers.contains(&("content-type", "text/html; charset=utf-8")));
    assert!(headers.contains(&("cache-control", "no-store")));
    for (name, value) in headers {
        assert!(payments_core::http::HeaderName::from_static(name) == name, "not in lower case: {name}");
        assert!(payments_core::http::HeaderValue::from_str(value).is_ok(), "{name}");
        // A page around the return page may have an opaque origin, which no header can name.
        assert!(
            name != "x-frame-options" && !value.contains("frame-ancestors") && !value.contains("sandbox"),
            "{name}"
        );
    }
}

fn script_of(page: &str) -> &str {
    let (_, rest) = page.split_once("<script>").unwrap();
    rest.split_once("</script>").unwrap().0
}

#[test]
fn the_document_is_a_full_page_with_the_html_unchanged() {
    let form = r#"<form action="https://3ds.example.com"></form>"#;
    let document = challenge(form).page.document();
    assert!(document.starts_with("<!doctype html><html") && document.contains(form), "{document}");

    let full_page = "<!DOCTYPE html><HTML><body onload=\"document.forms[0].submit()\"></body></HTML>";
    assert_eq!(challenge(full_page).page.document(), full_page);
}

#[test]
fn the_documents_headers_give_it_an_opaque_origin() {
    let policy = ChallengePage::CONTENT_SECURITY_POLICY;
    let directives: Vec<_> = policy.split("; ").collect();
    for expected in [
        "sandbox allow-forms allow-scripts",
        "default-src 'none'",
        "form-action https:",
        // Otherwise, relative URLs of the provider's page would submit to the merchant.
        "base-uri https:",
        "frame-ancestors 'self'",
    ] {
        assert!(directives.contains(&expected), "{expected} in {directives:?}");
    }
    for forbidden in ["allow-same-origin", "unsafe-eval", "http:", "*", "  "] {
        assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
    }
    let headers = ChallengePage::HEADERS;
    assert!(headers.contains(&("content-security-policy", policy)));
    assert!(headers.contains(&("cache-control", "no-store")));
    assert!(headers.contains(&("content-type", "text/html; charset=utf-8")));
    for (name, value) in headers {
        assert!(payments_core::http::HeaderName::from_static(name) == name, "not in lower case: {name}");
        assert!(payments_core::http::HeaderValue::from_str(value).is_ok(), "{name}");
    }
}

#[test]
fn the_page_is_not_printed_or_serialized() {
    let challenge = challenge("<input value='canary-creq'>");
    assert_eq!(format!("{:?}", challenge.page), "ChallengePage([27 bytes])");
    assert!(!format!("{challenge:?} {challenge:#?}").contains("canary-creq"));
    let stored = serde_json::to_string(&challenge).unwrap();
    assert!(stored.contains(PAYMENT) && !stored.contains("canary-creq"), "{stored}");
}
