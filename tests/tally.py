#!/usr/bin/env python3
"""tally.py: how many tests passed and failed, and what the failed ones said.

    tally.py BUILD …

Reads what meson wrote down about its last run in each build directory. A
program of Criterion's counts as many tests as it ran, one that speaks TAP as
many as it names, any other as one. A sanitizer's report is a failed test, even
where the test itself passed: Criterion does not look at leaks.

The last line is "N passed, N failed"; exit 0 when that was a number and a zero.
"""

import json
import pathlib
import re
import sys

SYNTHESIS = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+)")
TAP = re.compile(r"^(ok|not ok)\b(?!.*# SKIP)", re.MULTILINE)
MOST_LINES = 60
MOST_REPORTS = 5


def count(test):
    """(passed, failed) of one program."""
    said = re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout", "") + test.get("stderr", ""))
    found = SYNTHESIS.findall(said)
    if found:
        ran = sum(int(tested) for tested, _ in found)
        passed = sum(int(passing) for _, passing in found)
        failed = ran - passed
    else:
        lines = TAP.findall(said)
        passed, failed = lines.count("ok"), lines.count("not ok")
    if test["result"] in ("OK", "EXPECTEDFAIL"):
        return (passed, failed) if passed or failed else (1, 0)
    if test["result"] == "SKIP":
        return 0, 0
    return passed, max(failed, 1)


def show(title, text):
    lines = text.rstrip().splitlines()
    print(f"--- {title}")
    if len(lines) > MOST_LINES:
        print(f"({len(lines) - MOST_LINES} lines before)")
    print("\n".join(lines[-MOST_LINES:]))


def tally(build):
    passed = failed = 0
    log = build / "meson-logs" / "testlog.json"
    for line in log.read_text().splitlines() if log.exists() else []:
        test = json.loads(line)
        good, bad = count(test)
        passed += good
        failed += bad
        if bad:
            show(f"{test['name']} in {build.name}: {test['result']}",
                 test.get("stdout", "") + test.get("stderr", ""))
    reports = sorted((build / "reports").glob("*"))
    for report in reports[:MOST_REPORTS]:
        lines = report.read_text(errors="replace").splitlines()
        show(f"a sanitizer's report in {build.name}", "\n".join(lines[:MOST_LINES]))
    failed += len(reports)
    if not passed and not failed:
        tests_log = build / "tests.log"
        show(f"no test ran in {build.name}; `meson test -C {build.name} --list` names them all",
             tests_log.read_text() if tests_log.exists() else "")
        failed = 1
    print(f"{build.name}: {passed} passed, {failed} failed")
    return passed, failed


def main():
    totals = [tally(pathlib.Path(build)) for build in sys.argv[1:]]
    passed, failed = (sum(column) for column in zip(*totals))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()
