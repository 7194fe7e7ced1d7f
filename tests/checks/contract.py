#!/usr/bin/env python3
"""contract.py: the contract is the kept one, so that a change of it is seen in review.

    contract.py BINNACLE            compares openapi.json with what `binnacle openapi` prints
    contract.py BINNACLE --update   keeps what it prints now
"""

import difflib
import json
import pathlib
import subprocess
import sys

KEPT = pathlib.Path(__file__).with_name("openapi.json")
MOST_LINES = 80


def no_name_twice(pairs):
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise ValueError(f"a member is given twice among: {', '.join(names)}")
    return dict(pairs)


def printed(program):
    said = subprocess.run([program, "openapi"], capture_output=True, text=True, timeout=30)
    if said.returncode != 0:
        raise SystemExit(f"binnacle openapi failed: {said.stderr}")
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
    names = [operation["operationId"] for path in document["paths"].values()
             for method, operation in path.items() if method != "parameters"]
    for name in set(names):
        if names.count(name) > 1:
            yield f"{name} is the name of two operations"


def main(program, *options):
    document = printed(program)
    now = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    status = 0
    for fault in faults(document):
        print(fault)
        status = 1
    if options == ("--update",):
        KEPT.write_text(now, encoding="utf-8")
        return status
    kept = KEPT.read_text(encoding="utf-8") if KEPT.exists() else ""
    if now != kept:
        diff = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "printed", lineterm=""))
        print("\n".join(diff[:MOST_LINES]))
        print(f"The contract has changed. If it should: {sys.argv[0]} {program} --update")
        status = 1
    return status


if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
