/* issuer.c: issues tokens to anyone on this machine.
 *
 * Normal sequence: the server fetches /dev/.well-known/openid-configuration and the key set that
 * it names, as from any issuer. `binnacle token` posts {"who": "guard", "ttl": 3600} to /dev/token
 * and gets {"token": …}. With a member such as "fault": "expired" (token_faults.def), it gets an
 * invalid token and the code of the error that it causes.
 *
 * Failures: a web page must not get a token, neither with a cross-origin request (Origin differs)
 * nor through a host name that resolves to this machine (Host differs). Both are rejected. Behind
 * trusted proxies, the client that they name must be on this machine, too. */

#include <stdlib.h>

#include "clock.h"
#include "http.h"
#include "issuer.h"
#include "json.h"
#include "schema.h"
#include "token_request.h"
#include "uuid.h"

enum { HOST_COUNT = 3 };

struct issuer {
	struct signer *signer;
	char *url;
	char *hosts[HOST_COUNT]; /* the accepted values of Host */
	struct route routes[4];
};

static const struct issuer *issuer_of(const struct request *request)
{
	return request->route->row;
}

static void reply(struct request *request, struct buf *body)
{
	request_reply(request, &(struct reply){
				       .status = 200,
				       .type = "application/json",
				       .body = buf_as_str(body),
				       .total = NO_TOTAL,
			       });
	buf_finish(body);
}

static void run_keys(struct request *request)
{
	struct buf body = { 0 };

	signer_jwks(issuer_of(request)->signer, &body);
	reply(request, &body);
}

static void run_configuration(struct request *request)
{
	const char *url = issuer_of(request)->url;
	struct buf body = { 0 };

	buf_print(&body,
	          "{\"issuer\":\"%s\",\"jwks_uri\":\"%s/.well-known/jwks.json\","
	          "\"token_endpoint\":\"%s/token\",\"response_types_supported\":[\"token\"],"
	          "\"subject_types_supported\":[\"public\"],"
	          "\"id_token_signing_alg_values_supported\":[\"RS256\"]}",
	          url, url, url);
	reply(request, &body);
}

static bool is_local_request(const struct request *request)
{
	const struct issuer *issuer = issuer_of(request);
	struct str host = request->headers[HEADER_HOST], origin = request->headers[HEADER_ORIGIN];

	for (size_t i = 0; i < HOST_COUNT; i++) {
		if (!str_is_nocase(host, issuer->hosts[i]))
			continue;
		return request->local
		       && (!origin.at
		           || (str_begins(origin, "http://")
		               && str_is_nocase((struct str){ origin.at + 7, origin.length - 7 },
		                                issuer->hosts[i])));
	}
	return false;
}

static void sign(struct request *request, const struct token_request *token_request)
{
	static const struct token_fault none = { 0 };
	const struct issuer *issuer = issuer_of(request);
	const struct token_fault *fault = token_request->fault ? token_request->fault : &none;
	long long now = clock_wall_ms() / 1000;
	/* An expired token was issued earlier, with the same lifetime. */
	long long issued = fault->past ? now - fault->past - token_request->ttl : now;
	long long expires = issued + token_request->ttl + fault->future;
	struct buf body = { 0 }, subject = { 0 }, token = { 0 };
	char unknown[UUID_SIZE];

	uuid_make(unknown);
	buf_print(&subject, "dev|%s",
	          token_request->who->email ? token_request->who->email : unknown);
	signer_sign(issuer->signer,
	            &(struct signer_token){
			    .issuer = fault->issuer ? fault->issuer : issuer->url,
			    .audience = fault->audience ? fault->audience : ISSUER_AUDIENCE,
			    .subject = buf_cstr(&subject),
			    .email = token_request->who->email,
			    .first_name = token_request->who->first_name,
			    .last_name = token_request->who->last_name,
			    .anonymous = !token_request->who->email,
			    .issued = issued,
			    .expires = expires,
			    .not_before = fault->future ? now + fault->future : 0,
			    .kid = fault->kid,
			    .signature = fault->signature,
		    },
	            &token);
	buf_text(&body, "{\"token\":");
	buf_json(&body, buf_as_str(&token));
	buf_print(&body, ",\"expires_in\":%lld", expires - now);
	if (token_request->fault)
		buf_print(&body, ",\"fault\":\"%s\",\"expected_code\":\"%s\"", fault->name,
		          fault->expected_code);
	buf_char(&body, '}');
	buf_finish(&token);
	buf_finish(&subject);
	reply(request, &body);
}

static bool is_json(struct str type)
{
	struct str essence;

	return str_cut(&type, ';', &essence)
	       && str_is_nocase(str_trim(essence), "application/json");
}

static void issue(struct request *request, const struct json *json)
{
	struct buf errors = { 0 };
	struct token_request token_request;

	if (token_request_read(&token_request, json, &errors)) {
		sign(request, &token_request);
	} else {
		request_problem(request,
		                &(struct problem_reply){
					.problem = &problem_rows[PROBLEM_VALIDATION_FAILED],
					.detail = "The token request is invalid.",
					.errors = buf_as_str(&errors),
				});
	}
	buf_finish(&errors);
}

static void run_token(struct request *request)
{
	struct json *json;
	const char *error;
	size_t where;

	if (!is_local_request(request)) {
		request_problem(
			request,
			&(struct problem_reply){
				.problem = &problem_rows[PROBLEM_FORBIDDEN],
				.detail = "Tokens are issued to programs on this machine only.",
			});
		return;
	}
	if (!is_json(request->headers[HEADER_CONTENT_TYPE])) {
		request_problem(request,
		                &(struct problem_reply){
					.problem = &problem_rows[PROBLEM_UNSUPPORTED_MEDIA_TYPE] });
		return;
	}
	json = json_parse(request->body, &error, &where);
	if (!json) {
		request_problem(request,
		                &(struct problem_reply){ .problem = &problem_rows[PROBLEM_BAD_JSON],
		                                         .detail = error });
		return;
	}
	issue(request, json);
	json_free(json);
}

struct issuer *issuer_new(const char *origin, const char *key, struct buf *error)
{
	static const char *const names[HOST_COUNT] = { "127.0.0.1", "localhost", "[::1]" };
	struct issuer *issuer = xcalloc(1, sizeof(*issuer));

	issuer->signer = signer_new(key, error);
	if (!issuer->signer) {
		issuer_free(issuer);
		return NULL;
	}
	issuer->url = xprint("%s/dev", origin);
	for (size_t i = 0; i < HOST_COUNT; i++)
		issuer->hosts[i] = xprint("%s%s", names[i], strrchr(origin, ':'));
	issuer->routes[0] = (struct route){ GET, "/dev/.well-known/jwks.json", run_keys, issuer };
	issuer->routes[1] = (struct route){ GET, "/dev/.well-known/openid-configuration",
		                            run_configuration, issuer };
	issuer->routes[2] = (struct route){ POST, "/dev/token", run_token, issuer };
	return issuer;
}

void issuer_free(struct issuer *issuer)
{
	if (!issuer)
		return;
	signer_free(issuer->signer);
	for (size_t i = 0; i < HOST_COUNT; i++)
		free(issuer->hosts[i]);
	free(issuer->url);
	free(issuer);
}

const char *issuer_url(const struct issuer *issuer)
{
	return issuer->url;
}

const struct route *issuer_routes(const struct issuer *issuer)
{
	return issuer->routes;
}
