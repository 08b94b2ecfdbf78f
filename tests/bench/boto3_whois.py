#!/usr/bin/env python3
"""Says where an account is, as a plain script would: the account, then its parents with their names.

Arguments: the endpoint, the account. Prints one JSON object: seconds (without Python's own start), calls
and the path.
"""

import json
import sys
import time

import boto3

url, account = sys.argv[1:]
organizations = boto3.client(
    "organizations",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="AKIASIMULATOR",
    aws_secret_access_key="simulator",
)
calls = 0


def count(**_):
    global calls
    calls += 1


organizations.meta.events.register("before-send.organizations.*", count)
start = time.monotonic()
organizations.describe_account(AccountId=account)
path, child = [], account
while not child.startswith("r-"):
    child = organizations.list_parents(ChildId=child)["Parents"][0]["Id"]
    if child.startswith("ou-"):
        unit = organizations.describe_organizational_unit(OrganizationalUnitId=child)
        path.insert(0, unit["OrganizationalUnit"]["Name"])
path.insert(0, organizations.list_roots()["Roots"][0]["Name"])
print(json.dumps({"seconds": time.monotonic() - start, "calls": calls, "path": path}))
