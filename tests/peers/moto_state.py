"""Prints everything that an organization holds, as boto3 sees it: an object of JSON, by id.

    python moto_state.py http://127.0.0.1:PORT
"""

import json
import sys

import boto3

POLICY_TYPES = ["SERVICE_CONTROL_POLICY", "TAG_POLICY"]


def state(client):
    held = {"organization": client.describe_organization()["Organization"]}
    roots = client.list_roots()["Roots"]
    for root in roots:
        held[root["Id"]] = dict(root)
    pending = [root["Id"] for root in roots]
    while pending:
        parent = pending.pop()
        pages = client.get_paginator("list_organizational_units_for_parent").paginate(ParentId=parent)
        for unit in (unit for page in pages for unit in page["OrganizationalUnits"]):
            held[unit["Id"]] = {**unit, "Parent": parent}
            pending.append(unit["Id"])
    for page in client.get_paginator("list_accounts").paginate():
        for account in page["Accounts"]:
            parents = client.list_parents(ChildId=account["Id"])["Parents"]
            held[account["Id"]] = {**account, "Parent": parents[0]["Id"]}
    for id, facts in held.items():
        if id != "organization":
            facts["Tags"] = client.list_tags_for_resource(ResourceId=id)["Tags"]
            facts["Policies"] = {
                kind: client.list_policies_for_target(TargetId=id, Filter=kind)["Policies"] for kind in POLICY_TYPES
            }
    held["delegated"] = client.list_delegated_administrators()["DelegatedAdministrators"]
    held["access"] = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    return held


def main():
    client = boto3.client(
        "organizations",
        endpoint_url=sys.argv[1],
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )
    json.dump(state(client), sys.stdout, default=str)


if __name__ == "__main__":
    main()
