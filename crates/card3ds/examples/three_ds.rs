//! A payment with 3-D Secure, and the small web server of a shop that it needs.
//!
//! `cargo run --example three_ds` talks to a sandbox on this machine, whose customer answers the challenge at once.
//! `cargo run --example three_ds -- browser` talks to the sandbox too, but **you** are the customer: open the address that it
//! prints. With `CARD3DS_API_KEY`, `CARD3DS_API_SECRET` and `CARD3DS_BASE_URL` set it talks to the provider, and you are the
//! customer.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use card3ds::{
    Card, ChallengePage, Currency, Enrolment, Expected, Expiry, MerchantOrderId, Money, NewPayment, NewThreeDsPayment,
    ReturnUrls, ThreeDsCallback, ThreeDsFailure,
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
    let (client, at_the_provider) = connect(&sandbox)?;
    let shop = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", shop.local_addr()?);

    let order: MerchantOrderId = format!("example-{}", std::time::UNIX_EPOCH.elapsed()?.as_millis()).parse()?;
    let price = Money::parse("100.50", Currency::TRY)?;
    let card = Card::new("John Doe", "5421190122090656".parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    let payment = NewPayment::new(order.clone(), price, card, "198.51.100.7:52144".parse()?);
    let urls = ReturnUrls { success: format!("{address}/success"), failure: format!("{address}/failure") };

    let challenge = match client.start_3ds(NewThreeDsPayment::new(payment, urls)).send().await? {
        Enrolment::Enrolled(challenge) => challenge,
        Enrolment::NotEnrolled(why) => return Err(format!("no 3-D Secure for this card: {why:?}").into()),
    };
    // A shop stores it with the order: the post that comes back is held against it.
    let stored = challenge.payment_id.clone();
    println!("{stored} waits for its customer, and nothing is charged yet");
    let in_a_browser = at_the_provider || std::env::args().any(|argument| argument == "browser");
    if in_a_browser {
        println!("open {address}/challenge");
    } else {
        sandbox.card3ds().challenge(stored.as_str()).approve();
    }

    let mut result = "The customer has not come back yet.";
    loop {
        let mut request = Request::read(shop.accept().await?.0).await?;
        println!("{}", request.line);
        match request.line.as_str() {
            "GET /challenge" => request.response(&HTML, &page_with(&challenge.page)).await?,
            "POST /failure" => {
                // Anyone can post one: of another payment it says nothing about this one.
                let failure = ThreeDsFailure::parse(&request.body)?;
                if !failure.claimed().payment_id().as_str().eq_ignore_ascii_case(stored.as_str()) {
                    return Err("a post about another payment".into());
                }
                result = "The challenge failed, and nothing was charged.";
                println!("the challenge failed");
                request.response(&ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE).await?;
            }
            "POST /success" => {
                let callback = ThreeDsCallback::parse(&request.body)?;
                // This charges the card. A shop records first that a completion is under way: a page that is reloaded
                // posts again.
                let payment = client.complete_3ds(&stored, &callback).send().await?.into_success()?;
                payment.check(&Expected::new(&order, price))?;
                result = "Thank you.";
                println!("{order}: {} is {}", payment.amount, payment.status);
                request.response(&ChallengePage::RETURN_HEADERS, ChallengePage::RETURN_PAGE).await?;
            }
            "GET /result" => {
                request.response(&HTML, &format!("<!doctype html><title>Paid?</title><p>{result}</p>")).await?
            }
            _ => request.response(&[], "").await?,
        }
        // A browser goes on to the result when the frame says that the customer is back; the sandbox's customer has none.
        let last = if in_a_browser { "GET /result" } else { "POST /success" };
        if request.line == last {
            break;
        }
    }
    if !at_the_provider {
        sandbox.ledger().entries().iter().for_each(|entry| println!("ledger: {entry}"));
        sandbox.timeline().iter().for_each(|entry| println!("timeline: {entry}"));
    }
    sandbox.finish();
    Ok(())
}

/// A page of the shop with the challenge in a frame. When the customer has come back, it goes on to the result.
fn page_with(challenge: &ChallengePage) -> String {
    let (frame, script) = (challenge.frame("three-ds"), ChallengePage::frame_script("three-ds"));
    format!(
        r#"<!doctype html><title>Pay</title>{frame}{script}
<script>
  document.getElementById("three-ds").addEventListener("card3ds-returned", () => location.assign("/result"));
</script>"#
    )
}

const HTML: [(&str, &str); 1] = [("content-type", "text/html; charset=utf-8")];

/// A request, as far as this shop needs to know: a web framework does it better.
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

    async fn response(&mut self, headers: &[(&str, &str)], body: &str) -> std::io::Result<()> {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let response =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len());
        self.stream.write_all(response.as_bytes()).await?;
        self.stream.shutdown().await
    }
}
