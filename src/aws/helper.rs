//! Helpers named by `credential_process`: how they run unattended, and what is shown of their words.

/// The helper's command line, run without standard input and, where `setsid` is installed, without
/// a controlling terminal either, so that a prompt fails instead of waiting unseen.
pub(super) fn without_terminal(command: &str) -> String {
    if cfg!(windows) {
        return format!("({command}) <NUL");
    }
    let quoted = command.replace('\'', r"'\''");
    format!(
        "exec </dev/null; command -v setsid >/dev/null && exec setsid sh -c '{quoted}'; {command}"
    )
}

/// What is worth showing of a helper's failure: its own words, but nothing that looks like a key.
///
/// The SDK's text holds the helper's standard error; of standard output, where the secrets are,
/// it only names fields.
pub(super) fn failure(reason: &str) -> String {
    const LONGEST: usize = 400;
    let words = reason
        .rsplit_once("Stderr: ")
        .map(|(_, words)| words.trim())
        .filter(|words| !words.is_empty())
        .unwrap_or(reason);
    let mut shown = redact(words);
    if let Some((end, _)) = shown.char_indices().nth(LONGEST) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}

/// Replaces what could be a secret access key or a session token: long runs of base64 characters
/// that look random. URLs stay as they are, since a person may have to follow them to sign in.
fn redact(text: &str) -> String {
    const SHORTEST_SECRET: usize = 32;
    let in_secret = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '+' | '_' | '-');
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let url = word.find("https://").or_else(|| word.find("http://"));
        let (words, url) = word.split_at(url.unwrap_or(word.len()));
        for piece in words.split_inclusive(|c| !in_secret(c)) {
            let run = piece.trim_end_matches(|c| !in_secret(c));
            if run.len() >= SHORTEST_SECRET && looks_random(run) {
                shown.push_str("[hidden]");
                shown.push_str(&piece[run.len()..]);
            } else {
                shown.push_str(piece);
            }
        }
        shown.push_str(url);
    }
    shown
}

/// Whether lower case, upper case and digits change too often for words, also `CamelCase` ones, in
/// a path or a name: at one in five neighbours.
///
/// Among random base64 characters it is at nearly every second one: of 40, as many as a secret
/// access key has, fewer than one in 2000 are taken for words.
fn looks_random(run: &str) -> bool {
    let changes = |&[before, after]: &[u8; 2]| {
        // An upper case letter before a lower case one is how a word begins.
        !(before.is_ascii_uppercase() && after.is_ascii_lowercase())
            && (before.is_ascii_lowercase() != after.is_ascii_lowercase()
                || before.is_ascii_digit() != after.is_ascii_digit())
    };
    let neighbours: Vec<[u8; 2]> = run
        .as_bytes()
        .windows(2)
        .filter(|pair| pair.iter().all(u8::is_ascii_alphanumeric))
        .map(|pair| [pair[0], pair[1]])
        .collect();
    neighbours.iter().filter(|pair| changes(pair)).count() * 5 >= neighbours.len().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_names_and_urls_are_shown() {
        for words in [
            "sh: 1: /opt/company/tools/credential-helpers/bin/get-credentials: not found",
            "/Users/JohnDoe2/Library/ApplicationSupport/Acme/CredentialHelper-x86_64: no such file",
            "open https://device.sso.eu-central-1.amazonaws.com/?user_code=ABCD-EFGH to sign in",
            "<https://login.example.com/authorize?state=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk>",
            "no access to role/AWSReservedSSO_AdministratorAccess_0123456789abcdef",
            "ACME_CREDENTIAL_HELPER_ENDPOINT_CONFIGURATION is not set",
        ] {
            assert_eq!(redact(words), words);
        }
    }

    #[test]
    fn secret_keys_and_session_tokens_are_hidden() {
        for secret in [
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "h7Tq/9ZkLm2PvX0/aRw8sYcB4/dEfGu1NoJi5/Kp",
            "AQoDYXdzEJr1K2Wq/////////wEaCXVzLWVhc3QtMSJHMEUCIQDk+FvwqnKwRcOIfrRh3c/LTo6UDdyJwOOvEVPv",
            "5f4dcc3b5aa765d61d8327deb882cf99a1b2c3d4",
        ] {
            assert_eq!(
                redact(&format!("key={secret}, see /etc/acme")),
                "key=[hidden], see /etc/acme"
            );
        }
    }
}
