/* discovery.c: /.well-known: the contact for vulnerability reports (RFC 9116), the API catalog
 * (RFC 9727), and a redirect to the token issuer (OpenID Connect Discovery). */

#include <time.h>

#include "auth.h"
#include "clock.h"
#include "config.h"
#include "discovery.h"
#include "page.h"

enum { EXPIRES_DAYS = 180, DAY = 24 * 3600 };

bool security_contact_check(const char *contact, struct buf *errors)
{
	static const char *const schemes[] = { "https://", "mailto:", "tel:" };

	if (!contact)
		return true;
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (str_begins(str_of(contact), schemes[i]) && contact[strlen(schemes[i])])
			return config_check_header_value("SECURITY_CONTACT", contact, errors);
	}
	buf_print(errors,
	          "SECURITY_CONTACT must begin with https://, mailto: or tel:, but is \"%s\".\n",
	          contact);
	return false;
}

/* The text changes once a day, so that its ETag does, too. */
static void write_security_txt(struct buf *out, const char *contact)
{
	time_t today = (time_t)(clock_wall_ms() / 1000 / DAY * DAY);
	time_t expires = today + (time_t)EXPIRES_DAYS * DAY;
	struct tm tm;
	char text[32];

	gmtime_r(&expires, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_print(out, "Contact: %s\nExpires: %s\nPreferred-Languages: en\n", contact, text);
}

static void reply(struct request *request, const char *type, const char *link, struct buf *body)
{
	request_reply(request, &(struct reply){
				       .status = 200,
				       .type = type,
				       .body = buf_as_str(body),
				       .link = link,
				       .cache_control = "public, max-age=3600",
				       .total = NO_TOTAL,
				       .revalidate = true,
			       });
	buf_finish(body);
}

void security_txt_run(struct request *request)
{
	const char *contact = pages_of(request)->sources.config->security_contact;
	struct buf out = { 0 };

	if (!contact) {
		request_problem(request,
		                &(struct problem_reply){
					.problem = &problem_rows[PROBLEM_ROUTE_NOT_FOUND],
					.detail = "SECURITY_CONTACT is not set on this server.",
				});
		return;
	}
	write_security_txt(&out, contact);
	reply(request, "text/plain; charset=utf-8", NULL, &out);
}

/* The origin of the request; empty without a Host header, which makes the URLs relative. */
static const char *origin_of(struct request *request)
{
	struct str host = request->headers[HEADER_HOST];

	if (!host.length)
		return "";
	return arena_print(&request->arena, "%s://%.*s", request->secure ? "https" : "http",
	                   STR_ARGS(host));
}

static void add_target(struct buf *out, const char *origin, const char *path, const char *type)
{
	struct buf url = { 0 };

	buf_print(&url, "%s%s", origin, path);
	buf_text(out, "{\"href\":");
	buf_json(out, buf_as_str(&url));
	buf_print(out, ",\"type\":\"%s\"}", type);
	buf_finish(&url);
}

static void add_version(struct buf *out, const struct pages *pages, const char *origin,
                        const char *mount)
{
	struct buf anchor = { 0 }, openapi = { 0 };

	buf_print(&anchor, "%s%s", origin, mount);
	buf_print(&openapi, "%s/openapi.json", mount);
	buf_text(out, "{\"anchor\":");
	buf_json(out, buf_as_str(&anchor));
	buf_finish(&anchor);
	buf_text(out, ",\"service-desc\":[");
	add_target(out, origin, buf_cstr(&openapi), "application/json");
	buf_finish(&openapi);
	if (pages->live) {
		buf_char(out, ',');
		add_target(out, origin, "/asyncapi.json", "application/json");
	}
	if (pages->docs) {
		buf_text(out, "],\"service-doc\":[");
		add_target(out, origin, "/docs", "text/html");
		buf_char(out, ',');
		add_target(out, origin, "/redoc", "text/html");
	}
	buf_text(out, "],\"status\":[");
	add_target(out, origin, "/health", "application/json");
	buf_text(out, "]}");
}

void api_catalog_run(struct request *request)
{
	const char *origin = origin_of(request);
	struct buf out = { 0 };

	buf_text(&out, "{\"linkset\":[");
	for (enum version v = 0; v < VERSIONS; v++) {
		buf_text(&out, v ? "," : "");
		add_version(&out, pages_of(request), origin, version_rows[v].mount);
	}
	buf_text(&out, "]}");
	reply(request,
	      "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"",
	      "</.well-known/api-catalog>; rel=\"api-catalog\"", &out);
}

static size_t without_slash(const char *issuer)
{
	size_t length = strlen(issuer);

	return length && issuer[length - 1] == '/' ? length - 1 : length;
}

static void keep_first(void *arg, const char *issuer)
{
	const char **first = arg;

	*first = *first ?: issuer;
}

/* The OpenAPI document is the same for all configurations, so it refers to this path. */
void openid_configuration_run(struct request *request)
{
	const char *issuer = NULL;

	auth_each_issuer(pages_of(request)->sources.auth, keep_first, &issuer);
	if (!issuer) {
		request_problem(request,
		                &(struct problem_reply){
					.problem = &problem_rows[PROBLEM_ROUTE_NOT_FOUND],
					.detail = "No issuer is configured on this server.",
				});
		return;
	}
	request_reply(request,
	              &(struct reply){
			      .status = 307,
			      .location = arena_print(&request->arena,
	                                              "%.*s/.well-known/openid-configuration",
	                                              (int)without_slash(issuer), issuer),
			      .total = NO_TOTAL,
		      });
}
