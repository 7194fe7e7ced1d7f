#!/usr/bin/env python3
"""contract.py: the contracts are the kept ones, so that a change of them is seen in review.

    contract.py BINNACLE            compares openapi.json with what `binnacle openapi` prints,
                                    and asyncapi.json likewise
    contract.py BINNACLE --update   keeps what it prints now
"""

import difflib
import json
import pathlib
import subprocess
import sys

MOST_LINES = 80


def no_name_twice(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"a member is given twice among: {', '.join(names)}")
    return dict(pairs)


def printed(program, name):
    said = subprocess.run([program, name], capture_output=True, text=True, timeout=30)
    if said.returncode != 0:
        raise SystemExit(f"binnacle {name} failed: {said.stderr}")
    return json.loads(said.stdout, object_pairs_hook=no_name_twice)


def refs(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from refs(part)


def faults(document):
    """What no contract may be, whichever it is."""
    for ref in sorted(set(refs(document))):
        at = document
        for step in ref.removeprefix("#/").split("/"):
            at = at.get(step) if isinstance(at, dict) else None
        if at is None:
            yield f"{ref} leads nowhere"
    used = set(refs(document))
    for kind, parts in document["components"].items():
        for name in parts:
            if kind != "securitySchemes" and f"#/components/{kind}/{name}" not in used:
                yield f"components/{kind}/{name} is used by nobody"
    names = [operation["operationId"] for path in document.get("paths", {}).values()
             for method, operation in path.items() if method != "parameters"]
    for name in set(names):
        if names.count(name) > 1:
            yield f"{name} is the name of two operations"


def silences(document):
    """What the streams say nothing about."""
    for name, schema in document["components"]["schemas"].items():
        for member, is_what in schema.get("properties", {}).items():
            if not is_what:
                yield f"{name}: neither a shape nor its name tells what {member} is"
    for name, channel in document["channels"].items():
        if not channel["messages"]:
            yield f"nothing is ever said on {name}"


def compare(program, name, options):
    path = pathlib.Path(__file__).with_name(f"{name}.json")
    document = printed(program, name)
    now = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    status = 0
    for fault in [*faults(document), *(silences(document) if name == "asyncapi" else [])]:
        print(fault)
        status = 1
    if options == ("--update",):
        path.write_text(now, encoding="utf-8")
        return status
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    if now != kept:
        diff = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "printed", lineterm=""))
        print("\n".join(diff[:MOST_LINES]))
        print(f"{name}.json has changed. If it should: {sys.argv[0]} {program} --update")
        status = 1
    return status


def main(program, *options):
    return compare(program, "openapi", options) | compare(program, "asyncapi", options)


if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
