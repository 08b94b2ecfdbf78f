"""A moto server on a free loopback port, holding a seeded organization whose every fact is written down.

    python moto_organization.py --shape mixed --truth truth.json

Prints `READY http://127.0.0.1:PORT` once it serves and TRUTH is complete: the records that `orgscope export` must
print for this organization. Ends when its standard input closes, or by SIGTERM.

Shapes:
  mixed    60 OUs and 500 accounts: OUs of every size, more child OUs and accounts than a page holds, empty OUs
  hostile  OUs five levels deep, one with 300 accounts, names that attack terminals, CSV files and JSON readers,
           and accounts that send State, Status, both or neither

moto does not know `Account.Paths`; --paths makes all accounts, or every other one, send it all the same.
"""

import argparse
import json
import logging
import random
import signal
import sys
import threading
from datetime import datetime, timedelta

import records
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.organizations.models import organizations_backends
from werkzeug.serving import make_server

MANAGEMENT_ACCOUNT = "123456789012"  # the account that moto takes every caller for
FIRST_JOINED = datetime(2016, 11, 28)  # UTC; moto's own moments have no zone either
DEEPEST = 5  # levels of OUs below a root that the service allows

# (State, Status) as the service has paired them while it sent both.
LIFE = [
    ("ACTIVE", "ACTIVE"),
    ("PENDING_ACTIVATION", "ACTIVE"),
    ("SUSPENDED", "SUSPENDED"),
    ("PENDING_CLOSURE", "PENDING_CLOSURE"),
    ("CLOSED", "SUSPENDED"),
]

HOSTILE_NAMES = [
    "\x1b[2J\x1b[31mcleared\x1b[0m",
    "\x1b]52;c;aGVsbG8=\x07clipboard",
    "\x1b]0;window title\x1b\\",
    "\x9b7mone-byte CSI",
    "nul\x00 bell\x07 backspace\x08\x08",
    "two\nlines",
    "carriage\rreturn and\ttab",
    "invoice \u202etxt.exe",
    "\u2067isolated\u2069 \u200emarked\u200f",
    "zero\u200bwidth\u2060joined\ufeff",
    "line\u2028and paragraph\u2029separators",
    "\u0301combining first",
    "tagged\U000e0061\U000e007f",
    "\u6771\u4eac \u672c\u756a\u74b0\u5883",
    "\u30c7\u30fc\u30bf\u57fa\u76e4\uff08\u691c\u8a3c\uff09",
    "\uc11c\uc6b8 \uac1c\ubc1c\ud300",
    "\U0001f680 launch \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "\u05de\u05d7\u05dc\u05e7\u05ea \u05d0\u05d1\u05d8\u05d7\u05d4",
    "\u0642\u0633\u0645 7",
    "cafe\u0301 and caf\u00e9",
    "Z\u0351\u036b\u0343a\u0334\u0321l\u0360\u0321\u034ag\u0318\u0352o",
    '"quoted", \'quoted\' and `quoted`',
    "=HYPERLINK(0)",
    "semi;colon, comma / slash \\ backslash",
    " leading and trailing ",
    "null",
    "{}",
    "-rf",
    "%s%n {0} ${x}",
    "000000000000",
]


class Unit:
    def __init__(self, name, parent=None):
        self.name = name
        self.parent = parent
        self.chain = [*(parent.chain if parent else []), self]

    @property
    def depth(self):
        return len(self.chain)


class Member:
    def __init__(self, name, unit, state="ACTIVE", status="ACTIVE", joined_method="CREATED"):
        self.name = name
        self.unit = unit
        self.state = state
        self.status = status
        self.joined_method = joined_method


def mixed(dice):
    units = []
    for number in range(60):
        if number < 5:
            parent = None
        elif number < 30:
            parent = units[0]  # 25 child OUs: more than a page
        else:
            parent = dice.choice([unit for unit in units if unit.depth < DEEPEST])
        units.append(Unit(f"{dice.choice(['platform', 'payments', 'research', 'sandbox'])} {number}", parent))

    inhabited = [None, *(unit for unit in units if units.index(unit) % 8)]
    members = []
    for number in range(499):
        home = units[1] if number % 5 == 0 else dice.choice(inhabited)
        name = "shared name" if number % 50 == 0 else f"{dice.choice(['prod', 'stage', 'dev'])}-{number:04d}"
        state, status = dice.choices(LIFE, weights=[90, 2, 3, 2, 3])[0]
        members.append(Member(name, home, state, status, dice.choice(["CREATED", "CREATED", "INVITED"])))
    return units, members


def hostile(dice):
    units = []
    for number, name in enumerate(HOSTILE_NAMES):
        # Chains of five: each goes as deep as the service allows.
        units.append(Unit(name, None if number % DEEPEST == 0 else units[-1]))
    units.append(Unit("x" * 128, units[0]))
    units.append(Unit("\u9577" * 128, units[0]))

    sent = [*LIFE, *((state, None) for state, _ in LIFE), (None, "ACTIVE"), (None, "SUSPENDED"), (None, None)]
    sent += [("HIBERNATING", None), ("HIBERNATING", "ACTIVE")]
    crowded = units[DEEPEST - 1]
    members = []
    for number in range(300):
        state, status = sent[number % len(sent)]
        members.append(Member(f"{HOSTILE_NAMES[number % len(HOSTILE_NAMES)]}{number // 60}", crowded, state, status))
    for number, unit in enumerate([None, *units]):
        members.append(Member(dice.choice(HOSTILE_NAMES), unit, joined_method="INVITED" if number % 2 else "CREATED"))
    return units, members


SHAPES = {"mixed": mixed, "hostile": hostile}

# Whether the account created as the n-th sends Paths.
PATHS = {"none": lambda order: False, "some": lambda order: order % 2 == 0, "all": lambda order: True}


def fill(units, members, dice, sends_paths):
    """Puts the plan into moto's own model of an organization and returns the records that describe it."""
    backend = organizations_backends[MANAGEMENT_ACCOUNT]["aws"]
    backend.create_organization(region="us-east-1", FeatureSet="ALL")
    root = backend.list_roots()["Roots"][0]
    facts = [records.root(root["Id"], root["Name"], root["Arn"])]

    ids = {None: root["Id"]}
    for unit in units:
        created = backend.create_organizational_unit(Name=unit.name, ParentId=ids[unit.parent])["OrganizationalUnit"]
        ids[unit] = created["Id"]
        facts.append(records.unit(created["Id"], created["Name"], created["Arn"], ids[unit.parent]))

    # Account ids are text: some begin with zeros.
    numbers = [int(MANAGEMENT_ACCOUNT), 42, *dice.sample(range(1, 10**12), len(members) - 1)]
    members = [Member("management", None, joined_method="INVITED"), *members]
    for order, (member, number) in enumerate(zip(members, numbers, strict=True)):
        if order == 0:
            account = backend.get_account_by_id(MANAGEMENT_ACCOUNT)
        else:
            email = f"aws+{order}@{'long.' * 9 if order % 40 == 0 else ''}example.com"
            created = backend.create_account(AccountName=member.name, Email=email)["CreateAccountStatus"]
            account = backend.get_account_by_id(created["AccountId"])
        account.id = f"{number:012d}"
        # What the API cannot set. Moments are distinct: moto pages through ListAccounts by them.
        account.name, account.joined_method = member.name, member.joined_method
        account.parent_id = ids[member.unit]
        account.create_time = FIRST_JOINED + timedelta(days=order * 6, milliseconds=order * 37)
        account.state, account.status = member.state, member.status
        units_above = member.unit.chain if member.unit else []
        path = [backend.org.id, root["Id"], *(ids[unit] for unit in units_above), account.id]
        describe_as_sent(account, Paths=["/".join(path) + "/"] if sends_paths(order) else None)
        facts.append(record_of(account))
    return facts


def describe_as_sent(account, **more):
    """Lets the account send these fields too, and leave out what is not set, instead of sending null."""
    known = account.describe
    account.describe = lambda: {key: value for key, value in (known() | more).items() if value is not None}


def record_of(account):
    return records.account(
        account.id,
        account.name,
        account.arn,
        account.parent_id,
        email=account.email,
        state=account.state or account.status,
        joined_method=account.joined_method,
        joined_at=account.create_time,
        management=account.id == MANAGEMENT_ACCOUNT,
    )


def serve(keepalive):
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    class Quiet(MotoRequestHandler):
        # HTTP/1.0 makes the server close the connection after each answer.
        protocol_version = "HTTP/1.1" if keepalive else "HTTP/1.0"

    server = make_server(
        "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Quiet
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shape", choices=SHAPES, required=True)
    arguments.add_argument("--paths", choices=PATHS, default="none", help="which accounts send Paths")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--truth", required=True, help="file for the expected records, as JSON")
    arguments.add_argument("--keepalive", action="store_true", help="keep connections open between calls")
    chosen = arguments.parse_args()

    dice = random.Random(chosen.seed)
    mock_random.seed(chosen.seed)
    facts = fill(*SHAPES[chosen.shape](dice), dice, PATHS[chosen.paths])
    with open(chosen.truth, "w", encoding="utf-8") as file:
        json.dump(records.in_export_order(facts), file)

    server = serve(chosen.keepalive)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"READY http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
