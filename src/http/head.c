/* head.c: parses request heads strictly (RFC 9112, and narrower where the RFC leaves a choice).
 *
 * A head is parsed line by line. Each line is checked in order, once its end has been received, and
 * an error is final. The result therefore does not depend on how the bytes were segmented. Three
 * errors are reported before a line has ended: the first byte cannot start a method, the line is
 * too long, the header section is too large. */

#include <strings.h>

#include "head.h"
#include "target.h"

enum { IN_TOKEN = 1, IN_VALUE = 2 };

static const unsigned char classes[256] = {
	['\t'] = IN_VALUE,
	[' '] = IN_VALUE,
	['!'] = IN_TOKEN | IN_VALUE,
	['"'] = IN_VALUE,
	['#' ... '\''] = IN_TOKEN | IN_VALUE,
	['(' ... ')'] = IN_VALUE,
	['*' ... '+'] = IN_TOKEN | IN_VALUE,
	[','] = IN_VALUE,
	['-' ... '.'] = IN_TOKEN | IN_VALUE,
	['/'] = IN_VALUE,
	['0' ... '9'] = IN_TOKEN | IN_VALUE,
	[':' ... '@'] = IN_VALUE,
	['A' ... 'Z'] = IN_TOKEN | IN_VALUE,
	['[' ... ']'] = IN_VALUE,
	['^' ... 'z'] = IN_TOKEN | IN_VALUE,
	['{'] = IN_VALUE,
	['|'] = IN_TOKEN | IN_VALUE,
	['}'] = IN_VALUE,
	['~'] = IN_TOKEN | IN_VALUE,
	[0x80 ... 0xff] = IN_VALUE,
};

enum rule { ONCE, LIST, FIRST };

static const struct {
	struct str wire_name;
	enum rule rule;
} header_rows[HEADERS] = {
#define HEADER(name, wire_name, rule) { { wire_name, sizeof(wire_name) - 1 }, rule },
#include "table/headers.def"
#undef HEADER
};

static const char *const method_names[METHODS] = {
	[METHOD_NONE] = "_OTHER", [GET] = "GET",         [HEAD] = "HEAD",
	[POST] = "POST",          [PUT] = "PUT",         [PATCH] = "PATCH",
	[DELETE] = "DELETE",      [OPTIONS] = "OPTIONS",
};

const char *method_name(enum method method)
{
	return method_names[method];
}

static enum method method_find(struct str token)
{
	for (enum method method = GET; method < METHODS; method++) {
		if (str_is(token, method_names[method]))
			return method;
	}
	return METHOD_NONE;
}

static bool consists_of(struct str text, unsigned char class)
{
	for (size_t i = 0; i < text.length; i++) {
		if (!(classes[(unsigned char)text.at[i]] & class))
			return false;
	}
	return true;
}

static bool reject(struct head *head, enum http_problem problem, const char *detail)
{
	head->problem = problem;
	head->detail = detail;
	return false;
}

static bool malformed(struct head *head, const char *detail)
{
	return reject(head, HTTP_BAD_REQUEST, detail);
}

static bool version_read(struct head *head, struct str text)
{
	if (text.length != 8 || !str_begins(text, "HTTP/") || text.at[6] != '.' || text.at[5] < '0'
	    || text.at[5] > '9' || text.at[7] < '0' || text.at[7] > '9')
		return malformed(head, "The request line is not `method target HTTP/1.1`.");
	if (text.at[5] == '0')
		return malformed(head, "HTTP versions before 1.0 are not supported.");
	if (text.at[5] != '1' || text.at[7] > '1')
		return reject(head, HTTP_HTTP_VERSION_NOT_SUPPORTED, NULL);
	head->minor = text.at[7] - '0';
	return true;
}

static bool request_line(struct head *head, struct str line)
{
	struct str method, target, rest = line;
	const char *error;

	if (!str_cut(&rest, ' ', &method) || !str_cut(&rest, ' ', &target) || method.length == 0
	    || target.length == 0 || !consists_of(method, IN_TOKEN))
		return malformed(head, "The request line is not `method target HTTP/1.1`.");
	if (!version_read(head, rest))
		return false;
	head->method = method_find(method);
	if (!head->method)
		return reject(head, HTTP_NOT_IMPLEMENTED,
		              "The server does not implement this method.");
	if (target.length > MAX_TARGET)
		return reject(head, HTTP_URI_TOO_LONG, NULL);
	head->raw_target = target;
	error = target_read(target, head->method, &head->target);
	return error ? malformed(head, error) : true;
}

static bool content_length(struct head *head, struct str value)
{
	unsigned long long length = 0;

	/* 18 digits cannot overflow, and no legitimate length has more. */
	if (value.length == 0 || value.length > 18)
		return malformed(head, "Content-Length is not a number.");
	for (size_t i = 0; i < value.length; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return malformed(head, "Content-Length is not a number.");
		length = length * 10 + (unsigned)(value.at[i] - '0');
	}
	head->has_length = true;
	head->content_length = length;
	return true;
}

static void connection_options(struct head *head, struct str value)
{
	struct str option;

	while (str_cut(&value, ',', &option)) {
		option = str_trim(option);
		if (str_is_nocase(option, "close"))
			head->close = true;
		else if (str_is_nocase(option, "keep-alive"))
			head->keep_alive = true;
	}
}

/* Interprets the headers that frame the message or choose its host; the others are only stored. */
static bool interpret_field(struct head *head, enum header header, struct str value)
{
	switch (header) {
	case HEADER_HOST:
		return target_is_authority(value) || malformed(head, "Host is malformed.");
	case HEADER_CONTENT_LENGTH:
		return content_length(head, value);
	case HEADER_TRANSFER_ENCODING:
		head->chunked = str_is_nocase(value, "chunked");
		return head->chunked
		       || reject(head, HTTP_NOT_IMPLEMENTED,
		                 "The only supported transfer coding is `chunked`.");
	case HEADER_CONNECTION:
		connection_options(head, value);
		return true;
	case HEADER_EXPECT:
		/* HTTP/1.0 has no expectations; the header is ignored. */
		if (head->minor == 0)
			return true;
		head->expect_continue = true;
		return str_is_nocase(value, "100-continue")
		       || reject(head, HTTP_EXPECTATION_FAILED, NULL);
	default:
		return true;
	}
}

static enum header header_find(struct str name)
{
	for (enum header header = 0; header < HEADERS; header++) {
		struct str wire_name = header_rows[header].wire_name;

		if (wire_name.length == name.length && (wire_name.at[0] ^ name.at[0]) % 32 == 0
		    && strncasecmp(wire_name.at, name.at, name.length) == 0)
			return header;
	}
	return HEADERS;
}

static bool has_field(const struct head *head, enum header header)
{
	for (int i = 0; i < head->field_count; i++) {
		if (head->fields[i].header == header)
			return true;
	}
	return false;
}

static bool field_line(struct head *head, struct str line)
{
	const char *colon = memchr(line.at, ':', line.length);
	struct str name, value;
	enum header header;

	if (line.at[0] == ' ' || line.at[0] == '\t')
		return malformed(head, "A header line starts with whitespace.");
	if (!colon)
		return malformed(head, "A header line has no colon.");
	name = (struct str){ line.at, (size_t)(colon - line.at) };
	value = str_trim((struct str){ colon + 1, line.length - name.length - 1 });
	if (name.length == 0 || !consists_of(name, IN_TOKEN))
		return malformed(head, "A header name contains an invalid character.");
	if (!consists_of(value, IN_VALUE))
		return malformed(head, "A header value contains a control character.");

	header = header_find(name);
	if (header == HEADERS)
		return true;
	if (header_rows[header].rule != LIST && has_field(head, header))
		return header_rows[header].rule == FIRST
		       || malformed(head, "A header that must be unique is repeated.");
	head->fields[head->field_count++] = (struct head_field){ header, value };
	return interpret_field(head, header, value);
}

/* Checks that need the complete head. */
static bool check_head(struct head *head)
{
	struct str authority = head->target.authority;
	struct str host = head_value(head, HEADER_HOST, NULL);

	if (head->minor == 1 && !host.at)
		return malformed(head, "The Host header is missing.");
	if (authority.at && host.at
	    && (authority.length != host.length
	        || strncasecmp(authority.at, host.at, host.length) != 0))
		return malformed(head,
		                 "The request target and the Host header name different hosts.");
	if (head->chunked && head->has_length)
		return malformed(head,
		                 "The request has both Transfer-Encoding and Content-Length.");
	if (head->chunked && head->minor == 0)
		return malformed(head, "Transfer-Encoding is not allowed in HTTP/1.0.");
	return true;
}

enum line { LINE_COMPLETE, LINE_INCOMPLETE, LINE_TOO_LONG, LINE_NO_CRLF };

/* Cuts off the next line of at most `max` bytes, and its CRLF. */
static enum line line_cut(struct str *rest, size_t max, struct str *line)
{
	size_t within = rest->length < max ? rest->length : max;
	const char *end = within ? memchr(rest->at, '\n', within) : NULL;

	if (!end)
		return within == max ? LINE_TOO_LONG : LINE_INCOMPLETE;
	*line = (struct str){ rest->at, (size_t)(end - rest->at) };
	rest->at += line->length + 1;
	rest->length -= line->length + 1;
	if (line->length == 0 || line->at[line->length - 1] != '\r')
		return LINE_NO_CRLF;
	line->length--;
	return LINE_COMPLETE;
}

static enum head_result incomplete(struct head *head, struct str bytes, struct str rest, size_t max)
{
	head->needed = bytes.length - rest.length + max;
	return HEAD_INCOMPLETE;
}

static enum head_result rejected(struct head *head, enum http_problem problem, const char *detail)
{
	reject(head, problem, detail);
	return HEAD_INVALID;
}

/* RFC 9112 recommends ignoring an empty line before a request; two are ignored. */
static enum head_result skip_empty_lines(struct head *head, struct str bytes, struct str *rest)
{
	for (int i = 0; i < 2 && rest->length && rest->at[0] == '\r'; i++) {
		if (rest->length == 1)
			return incomplete(head, bytes, *rest, 2);
		if (rest->at[1] != '\n')
			return rejected(head, HTTP_BAD_REQUEST,
			                "A carriage return is not followed by a line feed.");
		rest->at += 2;
		rest->length -= 2;
	}
	if (rest->length == 0)
		return incomplete(head, bytes, *rest, 1);
	if (!(classes[(unsigned char)rest->at[0]] & IN_TOKEN))
		return rejected(head, HTTP_BAD_REQUEST,
		                "The first byte cannot start an HTTP request.");
	return HEAD_COMPLETE;
}

enum head_result head_read(struct str bytes, struct head *head)
{
	static const char no_crlf[] = "A line does not end with CRLF.";
	struct str rest = bytes, line;
	enum head_result result;
	size_t section;

	/* Except `fields`, of which only field_count entries are used. */
	memset(head, 0, offsetof(struct head, fields));
	memset(&head->field_count, 0, sizeof(*head) - offsetof(struct head, field_count));
	result = skip_empty_lines(head, bytes, &rest);
	if (result != HEAD_COMPLETE)
		return result;

	switch (line_cut(&rest, MAX_REQUEST_LINE, &line)) {
	case LINE_INCOMPLETE:
		return incomplete(head, bytes, rest, MAX_REQUEST_LINE);
	case LINE_TOO_LONG:
		return rejected(head, HTTP_URI_TOO_LONG, NULL);
	case LINE_NO_CRLF:
		return rejected(head, HTTP_BAD_REQUEST, no_crlf);
	case LINE_COMPLETE:
		if (!request_line(head, line))
			return HEAD_INVALID;
	}

	section = rest.length;
	for (int count = 0;; count++) {
		size_t left = MAX_HEADER_SECTION - (section - rest.length);

		switch (line_cut(&rest, left, &line)) {
		case LINE_INCOMPLETE:
			return incomplete(head, bytes, rest, left);
		case LINE_TOO_LONG:
			return rejected(head, HTTP_HEADERS_TOO_LARGE, NULL);
		case LINE_NO_CRLF:
			return rejected(head, HTTP_BAD_REQUEST, no_crlf);
		case LINE_COMPLETE:
			break;
		}
		if (line.length == 0)
			break;
		if (count == MAX_FIELDS)
			return rejected(head, HTTP_HEADERS_TOO_LARGE, NULL);
		if (!field_line(head, line))
			return HEAD_INVALID;
	}
	head->length = bytes.length - rest.length;
	return check_head(head) ? HEAD_COMPLETE : HEAD_INVALID;
}

bool header_list_has(struct str list, const char *name)
{
	struct str item, word;

	while (str_cut(&list, ',', &item)) {
		item = str_trim(item);
		if (str_cut(&item, '/', &word) && str_is_nocase(word, name))
			return true;
	}
	return false;
}

struct str head_value(const struct head *head, enum header header, struct arena *arena)
{
	struct str value = { NULL, 0 };
	bool several = false;
	size_t length = 0;
	char *joined, *end;

	for (int i = 0; i < head->field_count; i++) {
		if (head->fields[i].header != header)
			continue;
		several = value.at;
		length += head->fields[i].value.length + 2;
		if (!value.at)
			value = head->fields[i].value;
	}
	if (!several || !arena)
		return value;
	end = joined = arena_alloc(arena, length);
	for (int i = 0; i < head->field_count; i++) {
		if (head->fields[i].header != header)
			continue;
		if (end != joined)
			end = mempcpy(end, ", ", 2);
		end = mempcpy(end, head->fields[i].value.at, head->fields[i].value.length);
	}
	return (struct str){ joined, (size_t)(end - joined) };
}
