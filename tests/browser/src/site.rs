//! A merchant's web site.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A web site at `localhost`. The sandbox is at `127.0.0.1`, which is another site for a browser.
#[derive(Debug)]
pub struct Site {
    origin: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// A request that the site has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path with the query.
    pub target: String,
}

/// A form that a browser has posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The path, without a query.
    pub path: String,
    /// The form, encoded.
    pub body: String,
}

#[derive(Debug, Default)]
struct State {
    pages: HashMap<String, Page>,
    received: Vec<Received>,
    posted: Vec<Posted>,
}

#[derive(Debug, Clone)]
struct Page {
    headers: String,
    body: String,
}

impl Site {
    /// Starts it, without pages.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("no free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let state = Arc::new(Mutex::new(State::default()));
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self { origin: format!("http://localhost:{port}"), state, task }
    }

    /// The URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The URL of a path at `127.0.0.1`: for a browser, this is the sandbox's site, and another origin.
    #[must_use]
    pub fn url_by_address(&self, path: &str) -> String {
        self.url(path).replacen("localhost", "127.0.0.1", 1)
    }

    /// Adds a complete page with this body.
    pub fn page(&self, path: &str, body: &str) {
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"></head>\
             <body><main><h1>Shop</h1>{body}</main></body></html>"
        );
        self.respond(path, &[("content-type", "text/html; charset=utf-8")], &html);
    }

    /// Adds a response, for any method. The path `*` is every path that has no response of its own.
    pub fn respond(&self, path: &str, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let page = Page { headers, body: body.to_owned() };
        lock(&self.state).pages.insert(path.to_owned(), page);
    }

    /// All requests so far, in their order.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }

    /// The forms that were posted, in their order.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        lock(&self.state).posted.clone()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        // A browser may open a connection without a request, or close it before the response.
        tokio::spawn(async move { answer(stream, &state).await });
    }
}

async fn answer(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header).await? <= 2 {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse::<usize>().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;

    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let page = {
        let mut state = lock(state);
        let page = state.pages.get(&path).or_else(|| state.pages.get("*")).cloned();
        state.received.push(Received { method: method.to_owned(), target: target.to_owned() });
        if method == "POST" {
            state.posted.push(Posted { path, body: String::from_utf8_lossy(&body).into_owned() });
        }
        page
    };
    let (status, page) = match page {
        Some(page) => ("200 OK", page),
        None => ("404 Not Found", Page { headers: String::new(), body: "no such page".to_owned() }),
    };
    let Page { headers, body } = page;
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
