//! The provider's page is shown where it can do nothing to the shop's.

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
        Enrolment::NotEnrolled(why) => panic!("{why:?}"),
    }
}

/// An attribute's value, as a browser reads it out of one tag of this form.
fn attribute(tag: &str, name: &str) -> String {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
    let (value, _) = rest.split_once('"').unwrap();
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(value.to_owned(), |text, (entity, c)| text.replace(entity, c))
}

#[test]
fn the_frame_cannot_be_broken_out_of_and_shows_what_came() {
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
        assert_eq!(inside.matches('"').count(), 14, "seven attributes and no more: {frame}");
        assert_eq!(attribute(&frame, "srcdoc"), html);
        assert_eq!(attribute(&frame, "id"), "three-ds");
    }
}

#[test]
fn the_frame_may_post_forms_and_run_scripts_and_nothing_else() {
    let frame = challenge("<form></form>").page.frame("x");
    let allowed: Vec<_> = attribute(&frame, "sandbox").split(' ').map(str::to_owned).collect();
    // With the origin of the shop, or the window's top, the provider's HTML would be the shop's.
    assert_eq!(allowed, ["allow-forms", "allow-scripts"]);
    assert!(!frame.contains(" src="));
}

#[test]
fn the_frames_id_is_the_shops_but_is_escaped_all_the_same() {
    let frame = challenge("<p>").page.frame("x\" onload=\"alert(1)");
    assert!(frame.starts_with("<iframe id=\"x&quot; onload=&quot;alert(1)\" title="), "{frame}");
    let html = ChallengePage::frame_script("a\"</script><script>");
    let script = html.strip_prefix("<script>").unwrap().strip_suffix("</script>").unwrap();
    assert!(!script.contains("</script"), "{script}");
    assert!(script.contains(r#"getElementById("a\"\u003c/script>\u003cscript>")"#), "{script}");
}

#[test]
fn the_frame_and_its_script_are_html_to_put_into_a_page_as_they_are() {
    let frame = challenge("<form></form>").page.frame("three-ds");
    assert!(frame.starts_with("<iframe ") && frame.ends_with("</iframe>"), "{frame}");

    let script = ChallengePage::frame_script("three-ds");
    let inside = script.strip_prefix("<script>").unwrap().strip_suffix("</script>").unwrap();
    // Outside of its element nothing is shown, and nothing in it ends the element early.
    assert!(!inside.contains('<'), "{script}");
    assert!(inside.trim().starts_with("addEventListener(") && inside.trim().ends_with("});"), "{script}");
}

#[test]
fn the_page_around_the_frame_listens_to_that_frame_only() {
    let script = ChallengePage::frame_script("three-ds");
    for rule in [
        r#"event.data !== "card3ds-returned") return"#,
        "let source = event.source",
        // The provider's page may frame the issuer's.
        "while (source && source !== frame.contentWindow && source !== source.parent) source = source.parent",
        "if (source && source === frame.contentWindow) frame.dispatchEvent",
    ] {
        assert!(script.contains(rule), "{rule} in {script}");
    }
}

#[test]
fn the_way_back_tells_every_page_around_it() {
    let every = r#"for(let w=window;w!==w.parent;){w=w.parent;w.postMessage("card3ds-returned","*")}"#;
    assert_eq!(script_of(ChallengePage::RETURN_PAGE), every);
}

#[test]
fn the_way_back_runs_its_own_script_and_no_other() {
    let digest = Sha256::digest(script_of(ChallengePage::RETURN_PAGE));
    let policy = format!("default-src 'none'; script-src 'sha256-{}'", BASE64_STANDARD.encode(digest));

    let headers = ChallengePage::RETURN_HEADERS;

    assert!(headers.contains(&("content-security-policy", policy.as_str())), "{policy}");
    assert!(headers.contains(&("content-type", "text/html; charset=utf-8")));
    assert!(headers.contains(&("cache-control", "no-store")));
    for (name, value) in headers {
        assert!(payments_core::http::HeaderName::from_static(name) == name, "lower case");
        assert!(payments_core::http::HeaderValue::from_str(value).is_ok(), "{name}");
        // What is around it is of no origin that could be named.
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
fn the_document_is_whole_and_is_what_came() {
    let form = r#"<form action="https://3ds.example.com"></form>"#;
    let document = challenge(form).page.document();
    assert!(document.starts_with("<!doctype html><html") && document.contains(form), "{document}");

    let whole = "<!DOCTYPE html><HTML><body onload=\"document.forms[0].submit()\"></body></HTML>";
    assert_eq!(challenge(whole).page.document(), whole);
}

#[test]
fn the_documents_headers_give_it_an_origin_of_its_own() {
    let policy = ChallengePage::CONTENT_SECURITY_POLICY;
    let directives: Vec<_> = policy.split("; ").collect();
    for due in [
        "sandbox allow-forms allow-scripts",
        "default-src 'none'",
        "form-action https:",
        // A page whose addresses are relative to the provider's would otherwise post to the shop.
        "base-uri https:",
        "frame-ancestors 'self'",
    ] {
        assert!(directives.contains(&due), "{due} in {directives:?}");
    }
    for never in ["allow-same-origin", "unsafe-eval", "http:", "*", "  "] {
        assert!(!policy.contains(never), "{never} in {policy}");
    }
    let headers = ChallengePage::HEADERS;
    assert!(headers.contains(&("content-security-policy", policy)));
    assert!(headers.contains(&("cache-control", "no-store")));
    assert!(headers.contains(&("content-type", "text/html; charset=utf-8")));
    for (name, value) in headers {
        assert!(payments_core::http::HeaderName::from_static(name) == name, "lower case");
        assert!(payments_core::http::HeaderValue::from_str(value).is_ok(), "{name}");
    }
}

#[test]
fn the_page_is_neither_printed_nor_stored() {
    let challenge = challenge("<input value='canary-creq'>");
    assert_eq!(format!("{:?}", challenge.page), "ChallengePage([27 bytes])");
    assert!(!format!("{challenge:?} {challenge:#?}").contains("canary-creq"));
    let stored = serde_json::to_string(&challenge).unwrap();
    assert!(stored.contains(PAYMENT) && !stored.contains("canary-creq"), "{stored}");
}
