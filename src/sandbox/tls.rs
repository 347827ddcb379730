//! https, for senders that insist on it.
//!
//! The certificate is made for the session and for the names under which the collector is reached; an authority of the
//! user's own signs it. That one is kept in a file, so that a browser or a phone is told to trust it once. Its key lies
//! beside it and is readable to its owner alone; whoever has it can sign for any host.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use tempfile::NamedTempFile;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::SandboxError;

/// The name of the authority, as it stands in lists of what is trusted.
const AUTHORITY: &str = "clickscope sandbox";

/// For how many days a certificate counts: Apple's platforms take none of more than 825.
const DAYS: i64 = 397;

/// For how many years the authority counts.
const YEARS: i64 = 10;

/// The first byte of a TLS connection: a record with a handshake.
pub(super) const HANDSHAKE: u8 = 22;

/// What signs, and what was signed.
pub(super) struct Tls {
    file: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    names: Vec<String>,
    /// By the address that a client has connected to, where the names do not hold it.
    configs: Mutex<HashMap<Option<IpAddr>, Arc<ServerConfig>>>,
}

impl Tls {
    /// Reads the authority in that file, or makes one, and a certificate for these names and addresses.
    pub(super) fn new(file: &Path, names: Vec<String>) -> Result<Self, SandboxError> {
        let issuer = authority(file).map_err(|reason| refused(file, reason))?;
        let tls = Self { file: file.to_owned(), issuer, names, configs: Mutex::default() };
        tls.acceptor(None)?;
        Ok(tls)
    }

    /// Accepts connections that came in at that address of this machine.
    pub(super) fn acceptor(&self, local: Option<IpAddr>) -> Result<TlsAcceptor, SandboxError> {
        let address = local.map(|local| local.to_canonical()).filter(|local| !self.names.contains(&local.to_string()));
        let mut configs = self.configs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = configs.get(&address) {
            return Ok(Arc::clone(config).into());
        }
        let names = self.names.iter().cloned().chain(address.map(|address| address.to_string())).collect();
        let config = self.certify(names).map_err(|reason| refused(&self.file, reason))?;
        Ok(Arc::clone(configs.entry(address).or_insert(config)).into())
    }

    fn certify(&self, names: Vec<String>) -> Result<Arc<ServerConfig>, String> {
        let mut wanted = CertificateParams::new(names).map_err(say)?;
        wanted.distinguished_name = named("clickscope sandbox, this session");
        wanted.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        wanted.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        wanted.use_authority_key_identifier_extension = true;
        valid(&mut wanted, DAYS.days())?;
        let key = KeyPair::generate().map_err(say)?;
        let certificate = wanted.signed_by(&key, &self.issuer).map_err(say)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(say)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .map_err(say)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The authority of that file, whose key lies beside it.
fn authority(file: &Path) -> Result<Issuer<'static, KeyPair>, String> {
    let key_file = file.with_extension("key");
    let beside = |error: &dyn std::fmt::Display| format!("its key {}: {error}", key_file.display());
    let key = match fs::read_to_string(&key_file) {
        Ok(pem) => KeyPair::from_pem(&pem).map_err(|error| beside(&error))?,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(beside(&error)),
        Err(_) if file.exists() => {
            return Err(format!("its key {} is missing: delete it to have a new one made", key_file.display()));
        }
        Err(_) => {
            let key = KeyPair::generate().map_err(say)?;
            write(&key_file, &key.serialize_pem(), 0o600).map_err(|error| beside(&error))?;
            key
        }
    };
    let mut authority = CertificateParams::default();
    authority.distinguished_name = named(AUTHORITY);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut authority, YEARS.years())?;
    match fs::read_to_string(file) {
        Ok(pem) if is_ours(&pem, &key) => {}
        Ok(_) => return Err(format!("is not one that this program has made with {}", key_file.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let certificate = authority.self_signed(&key).map_err(say)?;
            write(file, &certificate.pem(), 0o644).map_err(|error| format!("cannot be written: {error}"))?;
        }
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    Ok(Issuer::new(authority, key))
}

/// Whether a certificate has this key and our name: with another, nothing that is signed would be believed.
fn is_ours(pem: &str, key: &KeyPair) -> bool {
    let lines = pem.lines().map(str::trim).filter(|line| !line.starts_with('-'));
    let Ok(der) = STANDARD.decode(lines.collect::<String>()) else { return false };
    let holds = |part: &[u8]| der.windows(part.len()).any(|window| window == part);
    holds(key.public_key_raw()) && holds(AUTHORITY.as_bytes())
}

/// Whole or not at all, and over nothing that is there.
fn write(file: &Path, text: &str, mode: u32) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut draft = NamedTempFile::new_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.as_file().set_permissions(Permissions::from_mode(mode))?;
    draft.persist_noclobber(file)?;
    Ok(())
}

fn valid(params: &mut CertificateParams, span: jiff::Span) -> Result<(), String> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |date: jiff::civil::Date| {
        let [month, day] = [date.month(), date.day()].map(i8::unsigned_abs);
        rcgen::date_time_ymd(date.year().into(), month, day)
    };
    // Clocks differ.
    params.not_before = day(today.checked_sub(1.day()).map_err(say)?);
    params.not_after = day(today.checked_add(span).map_err(say)?);
    Ok(())
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn refused(file: &Path, reason: String) -> SandboxError {
    SandboxError::Certificate { file: file.to_owned(), reason }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::*;

    #[test]
    fn an_authority_is_made_once_and_its_key_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/ca.pem");
        let names = || vec!["localhost".to_owned(), "::1".to_owned()];
        Tls::new(&file, names()).unwrap();
        let first = fs::read_to_string(&file).unwrap();
        assert!(first.starts_with("-----BEGIN CERTIFICATE-----") && !first.contains("PRIVATE"), "{first}");
        let mode = |file: &Path| fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&file.with_extension("key"))), (0o644, 0o600));
        let tls = Tls::new(&file, names()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), first, "it is kept");

        // One certificate serves all the names, and one each address that is none of them.
        for local in ["::1", "192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"] {
            tls.acceptor(Some(local.parse().unwrap())).unwrap();
        }
        assert_eq!(tls.configs.lock().unwrap().len(), 2);
    }

    #[test]
    fn an_authority_that_cannot_be_used_says_what_where_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "").unwrap();
        fs::write(at("lone.pem"), "").unwrap();
        fs::write(at("broken.key"), "no key").unwrap();
        for name in ["other", "theirs"] {
            Tls::new(&at(&format!("{name}.pem")), Vec::new()).unwrap();
        }
        fs::copy(at("other.pem"), at("theirs.pem")).unwrap();
        let cases = [
            ("file/ca.pem", "ca.key: Not a directory"),
            ("lone.pem", "lone.key is missing"),
            ("broken.pem", "broken.key"),
            ("theirs.pem", "is not one that this program has made with"),
        ];
        for (name, expected) in cases {
            let error = Tls::new(&at(name), Vec::new()).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("--tls-ca FILE"), "{error}");
            assert!(error.contains(&at(name).display().to_string()), "{error}");
        }
    }
}
