#!/usr/bin/env python3
"""tally.py: counts passed and failed tests, and prints the output of the failed ones.

    tally.py BUILD …

Reads Meson's log of the last run in each build directory. A Criterion program
counts as the number of tests it ran, a TAP program as the number of its results,
any other program as one. A sanitizer report counts as a failed test, even if the
test itself passed, because Criterion ignores leaks.

The last line is "N passed, N failed". Exits with 0 if tests passed and none failed.
"""

import json
import pathlib
import re
import sys

SYNTHESIS = re.compile(r"Synthesis: Tested: (\d+) \| Passing: (\d+)")
TAP = re.compile(r"^(ok|not ok)\b(?!.*# SKIP)", re.MULTILINE)
MAX_LINES = 60
MAX_REPORTS = 5


def count(test):
    """Returns (passed, failed) of one program."""
    output = re.sub(r"\x1b\[[0-9;]*m", "", test.get("stdout", "") + test.get("stderr", ""))
    found = SYNTHESIS.findall(output)
    if found:
        ran = sum(int(tested) for tested, _ in found)
        passed = sum(int(passing) for _, passing in found)
        failed = ran - passed
    else:
        lines = TAP.findall(output)
        passed, failed = lines.count("ok"), lines.count("not ok")
    if test["result"] in ("OK", "EXPECTEDFAIL"):
        return (passed, failed) if passed or failed else (1, 0)
    if test["result"] == "SKIP":
        return 0, 0
    return passed, max(failed, 1)


def show(title, text):
    lines = text.rstrip().splitlines()
    print(f"--- {title}")
    if len(lines) > MAX_LINES:
        print(f"({len(lines) - MAX_LINES} lines omitted)")
    print("\n".join(lines[-MAX_LINES:]))


def tally(build):
    passed = failed = 0
    log = build / "meson-logs" / "testlog.json"
    for line in log.read_text().splitlines() if log.exists() else []:
        test = json.loads(line)
        test_passed, test_failed = count(test)
        passed += test_passed
        failed += test_failed
        if test_failed:
            show(f"{test['name']} in {build.name}: {test['result']}",
                 test.get("stdout", "") + test.get("stderr", ""))
    reports = sorted((build / "reports").glob("*"))
    for report in reports[:MAX_REPORTS]:
        lines = report.read_text(errors="replace").splitlines()
        show(f"sanitizer report in {build.name}", "\n".join(lines[:MAX_LINES]))
    failed += len(reports)
    if not passed and not failed:
        tests_log = build / "tests.log"
        show(f"no test ran in {build.name}. List all tests with `meson test -C {build.name} --list`.",
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
