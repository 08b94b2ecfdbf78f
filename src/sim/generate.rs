//! Organizations of any size.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::lifecycle::ACCOUNT_ID_END;
use super::organization::{JoinedMethod, NewAccount, OU_DEPTH_MAX, Organization, State, scramble};
use super::policies::PolicyType;

/// What [`Organization::generate`] makes. The same shape always gives the same organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Accounts, the management account included; at least 1.
    pub accounts: usize,
    /// Organizational units, without the root.
    pub organizational_units: usize,
    /// Different seeds give different organizations.
    pub seed: u64,
}

/// The date at which generated organizations are.
const AS_OF: Timestamp = Timestamp::constant(1_790_845_200, 0);

const DIVISIONS: &[&str] = &[
    "Security",
    "Infrastructure",
    "Workloads",
    "Sandbox",
    "Policy Staging",
    "Deployments",
    "Suspended",
    "Transitional",
    "Business Continuity",
    "Acquisitions",
    "Partners",
    "Research",
];
const DEPARTMENTS: &[&str] = &[
    "Payments",
    "Retail",
    "Logistics",
    "Data Platform",
    "Identity",
    "Marketing",
    "Mobile",
    "Finance",
    "Insurance",
    "Machine Learning",
    "Customer Care",
    "Compliance",
    "Media",
    "Networks",
    "Observability",
    "Supply Chain",
    "People",
    "Corporate IT",
    "Loyalty",
    "Search",
];
const STAGES: &[&str] = &[
    "Production",
    "Staging",
    "Development",
    "Test",
    "Pre-production",
    "Disaster Recovery",
    "Load Test",
    "Training",
];
const TEAMS: &[&str] = &[
    "atlas", "birch", "cobalt", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper",
    "kestrel", "lumen", "maple", "nimbus", "orchid", "pioneer", "quartz", "raven", "summit",
    "tundra",
];
const SERVICES: &[&str] = &[
    "api",
    "archive",
    "batch",
    "billing",
    "catalog",
    "checkout",
    "dns",
    "etl",
    "events",
    "fraud",
    "gateway",
    "iam",
    "inventory",
    "lake",
    "ledger",
    "logs",
    "mail",
    "monitoring",
    "network",
    "orders",
    "portal",
    "pricing",
    "reports",
    "risk",
    "search",
    "shipping",
    "streaming",
    "tax",
    "vault",
    "web",
];
const ENVIRONMENTS: &[&str] = &[
    "prod", "prod", "stage", "dev", "dev", "test", "dr", "sandbox",
];
const LANGUAGES: &[&str] = &[
    "工程部 平台",
    "東京リージョン 検証",
    "Zürich Büro",
    "Łódź – zespół",
    "פיתוח",
    "تطوير المنصة",
    "Команда данных",
    "cafe\u{301} pilot",
    "🚀 launchpad",
    "R&D \"moonshot\"",
    "o'neill & sons",
];

/// Random numbers that will be the same for ever; a library's may change with its version.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(scramble(seed.wrapping_add(1)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scramble(self.0)
    }

    /// A number below `end`, which is not 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = end as u64;
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    /// Small letters and digits.
    fn word(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let letter = |_| char::from(ALPHABET[self.below(36)]);
        (0..length).map(letter).collect()
    }
}

impl Organization {
    /// An organization of this shape, with ids, names and dates as they occur.
    ///
    /// OUs are up to five deep; some are empty, most hold a few accounts, some hold hundreds.
    /// With six accounts or more, every state occurs. Policies of three types are attached at
    /// several levels, most accounts have tags, and the seventh is a delegated administrator.
    pub fn generate(shape: &Shape) -> Self {
        let mut dice = Dice::new(shape.seed);
        let root = format!("r-{}", dice.word(4));
        let id = format!("o-{}", dice.word(10));
        let mut names = Names::default();
        let ids = dice.next();
        let management = NewAccount {
            name: "management".to_owned(),
            email: "aws.management@example.com".to_owned(),
            state: State::Active,
            joined: AS_OF - SignedDuration::from_hours(24 * 3_000),
            ..account(1, ids, &mut dice, &mut names)
        };
        let mut organization = Self::new(id, &root, AS_OF, management);
        organization.enable_policy_type(PolicyType::ResourceControl);
        let homes = add_units(&mut organization, shape.organizational_units, &mut dice);
        for number in 2..=shape.accounts {
            let home = &homes[index_of_home(homes.len(), &mut dice)];
            let new = account(number as u64, ids, &mut dice, &mut names);
            let delegated = (number == 7).then(|| new.id.clone());
            organization.add_account(home, new);
            if let Some(id) = delegated {
                organization.delegate(&id, "config.amazonaws.com");
            }
        }
        organization.generate_policies(shape.seed);
        organization.generate_tags(shape.seed);
        organization
    }
}

/// Adds OUs and returns where accounts may go: the root, and five in six OUs.
fn add_units(organization: &mut Organization, count: usize, dice: &mut Dice) -> Vec<String> {
    let mut homes = vec![organization.root_id().to_owned()];
    // OUs that may have OUs below them, with their depth and how often each name was used there.
    let mut parents = vec![(organization.root_id().to_owned(), 0)];
    let mut used: HashMap<(String, &str), usize> = HashMap::new();
    for number in 0..count {
        let (parent, depth) = match number {
            // The first five make a chain, so that the greatest depth occurs.
            0..OU_DEPTH_MAX => parents[number].clone(),
            _ if dice.below(16) == 0 => parents[0].clone(),
            _ => parents[dice.below(parents.len())].clone(),
        };
        let words = match depth {
            0 => DIVISIONS,
            1 => DEPARTMENTS,
            2 => STAGES,
            _ => TEAMS,
        };
        let word = dice.pick(words);
        let same = used.entry((parent.clone(), word)).or_default();
        *same += 1;
        let name = if *same == 1 {
            word.to_owned()
        } else {
            format!("{word} {same}")
        };
        let id = organization.add_unit(&parent, name);
        if depth + 1 < OU_DEPTH_MAX {
            parents.push((id.clone(), depth + 1));
        }
        if number % 6 != 5 {
            homes.push(id);
        }
    }
    homes
}

/// A third of all accounts share a few OUs, the others are spread evenly.
fn index_of_home(homes: usize, dice: &mut Dice) -> usize {
    if dice.below(3) == 0 {
        dice.below(homes / 40 + 1)
    } else {
        dice.below(homes)
    }
}

/// Account names given out, and how often.
type Names = HashMap<String, usize>;

/// The account of this number; `ids` makes the ids of one organization differ from another's.
fn account(number: u64, ids: u64, dice: &mut Dice, names: &mut Names) -> NewAccount {
    let (team, service) = (dice.pick(TEAMS), dice.pick(SERVICES));
    let mut slug = format!("{team}-{service}-{}", dice.pick(ENVIRONMENTS));
    let same = names.entry(slug.clone()).or_default();
    *same += 1;
    if *same > 1 {
        slug = format!("{slug}-{same}");
    }
    let name = if number % 97 == 3 {
        format!("{} {number}", dice.pick(LANGUAGES))
    } else {
        slug.clone()
    };
    let minutes = i64::try_from(dice.below(60 * 24 * 2_900)).unwrap_or_default();
    NewAccount {
        // The factor has no divisor in common with the modulus: no two numbers give the same id.
        id: format!(
            "{:012}",
            (number * 618_033_988_749 + ids % ACCOUNT_ID_END) % ACCOUNT_ID_END
        ),
        name,
        email: format!("aws.{slug}@example.com"),
        state: state(number, dice),
        joined_method: if dice.below(8) == 0 {
            JoinedMethod::Invited
        } else {
            JoinedMethod::Created
        },
        joined: AS_OF - SignedDuration::from_mins(minutes + 1),
    }
}

fn state(number: u64, dice: &mut Dice) -> State {
    match (number, dice.below(100)) {
        (3, _) | (8.., 0..=5) => State::Closed,
        (4, _) | (8.., 6..=8) => State::Suspended,
        (5, _) | (8.., 9) => State::PendingActivation,
        // Only a few closures can be under way at once.
        (6, _) => State::PendingClosure,
        _ => State::Active,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn generate(accounts: usize, organizational_units: usize, seed: u64) -> Organization {
        Organization::generate(&Shape {
            accounts,
            organizational_units,
            seed,
        })
    }

    #[test]
    fn an_organization_has_the_shape_that_was_asked_for() {
        for (accounts, units) in [(1, 0), (2, 1), (500, 60), (5_000, 500)] {
            let organization = generate(accounts, units, 1);
            assert_eq!(organization.accounts().len(), accounts);
            assert_eq!(organization.units().len(), units + 1);
        }
    }

    #[test]
    fn the_same_shape_gives_the_same_organization_and_another_seed_another() {
        let ids = |seed| -> HashSet<(String, String, String)> {
            let organization = generate(200, 30, seed);
            let facts =
                |a: &super::super::Account| (a.id.clone(), a.name.clone(), a.parent.clone());
            organization.accounts().map(facts).collect()
        };
        assert_eq!(ids(1), ids(1));
        assert!(ids(1).is_disjoint(&ids(2)));
    }

    #[test]
    fn all_depths_and_states_occur_and_some_units_are_empty_and_some_full() {
        let organization = generate(5_000, 200, 7);
        let depth = |u: &super::super::Unit| organization.chain(&u.id).len() - 1;
        assert_eq!(organization.units().map(depth).max(), Some(OU_DEPTH_MAX));
        let states: HashSet<State> = organization.accounts().map(|a| a.state).collect();
        assert_eq!(states.len(), 5);
        assert!(organization.units().any(|u| u.accounts.is_empty()));
        assert!(organization.units().any(|u| u.accounts.len() > 200));
    }

    #[test]
    fn generated_policies_and_tags_are_always_the_same_and_valid() {
        let organization = generate(2_000, 300, 5);
        let again = generate(2_000, 300, 5);
        let mut attached = 0;
        for unit in organization.units() {
            for kind in PolicyType::ALL {
                let of = |organization: &Organization| -> Vec<String> {
                    let policies = organization.attached_policies(&unit.id, kind);
                    policies.into_iter().map(|p| p.id.clone()).collect()
                };
                assert_eq!(of(&organization), of(&again));
                assert!(of(&organization).len() <= 5, "{}", unit.id);
                attached += of(&organization).len();
            }
        }
        assert!(attached > 2 * 301 + 20, "{attached}");
        let tagged = |a: &&super::super::Account| !organization.tags(&a.id).is_empty();
        let tagged = organization.accounts().filter(tagged);
        let tagged: Vec<&str> = tagged.map(|a| a.id.as_str()).collect();
        assert!(tagged.len() > 1_000, "{}", tagged.len());
        for id in tagged {
            assert_eq!(organization.tags(id), again.tags(id));
        }
        for id in ["p-guardrails1", "p-regions0001", "p-quarantine1"] {
            let policy = organization.policy(id).unwrap();
            let content: serde_json::Value = serde_json::from_str(&policy.content).unwrap();
            assert!(content["Statement"].is_array(), "{id}");
        }
    }

    #[test]
    fn siblings_have_different_names_and_accounts_different_addresses() {
        let organization = generate(3_000, 2_000, 3);
        let names: HashSet<_> = organization.units().map(|u| (&u.parent, &u.name)).collect();
        assert_eq!(names.len(), 2_001);
        let emails: HashSet<_> = organization.accounts().map(|a| &a.email).collect();
        assert_eq!(emails.len(), 3_000);
        assert!(emails.iter().all(|email| email.len() <= 64));
    }
}
