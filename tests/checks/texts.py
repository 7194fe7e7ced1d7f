#!/usr/bin/env python3
"""texts.py: summaries and descriptions of the API document follow the rules of docs/adding-a-resource.md.

    texts.py BINNACLE PRINT_TABLES

Edit the texts in src/resources and include/table; `binnacle openapi` and `binnacle asyncapi`
print them.
"""

import json
import re
import subprocess
import sys

from tables import finish, operation_file, program_tables

MAX_SUMMARY = 60
PERSONAL = re.compile(r"\b(he|him|his|she|her|whom|whoever)\b", re.I)


def printed(program, name):
    return json.loads(subprocess.run([program, name], capture_output=True, check=True, timeout=30).stdout)


def operations(document):
    for path in document["paths"].values():
        yield from path.values()


def place(operation):
    name = operation["operationId"]
    file = operation_file(name) if "x-required-role" in operation else "include/table (…_routes.def)"
    return f"{file}: {name}"


def descriptions(value, pointer=""):
    """All descriptions outside of responses, with their JSON Pointers."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "description" and isinstance(part, str):
                yield pointer, part
            elif key != "responses":
                yield from descriptions(part, f"{pointer}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from descriptions(part, f"{pointer}/{number}")


def summary_errors(document):
    used = {}
    for operation in operations(document):
        summary = operation["summary"]
        if len(summary) > MAX_SUMMARY:
            yield f"{place(operation)}: the summary has more than {MAX_SUMMARY} characters: {summary}"
        if summary.endswith(".") or not summary[0].isupper():
            yield f"{place(operation)}: the summary must begin with a capital letter and have no period: {summary}"
        if summary in used:
            yield f"{place(operation)}: the summary must be unique; it is also that of {used[summary]}: {summary}"
        used[summary] = operation["operationId"]


def event_errors(document, types):
    kinds = {kind.split(".")[0] for kind in types}
    for operation in operations(document):
        for kind in re.findall(r"`([a-z_]+\.[a-z_]+)`", operation["description"]):
            if kind.split(".")[0] in kinds and kind not in types:
                yield f"{place(operation)}: the description names {kind}, which is not in include/table/events.def"


def wording_errors(document):
    for operation in operations(document):
        for pointer, text in descriptions(operation):
            if PERSONAL.search(text):
                yield f"{place(operation)}: {pointer}: write \"they\" or \"the user\" for a person: {text}"


def main(program, print_tables):
    document = printed(program, "openapi")
    types = {event["type"] for event in program_tables(print_tables)["events"]}
    finish([*summary_errors(document), *event_errors(document, types), *wording_errors(document)])


main(*sys.argv[1:])
