/* url.c: strict parser for http and https URLs: scheme, host, port, path and query only. */

#include <arpa/inet.h>
#include <stdio.h>

#include "fetch.h"
#include "url.h"

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Labels of letters, digits and inner hyphens, separated by single dots. Underscores are
 * allowed, because private networks use them. */
static bool is_name(struct str host)
{
	struct str label;

	if (host.length == 0 || host.length > 253 || host.at[host.length - 1] == '.')
		return false;
	while (str_cut(&host, '.', &label)) {
		if (label.length == 0 || label.length > 63)
			return false;
		if (label.at[0] == '-' || label.at[label.length - 1] == '-')
			return false;
		for (size_t i = 0; i < label.length; i++)
			if (!is_letter_or_digit(label.at[i]) && label.at[i] != '-'
			    && label.at[i] != '_')
				return false;
	}
	return true;
}

/* Some resolvers treat a name whose last label begins with a digit as an address ("127.1",
 * "0x7f.1"), others do not. */
static bool ends_in_a_number(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot ? dot + 1 : host;

	return *last >= '0' && *last <= '9';
}

static const char *parse_host(struct url *url, struct str host)
{
	unsigned char number[sizeof(struct in6_addr)];
	bool bracketed = host.length > 2 && host.at[0] == '[' && host.at[host.length - 1] == ']';

	if (bracketed)
		host = (struct str){ host.at + 1, host.length - 2 };
	if (host.length >= sizeof(url->host))
		return "its host is too long";
	memcpy(url->host, host.at, host.length);
	url->host[host.length] = '\0';
	url->numeric = inet_pton(bracketed ? AF_INET6 : AF_INET, url->host, number) == 1;
	if (url->numeric || (!bracketed && is_name(host) && !ends_in_a_number(url->host)))
		return NULL;
	return "its host is neither a name nor an address";
}

static const char *parse_port(struct url *url, struct str text)
{
	long long port;

	if (text.length == 0 || text.length > 5 || text.at[0] == '-' || !str_number(text, &port)
	    || port < 1 || port > 65535)
		return "its port is invalid";
	url->port = (int)port;
	return NULL;
}

static const char *parse_path(struct url *url, struct str path)
{
	for (size_t i = 0; i < path.length; i++) {
		char c = path.at[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c))
			return "it contains a character that is not allowed in a URL";
		if (c == '#')
			return "it has a fragment";
	}
	snprintf(url->path, sizeof(url->path), "%s%.*s",
	         path.length && path.at[0] == '/' ? "" : "/", STR_ARGS(path));
	return NULL;
}

const char *url_parse(struct url *url, const char *text)
{
	struct str rest = str_of(text), authority;
	const char *error;
	size_t end, colon;

	if (rest.length > URL_MAX)
		return "it is too long";
	*url = (struct url){ .tls = str_begins(rest, "https://") };
	if (!url->tls && !str_begins(rest, "http://"))
		return "it begins with neither https:// nor http://";
	rest.at += url->tls ? 8 : 7;
	rest.length -= url->tls ? 8 : 7;

	end = strcspn(rest.at, "/?#");
	authority = (struct str){ rest.at, end };
	rest = (struct str){ rest.at + end, rest.length - end };
	if (memchr(authority.at, '@', authority.length))
		return "it contains a user name";

	/* Colons inside brackets belong to an IPv6 address. */
	for (colon = authority.length; colon > 0; colon--)
		if (authority.at[colon - 1] == ':' || authority.at[colon - 1] == ']')
			break;
	url->port = url->tls ? 443 : 80;
	if (colon > 0 && authority.at[colon - 1] == ':') {
		error = parse_port(url,
		                   (struct str){ authority.at + colon, authority.length - colon });
		if (error)
			return error;
		authority.length = colon - 1;
	}
	error = parse_host(url, authority);
	if (error)
		return error;
	if (url->port == (url->tls ? 443 : 80))
		snprintf(url->host_header, sizeof(url->host_header), "%.*s", STR_ARGS(authority));
	else
		snprintf(url->host_header, sizeof(url->host_header), "%.*s:%d", STR_ARGS(authority),
		         url->port);
	return parse_path(url, rest);
}

static bool is_loopback(const struct url *url)
{
	if (url->numeric)
		return str_begins(str_of(url->host), "127.") || strcmp(url->host, "::1") == 0;
	return str_is_nocase(str_of(url->host), "localhost");
}

const char *fetch_url_error(const char *url)
{
	struct url parsed;

	return url_parse(&parsed, url);
}

bool fetch_url_is_safe(const char *url)
{
	struct url parsed;

	return !url_parse(&parsed, url) && (parsed.tls || is_loopback(&parsed));
}
