"""A moto server on a free loopback port, holding a small organization that can be changed.

    python moto_small.py [--empty]

With --empty there is no organization yet. Prints `READY http://127.0.0.1:PORT` once it serves. Ends when its standard input closes, or by SIGTERM.
"""

import signal
import sys
from datetime import datetime

from moto.organizations.models import organizations_backends
from moto_organization import MANAGEMENT_ACCOUNT, serve

LONG_AGO = datetime(2020, 1, 2)  # moto joins accounts now, and a young account cannot be removed


def fill():
    backend = organizations_backends[MANAGEMENT_ACCOUNT]["aws"]
    backend.create_organization(region="us-east-1", FeatureSet="ALL")
    root = backend.list_roots()["Roots"][0]["Id"]
    units = {}
    for name in ["Workloads", "Sandbox", "Empty"]:
        unit = backend.create_organizational_unit(Name=name, ParentId=root)
        units[name] = unit["OrganizationalUnit"]["Id"]
    for name in ["moves", "closes", "goes", "stays", "protected"]:
        status = backend.create_account(AccountName=name, Email=f"{name}@example.com")
        account = backend.get_account_by_id(status["CreateAccountStatus"]["AccountId"])
        account.create_time = LONG_AGO
        account.parent_id = units["Workloads"]
        account.tags = {"orgscope:protect": "yes"} if name == "protected" else {"owner": name}


def main():
    if sys.argv[1:] != ["--empty"]:
        fill()
    server = serve(keepalive=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"READY http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
