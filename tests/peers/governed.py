"""Fills an empty Organizations endpoint over HTTP with what governs accounts, and reads it back.

    python governed.py http://127.0.0.1:PORT > truth.json

OUs in three levels, more accounts than a page holds, tags, and policies of two types at every level, some of
them attached more than once. The truth is what boto3 reads afterwards, by calls that walk upwards from each
account: ListParents, ListPoliciesForTarget, ListTagsForResource. One JSON object: for each account its name, email,
the ids from the root down to its parent, its tags, and for each policy type what is attached at each level.
"""

import json
import random
import sys

import boto3

TYPES = ["SERVICE_CONTROL_POLICY", "TAG_POLICY"]
ACCOUNTS = 45
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TAGGING = {"tags": {"Env": {"tag_key": {"@@assign": "Env"}}}}


def client(url):
    return boto3.client(
        "organizations",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
    )


def pages(organizations, operation, key, **parameters):
    for page in organizations.get_paginator(operation).paginate(**parameters):
        yield from page[key]


def fill(organizations, dice):
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    for kind in TYPES:
        try:
            organizations.enable_policy_type(RootId=root, PolicyType=kind)
        except organizations.exceptions.PolicyTypeAlreadyEnabledException:
            pass
    units = [root]
    for number in range(9):
        parent = root if number < 3 else units[number - 2]
        made = organizations.create_organizational_unit(ParentId=parent, Name=f"unit {number}")
        units.append(made["OrganizationalUnit"]["Id"])
    accounts = []
    for number in range(ACCOUNTS):
        made = organizations.create_account(AccountName=f"account {number}", Email=f"a{number}@example.com")
        account = made["CreateAccountStatus"]["AccountId"]
        home = dice.choice(units)
        if home != root:
            organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=home)
        accounts.append(account)
    for target in [*units, *dice.sample(accounts, 20)]:
        tags = [{"Key": key, "Value": dice.choice(["Prod", "Dev", "a=b", ""])} for key in ("Env", "Owner")]
        organizations.tag_resource(ResourceId=target, Tags=tags[: dice.randint(1, 2)])
    targets = [*units, *dice.sample(accounts, 10)]
    for number in range(10):
        kind = TYPES[number % 2]
        content = json.dumps(ALLOW if number % 2 == 0 else TAGGING)
        made = organizations.create_policy(Name=f"policy {number}", Description="", Content=content, Type=kind)
        policy = made["Policy"]["PolicySummary"]["Id"]
        for target in dice.sample(targets, 4):
            organizations.attach_policy(PolicyId=policy, TargetId=target)


def truth(organizations):
    attached = {}

    def policies(target, kind):
        if (target, kind) not in attached:
            found = pages(
                organizations, "list_policies_for_target", "Policies", TargetId=target, Filter=kind
            )
            attached[target, kind] = sorted(policy["Id"] for policy in found)
        return attached[target, kind]

    told = {}
    for account in pages(organizations, "list_accounts", "Accounts"):
        chain = [account["Id"]]
        while not chain[0].startswith("r-"):
            chain.insert(0, organizations.list_parents(ChildId=chain[0])["Parents"][0]["Id"])
        tags = pages(organizations, "list_tags_for_resource", "Tags", ResourceId=account["Id"])
        told[account["Id"]] = {
            "name": account["Name"],
            "email": account["Email"],
            "above": chain[:-1],
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
            "policies": {
                kind: [{"node": node, "policies": policies(node, kind)} for node in chain] for kind in TYPES
            },
        }
    return told


def main():
    organizations = client(sys.argv[1])
    fill(organizations, random.Random(4))
    print(json.dumps(truth(organizations), indent=1))


if __name__ == "__main__":
    main()
