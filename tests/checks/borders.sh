#!/bin/sh
# borders.sh: each library from outside is known where it is used, and nowhere else.

set -eu
cd "${1:-$(dirname "$0")/../..}"

status=0

# words (an extended regular expression, begun at a word's beginning), then the files that may say them
only_in() {
	words=$1
	shift
	for file in $(grep -rlE "(^|[^A-Za-z0-9_])($words)" src include || true); do
		for place in "$@"; do
			case $file in $place) continue 2 ;; esac
		done
		echo "$file: $(grep -nE "(^|[^A-Za-z0-9_])($words)" "$file" | head -1)" >&2
		status=1
	done
}

# Each is said somewhere: a border that nobody lives behind guards nothing.
said() {
	grep -rqE "(^|[^A-Za-z0-9_])($1)" $2 || {
		echo "$2 does not say $1: has it moved?" >&2
		status=1
	}
}

# Comments may speak of json-c; code may not.
only_in 'evhtp_[a-z]|evhtp\.h'                      src/http/evhtp.c
only_in 'bufferevent_|event2/bufferevent|struct bufferevent|evbuffer_|event2/buffer' \
                                                    src/http/evhtp.c src/loop/fetch.c
only_in 'evhttp_|event2/http'                       src/loop/fetch.c
only_in 'evdns_|event2/dns'                         src/loop/resolve.c
only_in 'PQ[a-z]+[A-Za-z]*\(|PGconn|PGresult|libpq-fe\.h' 'src/db/*'
only_in 'json_object|json_tokener|json-c/|lh_entry|lh_table' src/base/json.c
only_in 'jwt_[a-z]+\(|jwt\.h|jwt_t'                 'src/auth/*'
only_in 'SSL_[A-Za-z]|EVP_[A-Za-z]|OSSL_|BIO_|X509_|BN_|ERR_[a-z]|openssl/' \
                                                    'src/auth/*' src/loop/fetch.c src/loop/tls.c src/loop/tls.h
only_in 'lws_[a-z]|libwebsockets\.h|LWS_'          src/ws/websocket.c src/ws/websocket.h src/ws/websocket_server.c
only_in 'uv_[a-z]|uv\.h|UV_'                       src/ws/uv_bridge.c
# Only the loop turns the base; others put events on it.
only_in 'event_base_(loop|dispatch|new)' 'src/loop/*'

said evhtp_    src/http/evhtp.c
said PQ        src/db
said json_tokener src/base/json.c
said evdns_    src/loop/resolve.c
said evhttp_   src/loop/fetch.c
said EVP_      src/auth
said lws_      src/ws/websocket.c
said uv_       src/ws/uv_bridge.c

exit $status
