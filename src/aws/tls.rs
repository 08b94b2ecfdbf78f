//! The HTTP clients: proxies from the environment, and a CA bundle where one is configured.

use std::path::Path;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::org::{ErrorKind, OrgError};

/// A client as AWS tools expect it: `HTTPS_PROXY`, `NO_PROXY` and their relatives apply, and
/// servers are checked against the platform's certificates, or, as with the AWS CLI, against those
/// of the bundle alone.
pub(super) fn client(ca_bundle: Option<&str>) -> Result<SharedHttpClient, OrgError> {
    let trusted = ca_bundle.map_or_else(|| Ok(TrustStore::default()), read_bundle)?;
    let context = TlsContext::builder()
        .with_trust_store(trusted)
        .build()
        .map_err(|error| OrgError::new(ErrorKind::Usage, format!("TLS set-up failed: {error}")))?;
    Ok(
        Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(context.clone())
                .build()
        }),
    )
}

/// A client for plain HTTP on this machine, which no proxy may see.
pub(super) fn loopback_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.build_http()
    })
}

/// The certificates of a PEM file. The HTTP client panics on what it cannot use, so only
/// certificates that are shown to be usable get there.
fn read_bundle(path: &str) -> Result<TrustStore, OrgError> {
    let unusable = |reason: String| {
        OrgError::new(
            ErrorKind::Usage,
            format!("the CA bundle {path} cannot be used: {reason}"),
        )
        .with_hint("AWS_CA_BUNDLE or the profile's ca_bundle must name a PEM file of certificates")
    };
    let pem = std::fs::read_to_string(Path::new(path)).map_err(|e| unusable(e.to_string()))?;
    let mut usable = TrustStore::empty();
    let mut checked = RootCertStore::empty();
    for section in pem.split_inclusive("-----END CERTIFICATE-----") {
        let is_usable = CertificateDer::from_pem_slice(section.as_bytes())
            .is_ok_and(|certificate| checked.add(certificate).is_ok());
        if is_usable {
            usable.add_pem_certificate(section);
        } else if section.contains("-----BEGIN CERTIFICATE-----") {
            tracing::warn!(
                path,
                "the CA bundle holds a certificate that cannot be used"
            );
        }
    }
    if checked.is_empty() {
        return Err(unusable("it holds no usable certificate".to_owned()));
    }
    Ok(usable)
}
