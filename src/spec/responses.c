/* responses.c: writes the responses of operations and routes. */

#include <stdio.h>

#include "error_responses.h"
#include "json_schema.h"
#include "response_headers.h"
#include "responses.h"
#include "writer.h"

static const char *success_text(int status)
{
	switch (status) {
	case 101:
		return "Switching protocols";
	case 201:
		return "Created";
	case 204:
		return "No content";
	default:
		return "OK";
	}
}

static void operation_headers(struct buf *out, const struct operation *operation)
{
	writer_open(out, "headers", '{');
	response_headers_common(out);
	if (operation->response)
		response_header(out, "ETag");
	if (operation->status == 201)
		response_header(out, "Location");
	if (operation->method == POST)
		response_header(out, "Idempotent-Replayed");
	if (operation_is_deprecated(operation))
		response_headers_deprecated(out);
	else if (operation->rules & PAGED && operation->sort[0])
		response_header(out, "Link");
	if (operation->rules & COUNTED) {
		response_header(out, "X-Total-Count");
		response_header(out, "Preference-Applied");
	}
	writer_close(out, '}');
}

static void response_schema(struct buf *out, const struct operation *operation)
{
	if (!(operation->rules & NULLABLE_RESPONSE) && !operation->alt_response) {
		json_schema_shape_ref(out, "schema", operation->response);
		return;
	}
	writer_open(out, "schema", '{');
	writer_open(out, "anyOf", '[');
	json_schema_shape_ref(out, NULL, operation->response);
	if (operation->alt_response)
		json_schema_shape_ref(out, NULL, operation->alt_response);
	else
		buf_text(out, "{\"type\":\"null\"}");
	writer_close(out, ']');
	writer_close(out, '}');
}

/* The name of the component, for a response that several operations have: "LogListOk". */
static void success_name(const struct operation *operation, int status, char *out, size_t size)
{
	const struct shape *shape = operation->response;
	const char *what = !shape ? "" : shape->list ? shape->item->name : shape->name;

	snprintf(out, size, "%s%s%s%s", what, shape && shape->list ? "List" : "",
	         operation->alt_response ? "OrAlternative" : "",
	         status == 201   ? "Created"
	         : status == 204 ? "Done"
	                         : "Ok");
}

static void success(struct document *document, const struct operation *operation)
{
	int status = operation->status ? operation->status : 200;
	struct buf text = { 0 };
	char name[96];

	writer_open(&text, NULL, '{');
	writer_text(&text, "description", success_text(status));
	operation_headers(&text, operation);
	if (operation->response) {
		writer_open(&text, "content", '{');
		writer_open(&text, "application/json", '{');
		response_schema(&text, operation);
		writer_close(&text, '}');
		writer_close(&text, '}');
	}
	writer_close(&text, '}');
	text.length--; /* trailing comma */
	success_name(operation, status, name, sizeof(name));
	buf_print(document->out, "\"%d\":", status);
	components_add(&document->responses, document->out, name,
	               operation->method == POST ? "Post" : "Change", buf_as_str(&text));
	buf_finish(&text);
}

static void not_modified(struct document *document)
{
	struct buf text = { 0 };

	writer_open(&text, NULL, '{');
	writer_text(&text, "description", "Not modified; only with If-None-Match.");
	writer_open(&text, "headers", '{');
	response_headers_common(&text);
	response_header(&text, "ETag");
	response_headers_deprecated(&text);
	writer_close(&text, '}');
	writer_close(&text, '}');
	text.length--; /* trailing comma */
	buf_text(document->out, "\"304\":");
	components_add(&document->responses, document->out, "NotModified", "", buf_as_str(&text));
	buf_finish(&text);
}

/* The last responses, and the codes of the operation that no response lists. */
static void errors(struct document *document, const struct problem_set *problems,
                   enum responder responder)
{
	struct problem_set unlisted = error_responses_write(document, problems, responder);

	writer_close(document->out, '}');
	problem_set_write(document->out, "x-problem-codes", &unlisted);
}

void responses_of_operation(struct document *document, const struct operation *operation,
                            const struct problem_set *problems)
{
	writer_open(document->out, "responses", '{');
	success(document, operation);
	if (operation->method == GET)
		not_modified(document);
	errors(document, problems, responder_of(operation));
}

static void route_success(struct document *document, const struct route_response *response,
                          int status)
{
	struct buf text = { 0 }, *out = &text;
	char name[64];

	writer_open(out, NULL, '{');
	writer_text(out, "description",
	            status == 503 ? "Not ready" : success_text(response->status));
	writer_open(out, "headers", '{');
	response_headers_common(out);
	if (response->has_etag) {
		response_header(out, "ETag");
		response_header(out, "Link");
	}
	writer_close(out, '}');
	if (response->media_type) {
		writer_open(out, "content", '{');
		writer_open(out, response->media_type, '{');
		if (response->shape)
			json_schema_shape_ref(out, "schema", response->shape);
		else
			writer_raw(out, "schema",
			           strstr(response->media_type, "json")
			                   ? "{\"type\":\"object\",\"additionalProperties\":true}"
			                   : "{\"type\":\"string\"}");
		writer_close(out, '}');
		writer_close(out, '}');
	}
	writer_close(out, '}');
	out->length--; /* trailing comma */
	buf_print(document->out, "\"%d\":", status);
	components_pascal(response->media_type ?: "Switched", name, sizeof(name));
	components_add(&document->responses, document->out,
	               response->shape ? response->shape->name : name, "Route", buf_as_str(out));
	buf_finish(&text);
}

/* If a proxy uses HTTP/2 with the client, the handshake succeeds with 200. */
static void switched(struct buf *out)
{
	writer_open(out, "200", '{');
	writer_text(out, "description", "Switching protocols, over HTTP/2 (RFC 8441)");
	writer_open(out, "headers", '{');
	response_headers_common(out);
	writer_close(out, '}');
	writer_close(out, '}');
}

void responses_of_route(struct document *document, const struct route_response *response,
                        const struct problem_set *problems)
{
	writer_open(document->out, "responses", '{');
	route_success(document, response, response->status);
	if (response->status == 101)
		switched(document->out);
	if (response->has_503)
		route_success(document, response, 503);
	if (response->has_etag)
		not_modified(document);
	errors(document, problems, ROUTE);
}
