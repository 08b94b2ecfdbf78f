#!/usr/bin/env python3
"""Walks the organization at the endpoint given, one call after the other, as a plain script would.

Prints one JSON object: seconds, units (the root not counted), accounts and throttled answers.
"""

import json
import sys
import time

import boto3

organizations = boto3.client(
    "organizations",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="AKIASIMULATOR",
    aws_secret_access_key="simulator",
)
seen = {"units": 0, "accounts": 0, "throttled": 0}


def count_throttled(parsed_response=None, **_):
    error = (parsed_response or {}).get("Error", {})
    seen["throttled"] += error.get("Code") == "TooManyRequestsException"


def pages(operation, key, **parameters):
    for page in organizations.get_paginator(operation).paginate(**parameters):
        yield from page[key]


def walk(parent):
    for _ in pages("list_accounts_for_parent", "Accounts", ParentId=parent):
        seen["accounts"] += 1
    units = pages("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)
    for unit in units:
        seen["units"] += 1
        walk(unit["Id"])


organizations.meta.events.register("response-received.organizations.*", count_throttled)
start = time.monotonic()
for root in pages("list_roots", "Roots"):
    walk(root["Id"])
print(json.dumps({"seconds": time.monotonic() - start, **seen}))
