#!/usr/bin/env python3
"""contract_diff.py: compares two API documents without their texts.

    contract_diff.py OLD NEW [RENAMES]

Descriptions, summaries and titles are ignored. RENAMES has a line `old new` for each name that was
changed on purpose (operations, schemas, tags, codes); a rename that occurs nowhere is an error.
Prints each other difference with its JSON Pointer; exit status 1 if there are any.
"""

import json
import sys

TEXTS = {"description", "summary", "title"}
MAPS = {"properties", "schemas", "messages", "channels", "operations"}  # their keys are names


def walk(value, renames, used, is_map=False):
    """The value with the renames applied and without its texts."""

    def renamed(text):
        if text in renames:
            used.add(text)
            return renames[text]
        head, slash, tail = text.rpartition("/")
        if slash and text.startswith("#/") and tail in renames:
            used.add(tail)
            return head + slash + renames[tail]
        return text

    if isinstance(value, dict):
        return {renamed(key): walk(part, renames, used, key in MAPS and not is_map) for key, part in value.items()
                if is_map or key not in TEXTS or not isinstance(part, str)}
    if isinstance(value, list):
        return [walk(part, renames, used) for part in value]
    return renamed(value) if isinstance(value, str) else value


def differences(old, new, pointer=""):
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            member = f"{pointer}/{key}"
            if key not in new:
                yield f"{member}: removed"
            elif key not in old:
                yield f"{member}: added"
            else:
                yield from differences(old[key], new[key], member)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new)):
            yield from differences(*pair, f"{pointer}/{number}")
    elif old != new:
        yield f"{pointer}: changed from {json.dumps(old)[:100]} to {json.dumps(new)[:100]}"


def main(old_path, new_path, renames_path=None):
    renames, used = {}, set()
    if renames_path:
        with open(renames_path, encoding="utf-8") as file:
            renames = dict(line.split() for line in file if line.strip() and not line.startswith("#"))
    with open(old_path, encoding="utf-8") as old, open(new_path, encoding="utf-8") as new:
        found = sorted(differences(walk(json.load(old), renames, used), walk(json.load(new), {}, set())))
    found += [f"{name}: renamed, but the old document does not have it" for name in sorted(set(renames) - used)]
    print("\n".join(found) if found else "The documents are the same, except for their texts.")
    return 1 if found else 0


if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
sys.exit(main(*sys.argv[1:]))
