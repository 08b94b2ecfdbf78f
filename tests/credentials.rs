//! Whose credentials reach which endpoint, and what is said when none do: the whole program, each
//! time in an environment of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tempfile::TempDir;

use crate::support::endpoint::{Endpoint, Request, answer, json, refusal};
use crate::support::program::PROGRAM;

/// A machine without any AWS configuration, until a test adds some.
struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
}

/// How a run went.
struct Run {
    code: Option<i32>,
    errors: String,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("there is room for temporary files");
        let path = home.path().to_str().expect("it is text").to_owned();
        let machine = Self {
            home,
            variables: Vec::new(),
        };
        machine
            .set("HOME", &path)
            .set("PATH", "/usr/bin:/bin")
            .set("AWS_EC2_METADATA_DISABLED", "true")
            // Nothing may leave this machine, whatever a test gets wrong.
            .set("HTTPS_PROXY", "http://127.0.0.1:9")
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn keys(self) -> Self {
        self.set("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
            .set("AWS_SECRET_ACCESS_KEY", "environment-secret")
    }

    fn config(self, text: &str) -> Self {
        self.file(".aws/config", text)
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .arg("tree");
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let Output {
            status,
            stderr,
            stdout,
        } = self
            .command(arguments)
            .output()
            .expect("the program starts");
        let errors = String::from_utf8(stderr).expect("it is text");
        assert_eq!(String::from_utf8_lossy(&stdout), "", "{errors}");
        for secret in ["environment-secret", "profile-secret", "session-secret"] {
            assert!(!errors.contains(secret), "{errors}");
        }
        assert!(!errors.contains("panicked"), "{errors}");
        Run {
            code: status.code(),
            errors,
        }
    }
}

impl Run {
    /// It got as far as the service's answer.
    fn arrived(&self) -> &Self {
        assert_eq!(self.code, Some(1), "{}", self.errors);
        assert!(
            self.errors.contains("in no organization"),
            "{}",
            self.errors
        );
        self
    }

    /// It failed with this code, saying all of this in one line.
    fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.errors);
        assert_eq!(self.errors.lines().count(), 1, "{}", self.errors);
        for word in words {
            assert!(self.errors.contains(word), "{word}: {}", self.errors);
        }
    }
}

fn keys_of(endpoint: &Endpoint) -> Vec<String> {
    let requests = endpoint.organizations();
    let keys = requests.iter().filter_map(Request::access_key);
    keys.map(str::to_owned).collect()
}

const PROD: &str = "[profile prod]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = profile-secret
region = eu-central-1
";

#[test]
fn a_profile_flag_wins_over_keys_in_the_environment() {
    let endpoint = Endpoint::without_organization();
    let machine = Machine::new().keys().config(PROD);
    machine
        .run(&["--profile", "prod", "--endpoint-url", &endpoint.url])
        .arrived();
    assert_eq!(keys_of(&endpoint), ["AKIAPROFILE"]);
}

#[test]
fn keys_in_the_environment_win_over_aws_profile_as_with_the_aws_cli() {
    let endpoint = Endpoint::without_organization();
    let machine = Machine::new()
        .keys()
        .config(PROD)
        .set("AWS_PROFILE", "prod");
    machine.run(&["--endpoint-url", &endpoint.url]).arrived();
    assert_eq!(keys_of(&endpoint), ["AKIAENVIRONMENT"]);
    assert_eq!(endpoint.organizations()[0].region(), Some("eu-central-1"));
}

#[test]
fn half_a_pair_of_keys_in_the_environment_is_an_error_unless_a_flag_chose_a_profile() {
    for (there, missing) in [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
    ] {
        let endpoint = Endpoint::without_organization();
        let machine = Machine::new()
            .config(PROD)
            .set("AWS_PROFILE", "prod")
            .set(there, "environment-secret")
            .set(missing, " ");
        machine
            .run(&["--endpoint-url", &endpoint.url])
            .failed(3, &[&format!("{missing} is missing"), "--profile"]);
        assert!(endpoint.requests().is_empty());
        machine
            .run(&["--profile", "prod", "--endpoint-url", &endpoint.url])
            .arrived();
        assert_eq!(keys_of(&endpoint), ["AKIAPROFILE"]);
    }
}

#[test]
fn aws_profile_and_aws_default_profile_choose_a_profile() {
    for variable in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"] {
        let endpoint = Endpoint::without_organization();
        let machine = Machine::new().config(PROD).set(variable, "prod");
        machine.run(&["--endpoint-url", &endpoint.url]).arrived();
        assert_eq!(keys_of(&endpoint), ["AKIAPROFILE"], "{variable}");
    }
}

#[test]
fn an_empty_aws_profile_counts_as_unset() {
    let endpoint = Endpoint::without_organization();
    let machine = Machine::new().keys().set("AWS_PROFILE", "");
    machine.run(&["--endpoint-url", &endpoint.url]).arrived();
}

#[test]
fn a_profile_that_does_not_exist_is_named_with_the_files_that_were_searched() {
    let machine = Machine::new().keys().config(PROD);
    machine.run(&["--profile", "prd"]).failed(
        2,
        &[
            "prd",
            "~/.aws/config",
            "~/.aws/credentials",
            "known profiles: prod",
        ],
    );
    machine
        .set("AWS_PROFILE", "prd")
        .run(&[])
        .failed(2, &["prd"]);
}

#[test]
fn a_configuration_file_that_cannot_be_parsed_is_named_with_the_line() {
    let machine = Machine::new().keys().config("[profile prod\nregion = x\n");
    machine.run(&[]).failed(2, &[".aws/config", "line 1"]);
}

#[test]
fn the_region_comes_from_the_flag_then_the_environment_then_the_profile_then_us_east_1() {
    let endpoint = Endpoint::without_organization();
    let go = |machine: &Machine, more: &[&str]| {
        let arguments = [&["--endpoint-url", &endpoint.url], more].concat();
        machine.run(&arguments).arrived();
        let requests = endpoint.organizations();
        let last = requests.last().expect("it was asked");
        last.region().expect("it is signed").to_owned()
    };
    let machine = Machine::new().keys();
    assert_eq!(go(&machine, &[]), "us-east-1");
    let machine = machine.config(PROD).set("AWS_PROFILE", "prod");
    assert_eq!(go(&machine, &[]), "eu-central-1");
    let machine = machine.set("AWS_DEFAULT_REGION", "eu-north-1");
    assert_eq!(go(&machine, &[]), "eu-north-1");
    let machine = machine.set("AWS_REGION", "eu-west-1");
    assert_eq!(go(&machine, &[]), "eu-west-1");
    assert_eq!(go(&machine, &["--region", "ap-south-1"]), "ap-south-1");
    machine
        .run(&["--region", "Frankfurt"])
        .failed(2, &["\"Frankfurt\" is no AWS region"]);
}

#[test]
fn every_partition_has_its_own_endpoint_and_requests_go_through_the_proxy() {
    for (region, variable, host) in [
        (
            "eu-west-1",
            None,
            "organizations.us-east-1.amazonaws.com:443",
        ),
        (
            "cn-north-1",
            None,
            "organizations.cn-northwest-1.amazonaws.com.cn:443",
        ),
        (
            "us-gov-east-1",
            None,
            "organizations.us-gov-west-1.amazonaws.com:443",
        ),
        (
            "us-east-1",
            Some("AWS_USE_FIPS_ENDPOINT"),
            "organizations-fips.us-east-1.amazonaws.com:443",
        ),
        (
            "us-east-1",
            Some("AWS_USE_DUALSTACK_ENDPOINT"),
            "organizations.us-east-1.api.aws:443",
        ),
    ] {
        let proxy = Endpoint::serve(|_| answer(502, "text/plain", "no way"));
        let mut machine = Machine::new().keys().set("AWS_MAX_ATTEMPTS", "1");
        if let Some(variable) = variable {
            machine = machine.set(variable, "true");
        }
        machine
            .set("HTTPS_PROXY", &proxy.url)
            .run(&["--region", region])
            .failed(4, &["DescribeOrganization", "no connection"]);
        let asked: Vec<_> = proxy.requests().into_iter().map(|r| r.line).collect();
        assert!(
            asked
                .iter()
                .any(|line| line.starts_with(&format!("CONNECT {host} "))),
            "{host}: {asked:?}"
        );
    }
}

#[test]
fn hosts_in_no_proxy_are_reached_directly() {
    let endpoint = Endpoint::without_organization();
    let proxy = Endpoint::serve(|_| answer(502, "text/plain", "no way"));
    let machine = Machine::new().keys().set("HTTP_PROXY", &proxy.url);
    machine
        .run(&["--endpoint-url", &endpoint.url])
        .failed(4, &[]);
    assert!(!proxy.requests().is_empty());
    machine
        .set("NO_PROXY", "127.0.0.1")
        .run(&["--endpoint-url", &endpoint.url])
        .arrived();
}

#[test]
fn endpoints_come_from_the_flag_then_the_variables_then_the_profile() {
    let [flag, service, general, section, profile] =
        [(); 5].map(|()| Endpoint::without_organization());
    let config = format!(
        "[default]\nservices = local\nendpoint_url = {}\n\n[services local]\norganizations =\n  endpoint_url = {}\n",
        profile.url, section.url
    );
    let machine = Machine::new().keys().config("[default]\n").file(
        ".aws/config",
        &format!("[default]\nendpoint_url = {}\n", profile.url),
    );
    machine.run(&[]).arrived();
    let machine = machine.config(&config);
    machine.run(&[]).arrived();
    let machine = machine.set("AWS_ENDPOINT_URL", &general.url);
    machine.run(&[]).arrived();
    let machine = machine.set("AWS_ENDPOINT_URL_ORGANIZATIONS", &service.url);
    machine.run(&[]).arrived();
    machine.run(&["--endpoint-url", &flag.url]).arrived();
    for (name, endpoint) in [
        ("flag", &flag),
        ("service", &service),
        ("general", &general),
        ("section", &section),
        ("profile", &profile),
    ] {
        assert_eq!(endpoint.organizations().len(), 1, "{name}");
    }
    // Switched off, they are not used: the way to AWS is blocked here.
    machine
        .set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
        .set("AWS_MAX_ATTEMPTS", "1")
        .run(&[])
        .failed(4, &["no connection"]);
}

#[test]
fn an_invalid_endpoint_is_an_error_that_says_where_it_comes_from() {
    let machine = Machine::new().keys();
    machine
        .run(&["--endpoint-url", "127.0.0.1:5000"])
        .failed(2, &["\"127.0.0.1:5000\" from --endpoint-url"]);
    machine
        .run(&["--endpoint-url", "http://user:hunter2@127.0.0.1"])
        .failed(2, &["must not hold a user name or password"]);
    machine
        .set("AWS_ENDPOINT_URL_ORGANIZATIONS", "localhost")
        .run(&[])
        .failed(2, &["\"localhost\"", "environment variable"]);
}

#[test]
fn the_endpoint_flag_redirects_the_caller_identity_but_not_the_role_of_a_profile() {
    let endpoint = Endpoint::without_organization();
    let sts = Endpoint::serve(|_| {
        answer(
            200,
            "text/xml",
            "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
             <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey>\
             <SessionToken>role-token</SessionToken><Expiration>2199-01-01T00:00:00Z</Expiration>\
             </Credentials></AssumeRoleResult></AssumeRoleResponse>",
        )
    });
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = prod\n";
    let machine = Machine::new()
        .config(&format!("{PROD}\n{role}"))
        .set("AWS_ENDPOINT_URL_STS", &sts.url);
    machine
        .run(&["--profile", "admin", "--endpoint-url", &endpoint.url])
        .arrived();
    assert_eq!(keys_of(&endpoint), ["ASIAROLE"]);
    let roles: Vec<_> = sts.requests().into_iter().map(|r| r.body).collect();
    assert!(
        roles.len() == 1 && roles[0].contains("Action=AssumeRole"),
        "{roles:?}"
    );
    let identity = |request: &Request| request.body.contains("Action=GetCallerIdentity");
    assert!(endpoint.requests().iter().any(identity));
}

#[test]
fn a_role_that_may_not_be_assumed_is_explained() {
    let sts = Endpoint::serve(|_| {
        answer(
            403,
            "text/xml",
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User bob is not authorized</Message>\
             </Error><RequestId>r-1</RequestId></ErrorResponse>",
        )
    });
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = prod\n";
    Machine::new()
        .config(&format!("{PROD}\n{role}"))
        .set("AWS_ENDPOINT_URL_STS", &sts.url)
        .run(&["--profile", "admin"])
        .failed(
            3,
            &[
                "AssumeRole",
                "User bob is not authorized",
                "role_arn of the profile admin",
            ],
        );
}

#[test]
fn odd_retry_settings_neither_panic_nor_stop_anything() {
    for (name, value) in [
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_RETRY_MODE", "bogus"),
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_MAX_ATTEMPTS", "many"),
    ] {
        let endpoint = Endpoint::without_organization();
        let machine = Machine::new().keys().set(name, value);
        machine.run(&["--endpoint-url", &endpoint.url]).arrived();
    }
    for setting in [
        "retry_mode = legacy",
        "retry_mode = bogus",
        "max_attempts = 0",
    ] {
        let endpoint = Endpoint::without_organization();
        let machine = Machine::new().config(&format!("{PROD}{setting}\n"));
        machine
            .run(&["--profile", "prod", "--endpoint-url", &endpoint.url])
            .arrived();
    }
}

#[test]
fn no_credentials_at_all_is_a_sentence_with_the_next_step() {
    Machine::new()
        .run(&[])
        .failed(3, &["no AWS credentials found", "--profile", "aws login"]);
    Machine::new()
        .config("[profile bare]\nregion = eu-west-1\n")
        .run(&["--profile", "bare"])
        .failed(3, &["the profile bare holds settings but no credentials"]);
}

const SSO: &str = "[profile corp]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Admin

[sso-session corp]
sso_region = eu-central-1
sso_start_url = https://d-123.awsapps.com/start
";

#[test]
fn a_missing_or_expired_sso_session_says_how_to_sign_in() {
    let machine = Machine::new().config(SSO);
    let next_step = "run: aws sso login --profile corp";
    machine.run(&["--profile", "corp"]).failed(3, &[next_step]);
    // The SDK names the token's file after the SHA-1 of the session's name.
    let expired = r#"{"accessToken":"session-secret","expiresAt":"2020-01-01T00:00:00Z","region":"eu-central-1","startUrl":"https://d-123.awsapps.com/start"}"#;
    machine
        .file(
            ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
            expired,
        )
        .set("AWS_PROFILE", "corp")
        .run(&[])
        .failed(3, &[next_step]);
}

#[test]
fn a_role_over_an_sso_profile_says_how_to_sign_in_to_that_one() {
    let role =
        "[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = corp\n";
    Machine::new()
        .config(&format!("{SSO}\n{role}"))
        .run(&["--profile", "admin"])
        .failed(3, &["run: aws sso login --profile corp"]);
}

#[test]
fn a_missing_login_session_says_how_to_sign_in() {
    Machine::new()
        .config("[profile dev]\nlogin_session = arn:aws:iam::111122223333:user/dev\n")
        .run(&["--profile", "dev"])
        .failed(3, &["run: aws login --profile dev"]);
}

#[test]
fn mfa_is_refused_with_the_ways_around_it_wherever_in_the_chain_it_is() {
    let chain = "[profile admin]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = base\n\
                 mfa_serial = arn:aws:iam::1:mfa/me\n\n\
                 [profile audit]\nrole_arn = arn:aws:iam::2:role/B\nsource_profile = admin\n\n\
                 [profile base]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = profile-secret\n";
    let machine = Machine::new().config(chain);
    for profile in ["admin", "audit"] {
        machine.run(&["--profile", profile]).failed(
            3,
            &["mfa_serial", "aws-vault exec admin", "credential_process"],
        );
    }
    // Keys in the environment come first, so that the role is not needed.
    let endpoint = Endpoint::without_organization();
    machine
        .keys()
        .set("AWS_PROFILE", "admin")
        .run(&["--endpoint-url", &endpoint.url])
        .arrived();
}

#[test]
fn a_role_whose_chain_does_not_end_at_credentials_is_explained() {
    let role = "role_arn = arn:aws:iam::111122223333:role/Admin";
    let machine = Machine::new().config(&format!(
        "{PROD}\n[profile admin]\n{role}\nsource_profile = nix\n\n\
         [profile audit]\n{role}\nsource_profile = admin\n\n\
         [profile one]\n{role}\nsource_profile = two\n\n\
         [profile two]\n{role}\nsource_profile = one\n\n\
         [profile both]\n{role}\nsource_profile = prod\ncredential_source = Environment\n"
    ));
    for profile in ["admin", "audit"] {
        machine.run(&["--profile", profile]).failed(
            2,
            &[
                "source_profile of the profile admin is nix",
                "known profiles: admin, audit, both, one, prod, two",
            ],
        );
    }
    machine
        .run(&["--profile", "one"])
        .failed(2, &["the profile one", "one → two → one", "source_profile"]);
    machine.run(&["--profile", "both"]).failed(
        3,
        &[
            "no credentials for the profile both: invalid credential source",
            "check its settings",
        ],
    );
}

#[test]
fn a_source_profile_with_keys_is_where_a_chain_ends_as_with_the_sdk() {
    let endpoint = Endpoint::without_organization();
    let role = "role_arn = arn:aws:iam::111122223333:role/Admin";
    Machine::new()
        .config(&format!(
            "[profile admin]\n{role}\nsource_profile = base\n\n\
             [profile base]\n{role}\nsource_profile = admin\n\
             aws_access_key_id = AKIAPROFILE\naws_secret_access_key = profile-secret\n"
        ))
        .set("AWS_ENDPOINT_URL_STS", &endpoint.url)
        .run(&["--profile", "admin"])
        .failed(3, &["AssumeRole"]);
    let requests = endpoint.requests();
    assert_eq!(requests[0].access_key(), Some("AKIAPROFILE"));
}

#[test]
fn a_role_that_lacks_keys_in_the_environment_or_its_token_file_names_them() {
    let role = "role_arn = arn:aws:iam::111122223333:role/Admin";
    let machine = Machine::new().config(&format!(
        "[profile env]\n{role}\ncredential_source = Environment\n\n\
         [profile pod]\n{role}\nweb_identity_token_file = /nonexistent/token\n"
    ));
    machine
        .run(&["--profile", "env"])
        .failed(3, &["the profile env", "set AWS_ACCESS_KEY_ID and"]);
    machine.run(&["--profile", "pod"]).failed(
        3,
        &["the profile pod", "/nonexistent/token", "No such file"],
    );
}

/// A profile whose helper counts its runs in a file.
fn helper(machine: &Machine, last: &str) -> String {
    let runs = machine.path("runs");
    format!(
        "[profile helper]\ncredential_process = echo run >> {}; {last}\n",
        runs.display()
    )
}

fn runs(path: &Path) -> usize {
    fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[test]
fn a_credential_process_runs_once_for_all_clients() {
    let endpoint = Endpoint::without_organization();
    let machine = Machine::new();
    let config = helper(
        &machine,
        r#"echo '{"Version":1,"AccessKeyId":"AKIAHELPER","SecretAccessKey":"profile-secret"}'"#,
    );
    let machine = machine.config(&config);
    machine
        .run(&["--profile", "helper", "--endpoint-url", &endpoint.url])
        .arrived();
    assert_eq!(keys_of(&endpoint), ["AKIAHELPER"]);
    assert_eq!(endpoint.requests().len(), 2, "Organizations and STS");
    assert_eq!(runs(&machine.path("runs")), 1);
}

#[test]
fn a_credential_process_whose_credentials_soon_expire_is_renewed_without_the_terminal() {
    let endpoint = Endpoint::without_organization();
    let machine = Machine::new();
    // The first answer has long expired. A helper that has lost the terminal reads nothing.
    let config = helper(
        &machine,
        r#"read line && key=AKIAATTENDED || key=AKIAALONE; echo '{"Version":1,"AccessKeyId":"'$key'","SecretAccessKey":"profile-secret","Expiration":"2020-01-01T00:00:00Z"}'"#,
    );
    let machine = machine.config(&config);
    let stdin = machine.path("stdin");
    fs::write(&stdin, "typed\ntyped\ntyped\n").expect("a file");
    let output = machine
        .command(&["--profile", "helper", "--endpoint-url", &endpoint.url])
        .stdin(fs::File::open(stdin).expect("a file"))
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let keys = keys_of(&endpoint);
    assert!(keys.iter().all(|key| key == "AKIAALONE"), "{keys:?}");
}

#[test]
fn what_a_failing_credential_process_says_is_shown_harmlessly_and_without_keys() {
    let machine = Machine::new();
    let config = helper(
        &machine,
        r"printf 'vault is \033[31mlocked, key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n' >&2; exit 3",
    );
    let run = machine.config(&config).run(&["--profile", "helper"]);
    run.failed(
        3,
        &[
            "credential_process of the profile helper",
            "vault is ␛[31mlocked",
            "[hidden]",
        ],
    );
    assert!(!run.errors.contains("wJalrXUtnFEMI"), "{}", run.errors);
}

#[test]
fn a_credential_process_that_does_not_exist_is_named_with_its_path() {
    let path = "/opt/company/tools/credential-helpers/bin/get-credentials";
    Machine::new()
        .config(&format!("[profile helper]\ncredential_process = {path}\n"))
        .run(&["--profile", "helper"])
        .failed(3, &["credential_process of the profile helper", path]);
}

#[test]
fn nonsense_from_a_credential_process_is_not_repeated() {
    let machine = Machine::new();
    let config = helper(
        &machine,
        r#"echo '{"Version":1,"AccessKeyId":"AKIAHELPER","Secret":"profile-secret"}'"#,
    );
    machine
        .config(&config)
        .run(&["--profile", "helper"])
        .failed(3, &["credential_process", "SecretAccessKey"]);
}

#[test]
fn a_line_break_in_a_key_is_named_without_the_key() {
    for (name, value, part) in [
        ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT\r", "access key id"),
        ("AWS_ACCESS_KEY_ID", "AKIA\nENVIRONMENT", "access key id"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "environment-secret\r",
            "secret access key",
        ),
        ("AWS_SESSION_TOKEN", "session-secret\nmore", "session token"),
    ] {
        let run = Machine::new().keys().set(name, value).run(&[]);
        run.failed(3, &[&format!("the {part} holds a line break")]);
        assert!(!run.errors.contains("AKIA"), "{}", run.errors);
    }
}

#[test]
fn a_line_break_in_a_key_of_a_credential_process_is_named_at_once_and_at_a_renewal() {
    let broken = r#"printf %s '{"Version":1,"AccessKeyId":"AKIA\nHELPER","SecretAccessKey":"profile-secret"}'"#;
    let expired = r#"echo '{"Version":1,"AccessKeyId":"AKIAHELPER","SecretAccessKey":"profile-secret","Expiration":"2020-01-01T00:00:00Z"}'"#;
    let renewed = format!("[ $(wc -l < RUNS) -gt 1 ] && {broken} || {expired}");
    for (last, runs_at_least) in [(broken, 1), (&renewed, 2)] {
        let endpoint = Endpoint::without_organization();
        let machine = Machine::new();
        let last = last.replace("RUNS", &machine.path("runs").display().to_string());
        let config = helper(&machine, &last);
        let machine = machine.config(&config);
        machine
            .run(&["--profile", "helper", "--endpoint-url", &endpoint.url])
            .failed(3, &["the access key id holds a line break"]);
        assert!(runs(&machine.path("runs")) >= runs_at_least);
        assert!(endpoint.requests().is_empty());
    }
}

#[test]
fn expired_and_unknown_keys_say_to_sign_in_again() {
    for code in ["ExpiredTokenException", "UnrecognizedClientException"] {
        let endpoint = Endpoint::serve(move |_| refusal(code, "The security token is bad"));
        Machine::new()
            .keys()
            .run(&["--endpoint-url", &endpoint.url])
            .failed(3, &["The security token is bad", "sign in again"]);
    }
}

#[test]
fn broken_answers_and_broken_connections_are_sentences() {
    type Respond = fn() -> String;
    let cases: [(Respond, &str); 4] = [
        (
            || answer(503, "text/html", "<html>Service Unavailable</html>"),
            "HTTP 503",
        ),
        (|| json(200, r#"{"Organization":{"Id":"o-a"#), "cut short"),
        (String::new, "no connection"),
        (
            || refusal("TooManyRequestsException", "slow down"),
            "slow down",
        ),
    ];
    for (respond, words) in cases {
        let endpoint = Endpoint::serve(move |_| respond());
        Machine::new()
            .keys()
            .set("AWS_MAX_ATTEMPTS", "1")
            .run(&["--endpoint-url", &endpoint.url])
            .failed(4, &["DescribeOrganization", words]);
    }
    Machine::new()
        .keys()
        .set("AWS_MAX_ATTEMPTS", "1")
        .set("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .run(&[])
        .failed(
            4,
            &[
                "connection refused",
                "the endpoint is set to http://127.0.0.1:9",
            ],
        );
}

/// An authority's certificate as PEM, and a server for 127.0.0.1 that it vouches for.
fn authority_and_server() -> (String, ServerConfig) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names are fine");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let authority_certificate = authority
        .self_signed(&authority_key)
        .expect("a certificate");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .expect("an address is fine")
        .signed_by(&key, &Issuer::new(authority, authority_key))
        .expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .expect("the key fits");
    (authority_certificate.pem(), config)
}

#[test]
fn aws_ca_bundle_makes_an_authority_trusted_and_its_absence_says_so() {
    let (authority, config) = authority_and_server();
    let endpoint = Endpoint::serve_tls(config, |_| {
        refusal("AWSOrganizationsNotInUseException", "not in use")
    });
    let machine = Machine::new()
        .keys()
        .set("NO_PROXY", "127.0.0.1")
        .set("AWS_MAX_ATTEMPTS", "1")
        // Behind something else, as in a bundle that was put together.
        .file("ca.pem", &format!("# our own\n{authority}"));
    machine
        .run(&["--endpoint-url", &endpoint.url])
        .failed(4, &["no trusted TLS connection", "AWS_CA_BUNDLE"]);
    let bundle = machine.path("ca.pem").display().to_string();
    let machine = machine.set("AWS_CA_BUNDLE", &bundle);
    machine.run(&["--endpoint-url", &endpoint.url]).arrived();
}

#[test]
fn an_unusable_ca_bundle_is_named() {
    let machine = Machine::new().keys().file("empty.pem", "\n").file(
        "bad.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    for name in ["missing.pem", "empty.pem", "bad.pem"] {
        let path = machine.path(name).display().to_string();
        let config = format!("[default]\nca_bundle = {path}\n");
        Machine::new()
            .keys()
            .config(&config)
            .run(&[])
            .failed(2, &[name, "AWS_CA_BUNDLE"]);
        Machine::new()
            .keys()
            .set("AWS_CA_BUNDLE", &path)
            .run(&[])
            .failed(2, &[name]);
    }
}
