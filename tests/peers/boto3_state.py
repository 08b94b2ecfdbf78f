"""Prints what an endpoint holds, as boto3 sees it: every node's facts, and by id what contains it.

    python boto3_state.py http://127.0.0.1:PORT
"""

import json
import sys

import boto3


def main():
    client = boto3.client(
        "organizations",
        endpoint_url=sys.argv[1],
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )

    def listed(operation, key, **parameters):
        pages = client.get_paginator(operation).paginate(**parameters)
        return [item for page in pages for item in page[key]]

    facts, parents = {}, {}
    pending = listed("list_roots", "Roots")
    while pending:
        node = pending.pop()
        facts[node["Id"]] = node
        units = listed("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=node["Id"])
        accounts = listed("list_accounts_for_parent", "Accounts", ParentId=node["Id"])
        for child in units + accounts:
            assert child["Id"] not in parents, f"{child['Id']} is in two places"
            parents[child["Id"]] = node["Id"]
        facts.update((account["Id"], account) for account in accounts)
        pending += units
    print(json.dumps({"facts": facts, "parents": parents}, default=str, sort_keys=True))


if __name__ == "__main__":
    main()
