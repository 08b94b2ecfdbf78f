//! Where journals are: a folder, and in it a file for each organization, by where it is asked for.

use std::fmt::{self, Display, Write as _};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use url::{Position, Url};

use crate::org::{ErrorKind, OrgError};

/// The end of the name of every journal.
const SUFFIX: &str = ".jsonl";
/// Between the organization and the endpoint; no encoded id has it.
const AT: char = '@';
/// Ids are much shorter; file names may have 255 bytes, with what we add.
const LONGEST_ID: usize = 120;
/// Longer endpoints are cut off, and told apart by a number.
const LONGEST_PLACE: usize = 60;

/// Which journal: that of an organization at AWS, or at the endpoint that was set instead. An
/// emulator may use an id that exists, and what waits for the one must not be sent to the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    organization: String,
    /// The endpoint, as it is in the name of the file.
    place: Option<String>,
}

impl Name {
    /// The journal of this organization at this endpoint; `None`, and what is AWS's own too, is AWS.
    #[must_use]
    pub fn new(organization: &str, endpoint: Option<&str>) -> Self {
        Self {
            organization: organization.to_owned(),
            place: endpoint.and_then(place),
        }
    }

    /// `o-…`
    #[must_use]
    pub fn organization(&self) -> &str {
        &self.organization
    }
}

impl From<&str> for Name {
    /// The journal of this organization at AWS.
    fn from(organization: &str) -> Self {
        Self::new(organization, None)
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.organization)?;
        match &self.place {
            Some(place) => write!(f, "{AT}{place}"),
            None => Ok(()),
        }
    }
}

/// The journals in this folder.
///
/// # Errors
/// [`ErrorKind::Usage`] where the folder cannot be read; none where there is no such folder.
pub fn names(folder: &Path) -> Result<Vec<Name>, OrgError> {
    names_ending(folder, SUFFIX)
}

/// Those that have files with this end in the folder.
pub(super) fn names_ending(folder: &Path, suffix: &str) -> Result<Vec<Name>, OrgError> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(folder, &error)),
    };
    let mut found = Vec::new();
    for file in files {
        let file = file.map_err(|error| unusable(folder, &error))?.file_name();
        let name = file.to_str().and_then(|name| name.strip_suffix(suffix));
        let Some(name) = name else {
            continue;
        };
        let (id, place) = match name.split_once(AT) {
            Some((id, place)) => (id, Some(place.to_owned())),
            None => (name, None),
        };
        found.extend(decoded(id).map(|organization| Name {
            organization,
            place,
        }));
    }
    found.sort();
    Ok(found)
}

/// The path of an organization's file without its suffix.
pub(super) fn stem(folder: &Path, name: &Name) -> Result<PathBuf, OrgError> {
    let mut file = encoded(&name.organization);
    if file.is_empty() || file.len() > LONGEST_ID {
        let message = "the organization has no id that a file could be named after";
        return Err(OrgError::new(ErrorKind::Usage, message));
    }
    if let Some(place) = &name.place {
        file.push(AT);
        file.push_str(place);
    }
    Ok(folder.join(file))
}

/// An endpoint as a part of a file name, e.g. `127.0.0.1_4566`; `None` for one of AWS.
pub(super) fn place(endpoint: &str) -> Option<String> {
    let Ok(url) = Url::parse(endpoint.trim()) else {
        return Some(shortened(endpoint, endpoint));
    };
    let host = url.host_str().unwrap_or_default();
    if url.scheme() == "https" && is_of_aws(host) {
        return None;
    }
    // A name and a password do not belong into the name of a file.
    let port = url.port_or_known_default().unwrap_or_default();
    let path = url[Position::BeforePath..].trim_end_matches('/');
    let place = format!("{host}_{port}");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    if path.is_empty() && host.chars().all(plain) && place.len() <= LONGEST_PLACE {
        return Some(place);
    }
    Some(shortened(&place, &format!("{place}{path}")))
}

/// Where letters are replaced or cut off, two could look the same: a number tells them apart.
fn shortened(text: &str, all: &str) -> String {
    let safe = |c: char| match c {
        'a'..='z' | '0'..='9' | '.' | '-' => c,
        _ => '_',
    };
    let short: String = text.chars().take(LONGEST_PLACE).map(safe).collect();
    format!("{short}_{:016x}", number_of(all))
}

/// Whether a host is AWS Organizations itself, and not something that somebody runs at AWS. VPC
/// endpoints and FIPS endpoints have the name of the service in theirs too.
/// Source: AWS General Reference, "AWS Organizations endpoints and quotas", and the guide of AWS
/// `PrivateLink`, "DNS names".
fn is_of_aws(host: &str) -> bool {
    let of_aws = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
    let mut labels = host.split('.');
    let service = |label: &str| matches!(label, "organizations" | "organizations-fips");
    of_aws.iter().any(|end| host.ends_with(end)) && labels.any(service)
}

/// The same number for the same text, whatever builds the program: FNV-1a.
pub(super) fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |number, byte| {
        (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The path of the file itself.
pub(super) fn path(stem: &Path) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(SUFFIX);
    PathBuf::from(name)
}

/// A file name that no other id has; ids as AWS makes them stay as they are.
fn encoded(id: &str) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            // Capital letters too: some file systems do not tell them from small ones.
            other => {
                let _ = write!(name, "%{other:02x}");
            }
        }
    }
    name
}

fn decoded(name: &str) -> Option<String> {
    let mut parts = name.split('%');
    let mut id = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        id.push(u8::from_str_radix(code, 16).ok()?);
        id.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(id).ok()
}

/// Says that a journal cannot be used, and why.
pub(super) fn unusable(stem: &Path, error: &io::Error) -> OrgError {
    let path = path(stem);
    let message = format!("the journal {} cannot be used: {error}", path.display());
    OrgError::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(endpoint: &str) -> String {
        let stem = stem(Path::new(""), &Name::new("o-abc", Some(endpoint)));
        stem.unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn an_endpoint_that_is_not_of_aws_has_a_journal_of_its_own() {
        assert_eq!(file("http://127.0.0.1:4566/"), "o-abc@127.0.0.1_4566");
        assert_eq!(file("http://LocalHost:5000"), "o-abc@localhost_5000");
        assert_eq!(file("http://me:secret@h:80"), "o-abc@h_80");
        let long = file(&format!("https://{}.example.com", "x".repeat(300)));
        assert!(long.len() < 100, "{long}");
        let ones = [
            "http://h:1/a/b",
            "http://h:1/a?b",
            "http://h:1/a_b",
            "https://amazonaws.com.example.com",
            "http://organizations.us-east-1.amazonaws.com",
        ];
        let names: std::collections::BTreeSet<_> = ones.iter().map(|url| file(url)).collect();
        assert_eq!(names.len(), ones.len(), "{names:?}");
        let safe = |c: char| c.is_ascii_alphanumeric() || "@._-".contains(c);
        assert!(names.iter().all(|name| name.chars().all(safe)), "{names:?}");
    }

    #[test]
    fn what_only_runs_at_aws_is_not_the_service() {
        for endpoint in [
            "https://ec2-3-4-5-6.compute-1.amazonaws.com",
            "https://moto-1.us-east-1.elb.amazonaws.com",
            "https://abc.execute-api.us-east-1.amazonaws.com",
            "https://emulator.example.com?organizations.amazonaws.com",
            "https://emulator.example.com/x@organizations.amazonaws.com",
            "organizations.amazonaws.com",
        ] {
            assert_ne!(file(endpoint), "o-abc", "{endpoint}");
        }
    }

    #[test]
    fn ways_to_write_an_endpoint_lead_to_one_journal_and_other_endpoints_to_others() {
        assert_eq!(file("https://H.example/"), file("https://h.example:443"));
        assert_ne!(file("http://h.example"), file("https://h.example"));
        assert_ne!(file("http://h/a"), file("http://h/A"));
    }

    #[test]
    fn aws_is_the_same_place_whatever_way_leads_there() {
        for endpoint in [
            "https://organizations.us-east-1.amazonaws.com",
            "https://organizations-fips.us-east-1.amazonaws.com/",
            "https://vpce-1.organizations.us-east-1.vpce.amazonaws.com:443",
            "https://organizations.cn-northwest-1.amazonaws.com.cn",
        ] {
            assert_eq!(file(endpoint), "o-abc");
        }
        assert_eq!(Name::new("o-abc", None), Name::from("o-abc"));
    }
}
