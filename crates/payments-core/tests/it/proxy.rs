use payments_core::transport::reqwest::{Proxy, ReqwestTransport, ReqwestTransportBuilder};
use std::sync::Arc;

use crate::support::server::{Server, http_response};
use crate::support::{Client, KEYED, PAYMENT_JSON, child_variable, run_in_child_process, settings_at};

async fn send_once(base_url: &str, change: impl FnOnce(ReqwestTransportBuilder) -> ReqwestTransportBuilder) {
    let mut settings = settings_at(base_url);
    settings.transport = Some(Arc::new(change(ReqwestTransport::builder()).build().unwrap()));
    Client::new(settings, &KEYED, None).retrieve().send().await.unwrap();
}

#[tokio::test]
async fn child_process_that_sends_one_request() {
    let Some(base_url) = child_variable("BASE_URL") else { return };
    match child_variable("FROM_ENV") {
        Some(_) => send_once(&base_url, ReqwestTransportBuilder::proxy_from_env).await,
        // The default transport, which a client creates if no transport is set.
        None => drop(Client::new(settings_at(&base_url), &KEYED, None).retrieve().send().await.unwrap()),
    }
}

async fn check(variable: &'static str, from_env: bool, through_proxy: usize) {
    let proxy = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let mut variables =
        vec![("BASE_URL", format!("http://{}", server.address)), (variable, format!("http://{}", proxy.address))];
    if from_env {
        variables.push(("FROM_ENV", "1".into()));
    }
    run_in_child_process("proxy::child_process_that_sends_one_request", variables).await;
    assert_eq!((proxy.connections(), server.connections()), (through_proxy, 1 - through_proxy), "{variable}");
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_ignored_by_default() {
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        check(variable, false, 0).await;
    }
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_used_if_enabled() {
    check("http_proxy", true, 1).await;
}

#[tokio::test]
async fn a_configured_proxy_is_used() {
    let proxy = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let server = Server::responding(http_response(200, PAYMENT_JSON)).await;
    let configured = Proxy::all(format!("http://{}", proxy.address)).unwrap();
    send_once(&format!("http://{}", server.address), |builder| builder.proxy(configured)).await;
    assert_eq!((proxy.connections(), server.connections()), (1, 0));
    assert!(proxy.requests()[0].line().starts_with(&format!("GET http://{}/payments", server.address)));
}
