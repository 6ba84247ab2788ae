//! An HTTP server for tests that responds as it is told or breaks off, and a client for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::client::nondeterminism::Nondeterminism;
use crate::client::{
    Client, ClientConfig, Credentials, Endpoint, EndpointKind, ExtraRoots, IamUrl, InstanceAddress,
    InstanceClient, Proxy, RetryPolicy,
};
use crate::known_secrets::KnownSecrets;

/// What the server does with one request.
pub(super) enum Step {
    /// Status, extra headers, body.
    Respond(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Announces more body than it sends, then closes.
    CutOff(u16, &'static str),
    /// Reads the request and closes the connection.
    Reset,
    /// Goes on with another step once it is released.
    After(oneshot::Receiver<()>, Box<Step>),
}

/// A JSON response.
pub(super) fn response(status: u16, body: &str) -> Step {
    Step::Respond(status, Vec::new(), body.as_bytes().to_vec())
}

/// A JSON response with one header.
pub(super) fn response_with(status: u16, name: &'static str, value: &str, body: &str) -> Step {
    let headers = vec![(name, value.to_owned())];
    Step::Respond(status, headers, body.as_bytes().to_vec())
}

/// One request as it arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query as they were on the wire.
    pub(super) target: String,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Method, path and query.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }
}

/// Responds to requests in the order of its script. Token requests have a script of their own; after
/// its end they get `token-1`, `token-2`, … with a lifetime of an hour.
pub(super) struct Scripted {
    pub(super) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    arrived: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    token_steps: VecDeque<Step>,
    seen: Vec<Seen>,
    token_requests: Vec<Seen>,
    connections: usize,
}

impl Scripted {
    pub(super) async fn start(steps: Vec<Step>) -> Self {
        Self::start_with_tokens(Vec::new(), steps).await
    }

    pub(super) async fn start_with_tokens(token_steps: Vec<Step>, steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                steps: steps.into(),
                token_steps: token_steps.into(),
                ..State::default()
            }),
            arrived: watch::Sender::new(0),
        });
        let server = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.state.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&server)));
            }
        });
        Self { url, shared }
    }

    /// All requests but those for tokens.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.shared.state.lock().unwrap().seen.clone()
    }

    pub(super) fn token_requests(&self) -> Vec<Seen> {
        self.shared.state.lock().unwrap().token_requests.clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.shared.state.lock().unwrap().connections
    }

    /// Waits until this many requests have arrived, those for tokens not counted.
    pub(super) async fn arrived(&self, count: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        arrived.wait_for(|seen| *seen >= count).await.unwrap();
    }
}

impl Shared {
    /// Records a request and takes the next step of its script.
    fn next(&self, request: Seen) -> Step {
        let mut state = self.state.lock().unwrap();
        if request.target == "/identity/token" {
            state.token_requests.push(request);
            let count = state.token_requests.len();
            let token = format!(r#"{{"access_token":"token-{count}","expires_in":3600}}"#);
            return state.token_steps.pop_front().unwrap_or_else(|| response(200, &token));
        }
        state.seen.push(request);
        self.arrived.send_replace(state.seen.len());
        // One request too many fails the test by a status that no test expects.
        state.steps.pop_front().unwrap_or_else(|| response(418, ""))
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await {
        let mut step = shared.next(request);
        while let Step::After(release, then) = step {
            release.await.ok();
            step = *then;
        }
        let (status, headers, body, announced) = match step {
            Step::Respond(status, headers, body) => {
                let length = body.len();
                (status, headers, body, length)
            }
            Step::CutOff(status, body) => {
                (status, Vec::new(), body.as_bytes().to_vec(), body.len() + 1)
            }
            Step::Reset | Step::After(..) => return,
        };
        let mut head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {announced}\r\n"
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let bytes = [head.as_bytes(), &body].concat();
        if stream.get_mut().write_all(&bytes).await.is_err() || announced != body.len() {
            return;
        }
    }
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let headers: BTreeMap<String, String> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen {
        method: words.next()?,
        target: words.next()?,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

/// Retries at once, three times.
const EAGER: RetryPolicy = RetryPolicy {
    max_retries: 3,
    base: Duration::ZERO,
    max_wait: Duration::ZERO,
    total: Duration::from_secs(3600),
};

/// What the client of one test is built from. Its clock stands still and its waits take no time.
pub(super) struct Setup {
    pub(super) config: ClientConfig,
    pub(super) nondeterminism: Nondeterminism,
    pub(super) cancel: CancellationToken,
}

impl Setup {
    pub(super) fn at(url: &str) -> Self {
        Self {
            config: ClientConfig {
                credentials: Some(Credentials::ApiKey("s3cret-key".into())),
                iam_url: IamUrl::parse(url).unwrap(),
                secrets_manager: Endpoint::template(&format!("{url}/instances/{{instance_id}}"))
                    .unwrap(),
                extra_roots: ExtraRoots::default(),
                proxy: Proxy::Direct,
                retry: EAGER,
                user_agent: "test/1".to_owned(),
                not_known_yet: Vec::new(),
                bulk_read: true,
                known_secrets: KnownSecrets::default(),
            },
            nondeterminism: Nondeterminism {
                now: Arc::new(|| SystemTime::UNIX_EPOCH),
                jitter: Arc::new(|| 0.0),
            },
            cancel: CancellationToken::new(),
        }
    }

    pub(super) fn client(&self) -> InstanceClient {
        let address = InstanceAddress {
            instance_id: "i-1".to_owned(),
            region: "us-south".to_owned(),
            endpoint: EndpointKind::Default,
        };
        Client::with(self.config.clone(), self.nondeterminism.clone())
            .instance(&address, self.cancel.clone())
            .unwrap()
    }
}
