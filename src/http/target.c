/* target.c: parses and checks the request target; percent-decoding.
 *
 * An unusual path is rejected, never normalized: a proxy may have made decisions based on the raw
 * bytes and must not have seen a different path than this server does. Rejected are dot segments,
 * empty segments, encoded slashes, backslashes and control characters, and invalid UTF-8. */

#include "target.h"

enum { IN_PATH = 1, IN_QUERY = 2, IN_HOST = 4 };

static const unsigned char classes[256] = {
	['A' ... 'Z'] = IN_PATH | IN_QUERY | IN_HOST,
	['a' ... 'z'] = IN_PATH | IN_QUERY | IN_HOST,
	['0' ... '9'] = IN_PATH | IN_QUERY | IN_HOST,
	['-'] = IN_PATH | IN_QUERY | IN_HOST,
	['.'] = IN_PATH | IN_QUERY | IN_HOST,
	['_'] = IN_PATH | IN_QUERY | IN_HOST,
	['~'] = IN_PATH | IN_QUERY | IN_HOST,
	['!'] = IN_PATH | IN_QUERY,
	['$'] = IN_PATH | IN_QUERY,
	['%'] = IN_PATH | IN_QUERY,
	['&'] = IN_PATH | IN_QUERY,
	['\''] = IN_PATH | IN_QUERY,
	['('] = IN_PATH | IN_QUERY,
	[')'] = IN_PATH | IN_QUERY,
	['*'] = IN_PATH | IN_QUERY,
	['+'] = IN_PATH | IN_QUERY,
	[','] = IN_PATH | IN_QUERY,
	['/'] = IN_PATH | IN_QUERY,
	[':'] = IN_PATH | IN_QUERY,
	[';'] = IN_PATH | IN_QUERY,
	['='] = IN_PATH | IN_QUERY,
	['@'] = IN_PATH | IN_QUERY,
	['?'] = IN_QUERY,
	/* Not allowed by RFC 3986, but common clients send them in queries. */
	['"'] = IN_QUERY,
	['<'] = IN_QUERY,
	['>'] = IN_QUERY,
	['['] = IN_QUERY,
	['\\'] = IN_QUERY,
	[']'] = IN_QUERY,
	['^'] = IN_QUERY,
	['`'] = IN_QUERY,
	['{'] = IN_QUERY,
	['|'] = IN_QUERY,
	['}'] = IN_QUERY,
};

static bool consists_of(struct str text, unsigned char class)
{
	for (size_t i = 0; i < text.length; i++) {
		if (!(classes[(unsigned char)text.at[i]] & class))
			return false;
	}
	return true;
}

long target_decode(struct str text, bool plus, char *out)
{
	size_t length = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];

		if (c == '%') {
			int high, low;

			if (text.length - i < 3)
				return -1;
			high = str_hex_digit(text.at[i + 1]);
			low = str_hex_digit(text.at[i + 2]);
			if (high < 0 || low < 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c == '\0')
			return -1;
		out[length++] = c;
	}
	return str_is_utf8((struct str){ out, length }) ? (long)length : -1;
}

/* Checks the escapes of a correctly encoded path: none may add a separator or a control
 * character. */
static const char *check_escapes(struct str raw)
{
	for (size_t i = 0; i + 2 < raw.length; i++) {
		int c;

		if (raw.at[i] != '%')
			continue;
		c = str_hex_digit(raw.at[i + 1]) << 4 | str_hex_digit(raw.at[i + 2]);
		if (c == '/' || c == '\\')
			return "The path contains an encoded slash or backslash.";
		if (c < 0x20 || c == 0x7f)
			return "The path contains an encoded control character.";
		i += 2;
	}
	return NULL;
}

static const char *check_segments(struct str path)
{
	size_t begin = 1;

	for (size_t i = 1; i <= path.length; i++) {
		size_t length = i - begin;

		if (i < path.length && path.at[i] != '/')
			continue;
		if (length == 0 && i < path.length)
			return "The path has an empty segment.";
		if ((length == 1 || length == 2) && path.at[begin] == '.' && path.at[i - 1] == '.')
			return "The path has a dot segment.";
		begin = i + 1;
	}
	return NULL;
}

static const char *path_read(struct target *target)
{
	static char decoded[MAX_TARGET];
	struct str raw = target->raw_path;
	const char *error;
	long length;

	if (!consists_of(raw, IN_PATH))
		return "The path contains a character that must be percent-encoded.";
	target->path = raw;
	if (memchr(raw.at, '%', raw.length)) {
		length = target_decode(raw, false, decoded);
		if (length < 0)
			return "The path is not percent-encoded UTF-8, or contains a NUL.";
		error = check_escapes(raw);
		if (error)
			return error;
		target->path = (struct str){ decoded, (size_t)length };
	}
	return check_segments(target->path);
}

static bool is_port(struct str port)
{
	long long number;

	/* RFC 3986 allows an empty port. */
	if (port.length == 0)
		return true;
	return port.length <= 5 && port.at[0] != '-' && str_number(port, &number)
	       && number <= 65535;
}

bool target_is_authority(struct str text)
{
	struct str host = text, port = { "", 0 };
	const char *end;

	if (text.length && text.at[0] == '[') {
		end = memchr(text.at, ']', text.length);
		if (!end || end - text.at < 3)
			return false;
		for (const char *at = text.at + 1; at < end; at++) {
			if (str_hex_digit(*at) < 0 && *at != ':' && *at != '.')
				return false;
		}
		host = (struct str){ end + 1, text.length - (size_t)(end + 1 - text.at) };
		return host.length == 0
		       || (host.at[0] == ':'
		           && is_port((struct str){ host.at + 1, host.length - 1 }));
	}
	end = text.length ? memchr(text.at, ':', text.length) : NULL;
	if (end) {
		host.length = (size_t)(end - text.at);
		port = (struct str){ end + 1, text.length - host.length - 1 };
	}
	return host.length && host.length <= 255 && consists_of(host, IN_HOST) && is_port(port);
}

const char *target_read(struct str text, enum method method, struct target *target)
{
	const char *mark;
	size_t scheme;

	*target = (struct target){ 0 };
	if (memchr(text.at, '#', text.length))
		return "The request target contains a fragment.";
	if (text.length == 1 && text.at[0] == '*') {
		if (method != OPTIONS)
			return "The target `*` is only valid for OPTIONS.";
		target->raw_path = target->path = text;
		return NULL;
	}
	if (text.at[0] != '/') {
		scheme = str_begins(text, "http://") ? 7 : str_begins(text, "https://") ? 8 : 0;
		if (scheme == 0)
			return "The request target is neither a path nor an http or https URL.";
		text.at += scheme;
		text.length -= scheme;
		target->authority = text;
		for (size_t i = 0; i < text.length; i++) {
			if (text.at[i] == '/' || text.at[i] == '?') {
				target->authority.length = i;
				break;
			}
		}
		if (!target_is_authority(target->authority))
			return "The host in the request target is malformed.";
		text.at += target->authority.length;
		text.length -= target->authority.length;
	}
	mark = text.length ? memchr(text.at, '?', text.length) : NULL;
	target->raw_path = text;
	if (mark) {
		target->raw_path.length = (size_t)(mark - text.at);
		target->query = (struct str){ mark + 1, text.length - target->raw_path.length - 1 };
		if (!consists_of(target->query, IN_QUERY))
			return "The query contains a character that must be percent-encoded.";
	}
	if (target->raw_path.length == 0)
		target->raw_path = STR("/"); /* http://host without a path */
	return path_read(target);
}
