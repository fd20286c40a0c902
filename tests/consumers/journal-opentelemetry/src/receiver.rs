//! A collector in the same process, which prints what arrives.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;

use crate::Result;

/// The bodies of requests.
#[derive(Clone, Default)]
pub struct Receiver {
    traces: Arc<Mutex<Vec<Value>>>,
    metrics: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    /// Starts a receiver, and returns its address.
    pub async fn start() -> Result<(Self, String)> {
        let receiver = Self::default();
        let app = Router::new()
            .route("/v1/traces", post(|State(to): State<Self>, Json(body)| async move { keep(&to.traces, body) }))
            .route("/v1/metrics", post(|State(to): State<Self>, Json(body)| async move { keep(&to.metrics, body) }))
            .with_state(receiver.clone());
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", socket.local_addr()?);
        tokio::spawn(async move { axum::serve(socket, app).await });
        Ok((receiver, address))
    }

    /// Prints a line for each span, each event in a span, and each value of a metric.
    pub fn print(&self) {
        for span in all(&self.traces, "/resourceSpans", "/scopeSpans", "/spans") {
            println!("span {} {}", text(&span["name"]), attributes(&span["attributes"]));
            for event in span["events"].as_array().into_iter().flatten() {
                println!("  event {:?} {}", text(&event["name"]), attributes(&event["attributes"]));
            }
        }
        for metric in all(&self.metrics, "/resourceMetrics", "/scopeMetrics", "/metrics") {
            let points = ["sum", "gauge"].iter().filter_map(|kind| metric[kind]["dataPoints"].as_array()).flatten();
            for point in points {
                let name = text(&metric["name"]);
                println!("metric {name} {} = {}", attributes(&point["attributes"]), text(&point["asInt"]));
            }
        }
    }
}

fn keep(to: &Mutex<Vec<Value>>, body: Value) -> Json<Value> {
    to.lock().unwrap_or_else(PoisonError::into_inner).push(body);
    Json(Value::Object(Default::default()))
}

/// The items in three nested lists.
fn all(bodies: &Mutex<Vec<Value>>, outer: &str, middle: &str, inner: &str) -> Vec<Value> {
    let children = |values: Vec<Value>, path: &str| {
        let lists = values.into_iter().filter_map(|value| value.pointer(path).and_then(Value::as_array).cloned());
        lists.flatten().collect::<Vec<_>>()
    };
    let bodies = bodies.lock().unwrap_or_else(PoisonError::into_inner).clone();
    children(children(children(bodies, outer), middle), inner)
}

/// The attributes that are not about the program's own code, in the order of their names.
fn attributes(attributes: &Value) -> String {
    let named = attributes.as_array().into_iter().flatten().map(|attribute| {
        let value = attribute["value"].as_object().and_then(|value| value.values().next());
        format!("{}={}", text(&attribute["key"]), value.map(text).unwrap_or_default())
    });
    let is_about_code =
        |name: &String| ["code.", "thread.", "busy_ns", "idle_ns", "target"].iter().any(|own| name.starts_with(own));
    let mut named: Vec<String> = named.filter(|name| !is_about_code(name)).collect();
    named.sort();
    named.join(" ")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
