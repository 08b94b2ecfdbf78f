//! Policies and tags of generated organizations: few kinds, at a few levels, always the same.

use super::generate::Dice;
use super::organization::Organization;
use super::policies::{NewPolicy, PolicyType};

/// Id, type, name and content of the policies.
const POLICIES: [(&str, PolicyType, &str, &str); 6] = [
    (
        GUARDRAILS,
        PolicyType::ServiceControl,
        "Baseline guardrails",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["cloudtrail:DeleteTrail","cloudtrail:StopLogging"],"Resource":"*"}]}"#,
    ),
    (
        REGIONS,
        PolicyType::ServiceControl,
        "Approved regions",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:*","organizations:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]}}}]}"#,
    ),
    (
        USERS,
        PolicyType::ServiceControl,
        "No IAM users",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}"#,
    ),
    (
        QUARANTINE,
        PolicyType::ServiceControl,
        "Quarantine",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#,
    ),
    (
        PERIMETER,
        PolicyType::ResourceControl,
        "Encrypted transport",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}]}"#,
    ),
    (
        TAGS,
        PolicyType::Tag,
        "Common tags",
        r#"{"tags":{"owner":{"tag_key":{"@@assign":"owner"}}}}"#,
    ),
];

const GUARDRAILS: &str = "p-guardrails1";
const REGIONS: &str = "p-regions0001";
const USERS: &str = "p-nousers0001";
const QUARANTINE: &str = "p-quarantine1";
const PERIMETER: &str = "p-transport01";
const TAGS: &str = "p-commontags1";

impl Organization {
    /// Attaches policies: some to the root, one or two to most OUs directly below it and to a few
    /// deeper ones. OUs called `Suspended` get one that denies everything.
    pub(super) fn generate_policies(&mut self, seed: u64) {
        for (id, kind, name, content) in POLICIES {
            self.add_policy_with_id(NewPolicy {
                id: id.to_owned(),
                name: name.to_owned(),
                kind,
                description: String::new(),
                content: content.to_owned(),
            });
        }
        let root = self.root_id().to_owned();
        for policy in [GUARDRAILS, TAGS] {
            self.attach_policy(policy, &root);
        }
        let mut dice = Dice::new(seed ^ 0x5eed_0001);
        for (id, name, is_top) in self.units_by_id() {
            if name.starts_with("Suspended") {
                self.attach_policy(QUARANTINE, &id);
            }
            let sides = if is_top { 4 } else { 16 };
            match dice.below(sides) {
                0 => self.attach_policy(REGIONS, &id),
                1 => self.attach_policy(USERS, &id),
                2 => {
                    self.attach_policy(REGIONS, &id);
                    self.attach_policy(PERIMETER, &id);
                }
                _ => {}
            }
        }
    }

    /// Gives three in four accounts an owner and an environment, as their names have them.
    pub(super) fn generate_tags(&mut self, seed: u64) {
        let mut dice = Dice::new(seed ^ 0x5eed_0002);
        let accounts = self.accounts();
        let accounts: Vec<_> = accounts.map(|a| (a.id.clone(), a.email.clone())).collect();
        for (id, email) in accounts {
            if dice.below(4) == 0 {
                continue;
            }
            let (words, _) = email.split_once('@').unwrap_or_default();
            let words: Vec<&str> = words.trim_start_matches("aws.").split('-').collect();
            if let [team, _, environment, ..] = words[..] {
                self.set_tags(&id, [("owner", team), ("environment", environment)]);
            }
        }
    }

    /// Id, name, and whether it is directly below the root, of every OU, by id.
    fn units_by_id(&self) -> Vec<(String, String, bool)> {
        let root = Some(self.root_id());
        let units = self.units().filter(|unit| unit.parent.is_some());
        units
            .map(|u| (u.id.clone(), u.name.clone(), u.parent.as_deref() == root))
            .collect()
    }
}
