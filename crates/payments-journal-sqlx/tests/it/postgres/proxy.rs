//! A proxy before the server, which loses commits.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What happened to the commits.
#[derive(Default)]
pub(super) struct Commits {
    passed: AtomicUsize,
    pub(super) responses_lost: AtomicUsize,
    pub(super) requests_lost: AtomicUsize,
}

/// Of each so many commits, the response to one is lost, and another one itself.
const EACH: usize = 12;

/// Listens on a free port, and returns it.
pub(super) fn start(server: PathBuf, commits: Arc<Commits>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (server, commits) = (UnixStream::connect(&server).unwrap(), Arc::clone(&commits));
            serve(client.unwrap(), server, commits);
        }
    });
    port
}

fn serve(mut client: TcpStream, mut server: UnixStream, commits: Arc<Commits>) {
    client.set_nodelay(true).unwrap();
    let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let responses = std::thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while let Ok(length @ 1..) = from_server.read(&mut buffer) {
            // Closed by the other thread before the response to a commit arrives.
            if to_client.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        drop(to_client.shutdown(Shutdown::Both));
    });
    std::thread::spawn(move || {
        let mut buffer = [0; 16_384];
        let mut change = Vec::new();
        while let Ok(length @ 1..) = client.read(&mut buffer) {
            let message = &buffer[..length];
            if let Some(name) = name_of_change(message) {
                change = name.to_vec();
            }
            let commits_now = message.ends_with(b"COMMIT\0") || is_of_statement(message, &change);
            let number = if commits_now { commits.passed.fetch_add(1, Ordering::SeqCst) } else { 0 };
            if number % EACH == EACH / 2 {
                commits.requests_lost.fetch_add(1, Ordering::SeqCst);
                break;
            }
            let is_lost = number > 0 && number % EACH == 0;
            if is_lost {
                // First, so that the response goes nowhere.
                commits.responses_lost.fetch_add(1, Ordering::SeqCst);
                drop(client.shutdown(Shutdown::Both));
            }
            if server.write_all(message).is_err() || is_lost {
                break;
            }
        }
        drop(client.shutdown(Shutdown::Both));
        // The server executes what it has received before it notices.
        drop(server.shutdown(Shutdown::Write));
        drop(responses.join());
    });
}

/// The name of the prepared statement which changes an intent, if this message prepares it. The statement commits by itself.
fn name_of_change(message: &[u8]) -> Option<&[u8]> {
    let is_change = message.windows(12).any(|part| part == b"xmin::text =");
    (message.first() == Some(&b'P') && is_change).then(|| message[5..].split(|byte| *byte == 0).next().unwrap())
}

/// True if this message executes the prepared statement, with the parameters that it contains.
fn is_of_statement(message: &[u8], name: &[u8]) -> bool {
    // The kind, the length, and the portal's empty name.
    let rest = message.get(6..).filter(|_| message[0] == b'B' && !name.is_empty());
    rest.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.first() == Some(&0))
}
