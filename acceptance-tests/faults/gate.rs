//! A gate between the provider and the emulator: it lets some requests through, and then nobody listens.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};

/// An open or closed gate.
pub(crate) struct Gate {
    /// The URL that stands for the emulator's.
    pub(crate) url: String,
    closed: Arc<AtomicBool>,
}

impl Gate {
    /// Listens for this number of requests, each on a connection of its own.
    pub(crate) fn before(emulator: &str, requests: usize) -> Result<Gate> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let address = emulator.strip_prefix("http://").context("the emulator's URL")?.to_owned();
        let closed = Arc::new(AtomicBool::new(false));
        let gate = Gate { url, closed: Arc::clone(&closed) };
        thread::spawn(move || {
            let close = |listener| {
                drop::<TcpListener>(listener);
                closed.store(true, Ordering::SeqCst);
            };
            for _ in 1..requests {
                // A connection that fails is one that the provider has given up.
                let _ = listener.accept().map_err(Into::into).and_then(|(mut client, _)| {
                    let response = exchange(&mut client, &address)?;
                    Ok::<(), anyhow::Error>(client.write_all(&response)?)
                });
            }
            if requests == 0 {
                return close(listener);
            }
            let Ok((mut client, _)) = listener.accept() else { return };
            let response = exchange(&mut client, &address);
            // Closed first, so that the next request cannot be faster.
            close(listener);
            if let Ok(response) = response {
                let _ = client.write_all(&response);
            }
        });
        Ok(gate)
    }

    /// Whether nobody listens any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

/// Passes one request on, and asks for the connection to be closed afterwards.
fn exchange(client: &mut TcpStream, address: &str) -> Result<Vec<u8>> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        read_some(client, &mut request)?;
    };
    let text = String::from_utf8(request[..head].to_vec())?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let length = length.transpose()?.unwrap_or(0);
    while request.len() < head + length {
        read_some(client, &mut request)?;
    }
    let mut service = TcpStream::connect(address)?;
    let (line, rest) = text.split_once("\r\n").context("a request line")?;
    service.write_all(format!("{line}\r\nconnection: close\r\n{rest}").as_bytes())?;
    service.write_all(&request[head..])?;
    let mut response = Vec::new();
    service.read_to_end(&mut response)?;
    Ok(response)
}

fn read_some(client: &mut TcpStream, request: &mut Vec<u8>) -> Result<()> {
    let mut buffer = [0; 4096];
    let read = client.read(&mut buffer)?;
    ensure!(read > 0, "the request ends early");
    request.extend_from_slice(&buffer[..read]);
    Ok(())
}
