//! Makes a payment with 3-D Secure, and serves the pages that it needs.
//!
//! - `cargo run --example three_ds` uses a local sandbox, whose customer passes the challenge at once.
//! - `cargo run --example three_ds -- browser` uses the sandbox, and you are the customer: open the printed URL.
//! - With `CARD3DS_API_KEY`, `CARD3DS_API_SECRET` and `CARD3DS_BASE_URL` set, it uses the provider, and you are the customer.
#![expect(clippy::print_stdout, reason = "an example prints its results")]

use card3ds::{
    Card, ChallengePage, Currency, Expected, Expiry, MerchantOrderId, Money, NewPayment, NewThreeDsPayment, ReturnUrls,
    ThreeDsCallback, ThreeDsFailure,
};
use payments_sandbox::{Clock, Sandbox};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

#[path = "support/connect.rs"]
mod connect;

use connect::connect;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().clock(Clock::running()).start().await;
    let (client, uses_provider) = connect(&sandbox)?;
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", server.local_addr()?);

    let order_id: MerchantOrderId = format!("example-{}", std::time::UNIX_EPOCH.elapsed()?.as_millis()).parse()?;
    let price = Money::parse("100.50", Currency::TRY)?;
    let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    let payment = NewPayment::new(order_id.clone(), price, card, "198.51.100.7:52144".parse()?);
    let urls = ReturnUrls { success: format!("{base_url}/success"), failure: format!("{base_url}/failure") };

    // A card that cannot use 3-D Secure is an error.
    let challenge = client.start_3ds(NewThreeDsPayment::new(payment, urls)).send().await?.into_challenge()?;
    // A merchant stores the id with the order, and compares it with the callback's id.
    let stored_id = challenge.payment_id.clone();
    println!("payment {stored_id}: started, nothing is charged yet");
    let uses_browser = uses_provider || std::env::args().any(|argument| argument == "browser");
    if uses_browser {
        println!("open {base_url}/challenge");
    } else {
        sandbox.card3ds().challenge(stored_id.as_str()).approve();
    }

    let mut result = "The challenge is not finished.";
    loop {
        let mut request = Request::read(server.accept().await?.0).await?;
        println!("{}", request.line);
        match request.line.as_str() {
            "GET /challenge" => request.respond(&HTML, &challenge_page(&challenge.page)).await?,
            "POST /failure" => {
                // Anyone can post a form, so it may name another payment.
                let failure = ThreeDsFailure::parse(&request.body)?;
                if !failure.claimed().payment_id().is_same_as(&stored_id) {
                    return Err("the form names another payment".into());
                }
                result = "The challenge failed. Nothing was charged.";
                println!("payment {stored_id}: the challenge failed");
                request.respond(&ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE).await?;
            }
            "POST /success" => {
                let callback = ThreeDsCallback::parse(&request.body)?;
                // A merchant first records the completion, because a reloaded page posts the form again.
                let payment = client.complete_3ds(&stored_id, &callback).send().await?.into_success()?;
                payment.check(&Expected::new(&order_id, price))?;
                result = "The payment succeeded.";
                println!("order {order_id}: {}, {}", payment.status, payment.amount()?);
                request.respond(&ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE).await?;
            }
            "GET /result" => {
                request.respond(&HTML, &format!("<!doctype html><title>Result</title><p>{result}</p>")).await?
            }
            _ => request.respond(&[], "").await?,
        }
        // The sandbox's customer does not load the result page.
        let last = if uses_browser { "GET /result" } else { "POST /success" };
        if request.line == last {
            break;
        }
    }
    if !uses_provider {
        sandbox.ledger().entries().iter().for_each(|entry| println!("ledger: {entry}"));
        sandbox.timeline().iter().for_each(|entry| println!("timeline: {entry}"));
    }
    sandbox.finish();
    Ok(())
}

/// Returns a page that shows the challenge in a frame, and opens the result when the customer returns.
fn challenge_page(challenge: &ChallengePage) -> String {
    let (frame, script) = (challenge.frame("three-ds"), ChallengePage::frame_script("three-ds"));
    format!(
        r#"<!doctype html><title>Pay</title>{frame}{script}
<script>
  document.getElementById("three-ds").addEventListener("card3ds-returned", () => location.assign("/result"));
</script>"#
    )
}

const HTML: [(&str, &str); 1] = [("content-type", "text/html; charset=utf-8")];

/// An HTTP request, parsed as far as this example needs. Use a web framework in your server.
struct Request {
    stream: TcpStream,
    line: String,
    body: Vec<u8>,
}

impl Request {
    async fn read(mut stream: TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(&mut stream);
        let (mut line, mut length) = (String::new(), 0);
        reader.read_line(&mut line).await?;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).await? <= 2 {
                break;
            }
            if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().unwrap_or_default().min(64 * 1024);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).await?;
        let line = line.split(' ').take(2).collect::<Vec<_>>().join(" ");
        Ok(Self { stream, line, body })
    }

    async fn respond(&mut self, headers: &[(&str, &str)], body: &str) -> std::io::Result<()> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let response =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len());
        self.stream.write_all(response.as_bytes()).await?;
        self.stream.shutdown().await
    }
}
