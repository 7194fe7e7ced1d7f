#!/bin/sh
# client_py.sh: generates the types of the Python client and runs its tests against the server.
#
# BINNACLE is the path of the server. CREATIONS and KILLS: how many entries the outbox creates, and
# how often the server is killed meanwhile.

cd "$(dirname "$0")/../../subprojects/client-py" || exit 1
export PYTHONPATH="$PWD" PYTHONDONTWRITEBYTECODE=1
for python in /usr/bin/python3 python3; do
	if "$python" -c 'import sys, httpx, websockets; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
		"$python" scripts/generate.py && exec "$python" tests/test_client.py "$@"
		exit 1
	fi
done
echo 'skipped: needs Python 3.11 with httpx and websockets, which ./dev test installs'
exit 77
