#!/usr/bin/env python3
"""contract.py: compares the API documents with those in this folder, so that a review shows every change.

    contract.py BINNACLE            compares openapi.json and asyncapi.json with the output of
                                    `binnacle openapi` and `binnacle asyncapi`
    contract.py BINNACLE --update   writes both
"""

import difflib
import json
import pathlib
import subprocess
import sys

MAX_DIFF_LINES = 80


def unique_members(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"src/spec: an object has a member twice: {', '.join(names)}")
    return dict(pairs)


def printed(program, name):
    result = subprocess.run([program, name], capture_output=True, text=True, timeout=30)
    if result.returncode != 0:
        raise SystemExit(f"binnacle {name} failed: {result.stderr}")
    return json.loads(result.stdout, object_pairs_hook=unique_members)


def refs(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from refs(part)


def reference_errors(document):
    """Checks the references and names of either document."""
    for ref in sorted(set(refs(document))):
        at = document
        for step in ref.removeprefix("#/").split("/"):
            at = at.get(step) if isinstance(at, dict) else None
        if at is None:
            yield f"src/spec: the document has no {ref}; write it, or remove the reference"
    used = set(refs(document))
    for kind, parts in document["components"].items():
        for name in parts:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                yield f"src/spec: nothing refers to components/{kind}/{name}; do not write it"
    names = [operation["operationId"] for path in document.get("paths", {}).values()
             for method, operation in path.items() if method != "parameters"]
    for name in set(names):
        if names.count(name) > 1:
            yield f"src/resources: two operations have the name {name}; rename one"


def asyncapi_errors(document):
    """Checks that each member has a schema, and each channel a message."""
    for name, schema in document["components"]["schemas"].items():
        for member, member_schema in schema.get("properties", {}).items():
            if not member_schema:
                yield f"src/resources/events.c: declare {member} of {name}, which has no schema"
    for name, channel in document["channels"].items():
        if not channel["messages"]:
            yield f"include/table/channels.def: events.def has no event on {name}; add one or remove the row"


def compare(program, name, options):
    path = pathlib.Path(__file__).with_name(f"{name}.json")
    document = printed(program, name)
    now = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    status = 0
    for error in [*reference_errors(document), *(asyncapi_errors(document) if name == "asyncapi" else [])]:
        print(error)
        status = 1
    if options == ("--update",):
        path.write_text(now, encoding="utf-8")
        return status
    stored = path.read_text(encoding="utf-8") if path.exists() else ""
    if now != stored:
        diff = list(difflib.unified_diff(stored.splitlines(), now.splitlines(), "stored", "printed", lineterm=""))
        print("\n".join(diff[:MAX_DIFF_LINES]))
        print(f"tests/checks/{name}.json: differs from `binnacle {name}`; run ./dev contract if that is intended")
        status = 1
    return status


def main(program, *options):
    return compare(program, "openapi", options) | compare(program, "asyncapi", options)


if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
