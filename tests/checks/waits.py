#!/usr/bin/env python3
"""waits.py: the server blocks only in epoll_wait, and requests open no files.

    waits.py BINNACLE

Traces the system calls of `binnacle dev` with strace while clients read and create logs and its
PostgreSQL is killed and restarted. Prints TAP.
"""

import collections
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

SECONDS = 4
ALLOWED = "epoll_wait"
# System calls that can block. poll with a timeout of 0 does not.
BLOCKING = {"poll", "ppoll", "select", "pselect6", "nanosleep", "clock_nanosleep", "futex", "flock",
            "fsync", "fdatasync", "wait4", "waitid", "pause", "epoll_pwait", "epoll_pwait2"}
FILE_CALLS = {"open", "openat", "stat", "newfstatat", "access", "readlink"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(child) for child in f.read().split()]


def wait_ready(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            c.request("GET", "/ready")
            if c.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit("binnacle dev did not become ready; run it with ./dev run to see why")


def load(port, token, until, counts, writes):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    log = json.dumps({"type": "PATROL", "title": "Round", "description": "Walked the docks.",
                      "location_id": "01900000-0000-7000-8000-000000000001"})
    while time.monotonic() < until:
        if writes:
            connection.request("POST", "/api/v1/logs", log, headers)
        else:
            connection.request("GET", "/api/v1/logs?limit=5", headers=headers)
        response = connection.getresponse()
        response.read()
        counts[response.status] += 1


def blocks(call, line):
    if call in ("poll", "ppoll"):
        return not re.search(r", 0(, |\))|tv_sec=0, tv_nsec=0", line)
    if call == "futex":
        return "FUTEX_WAIT" in line
    if call in ("wait4", "waitid"):
        return "WNOHANG" not in line
    return call in BLOCKING


def analyze(trace):
    calls = collections.Counter()
    blocking, opened = [], []
    for line in trace:
        found = re.match(r"(?:\d+ +)?(?:[\d.]+ )?(\w+)\(", line)
        if not found:
            continue
        call = found.group(1)
        calls[call] += 1
        if call != ALLOWED and blocks(call, line):
            blocking.append(line.strip())
        # A blocking connect. Non-blocking ones return EINPROGRESS; those to a Unix socket do not wait.
        if call == "connect" and "EINPROGRESS" not in line and "AF_UNIX" not in line:
            blocking.append(line.strip())
        if call in FILE_CALLS:
            opened.append(line.strip())
    return calls, blocking, opened


def main(program):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="waits") as directory:
        os.chmod(directory, 0o755)
        trace_path = os.path.join(directory, "trace")
        with open(os.path.join(directory, "log"), "w") as log:
            server = subprocess.Popen([program, "dev", "--port", str(port), "--data", directory + "/data"],
                                      stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_ready(port)
            token = subprocess.run([program, "token", "supervisor", "--port", str(port)],
                                   capture_output=True, text=True, check=True).stdout.strip()
            tracer = subprocess.Popen(["strace", "-q", "-p", str(server.pid), "-o", trace_path],
                                      stderr=subprocess.PIPE, text=True)
            time.sleep(0.5)
            if tracer.poll() is not None:
                print("1..0 # SKIP cannot trace a process: " + tracer.stderr.read().strip())
                return 0
            counts = collections.Counter()
            until = time.monotonic() + SECONDS
            threads = [threading.Thread(target=load, args=(port, token, until, counts, i % 4 == 0))
                       for i in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(SECONDS / 4)
            os.kill(children(server.pid)[0], signal.SIGKILL)
            for thread in threads:
                thread.join()
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
        finally:
            server.terminate()
            server.wait(timeout=30)
        with open(trace_path) as trace:
            calls, blocking, opened = analyze(trace)

    requests = sum(counts.values())
    print(f"# {requests} requests: {dict(counts)}")
    print("# per request: " + ", ".join(f"{name} {n / requests:.2f}" for name, n in calls.most_common(8)))
    for line in blocking[:10] + opened[:20]:
        print("# " + line[:160])
    results = [
        (requests > 100 and counts[200] > 50, "requests succeed although PostgreSQL is killed"),
        (set(counts) <= {200, 201, 503, 504}, "each response has status 200, 201, 503 or 504"),
        (not blocking, "the server blocks only in epoll_wait"),
        # Restarting the private PostgreSQL reads some files.
        (len(opened) < 60 and len(opened) < requests / 5, "requests open no files"),
    ]
    print(f"1..{len(results)}")
    for number, (passed, description) in enumerate(results, 1):
        print(f"{'ok' if passed else 'not ok'} {number} - {description}")
    if not all(passed for passed, _ in results):
        print('# Find the calls above in src/ and make them asynchronous; then run: ./dev test "slow waits"')
    return 0


sys.exit(main(sys.argv[1]))
