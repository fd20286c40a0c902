//! Opens a TLS connection with the SDK and with a bare reqwest client, and tells their TLS libraries apart by how each
//! reports a server that does not speak TLS.

use std::error::Error;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use turbopay::{ApiKey, Client, Currency, Outcome};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://{}", server.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = server.accept().await {
            let _ = connection.write_all(b"220 smtp.acme.test ESMTP\r\n").await;
        }
    });

    let bare = reqwest::Client::builder().no_proxy().build()?.get(&url).send().await.unwrap_err();
    println!("the other dependency: {}", library(&bare)?);

    let client = Client::builder(ApiKey::new("key")?).base_url(&url).build()?;
    let err = client.balance(Currency::INR).send().await.unwrap_err();
    assert_eq!(err.outcome(), Outcome::NotSent);
    println!("turbopay: {}", library(&err)?);
    Ok(())
}

/// The TLS library that reported this error.
fn library(err: &dyn Error) -> Result<&'static str, String> {
    let (mut text, mut source) = (String::new(), Some(err));
    while let Some(err) = source {
        text += &format!("{err:?}\n");
        source = err.source();
    }
    match (text.contains("InvalidContentType"), text.contains("wrong version number")) {
        (true, false) => Ok("rustls"),
        (false, true) => Ok("native TLS"),
        _ => Err(text),
    }
}
