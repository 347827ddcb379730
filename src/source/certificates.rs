use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_native_certs::{CertificateResult, ErrorKind, load_certs_from_paths};

use super::failure::{Failure, is_certificate_of_authority};
use crate::event::{Sanitized, sanitized, text};

/// The variable that names a file of certificates to trust.
const FILE: &str = "SSL_CERT_FILE";
/// The variable that names folders of them.
const FOLDERS: &str = "SSL_CERT_DIR";

/// TLS that trusts what is in the `authority`'s file, else what the environment names, and nothing else; `None` where that
/// names nothing, so that the system's certificates hold.
pub(super) fn named(
    authority: Option<&Path>,
    lookup: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Option<ClientConfig>, Failure> {
    let set = |name| lookup(name).filter(|value| !value.is_empty());
    let (file, folders) = match authority {
        Some(file) => (Some(file.into()), None),
        None => (set(FILE), set(FOLDERS)),
    };
    if file.is_none() && folders.is_none() {
        return Ok(None);
    }
    let mut certificates = Vec::new();
    let mut trouble = None;
    if let Some(file) = file {
        certificates.extend(in_file(Path::new(&file))?);
    }
    for folder in folders.iter().flat_map(std::env::split_paths).filter(|folder| !folder.as_os_str().is_empty()) {
        let CertificateResult { certs, errors, .. } = load_certs_from_paths(None, Some(&folder));
        // Other programs pass over a folder that is not there, too, as long as there is something to trust.
        trouble = trouble.or_else(|| errors.first().map(|error| sentence(FOLDERS, &folder, &why(&error.kind))));
        certificates.extend(certs);
    }
    if certificates.is_empty() {
        let nothing = || sanitized!("{} names no folder with a certificate in it", FOLDERS);
        return Err(Failure::Certificates(trouble.unwrap_or_else(nothing)));
    }
    let verifier = Verifier::new(certificates)?;
    let mut tls =
        ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(tls))
}

fn in_file(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let unusable = |why: &Sanitized| Failure::Certificates(sentence(FILE, file, why));
    // Asked before it is opened: to open a pipe waits for a writer.
    match file.metadata() {
        Err(error) => return Err(unusable(&Sanitized::of(&error))),
        Ok(metadata) if !metadata.is_file() => return Err(unusable(&"it is not a file".into())),
        Ok(_) => {}
    }
    let CertificateResult { certs, errors, .. } = load_certs_from_paths(Some(file), None);
    if let Some(error) = errors.first() {
        return Err(unusable(&why(&error.kind)));
    }
    if certs.is_empty() {
        return Err(unusable(&"there is no certificate in it (in PEM form: -----BEGIN CERTIFICATE-----)".into()));
    }
    Ok(certs)
}

fn why(error: &ErrorKind) -> Sanitized {
    match error {
        ErrorKind::Io { inner, .. } => Sanitized::of(inner),
        ErrorKind::Pem(_) => "it is no text in PEM form, or a broken one".into(),
        other => text::sanitize(&format!("{other:?}")),
    }
}

fn sentence(variable: &'static str, path: &Path, why: &Sanitized) -> Sanitized {
    sanitized!("{} names {}: {}", variable, text::sanitize(&path.display().to_string()), why)
}

/// Judges the certificate of a server by those that are trusted.
///
/// One that is itself among them is trusted as it stands, as OpenSSL does it, and so curl: a certificate that is signed by
/// itself mostly says that it is of a CA, and is refused for that by the rules of the web.
#[derive(Debug)]
struct Verifier {
    rules: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(trusted: Vec<CertificateDer<'static>>) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        let (_, ignored) = roots.add_parsable_certificates(trusted.iter().cloned());
        if roots.is_empty() {
            let why = sanitized!("none of the {} certificates that {} or {} names is one", ignored, FILE, FOLDERS);
            return Err(Failure::Certificates(why));
        }
        let rules = WebPkiServerVerifier::builder(Arc::new(roots)).build();
        let rules = rules.map_err(|error| Failure::Certificates(Sanitized::of(&error)))?;
        Ok(Self { rules, trusted })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.rules.verify_server_cert(certificate, others, name, ocsp_response, now);
        let Err(Error::InvalidCertificate(error)) = &judged else { return judged };
        // Either is only found after the times of the certificate were found right.
        let unsigned = *error == CertificateError::UnknownIssuer || is_certificate_of_authority(error);
        if !unsigned || !self.trusted.iter().any(|trusted| trusted == certificate) {
            return judged;
        }
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.rules.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.rules.supported_verify_schemes()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::fs;
    use std::time::Duration;

    use rustls::pki_types::pem::PemObject;

    use super::*;

    /// For `localhost`, signed by itself, and said to be of a CA, as `openssl req -x509` makes it; of 2026 to 2126.
    const SELF_SIGNED: &str = include_str!("certificates/self_signed.pem");

    fn judge(trusted: &str, name: &'static str, year: u64) -> Result<(), Error> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = CertificateDer::from_pem_slice(SELF_SIGNED.as_bytes()).unwrap();
        let trusted = CertificateDer::pem_slice_iter(trusted.as_bytes()).collect::<Result<_, _>>().unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_hours((year - 1970) * 8_766));
        let verifier = Verifier::new(trusted).unwrap();
        verifier.verify_server_cert(&certificate, &[], &name.try_into().unwrap(), &[], now).map(drop)
    }

    #[test]
    fn a_certificate_that_is_named_itself_is_trusted_for_its_name_and_in_its_time() {
        assert_eq!(judge(SELF_SIGNED, "localhost", 2050), Ok(()));
        let refused = |name, year| match judge(SELF_SIGNED, name, year).unwrap_err() {
            Error::InvalidCertificate(error) => error,
            other => panic!("{other}"),
        };
        assert!(matches!(refused("a.example", 2050), CertificateError::NotValidForNameContext { .. }));
        assert!(matches!(refused("localhost", 2150), CertificateError::ExpiredContext { .. }));
        assert!(matches!(refused("localhost", 2020), CertificateError::NotValidYetContext { .. }));
    }

    #[test]
    fn what_the_variables_name_and_cannot_be_had_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        let absent = folder.path().join("absent");
        let garbage = at("garbage", "no certificate");
        let broken = at("broken", "-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----\n");
        let nonsense = at("nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        let good = at("good", SELF_SIGNED);
        let cases = [
            (FILE, &absent, Some("No such file")),
            (FILE, &empty, Some("it is not a file")),
            (FILE, &garbage, Some("there is no certificate in it")),
            (FILE, &broken, Some("PEM form")),
            (FILE, &nonsense, Some("none of the 1 certificates")),
            (FILE, &good, None),
            (FOLDERS, &absent, Some("No such file")),
            (FOLDERS, &empty, Some("no folder with a certificate in it")),
        ];
        let _ = rustls::crypto::ring::default_provider().install_default();
        for (variable, path, part) in cases {
            let found = named(None, &|name| (name == variable).then(|| path.clone().into_os_string()));
            match (found, part) {
                (Ok(found), None) => assert!(found.is_some()),
                (Err(Failure::Certificates(told)), Some(part)) => {
                    assert!(told.contains(variable) && told.contains(part), "{told}");
                    let shown = path.display().to_string();
                    assert!(told.contains(&*shown) || part.starts_with("no"), "{told}");
                }
                (found, _) => panic!("{}: {:?}", path.display(), found.err()),
            }
        }
        assert!(
            named(None, &|_| None).unwrap().is_none() && named(None, &|_| Some(OsString::new())).unwrap().is_none()
        );
    }
}
