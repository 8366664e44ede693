//! TLS as libpq means it: `sslmode`, and `sslrootcert` for the authorities that are trusted.

use std::env::home_dir;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::{Client, Config};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::Reason;

/// How much an encrypted connection promises: libpq's `sslmode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server refuses anything else.
    Allow,
    /// Encrypted if the server can, else not.
    #[default]
    Prefer,
    /// Encrypted; the certificate is checked only if authorities are named.
    Require,
    /// And the certificate is signed by a trusted authority.
    VerifyCa,
    /// And it is made out to the host.
    VerifyFull,
}

impl Mode {
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }

    /// The ways to connect, in the order in which they are tried.
    fn ways(self) -> &'static [SslMode] {
        match self {
            Self::Disable => &[SslMode::Disable],
            Self::Allow => &[SslMode::Disable, SslMode::Require],
            Self::Prefer => &[SslMode::Prefer, SslMode::Disable],
            Self::Require | Self::VerifyCa | Self::VerifyFull => &[SslMode::Require],
        }
    }
}

/// Connects, encrypted or not.
#[derive(Clone)]
pub(super) struct Tls {
    mode: Mode,
    client: MakeRustlsConnect,
}

impl Tls {
    /// By the options of an address. `system` in place of a file names the authorities of the operating system, and asks
    /// for [`Mode::VerifyFull`]; without either, libpq's `~/.postgresql/root.crt` is used where it exists.
    pub(super) fn new(mode: Option<Mode>, roots: Option<&str>) -> Result<Self, Reason> {
        let system = roots == Some("system");
        let mode = mode.unwrap_or(if system { Mode::VerifyFull } else { Mode::default() });
        if system && mode < Mode::VerifyFull {
            return Err(Reason::Authorities(
                "`sslrootcert=system` needs `sslmode=verify-full`: anybody can get a certificate from one of these"
                    .to_owned(),
            ));
        }
        let roots = match roots {
            _ if mode == Mode::Disable => None,
            Some(_) if system => Some(system_roots()?),
            Some(file) => Some(roots_of(Path::new(file))?),
            None => match usual_file().filter(|file| file.exists()) {
                Some(file) => Some(roots_of(&file)?),
                None if mode >= Mode::VerifyCa => return Err(Reason::Authorities(NO_ROOTS.to_owned())),
                None => None,
            },
        };
        let provider = ring::default_provider();
        let algorithms = provider.signature_verification_algorithms;
        let verifier = Verifier { roots, is_name_checked: mode == Mode::VerifyFull, algorithms };
        let client = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Reason::Other(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { mode, client: MakeRustlsConnect::new(client) })
    }

    pub(super) fn connect(&self, config: &Config) -> Result<Client, Reason> {
        let mut config = config.clone();
        // As in libpq, a socket in a file is never encrypted.
        let is_local = |host: &Host| !matches!(host, Host::Tcp(_));
        let ways =
            if config.get_hosts().iter().all(is_local) { &[SslMode::Disable] } else { self.mode.ways() };
        let mut refused = None;
        for way in ways {
            match config.ssl_mode(*way).connect(self.client.clone()) {
                Ok(client) => return Ok(client),
                Err(error) => {
                    let is_last = !depends_on_tls(&error);
                    // Of two refusals the one of the encrypted connection says more.
                    if refused.is_none() || *way != SslMode::Disable {
                        refused = Some(Reason::from(error));
                    }
                    if is_last {
                        break;
                    }
                }
            }
        }
        Err(refused.unwrap_or(Reason::Address))
    }
}

/// Whether the other way to connect may succeed: TLS failed, or the server has a rule against this way.
fn depends_on_tls(error: &postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) || tls_error(error).is_some()
}

/// Why TLS failed, if this error is about TLS; `None` for a connection that broke meanwhile.
pub(super) fn tls_error(error: &postgres::Error) -> Option<Reason> {
    use std::error::Error as _;

    // `postgres` has no other way to tell.
    if error.to_string() != "error performing TLS handshake" {
        return None;
    }
    let cause = error.source()?;
    let Some(io) = cause.downcast_ref::<std::io::Error>() else {
        let words = cause.to_string();
        return Some(if words.contains("does not support TLS") { Reason::NoTls } else { Reason::Tls(words) });
    };
    io.get_ref().map(|inner| Reason::Tls(inner.to_string()))
}

const NO_ROOTS: &str = "no authority is named and ~/.postgresql/root.crt does not exist; name the authority's file with \
                        `sslrootcert=FILE`, or those of the system with `sslrootcert=system`";

/// Where libpq looks for authorities.
fn usual_file() -> Option<PathBuf> {
    Some(home_dir()?.join(".postgresql/root.crt"))
}

/// The most bytes of a file of authorities; those of an operating system take less than one.
const MOST_BYTES: u64 = 16 << 20;

fn roots_of(file: &Path) -> Result<Arc<RootCertStore>, Reason> {
    let refused = |why: String| Reason::Authorities(format!("{}: {why}", file.display()));
    // A device or a pipe may have no end.
    if let Ok(metadata) = file.metadata()
        && !(metadata.is_file() && metadata.len() <= MOST_BYTES)
    {
        return Err(refused("not a PEM file of at most 16 MiB".to_owned()));
    }
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| refused(format!("not a readable PEM file: {error}")))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("no certificate in it; expected PEM with the authority's".to_owned()));
    }
    Ok(Arc::new(roots))
}

fn system_roots() -> Result<Arc<RootCertStore>, Reason> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // As in OpenSSL, one that cannot be read is passed over.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(Reason::Authorities(format!(
            "this system has no usable certificate store{why}; install its CA certificates, or name a file with \
             `sslrootcert=FILE`"
        )));
    }
    Ok(Arc::new(roots))
}

/// Checks a server's certificate as far as the mode asks for it.
#[derive(Debug)]
struct Verifier {
    /// Who may have signed it; without any, everybody.
    roots: Option<Arc<RootCertStore>>,
    is_name_checked: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(certificate)?;
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
            if self.is_name_checked {
                verify_server_name(&certificate, host)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
