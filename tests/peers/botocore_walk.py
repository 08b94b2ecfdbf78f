"""Walks an Organizations endpoint with botocore and checks every answer against the service model.

    python botocore_walk.py http://127.0.0.1:PORT [--reads-only]

botocore parses answers but does not validate them, so the raw answers are compared with the model
here: no unknown member, no missing one, and every value of the type, pattern, length and enumeration
that the model gives. What different operations say about the same thing must agree.

The tree is printed to standard output as `orgscope export` must print it. Afterwards, unless
--reads-only is given, one account is created, moved and closed, another one removed, and an OU
created, renamed and deleted. The first mismatch ends the program with a sentence on standard error and exit code 1.

The endpoint should run without request limits, and its simulated time should be fast.
"""

import argparse
import json
import os
import re
import sys
import time
from datetime import timezone
from urllib.parse import urlsplit
from xml.etree import ElementTree

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(
    AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull
)

import botocore.session  # noqa: E402
import records  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import BotoCoreError, ClientError  # noqa: E402

# The model marks no output member as required; these come in every answer nevertheless.
ALWAYS_THERE = {
    "Account": {"Id", "Arn", "Email", "Name", "JoinedMethod", "JoinedTimestamp"},
    "OrganizationalUnit": {"Id", "Arn", "Name"},
    "Root": {"Id", "Arn", "Name", "PolicyTypes"},
    "Child": {"Id", "Type"},
    "Parent": {"Id", "Type"},
    "Organization": {"Id", "Arn", "FeatureSet", "MasterAccountId", "MasterAccountArn", "MasterAccountEmail"},
    "CreateAccountStatus": {"Id", "AccountName", "State", "RequestedTimestamp"},
    "GetCallerIdentityResponse": {"Account", "Arn", "UserId"},
    "ListRootsResponse": {"Roots"},
    "ListAccountsResponse": {"Accounts"},
    "ListAccountsForParentResponse": {"Accounts"},
    "ListOrganizationalUnitsForParentResponse": {"OrganizationalUnits"},
    "ListChildrenResponse": {"Children"},
    "ListParentsResponse": {"Parents"},
    "ListCreateAccountStatusResponse": {"CreateAccountStatuses"},
    "PolicySummary": {"Id", "Arn", "Name", "Description", "Type", "AwsManaged"},
    "Policy": {"PolicySummary", "Content"},
    "PolicyTargetSummary": {"TargetId", "Arn", "Name", "Type"},
    "DelegatedAdministrator": {"Id", "Arn", "Email", "Name", "JoinedMethod", "JoinedTimestamp", "DelegationEnabledDate"},
    "DelegatedService": {"ServicePrincipal", "DelegationEnabledDate"},
    "EnabledServicePrincipal": {"ServicePrincipal", "DateEnabled"},
    "ListPoliciesResponse": {"Policies"},
    "ListPoliciesForTargetResponse": {"Policies"},
    "ListTargetsForPolicyResponse": {"Targets"},
    "DescribePolicyResponse": {"Policy"},
    "ListTagsForResourceResponse": {"Tags"},
    "ListDelegatedAdministratorsResponse": {"DelegatedAdministrators"},
    "ListDelegatedServicesForAccountResponse": {"DelegatedServices"},
    "ListAWSServiceAccessForOrganizationResponse": {"EnabledServicePrincipals"},
    "EffectivePolicy": {"PolicyContent", "LastUpdatedTimestamp", "TargetId", "PolicyType"},
    "EffectivePolicyValidationError": {"ErrorCode", "ErrorMessage", "PathToError", "ContributingPolicies"},
    "DescribeEffectivePolicyResponse": {"EffectivePolicy"},
    "ListEffectivePolicyValidationErrorsResponse": {
        "AccountId",
        "PolicyType",
        "Path",
        "EvaluationTimestamp",
        "EffectivePolicyValidationErrors",
    },
    "ListAccountsWithInvalidEffectivePolicyResponse": {"Accounts", "PolicyType"},
    "CreateOrganizationalUnitResponse": {"OrganizationalUnit"},
    "UpdateOrganizationalUnitResponse": {"OrganizationalUnit"},
    "InvalidInputException": {"Message", "Reason"},
    "ConstraintViolationException": {"Message", "Reason"},
}


class Mismatch(Exception):
    """What the endpoint said is not what the model or another of its answers says."""


def expect(condition, sentence):
    if not condition:
        raise Mismatch(sentence)


def validate(shape, value, where):
    """Compares a decoded JSON value with its shape in the model, all the way down."""
    checks = {
        "structure": validate_structure,
        "list": validate_list,
        "string": validate_string,
        "boolean": validate_boolean,
        "integer": validate_number,
        "long": validate_number,
        "timestamp": validate_number,
    }
    expect(shape.type_name in checks, f"{where}: this script knows no {shape.type_name}")
    checks[shape.type_name](shape, value, where)


def validate_structure(shape, value, where):
    expect(isinstance(value, dict), f"{where} is {value!r} instead of a structure")
    unknown = value.keys() - shape.members.keys()
    expect(not unknown, f"{where} has members that {shape.name} does not have: {sorted(unknown)}")
    missing = (set(shape.required_members) | ALWAYS_THERE.get(shape.name, set())) - value.keys()
    expect(not missing, f"{where} lacks {sorted(missing)}")
    for member, content in value.items():
        validate(shape.members[member], content, f"{where}.{member}")


def validate_list(shape, value, where):
    expect(isinstance(value, list), f"{where} is {value!r} instead of a list")
    for number, member in enumerate(value):
        validate(shape.member, member, f"{where}[{number}]")


def validate_string(shape, value, where):
    expect(isinstance(value, str), f"{where} is {value!r} instead of a string")
    limits = shape.metadata
    expect(len(value) >= limits.get("min", 0), f"{where} is shorter than {limits.get('min')}: {value!r}")
    expect(len(value) <= limits.get("max", len(value)), f"{where} is longer than {limits.get('max')}: {value!r}")
    expect(not shape.enum or value in shape.enum, f"{where} is {value!r}, which is none of {shape.enum}")
    pattern = limits.get("pattern")
    # Python spells these classes differently: letters and numbers, and whatever separates words.
    python = pattern and pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", "").replace(r"\p{Z}", r"\s")
    expect(not pattern or re.fullmatch(python, value), f"{where} is {value!r}, which does not match {pattern}")


def validate_boolean(shape, value, where):
    expect(isinstance(value, bool), f"{where} is {value!r} instead of a boolean")


def validate_number(shape, value, where):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    expect(is_number, f"{where} is {value!r} instead of a number")
    expect(shape.type_name == "timestamp" or isinstance(value, int), f"{where} is {value!r}, not a whole number")


def validate_answer(operation_model, response_dict, **_):
    """Looks at the raw answer before botocore parses it."""
    name, status, body = operation_model.name, response_dict["status_code"], response_dict["body"]
    headers = {key.lower(): value for key, value in response_dict["headers"].items()}
    expect(headers.get("x-amzn-requestid"), f"{name}: the answer has no request id")
    if operation_model.service_model.metadata["protocol"] == "query":
        validate_xml(operation_model, body)
        return
    content_type = headers.get("content-type")
    expect(content_type == "application/x-amz-json-1.1", f"{name}: the content type is {content_type}")
    if status == 200 and operation_model.output_shape is None:
        expect(not body, f"{name}: the answer should be empty and is {body!r}")
        return
    answer = json.loads(body)
    shape = operation_model.output_shape
    if status != 200:
        code = answer.pop("__type", None)
        shapes = {shape.name: shape for shape in operation_model.error_shapes}
        expect(code in shapes, f"{name} never answers {code}")
        expect(status == 400, f"{name}: {code} came with status {status}")
        shape = shapes[code]
    validate(shape, answer, name)


def validate_xml(operation_model, body):
    def local(element):
        return element.tag.rpartition("}")[2]

    document = ElementTree.fromstring(body)
    expect(local(document) == operation_model.name + "Response", f"the document is {local(document)}")
    parts = {local(part): part for part in document}
    result = parts.get(operation_model.name + "Result")
    expect(result is not None, f"{operation_model.name}: the answer has no result")
    validate(operation_model.output_shape, {local(m): m.text for m in result}, operation_model.name)


def connect(endpoint):
    expect(urlsplit(endpoint).hostname in ("127.0.0.1", "localhost"), f"{endpoint} is not on this machine")
    session = botocore.session.get_session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "not-a-secret")
    clients = []
    for service in ("organizations", "sts"):
        client = session.create_client(
            service,
            region_name="us-east-1",
            endpoint_url=endpoint,
            config=Config(
                retries={"mode": "standard", "max_attempts": 6},
                parameter_validation=False,
                proxies={},
            ),
        )
        client.meta.events.register(f"before-parse.{client.meta.service_model.service_id.hyphenize()}", validate_answer)
        clients.append(client)
    return clients


def listed(client, operation, key, identity="Id", **parameters):
    # The one listing whose caller cannot choose the size of its pages.
    config = {} if operation == "list_tags_for_resource" else {"PageSize": 20}
    pages = client.get_paginator(operation).paginate(PaginationConfig=config, **parameters)
    items = [item for page in pages for item in page[key]]
    ids = [item[identity] for item in items]
    expect(len(ids) == len(set(ids)), f"{operation} {parameters} names something twice")
    return items


class Walk:
    """Everything that can be read, with what different operations say compared."""

    def __init__(self, client):
        self.client = client
        self.nodes = []
        self.organization = client.describe_organization()["Organization"]

    def run(self):
        for root in listed(self.client, "list_roots", "Roots"):
            self.nodes.append(records.root(root["Id"], root["Name"], root["Arn"]))
            self.below(root["Id"], f"{self.organization['Id']}/{root['Id']}/")
        placed = {node["id"]: node for node in self.nodes if node["kind"] == "account"}
        accounts = {account["Id"] for account in listed(self.client, "list_accounts", "Accounts")}
        expect(accounts == placed.keys(), "ListAccounts and ListAccountsForParent name different accounts")
        expect(self.organization["MasterAccountId"] in accounts, "the management account is not listed")
        return self.nodes

    def below(self, parent, path):
        units = listed(self.client, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)
        self.compare_children(parent, "ORGANIZATIONAL_UNIT", units)
        for unit in units:
            described = self.client.describe_organizational_unit(OrganizationalUnitId=unit["Id"])
            expect(described["OrganizationalUnit"] == unit, f"{unit['Id']} is described otherwise than listed")
            expect(unit.get("Path", path + unit["Id"] + "/") == path + unit["Id"] + "/", f"{unit['Id']}: wrong Path")
            self.nodes.append(records.unit(unit["Id"], unit["Name"], unit["Arn"], parent))
            self.below(unit["Id"], f"{path}{unit['Id']}/")
        accounts = listed(self.client, "list_accounts_for_parent", "Accounts", ParentId=parent)
        self.compare_children(parent, "ACCOUNT", accounts)
        for account in accounts:
            described = self.client.describe_account(AccountId=account["Id"])["Account"]
            stable = ("Id", "Arn", "Name", "Email", "JoinedMethod", "JoinedTimestamp", "Paths")
            for member in stable:
                agrees = described.get(member) == account.get(member)
                expect(agrees, f"{account['Id']}: {member} is described otherwise than listed")
            own = [f"{path}{account['Id']}/"]
            expect(account.get("Paths", own) == own, f"{account['Id']}: wrong Paths")
            self.add_account(account, parent)

    def compare_children(self, parent, kind, items):
        children = listed(self.client, "list_children", "Children", ParentId=parent, ChildType=kind)
        expect({child["Type"] for child in children} <= {kind}, f"{parent} has children of another type than {kind}")
        same = {child["Id"] for child in children} == {item["Id"] for item in items}
        expect(same, f"{parent}: ListChildren names other children of type {kind} than the listing for the parent")
        parent_kind = "ROOT" if parent.startswith("r-") else "ORGANIZATIONAL_UNIT"
        for item in items:
            parents = listed(self.client, "list_parents", "Parents", ChildId=item["Id"])
            expect(parents == [{"Id": parent, "Type": parent_kind}], f"{item['Id']} has parents {parents}, not {parent}")

    def add_account(self, item, parent):
        state = item.get("State") or item.get("Status")
        expect(state, f"{item['Id']} has neither State nor Status")
        self.nodes.append(
            records.account(
                item["Id"],
                item["Name"],
                item["Arn"],
                parent,
                email=item["Email"],
                state=state,
                joined_method=item["JoinedMethod"],
                joined_at=item["JoinedTimestamp"].astimezone(timezone.utc),
                management=item["Id"] == self.organization["MasterAccountId"],
            )
        )


class Governance:
    """Policies, tags, delegated administrators and trusted access, with what operations say compared."""

    def __init__(self, client, nodes):
        self.client = client
        self.names = {node["id"]: node["name"] for node in nodes}
        self.units = [node["id"] for node in nodes if node["kind"] != "account"]
        self.accounts = [node["id"] for node in nodes if node["kind"] == "account"]

    def run(self):
        types = self.client.meta.service_model.shape_for("PolicyType").enum
        enabled = {t["Type"] for t in self.client.list_roots()["Roots"][0]["PolicyTypes"]}
        expect(len(types) == 15, f"the model has {len(types)} policy types")
        for policy_type in types:
            self.compare_policies(policy_type, policy_type in enabled)
        for resource in self.units + self.accounts[:20]:
            listed(self.client, "list_tags_for_resource", "Tags", "Key", ResourceId=resource)
        for policy_type in self.client.meta.service_model.shape_for("EffectivePolicyType").enum:
            self.compare_effective(policy_type, policy_type in enabled)
        self.compare_delegations()

    def compare_effective(self, policy_type, enabled):
        """What the policies of a type come to, and of which accounts the service says that it is wrong."""
        missing = "EffectivePolicyNotFoundException"
        invalid = self.client.list_accounts_with_invalid_effective_policy
        if not enabled:
            refused(missing, None, invalid, PolicyType=policy_type)
            refused(missing, None, self.client.describe_effective_policy, PolicyType=policy_type)
            return
        operation = "list_accounts_with_invalid_effective_policy"
        wrong = {account["Id"] for account in listed(self.client, operation, "Accounts", PolicyType=policy_type)}
        for account in self.accounts[:20] + sorted(wrong):
            try:
                described = self.client.describe_effective_policy(TargetId=account, PolicyType=policy_type)
            except ClientError as error:
                expect(error.response["Error"]["Code"] == missing, f"{account}: {error}")
                expect(account not in wrong, f"{account} has a wrong {policy_type}, and none")
                continue
            policy = described["EffectivePolicy"]
            json.loads(policy["PolicyContent"])
            expect(policy["TargetId"] == account, f"the effective policy of {account} is another's")
            errors = listed(
                self.client,
                "list_effective_policy_validation_errors",
                "EffectivePolicyValidationErrors",
                "PathToError",
                AccountId=account,
                PolicyType=policy_type,
            )
            expect(bool(errors) == (account in wrong), f"{account}: the listings of wrong {policy_type} disagree")

    def compare_policies(self, policy_type, enabled):
        attached = {}
        for policy in listed(self.client, "list_policies", "Policies", Filter=policy_type):
            expect(policy["Type"] == policy_type, f"{policy['Id']} is listed as a {policy_type}")
            described = self.client.describe_policy(PolicyId=policy["Id"])["Policy"]
            expect(described["PolicySummary"] == policy, f"{policy['Id']} is described otherwise than listed")
            json.loads(described["Content"])
            listed(self.client, "list_tags_for_resource", "Tags", "Key", ResourceId=policy["Id"])
            targets = listed(self.client, "list_targets_for_policy", "Targets", "TargetId", PolicyId=policy["Id"])
            expect(enabled or not targets, f"{policy['Id']} is attached, and its type is not enabled")
            for target in targets:
                name = self.names.get(target["TargetId"])
                expect(target["Name"] == name, f"the target {target['TargetId']} is called {name!r}")
                attached.setdefault(target["TargetId"], set()).add(policy["Id"])
        for target in self.units + self.accounts[:20] if enabled else self.units[:2]:
            here = listed(
                self.client, "list_policies_for_target", "Policies", TargetId=target, Filter=policy_type
            )
            same = {policy["Id"] for policy in here} == attached.get(target, set())
            expect(same, f"{target}: ListPoliciesForTarget and ListTargetsForPolicy disagree about {policy_type}")

    def compare_delegations(self):
        access = listed(
            self.client,
            "list_aws_service_access_for_organization",
            "EnabledServicePrincipals",
            "ServicePrincipal",
        )
        trusted = {service["ServicePrincipal"] for service in access}
        administrators = listed(self.client, "list_delegated_administrators", "DelegatedAdministrators")
        expect(administrators, "there is no delegated administrator")
        for administrator in administrators:
            account = administrator["Id"]
            services = listed(
                self.client,
                "list_delegated_services_for_account",
                "DelegatedServices",
                "ServicePrincipal",
                AccountId=account,
            )
            expect(services, f"{account} administers nothing")
            for service in services:
                principal = service["ServicePrincipal"]
                expect(principal in trusted, f"{principal} is delegated without trusted access")
                of_service = listed(
                    self.client,
                    "list_delegated_administrators",
                    "DelegatedAdministrators",
                    ServicePrincipal=principal,
                )
                expect(account in [a["Id"] for a in of_service], f"{principal} does not know {account}")


def refused(code, reason, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response.get("Reason"))
        expect(got == (code, reason), f"{error.operation_name} {parameters} answered {got}, not {(code, reason)}")
        return
    raise Mismatch(f"{call.__name__} {parameters} was not refused with {code}")


def refusals(client, root):
    """What a careless client asks for, which botocore itself was told not to catch."""
    invalid = "InvalidInputException"
    refused(invalid, "MAX_VALUE_EXCEEDED", client.list_accounts, MaxResults=21)
    refused(invalid, "MIN_VALUE_EXCEEDED", client.list_accounts, MaxResults=0)
    refused(invalid, "INVALID_NEXT_TOKEN", client.list_accounts, NextToken="guessed")
    refused(invalid, "INPUT_REQUIRED", client.list_children, ParentId=root)
    refused(invalid, "INVALID_ENUM", client.list_children, ParentId=root, ChildType="POLICY")
    refused(invalid, "INVALID_PATTERN", client.describe_account, AccountId="12345")
    refused("AccountNotFoundException", None, client.describe_account, AccountId="000000000000")
    refused("ChildNotFoundException", None, client.list_parents, ChildId="000000000000")
    nowhere = f"ou-{root[2:]}-00000000"
    refused("ParentNotFoundException", None, client.list_accounts_for_parent, ParentId=nowhere)
    refused(
        "OrganizationalUnitNotFoundException",
        None,
        client.describe_organizational_unit,
        OrganizationalUnitId=nowhere,
    )
    policy, missing = "PolicyNotFoundException", "p-0000000000"
    refused(policy, None, client.describe_policy, PolicyId=missing)
    refused(policy, None, client.list_targets_for_policy, PolicyId=missing)
    refused(invalid, "INVALID_SYNTAX_POLICY_ID", client.describe_policy, PolicyId="p-1")
    refused(invalid, "INVALID_ENUM_POLICY_TYPE", client.list_policies, Filter="SCP")
    tags = "TAG_POLICY"
    refused(invalid, "INVALID_PATTERN_TARGET_ID", client.list_policies_for_target, TargetId="x", Filter=tags)
    target = "TargetNotFoundException"
    refused(target, None, client.list_policies_for_target, TargetId=nowhere, Filter=tags)
    refused(target, None, client.list_tags_for_resource, ResourceId=missing)
    services = client.list_delegated_services_for_account
    refused("AccountNotFoundException", None, services, AccountId="000000000000")
    management = client.describe_organization()["Organization"]["MasterAccountId"]
    refused("AccountNotRegisteredException", None, services, AccountId=management)


def wait_for(what, ask, patience=60.0):
    deadline = time.monotonic() + patience
    while not (answer := ask()):
        expect(time.monotonic() < deadline, f"{what} did not come about within {patience:.0f} seconds")
        time.sleep(0.05)
    return answer


def lifecycle(client, nodes):
    """Creates, moves and closes an account, and removes one that was invited."""
    root = next(node["id"] for node in nodes if node["kind"] == "root")
    unit = next((node["id"] for node in nodes if node["kind"] == "ou"), None)
    expect(unit is not None, "no OU to move an account to")
    status = client.create_account(Email="peer@example.com", AccountName="peer")["CreateAccountStatus"]
    expect(status["State"] == "IN_PROGRESS", "a new account is there at once")

    def created():
        answer = client.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
        return answer if answer["State"] != "IN_PROGRESS" else None

    account = wait_for("the new account", created)["AccountId"]
    done = listed(client, "list_create_account_status", "CreateAccountStatuses", States=["SUCCEEDED"])
    expect(status["Id"] in [item["Id"] for item in done], "the finished request is not listed")
    move = dict(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    client.move_account(**move)
    expect(client.list_parents(ChildId=account)["Parents"][0]["Id"] == unit, "the account did not move")
    refused("DuplicateAccountException", None, client.move_account, **move)
    refused("SourceParentNotFoundException", None, client.move_account, **move | {"DestinationParentId": root})
    refused(
        "ConstraintViolationException",
        "WAIT_PERIOD_ACTIVE",
        client.remove_account_from_organization,
        AccountId=account,
    )
    client.close_account(AccountId=account)

    def closed():
        answer = client.describe_account(AccountId=account)["Account"]
        return answer.get("State", answer.get("Status")) in ("CLOSED", "SUSPENDED")

    wait_for("the closure", closed)
    management = next(node["id"] for node in nodes if node.get("management"))
    violation = "ConstraintViolationException"
    refused(violation, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", client.close_account, AccountId=management)
    leave = client.remove_account_from_organization
    refused("MasterCannotLeaveOrganizationException", None, leave, AccountId=management)
    refused("MasterCannotLeaveOrganizationException", None, client.leave_organization)
    invited = (node for node in nodes if node.get("joined_method") == "INVITED" and not node["management"])
    guest = next(invited, None)
    expect(guest is not None, "no invited account to remove")
    leave(AccountId=guest["id"])
    refused("AccountNotFoundException", None, client.describe_account, AccountId=guest["id"])
    refused("TargetNotFoundException", None, client.list_tags_for_resource, ResourceId=guest["id"])
    administrator = client.list_delegated_administrators()["DelegatedAdministrators"][0]["Id"]
    reason = "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    refused(violation, reason, leave, AccountId=administrator)


def units(client, root):
    """Creates, renames and deletes an OU."""
    tags = [{"Key": "owner", "Value": "peer"}]
    made = client.create_organizational_unit(ParentId=root, Name="Peer", Tags=tags)["OrganizationalUnit"]
    unit = dict(OrganizationalUnitId=made["Id"])
    expect(client.describe_organizational_unit(**unit)["OrganizationalUnit"] == made, "the new OU is another")
    expect(client.list_tags_for_resource(ResourceId=made["Id"])["Tags"] == tags, "the new OU has other tags")
    duplicate = "DuplicateOrganizationalUnitException"
    refused(duplicate, None, client.create_organizational_unit, ParentId=root, Name="Peer")
    below = client.create_organizational_unit(ParentId=made["Id"], Name="Below")["OrganizationalUnit"]
    other = client.create_organizational_unit(ParentId=made["Id"], Name="Other")["OrganizationalUnit"]
    below, other = dict(OrganizationalUnitId=below["Id"]), dict(OrganizationalUnitId=other["Id"])
    refused(duplicate, None, client.update_organizational_unit, **below, Name="Other")
    renamed = client.update_organizational_unit(**below, Name="Renamed")["OrganizationalUnit"]
    expect(renamed["Name"] == "Renamed", "the OU was not renamed")
    refused("OrganizationalUnitNotEmptyException", None, client.delete_organizational_unit, **unit)
    for gone in (below, other, unit):
        client.delete_organizational_unit(**gone)
        refused("OrganizationalUnitNotFoundException", None, client.delete_organizational_unit, **gone)
    refused("ParentNotFoundException", None, client.create_organizational_unit, ParentId=made["Id"], Name="x")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("endpoint")
    parser.add_argument("--reads-only", action="store_true", help="change nothing")
    arguments = parser.parse_args()
    try:
        client, sts = connect(arguments.endpoint)
        caller = sts.get_caller_identity()
        walk = Walk(client)
        management = walk.organization["MasterAccountId"]
        expect(caller["Account"] == management, "the caller is not the management account")
        nodes = walk.run()
        json.dump(records.in_export_order(nodes), sys.stdout)
        Governance(client, nodes).run()
        refusals(client, nodes[0]["id"])
        if not arguments.reads_only:
            lifecycle(client, nodes)
            units(client, nodes[0]["id"])
    except (Mismatch, BotoCoreError, ClientError, json.JSONDecodeError, ElementTree.ParseError) as error:
        print(f"botocore_walk: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
