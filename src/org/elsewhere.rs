//! The same thing elsewhere: the AWS CLI command that describes it, and its page in the console.

use super::mutation::quoted;
use super::{Node, NodeKind};

/// The AWS CLI command that shows this root, OU or account.
#[must_use]
pub fn describe_command(node: &Node) -> Option<String> {
    let id = quoted(node.id());
    Some(match node.kind() {
        NodeKind::Account => format!("aws organizations describe-account --account-id {id}"),
        NodeKind::OrganizationalUnit => {
            format!("aws organizations describe-organizational-unit --organizational-unit-id {id}")
        }
        NodeKind::Root => "aws organizations list-roots".to_owned(),
        NodeKind::Unplaced => return None,
    })
}

/// The page of this root, OU or account in the console of its partition. `None` for ids that are
/// not the service's own, and in partitions whose console is not known here.
///
/// Source: the links of the Organizations User Guide, and those that the console itself shows in the
/// address line.
#[must_use]
pub fn console_link(node: &Node) -> Option<String> {
    let partition = node.arn()?.split(':').nth(1)?;
    let host = match partition {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return None,
    };
    let id = node.id();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !id.chars().all(plain) {
        return None;
    }
    let page = match node.kind() {
        NodeKind::Account => format!("accounts/{id}"),
        NodeKind::OrganizationalUnit => format!("organizational-units/{id}"),
        NodeKind::Root => "root".to_owned(),
        NodeKind::Unplaced => return None,
    };
    Some(format!("https://{host}/organizations/v2/home/{page}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::{Account, Observation, OrganizationalUnit, Root, Tree};

    fn node(id: &str, arn: &str) -> (Option<String>, Option<String>) {
        let mut tree = Tree::new();
        let (id_, arn) = (id.to_owned(), Some(arn.to_owned()));
        let root = |id: &str, arn| {
            Observation::Root(Root {
                id: id.to_owned(),
                arn,
                ..Root::default()
            })
        };
        match id.split('-').next() {
            Some("r") => tree.apply([root(id, arn)]),
            Some("ou") => tree.apply([
                root("r-ab12", None),
                Observation::OrganizationalUnit {
                    unit: OrganizationalUnit {
                        id: id_,
                        arn,
                        name: None,
                    },
                    parent: "r-ab12".into(),
                },
            ]),
            _ => tree.apply([Observation::Account {
                account: Account {
                    id: id_,
                    arn,
                    ..Account::default()
                }
                .into(),
                ancestors: vec![],
            }]),
        }
        let node = tree.get(tree.find(id).unwrap()).unwrap();
        (console_link(node), describe_command(node))
    }

    #[test]
    fn each_partition_has_a_console_of_its_own() {
        let link = |id, arn| node(id, arn).0;
        let account = "arn:aws:organizations::111122223333:account/o-exampleorg1/012345678901";
        assert_eq!(
            link("012345678901", account).unwrap(),
            "https://console.aws.amazon.com/organizations/v2/home/accounts/012345678901"
        );
        let unit = "arn:aws-cn:organizations::111122223333:ou/o-exampleorg1/ou-ab12-11111111";
        assert_eq!(
            link("ou-ab12-11111111", unit).unwrap(),
            "https://console.amazonaws.cn/organizations/v2/home/organizational-units/ou-ab12-11111111"
        );
        let root = "arn:aws-us-gov:organizations::111122223333:root/o-exampleorg1/r-ab12";
        assert_eq!(
            link("r-ab12", root).unwrap(),
            "https://console.amazonaws-us-gov.com/organizations/v2/home/root"
        );
        assert_eq!(
            link("r-ab12", "arn:aws-iso:organizations::1:root/o-1/r-ab12"),
            None
        );
    }

    #[test]
    fn an_id_that_is_none_makes_no_link_and_no_second_command() {
        let hostile = "1; rm -rf ~ #";
        let (link, command) = node(hostile, "arn:aws:organizations::1:account/o-1/x");
        assert_eq!(link, None);
        let expected = format!("aws organizations describe-account --account-id '{hostile}'");
        assert_eq!(command, Some(expected));
    }
}
