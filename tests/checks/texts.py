#!/usr/bin/env python3
"""texts.py: the texts of the API description follow the rules of its style.

    texts.py BINNACLE PRINT_TABLES

Edit the texts in src/resources and include/table; `binnacle openapi` and `binnacle asyncapi`
print them."""

import json
import re
import subprocess
import sys

from tables import finish, program_tables

MAX_SUMMARY = 60
PERSONAL = re.compile(r"\b(he|him|his|she|her|whom|whoever)\b", re.I)


def printed(program, name):
    return json.loads(subprocess.run([program, name], capture_output=True, check=True, timeout=30).stdout)


def operations(document):
    for path in document["paths"].values():
        yield from path.values()


def descriptions(value, place=""):
    """All descriptions outside of responses, with where they are."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "description" and isinstance(part, str):
                yield place, part
            elif key != "responses":
                yield from descriptions(part, f"{place}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from descriptions(part, f"{place}/{number}")


def summary_errors(document):
    used = {}
    for operation in operations(document):
        name, summary = operation["operationId"], operation["summary"]
        if len(summary) > MAX_SUMMARY:
            yield f"{name}: the summary has more than {MAX_SUMMARY} characters: {summary}"
        if summary.endswith(".") or not summary[0].isupper():
            yield f"{name}: the summary must begin with a capital letter and have no period: {summary}"
        if summary in used:
            yield f"{name}: has the same summary as {used[summary]}: {summary}"
        used[summary] = name


def event_errors(document, types):
    kinds = {kind.split(".")[0] for kind in types}
    for operation in operations(document):
        for kind in re.findall(r"`([a-z_]+\.[a-z_]+)`", operation["description"]):
            if kind.split(".")[0] in kinds and kind not in types:
                yield f"{operation['operationId']}: the description names {kind}, which is not in events.def"


def main(program, print_tables):
    document = printed(program, "openapi")
    types = {event["type"] for event in program_tables(print_tables)["events"]}
    errors = [*summary_errors(document), *event_errors(document, types)]
    for place, text in descriptions(document["paths"], "paths"):
        if PERSONAL.search(text):
            errors.append(f"{place}: refers to a person as he, she, or who: {text}")
    finish(errors)


main(*sys.argv[1:])
