"""Sequences of calls for schemathesis: which call may follow which, and what has to hold however they follow each other.

The document has no links, because no answer of one operation is of use for the other. Here they get some in memory: after every
answer, any of the two operations, for whom it was or for the user and the provider of the demo zone. What has to hold is checked
after each call, whoever makes it:

- what was listed of a provider is listed again, in the same order: no deletion of a user's tokens touches it;
- after the 204 for the user whose own token a caller has, that token is good for nothing any more.
"""

import atexit
import os

import schemathesis

USER = "c26bab23d12f7389c3c311caf9c15902"
PROVIDER = "6ebe7ac282e0188b5336b5d8cfa564d5"
DELETE = "/users/{id}/tokens/named"

# Whether the caller has a token of the user, which goes with the first deletion.
OWN_TOKEN = os.environ.get("CALLER_IS_USER") == "1"

listed = {}
state = {"deleted": False, "checked": 0}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    operations = {}
    for path, item in raw_schema["paths"].items():
        for method in ("get", "delete"):
            if method in item:
                operations["user" if path == DELETE else "provider"] = item[method]
    known = {"user": USER, "provider": PROVIDER}
    for name, operation in operations.items():
        for status, response in list(operation["responses"].items()):
            if "$ref" in response:
                section, reference = response["$ref"].split("/")[-2:]
                response = operation["responses"][status] = dict(raw_schema["components"][section][reference])
            links = response["links"] = {}
            # What was refused as no id is none the second time either, and schemathesis would take it for one.
            if status in ("200", "204", "404"):
                links["again"] = link(operation, "$request.path.id")
            for other, target in operations.items():
                links[f"{other} of the zone"] = link(target, known[other])


def link(operation, identifier):
    return {"operationId": operation["operationId"], "parameters": {"id": identifier}}


@schemathesis.check
def what_holds_for_sequences(context, response, case):
    identifier = (case.path_parameters or {}).get("id")
    if state["deleted"]:
        state["checked"] += 1
        assert not 200 <= response.status_code < 300, "a token that was deleted was taken"
    if case.method.upper() == "DELETE" and response.status_code == 204 and identifier == USER and OWN_TOKEN:
        state["deleted"] = True
    if case.method.upper() == "GET" and response.status_code == 200:
        before = listed.setdefault(identifier, response.json())
        assert before == response.json(), "the tokens of a provider changed without anybody's changing them"


@schemathesis.hook
def after_load_schema(context, schema):
    atexit.register(
        lambda: print(f"sequences: {len(listed)} providers listed, {state['checked']} calls after the deletion of the own token")
    )
