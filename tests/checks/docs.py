#!/usr/bin/env python3
"""docs.py: generates the reference pages of docs/ from the tables.

    docs.py PRINT_TABLES            compares docs/configuration.md and docs/errors.md
    docs.py PRINT_TABLES --update   writes them
"""

import sys

from tables import ROOT, finish, program_tables

SECTIONS = {
    400: "Malformed requests", 401: "Authentication", 403: "Permission", 404: "Not found", 405: "Method",
    406: "Content negotiation", 408: "Timeouts", 409: "Conflicts", 412: "Preconditions", 413: "Sizes", 414: "Sizes",
    415: "Content negotiation", 417: "Malformed requests", 422: "Validation", 426: "WebSocket", 429: "Rate limits",
    431: "Sizes", 500: "Server errors", 501: "Malformed requests", 503: "Server errors", 504: "Server errors",
    505: "Malformed requests",
}


def cell(text):
    return text.replace("|", "\\|")


def values(setting):
    if setting["choices"]:
        return ", ".join(f"`{choice}`" for choice in setting["choices"].split())
    if setting["kind"] == "NUMBER":
        return f"{setting['min']}–{setting['max']}"
    return {"LIST": "list, separated by commas", "SECRET": "secret", "TEXT": "text"}[setting["kind"]]


def configuration(tables):
    yield "# Configuration"
    yield ""
    yield "<!-- Generated from include/table/settings.def and metrics.def by `./dev docs`. Do not edit. -->"
    yield ""
    yield "Settings are environment variables. `binnacle check` prints each with its value and its source, and reports"
    yield "all errors at once; secrets are masked. For a secret `X`, `X_FILE` names a file that contains it. The files"
    yield "`.env.development` and `.env.staging` are read if `ENVIRONMENT` names them; production reads no file."
    yield ""
    yield "| variable | default | values | meaning |"
    yield "| --- | --- | --- | --- |"
    for s in tables["settings"]:
        default = f"`{s['default']}`" if s["default"] else ""
        yield f"| `{s['variable']}` | {default} | {values(s)} | {cell(s['description'])} |"
    yield ""
    yield "## Metrics"
    yield ""
    yield "`/metrics` serves them in the Prometheus text format."
    yield ""
    yield "| metric | type | meaning |"
    yield "| --- | --- | --- |"
    for m in tables["metrics"]:
        yield f"| `{m['exposed']}` | {m['type']} | {cell(m['help'])} |"


def errors(tables):
    yield "# Errors"
    yield ""
    yield "<!-- Generated from include/table/http_problems.def and problems.def by `./dev docs`. Do not edit. -->"
    yield ""
    yield "Every error is `application/problem+json` (RFC 9457). `code` identifies it, `type` is the path of its page on the"
    yield "server (`/problems/log-archived`), and `request_id` finds it in the log. With status 422, `errors` names every"
    yield "invalid field (`pointer`), parameter or header."
    sections = {}
    for problem in tables["problems"]:
        sections.setdefault(SECTIONS[problem["status"]], []).append(problem)
    for name in dict.fromkeys(SECTIONS.values()):
        if name not in sections:
            continue
        yield ""
        yield f"## {name}"
        yield ""
        yield "| code | status | what happened | cause | remedy |"
        yield "| --- | --- | --- | --- | --- |"
        for p in sections[name]:
            yield (f"| `{p['code']}` | {p['status']} | {cell(p['title'])} | {cell(p['cause'])} | "
                   f"{cell(p['remedy'])} |")


def main(program, *options):
    tables = program_tables(program)
    found = []
    for name, page in (("configuration.md", configuration), ("errors.md", errors)):
        path = ROOT / "docs" / name
        text = "\n".join(page(tables)) + "\n"
        if options == ("--update",):
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            found.append(f"docs/{name}: differs from the tables in include/table; run ./dev docs")
    finish(found)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
