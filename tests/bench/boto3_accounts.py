#!/usr/bin/env python3
"""Reads all accounts and looks for a word in their names and email addresses, as a plain script would.

Arguments: the endpoint, the word. Prints one JSON object: seconds to read them (without Python's own start),
milliseconds to look for the word in what was read, how many were read and found, and the resident memory in KiB.
"""

import json
import sys
import time

import boto3

url, word = sys.argv[1:]
organizations = boto3.client(
    "organizations",
    endpoint_url=url,
    region_name="us-east-1",
    aws_access_key_id="AKIASIMULATOR",
    aws_secret_access_key="simulator",
)


def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


start = time.monotonic()
accounts = [
    account
    for page in organizations.get_paginator("list_accounts").paginate()
    for account in page["Accounts"]
]
read = time.monotonic()
found = [
    account
    for account in accounts
    if word in account["Name"].lower() or word in account["Email"].lower()
]
print(
    json.dumps(
        {
            "seconds": read - start,
            "milliseconds": (time.monotonic() - read) * 1000,
            "accounts": len(accounts),
            "found": len(found),
            "resident": resident(),
        }
    )
)
