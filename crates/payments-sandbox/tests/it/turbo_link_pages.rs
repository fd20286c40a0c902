//! tur.bo's payment page and QR code.

use payments_sandbox::Sandbox;
use payments_sandbox::turbo_link::Fee;

use crate::support::Response;
use crate::turbo_link::send;

/// Returns the request target of a tur.bo URL.
fn target(sandbox: &Sandbox, url: &str) -> String {
    url.strip_prefix(sandbox.turbo_link().base_url()).expect("the URL belongs to another server").to_owned()
}

/// Opens a link's page, and returns its request target and the response.
async fn open_page(sandbox: &Sandbox, id: &str) -> (String, Response) {
    let target = target(sandbox, &sandbox.turbo_link().link(id).url());
    let response = send(sandbox, "GET", &target, "").await;
    (target, response)
}

#[tokio::test]
async fn the_page_shows_the_amount_and_the_fee_and_no_secret() {
    let sandbox = Sandbox::builder().start().await;
    let id = sandbox.turbo_link().create("1234.50");
    sandbox.turbo_link().link(&id).set_fee(&Fee::percentage("10"));
    let (_, response) = open_page(&sandbox, &id).await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = response.text();
    assert!(text.contains("$1,234.50") && text.contains("$123.45") && text.contains(&id), "{text}");
    assert!(!text.contains(sandbox.turbo_link().api_key()), "{text}");
    assert!(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"), "{text}");
    let (_, page_without_fee) = open_page(&sandbox, "abc123").await;
    assert!(!page_without_fee.text().contains("convenience fee"), "{}", page_without_fee.text());
    sandbox.finish();
}

#[tokio::test]
async fn a_link_can_be_paid_only_once() {
    let sandbox = Sandbox::builder().start().await;
    let (target, response) = open_page(&sandbox, "abc123").await;
    assert!(response.text().contains("<button"), "{}", response.text());
    assert_eq!(send(&sandbox, "POST", &target, "action=explode").await.status, 409);
    assert_eq!(sandbox.turbo_link().link("abc123").status().as_deref(), Some("pending"));

    let paid = send(&sandbox, "POST", &target, "action=pay").await;

    assert_eq!((paid.status, paid.header("location")), (303, Some(target.as_str())));
    assert_eq!(sandbox.turbo_link().link("abc123").status().as_deref(), Some("completed"));
    let again = send(&sandbox, "POST", &target, "action=pay").await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("This payment is <strong>completed</strong>."), "{}", again.text());
    let page = send(&sandbox, "GET", &target, "").await.text();
    assert!(page.contains("completed") && !page.contains("<button"), "{page}");
    let ledger = sandbox.ledger();
    assert_eq!((ledger.entries().len(), ledger.entries()[0].amount), (1, 100));
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_page_or_image_returns_404() {
    let sandbox = Sandbox::builder().start().await;
    for (method, target) in [
        ("GET", "/pay/nobody"),
        ("POST", "/pay/nobody"),
        ("GET", "/pay/%3Cscript%3E"),
        ("GET", "/images/nobody.png"),
        ("GET", "/images/abc123"),
        ("GET", "/images/.png"),
        ("GET", "/images/a/abc123.png"),
        ("POST", "/images/abc123.png"),
    ] {
        let response = send(&sandbox, method, target, "action=pay").await;
        assert_eq!(response.status, 404, "{method} {target}");
        assert!(!response.text().contains("script"), "{}", response.text());
    }
    sandbox.finish();
}

/// Returns the pixels of a square greyscale PNG, and its width.
fn pixels(png: &[u8]) -> (Vec<u8>, usize) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((frame.color_type, frame.width), (png::ColorType::Grayscale, frame.height));
    (pixels, usize::try_from(frame.width).unwrap())
}

#[tokio::test]
async fn the_qr_code_is_a_png_of_the_page_url() {
    let sandbox = Sandbox::builder().start().await;
    for id in ["abc123".to_owned(), sandbox.turbo_link().create("1.00")] {
        let link = sandbox.turbo_link().link(&id);
        let response = send(&sandbox, "GET", &target(&sandbox, &link.qr()), "").await;
        assert_eq!((response.status, response.header("content-type")), (200, Some("image/png")));

        let (pixels, side) = pixels(&response.body);
        let code = qrcode::QrCode::new(link.url()).unwrap();
        // The QR code standard requires a white border of four modules.
        let modules = code.width() + 8;
        let scale = side / modules;
        assert_eq!(scale * modules, side);
        let dark = |x: usize, y: usize| pixels[(y * scale + scale / 2) * side + x * scale + scale / 2] == 0;
        let expected = |x: usize, y: usize| {
            let inside = |index: usize| (4..4 + code.width()).contains(&index);
            inside(x) && inside(y) && code[(x - 4, y - 4)] == qrcode::Color::Dark
        };
        for (x, y) in (0..modules).flat_map(|x| (0..modules).map(move |y| (x, y))) {
            assert_eq!(dark(x, y), expected(x, y), "module {x}, {y} of {id}");
        }
    }
    sandbox.finish();
}
