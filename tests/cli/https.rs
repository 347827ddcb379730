//! A sandbox that speaks https.

use super::*;

#[test]
fn a_sandbox_speaks_https_to_who_trusts_its_authority_and_keeps_that_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let path = file.to_str().unwrap();
    let mut authority = String::new();
    for _ in 0..2 {
        let mut sandbox = Sandbox::start(&["--tls", "--tls-ca", path]);
        assert!(sandbox.url.starts_with("https://127.0.0.1:"), "{}", sandbox.url);
        let send = ["send", "--url", &sandbox.url, "view", "--set", "email=x@y.example"];
        let trusting = clickscope(&send).env("SSL_CERT_FILE", path).output().unwrap();
        assert_eq!(trusting.status.code(), Some(0), "{}", text(&trusting.stderr));
        let written = std::fs::read_to_string(&file).unwrap();
        assert!(authority.is_empty() || authority == written, "it has changed");
        authority = written;
        signal(&sandbox.child, Signal::TERM);
        ended(&mut sandbox.child);
        let mut told = String::new();
        sandbox.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(told.contains(&format!("has to trust {path}")), "{told}");
    }
}

#[test]
fn an_authority_without_a_place_says_what_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let file = folder.path().join("file/ca.pem");
    let cases: [(&[&str], &[&str]); 3] = [
        (&["--tls", "--tls-ca", file.to_str().unwrap()], &["file/ca.pem", "Not a directory", "--tls-ca FILE"]),
        // The home is a file.
        (&["--tls"], &["/file/.local/state/clickscope/ca", "--tls-ca FILE"]),
        (&["--tls-ca", "ca.pem"], &["--tls"]),
    ];
    for (arguments, expected) in cases {
        let output = clickscope(&[&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat())
            .env("HOME", folder.path().join("file"))
            .output()
            .unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        for word in expected {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
}
