"""The records of `orgscope export`, worked out independently: one dict a node, in the order of the export."""

ROOT, UNIT, ACCOUNT = "root", "ou", "account"


def root(id, name, arn):
    return _record(ROOT, id, name, arn, None)


def unit(id, name, arn, parent_id):
    return _record(UNIT, id, name, arn, parent_id)


def account(id, name, arn, parent_id, *, email, state, joined_method, joined_at, management):
    return _record(ACCOUNT, id, name, arn, parent_id) | {
        "email": email,
        "state": state,
        "joined_method": joined_method,
        "joined_at": rfc3339(joined_at),
        "management": management,
    }


def rfc3339(moment):
    """UTC, to the millisecond, which is what the service keeps."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _record(kind, id, name, arn, parent_id):
    return {"kind": kind, "id": id, "name": name, "arn": arn, "parent_id": parent_id}


def in_export_order(records):
    """Depth first, siblings by name and then id, OUs before accounts; each with its path from the root."""
    children = {}
    for record in records:
        children.setdefault(record["parent_id"], []).append(record)

    ordered = []

    def visit(record, path, id_path):
        path, id_path = path + [record["name"]], id_path + [record["id"]]
        ordered.append(record | {"path": path, "id_path": id_path})
        for child in sorted(
            children.get(record["id"], []),
            key=lambda child: (child["kind"] == ACCOUNT, child["name"], child["id"]),
        ):
            visit(child, path, id_path)

    for top in children[None]:
        visit(top, [], [])
    assert len(ordered) == len(records), "a record hangs below nothing"
    return ordered
