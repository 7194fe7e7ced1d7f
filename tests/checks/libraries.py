#!/usr/bin/env python3
"""libraries.py: each external library is used only in the files listed here."""

import fnmatch
import re

from tables import ROOT, finish

# library, what its names look like in C, files that may use them
LIBRARIES = [
    ("libevhtp", r"evhtp_[a-z]|evhtp\.h", "src/http/evhtp.c"),
    ("libevent's buffers", r"bufferevent_|event2/bufferevent|struct bufferevent|evbuffer_|event2/buffer",
     "src/http/evhtp.c src/loop/fetch.c"),
    ("libevent's HTTP client", r"evhttp_|event2/http", "src/loop/fetch.c"),
    ("libevent's resolver", r"evdns_|event2/dns", "src/loop/resolve.c"),
    ("libevent's loop", r"event_base_(loop|dispatch|new)", "src/loop/*"),
    ("libpq", r"PQ[a-z]+[A-Za-z]*\(|PGconn|PGresult|libpq-fe\.h", "src/db/*"),
    ("json-c", r"json_object|json_tokener|json-c/|lh_entry|lh_table", "src/base/json.c"),
    ("libjwt", r"jwt_[a-z]+\(|jwt\.h|jwt_t", "src/auth/*"),
    ("OpenSSL", r"SSL_[A-Za-z]|EVP_[A-Za-z]|OSSL_|BIO_|X509_|BN_|ERR_[a-z]|openssl/",
     "src/auth/* src/loop/fetch.c src/loop/tls.c src/loop/tls.h"),
    ("zlib", r"deflate[A-Z(]|z_stream|zlib\.h", "src/http/gzip.c"),
    ("libwebsockets", r"lws_[a-z]|libwebsockets\.h|LWS_", "src/ws/websocket*.[ch]"),
    ("libuv", r"uv_(?!bridge)[a-z]|(?<!_)uv\.h|UV_[A-Z]", "src/ws/uv_bridge.[ch]"),
]


def code(path):
    """A file without its comments and strings, except the names of headers."""
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), path.read_text(encoding="utf-8"), flags=re.S)
    return "\n".join(line if line.startswith("#include") else re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
                     for line in text.splitlines())


def main():
    errors = []
    texts = {str(path.relative_to(ROOT)): code(path)
             for folder in ("src", "include") for path in sorted((ROOT / folder).rglob("*.[ch]"))}
    for library, words, places in LIBRARIES:
        used = False
        for name, text in texts.items():
            for number, line in enumerate(text.splitlines(), 1):
                if not re.search(rf"(?<![A-Za-z0-9_])(?:{words})", line):
                    continue
                if any(fnmatch.fnmatch(name, place) for place in places.split()):
                    used = True
                else:
                    errors.append(f"{name}:{number}: only {places} may use {library}: {line.strip()}")
        if not used:
            errors.append(f"tests/checks/libraries.py: {places} does not use {library}; has the file moved?")
    finish(errors)


main()
