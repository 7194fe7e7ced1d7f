#!/usr/bin/env python3
"""paths.py: no URL matches two paths of the API equally well, and all enums are spelled in the same way."""

import itertools
import json
import re
import subprocess
import sys

from tables import finish

# API key scopes have the usual form of OAuth scopes; the routes are those of AWS API Gateway.
OTHER_SPELLING = ("GatewayRoute", "ReportRepresentation", "Scope")


def is_parameter(part):
    return part.startswith("{")


def is_ambiguous(one, other):
    """Whether both match the same URL and neither has fewer parameters. If one does, it is the more
    specific, and every router and generator prefers it: /users/me to /users/{id}."""
    parts, others = one.split("/"), other.split("/")
    return (len(parts) == len(others)
            and all(part == each or is_parameter(part) or is_parameter(each) for part, each in zip(parts, others))
            and sum(map(is_parameter, parts)) == sum(map(is_parameter, others)))


def main():
    printed = subprocess.run([sys.argv[1], "openapi"], capture_output=True, text=True, check=True, timeout=30).stdout
    document = json.loads(printed)
    errors = [f"src/resources: {one} and {other} match the same URLs; rename one of them, with OWN_PATH if needed"
              for one, other in itertools.combinations(document["paths"], 2) if is_ambiguous(one, other)]
    for name, schema in document["components"]["schemas"].items():
        errors += [f"src/resources: {name}: write {value} in upper case with underscores"
                   for value in schema.get("enum", ()) if name not in OTHER_SPELLING
                   and isinstance(value, str) and not re.fullmatch("[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", value)]
    finish(errors)


main()
