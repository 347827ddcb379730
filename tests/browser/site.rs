//! A web site of another origin than the collector, with a reverse proxy to it under `/collect/`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

pub(crate) struct Site {
    addr: SocketAddr,
}

impl Site {
    /// Serves one page, whatever the path; `COLLECTOR` in it stands for the collector's address.
    pub(crate) fn with(page: &str, collector: SocketAddr) -> Self {
        let page = page.replace("COLLECTOR", &collector.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let page = page.clone();
                std::thread::spawn(move || answer(stream, &page, collector));
            }
        });
        Self { addr }
    }

    /// Under a name of its own: to a browser, another site than the collector's address.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}/", self.addr.port())
    }
}

fn answer(mut stream: TcpStream, page: &str, collector: SocketAddr) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend_from_slice(&byte);
    }
    let head = String::from_utf8(head).ok()?;
    if let Some(rest) = head.strip_prefix("GET /collect/") {
        let mut upstream = TcpStream::connect(collector).ok()?;
        write!(
            upstream,
            "GET /{}",
            rest.replacen("\r\n", "\r\nConnection: close\r\n", 1).replace("keep-alive", "close")
        )
        .ok()?;
        std::io::copy(&mut upstream, &mut stream).ok()?;
    } else {
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        )
        .ok()?;
    }
    Some(())
}
