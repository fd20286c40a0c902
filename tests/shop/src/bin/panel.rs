//! Runs the sandbox, the shop and the panel until Ctrl-C. `cargo xtask shop` builds the programs and starts this one.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the program prints its addresses and errors")]

use std::path::PathBuf;
use std::process::ExitCode;

use payments_test_postgres::Server;
use stage::panel::Panel;
use stage::{Failed, OFFICE_PASSWORD, Stage};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let serve = match Arguments::parse(&arguments) {
        Ok(Some(serve)) => serve,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("panel: {problem} (see --help)");
            return ExitCode::from(2);
        }
    };
    match run(serve).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("panel: {failed}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failed> {
    // Installed first, so that a signal during the start ends the shop, too.
    let end = End::new(arguments.ends_with_input)?;
    let ports = Ports::from(arguments.port)?;
    let listener = TcpListener::bind(("127.0.0.1", ports.panel)).await;
    let listener = listener.map_err(|error| Failed::new(format!("port {}: {error}", ports.panel)))?;
    let mut builder = Stage::builder().port(ports.shop).sandbox(|sandbox| sandbox.port(ports.sandbox)).echo();
    if let Some(program) = arguments.shop {
        builder = builder.program(program);
    }
    if arguments.postgres {
        builder = builder.postgres(Server::start()?);
    }
    let mut ended = Box::pin(end.wait());
    let stage = tokio::select! {
        stage = builder.start() => stage?,
        () = &mut ended => return Ok(()),
    };
    let panel = Panel::new(stage);
    print_addresses(panel.stage(), &listener.local_addr()?.to_string());
    panel.serve(listener, ended).await
}

fn print_addresses(stage: &Stage, panel: &str) {
    let (shop, sandbox) = (stage.url(), stage.sandbox().control_url());
    let more: String = stage.shops().iter().skip(1).map(|shop| format!("  and       {}\n", shop.url())).collect();
    println!(
        "A shop with simulated payment providers. No real money. Press Ctrl-C to stop.

  shop      {shop}
{more}  sandbox   {sandbox}
  break it  http://{panel}

  back office  {shop}/office, password: {OFFICE_PASSWORD}
  card         4111 1111 1111 1111, any later month, CVV 123
  UTR          402012345678, or any other 12 digits"
    );
}

struct Arguments {
    shop: Option<PathBuf>,
    postgres: bool,
    port: u16,
    ends_with_input: bool,
}

impl Arguments {
    /// Returns `None` if help is requested.
    fn parse(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut parsed = Self { shop: None, postgres: false, port: 3000, ends_with_input: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--shop" => parsed.shop = Some(value()?.into()),
                "--port" => {
                    parsed.port = value()?.parse().map_err(|_| "--port must be a number from 0 to 59530".to_owned())?
                }
                "--postgres" => parsed.postgres = true,
                "--end-with-input" => parsed.ends_with_input = true,
                "-h" | "--help" => return Ok(None),
                other => return Err(format!("unknown argument `{other}`")),
            }
        }
        Ok(Some(parsed))
    }
}

struct Ports {
    shop: u16,
    panel: u16,
    sandbox: u16,
}

impl Ports {
    fn from(shop: u16) -> Result<Self, Failed> {
        if shop == 0 {
            return Ok(Self { shop, panel: 0, sandbox: 0 });
        }
        let sandbox = shop.checked_add(SANDBOX_AFTER).filter(|first| first.checked_add(5).is_some());
        let sandbox = sandbox.ok_or_else(|| Failed::new(format!("port {shop} is too high: at most 59530")))?;
        Ok(Self { shop, panel: shop + 1, sandbox })
    }
}

/// The signals, and the input if it counts, that end the program.
struct End {
    signals: [Signal; 3],
    input_ended: Option<oneshot::Receiver<()>>,
}

impl End {
    fn new(ends_with_input: bool) -> Result<Self, Failed> {
        let listen = |kind| signal(kind).map_err(Failed::from);
        let signals =
            [listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?];
        Ok(Self { signals, input_ended: ends_with_input.then(input_ended) })
    }

    async fn wait(self) {
        let [mut interrupted, mut terminated, mut hung_up] = self.signals;
        let input = async {
            match self.input_ended {
                // The thread drops its end without sending anything.
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
            _ = hung_up.recv() => {}
            () = input => {}
        }
    }
}

/// Reads the input in a thread of its own. A read that Tokio waits for would keep the program from ending.
fn input_ended() -> oneshot::Receiver<()> {
    let (sender, ended) = oneshot::channel();
    std::thread::spawn(move || {
        // A failure is an end, too.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(sender);
    });
    ended
}

/// The sandbox's first port comes this far after the shop's: 9000 after 3000.
const SANDBOX_AFTER: u16 = 6000;

const HELP: &str = "Runs a shop with simulated payment providers, and a panel that breaks things.

  cargo xtask shop [--port N] [--postgres]

  --port N          port of the shop; the panel uses the next one, and the sandbox the six ports from
                    N + 6000 on. Default: 3000. With 0, all ports are free ones
  --postgres        starts a PostgreSQL server, and two processes of the shop on one database. The second
                    one's port is 10 higher
  --shop PATH       the shop's program. Default: `shop` or `shop-postgres` beside this program
  --end-with-input  ends when the standard input is closed";
