//! Which root certificates a client trusts.

use std::process::Command;

use payments_sandbox::Sandbox;
use payments_tests::turbopay_builder;
use turbopay::payments_core::transport::reqwest::{Certificate, ReqwestTransport, ReqwestTransportBuilder};
use turbopay::{ApiKey, Client, Currency, Error, ErrorKind, Outcome};

fn certificate(sandbox: &Sandbox) -> Certificate {
    Certificate::from_pem(sandbox.certificate_pem().unwrap().as_bytes()).unwrap()
}

async fn read_balance(
    sandbox: &Sandbox,
    change: impl FnOnce(ReqwestTransportBuilder) -> ReqwestTransportBuilder,
) -> Result<(), Error> {
    let transport = change(ReqwestTransport::builder()).build()?;
    let client = turbopay_builder(sandbox)?.transport(transport).build()?;
    client.balance(Currency::INR).send().await.map(drop)
}

#[tokio::test]
async fn only_the_given_root_certificates_are_trusted() {
    let (sandbox, other) = (Sandbox::builder().tls().start().await, Sandbox::builder().tls().start().await);

    read_balance(&sandbox, |http| http.root_certificates_only([certificate(&sandbox)])).await.unwrap();
    let both = [certificate(&other)];
    read_balance(&sandbox, |http| http.root_certificates_only(both).root_certificate(certificate(&sandbox)))
        .await
        .unwrap();

    let untrusted = [certificate(&other)];
    let err = read_balance(&sandbox, |http| http.root_certificates_only(untrusted)).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::NotSent), "{err:?}");
}

/// The platform of this process trusts the sandbox's certificate.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the environment is how a test passes arguments to its child process")]
async fn child_process_whose_platform_trusts_the_sandbox() {
    let Ok(url) = std::env::var("ROOT_CERTIFICATES_URL") else { return };
    let other = Sandbox::builder().tls().start().await;
    let balance = async |change: fn(ReqwestTransportBuilder, Certificate) -> ReqwestTransportBuilder| {
        let transport = change(ReqwestTransport::builder(), certificate(&other)).build()?;
        let client = Client::builder(ApiKey::new("wrong-key")?).base_url(&url).transport(transport).build()?;
        client.balance(Currency::INR).send().await
    };

    // The key is wrong, which the sandbox says over TLS.
    let err = balance(|http, other| http.root_certificate(other)).await.unwrap_err();
    assert_eq!(err.kind(), ErrorKind::Authentication, "{err:?}");
    let err = balance(|http, other| http.root_certificates_only([other])).await.unwrap_err();
    assert_eq!((err.kind(), err.outcome()), (ErrorKind::Connection, Outcome::NotSent), "{err:?}");
}

#[tokio::test]
async fn the_platforms_root_certificates_are_replaced_and_not_extended() {
    let sandbox = Sandbox::builder().tls().start().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), sandbox.certificate_pem().unwrap()).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "root_certificates::child_process_whose_platform_trusts_the_sandbox", "--nocapture"]);
    child.env("SSL_CERT_FILE", file.path()).env("ROOT_CERTIFICATES_URL", sandbox.turbopay().base_url());

    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();

    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
