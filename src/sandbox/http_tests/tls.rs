//! https: who is answered, under which names, and what is said to those who come without it.

use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::records::told;
use super::*;

/// A collector that speaks https, and a client that trusts its authority.
async fn start_tls(allowed: &str) -> (Sandbox, TlsConnector, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let config = SandboxConfig {
        tls: Some(file.clone()),
        allowed_hosts: vec![allowed.parse().unwrap()],
        ..SandboxConfig::default()
    };
    let sandbox = start_with(config).await;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&file).unwrap()).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (sandbox, Arc::new(client).into(), folder)
}

#[tokio::test]
async fn https_is_spoken_under_every_name_of_the_collector() {
    let (sandbox, client, _folder) = start_tls("api.getblueshift.com").await;
    assert!(sandbox.url().starts_with("https://127.0.0.1:"), "{}", sandbox.url());
    for (name, is_ours) in [
        ("127.0.0.1", true),
        ("::1", true),
        ("localhost", true),
        ("api.getblueshift.com", true),
        ("evil.example", false),
    ] {
        let stream = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        let connected = client.connect(ServerName::try_from(name).unwrap(), stream).await;
        assert_eq!(connected.is_ok(), is_ours, "{name}: {:?}", connected.err());
        let Ok(mut stream) = connected else { continue };
        stream.write_all(&request("POST", "/api/v1/event", KEY, br#"{"event":"view"}"#)).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
    }
    assert_eq!(sandbox.arrivals(), 4);
}

#[tokio::test]
async fn who_comes_without_tls_is_told_so() {
    let (sandbox, ..) = start_tls("localhost").await;
    let answer = post(&sandbox, "/api/v1/event", r#"{"event":"view"}"#).await;
    assert!(answer.status == 400 && answer.text().contains("https://"), "{}", answer.text());
    // Nor does one who says nothing, or breaks the handshake off, keep others out.
    let _silent = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    assert!(exchange(&sandbox, b"\x16\x03\x01\x00\x05hello").await.is_ok_and(|answer| !answer.starts_with(b"HTTP")));
    assert_eq!(post(&sandbox, "/api/v1/event", "{}").await.status, 400);
    assert_eq!(sandbox.arrivals(), 0);
    // Each is told, also one who does not trust the authority.
    let strange = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let stream = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    assert!(TlsConnector::from(Arc::new(strange)).connect(name, stream).await.is_err());
    let (_, requests) = told(&mut sandbox.records(), 4).await;
    let told: Vec<_> = requests.iter().map(|it| (it.status, it.refusal.as_ref().unwrap().why.to_string())).collect();
    let [(400, http), (0, odd), (400, _), (0, strange)] = &*told else { panic!("{told:?}") };
    assert!(http.contains("speaks https") && odd.contains("handshake failed"), "{told:?}");
    assert!(strange.contains("UnknownCA") && strange.contains("trust the authority"), "{told:?}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_made_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let tls = Some(folder.path().join("file/ca.pem"));
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let error =
        Sandbox::start(SandboxConfig { listen, tls, ..SandboxConfig::default() }).await.unwrap_err().to_string();
    assert!(error.contains("file/ca.pem") && error.contains("--tls-ca FILE"), "{error}");
}
