/* authenticate.c: finds the user of a token.
 *
 * Normal sequence: the token was verified before, the user's row is cached (user_cache.c), and
 * done() is called at once.
 *
 * It takes longer if:
 *
 * - the token is new: its signature is verified, and its issuer's keys may have to be fetched
 *   (auth);
 * - the user is not cached: their row is read. If there is none, or the token has new claims,
 *   api.admit_caller() finds, adopts, creates or updates the row.
 *
 * Failures: the outcome has the error of auth or of the database, or neither if no user matches
 * the token and none is created. */

#include "call.h"
#include "config.h"

static void finish(struct bearer *bearer, const struct bearer_outcome *outcome)
{
	struct identity *identity = bearer->identity;

	bearer->identity = NULL;
	bearer->done(bearer, outcome);
	if (identity)
		identity_release(identity);
}

static void fail_db(struct bearer *bearer, enum db_status status, const struct db_rows *rows)
{
	finish(bearer, &(struct bearer_outcome){ .verdict = AUTH_TRUE, .status = status, .rows = rows });
}

/* A row of callers_find or callers_enter. */
static void take_row(struct bearer *bearer, const struct db_rows *rows)
{
	struct str id = db_rows_value(rows, 0, "id");
	struct member member = {
		.role = role_find(db_rows_value(rows, 0, "role")),
		.archived = str_is(db_rows_value(rows, 0, "archived"), "t"),
	};

	memcpy(member.id, id.at, id.length < UUID_SIZE ? id.length : UUID_SIZE - 1);
	members_keep(bearer->api->members, bearer->identity, &member, bearer->looked_at);
	finish(bearer, &(struct bearer_outcome){
		.member = &member,
		.identity = bearer->identity,
		.is_new = str_is(db_rows_value(rows, 0, "is_new"), "t"),
		.verdict = AUTH_TRUE,
	});
}

static void on_entered(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct bearer *bearer = container_of(query, struct bearer, query);

	if (status != DB_OK)
		fail_db(bearer, status, rows);
	else if (db_rows_count(rows) == 0)
		fail_db(bearer, DB_OK, NULL);
	else
		take_row(bearer, rows);
}

/* All claims as one text; the row is updated when it changes. */
static const char *claims_of(struct bearer *bearer)
{
	const struct identity *who = bearer->identity;

	return arena_print(bearer->arena, "%s\n%d\n%s\n%s\n%s\n%d", who->email ? who->email : "",
	                   who->email_verified, who->first_name ? who->first_name : "",
	                   who->last_name ? who->last_name : "", who->image_url ? who->image_url : "",
	                   who->is_anonymous);
}

/* A token that expires later has newer claims. */
static const char *until_of(struct bearer *bearer)
{
	return arena_print(bearer->arena, "%lld", bearer->identity->expires_ms);
}

static void set_value(struct bearer *bearer, enum sql sql, const char *name, const char *value)
{
	bind_by_name(sql, bearer->values, name, value);
}

static void ask(struct bearer *bearer, enum sql sql, db_done_fn *done)
{
	bearer->query = (struct db_query){ .statement = sql, .params = bearer->values, .done = done };
	db_run(bearer->api->db, &bearer->query);
}

/* The user is new, or the token has new claims. */
static void enter(struct bearer *bearer)
{
	const struct identity *who = bearer->identity;
	const struct {
		const char *name, *value;
	} values[] = {
		{ "issuer", who->issuer },
		{ "subject", who->subject },
		{ "claims", claims_of(bearer) },
		{ "claims_until_ms", until_of(bearer) },
		{ "email", who->email },
		{ "email_verified", who->email_verified ? "true" : "false" },
		{ "first_name", who->first_name },
		{ "last_name", who->last_name },
		{ "image_url", who->image_url },
		{ "is_anonymous", who->is_anonymous ? "true" : "false" },
		{ "new_user_role", bearer->api->config->new_user_role },
	};

	for (size_t i = 0; i < COUNT_OF(values); i++)
		set_value(bearer, SQL_CALLERS_ENTER, values[i].name, values[i].value);
	ask(bearer, SQL_CALLERS_ENTER, on_entered);
}

static void on_found(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct bearer *bearer = container_of(query, struct bearer, query);

	if (status != DB_OK)
		fail_db(bearer, status, rows);
	else if (db_rows_count(rows) == 0
	         || (!str_is(db_rows_value(rows, 0, "known"), "t") && !members_find(bearer->api->members, bearer->identity)))
		enter(bearer);
	else
		take_row(bearer, rows);
}

void bearer_find(struct bearer *bearer, struct identity *identity)
{
	const struct member *member = bearer->anew ? NULL : members_find(bearer->api->members, identity);

	if (member) {
		bearer->done(bearer, &(struct bearer_outcome){
			.member = member, .identity = identity, .verdict = AUTH_TRUE });
		return;
	}
	if (bearer->may_ask && !bearer->may_ask(bearer, str_of(identity->subject)))
		return;
	bearer->identity = identity_hold(identity);
	bearer->looked_at = members_generation(bearer->api->members);
	set_value(bearer, SQL_CALLERS_FIND, "issuer", identity->issuer);
	set_value(bearer, SQL_CALLERS_FIND, "subject", identity->subject);
	set_value(bearer, SQL_CALLERS_FIND, "claims", claims_of(bearer));
	set_value(bearer, SQL_CALLERS_FIND, "claims_until_ms", until_of(bearer));
	ask(bearer, SQL_CALLERS_FIND, on_found);
}

static void take_verdict(struct bearer *bearer, enum auth_verdict verdict, struct identity *identity)
{
	if (verdict == AUTH_TRUE)
		bearer_find(bearer, identity);
	else
		finish(bearer, &(struct bearer_outcome){ .verdict = verdict });
}

static void on_verdict(struct auth_query *query, enum auth_verdict verdict, struct identity *identity)
{
	take_verdict(container_of(query, struct bearer, auth), verdict, identity);
}

void bearer_judge(struct bearer *bearer, struct str token)
{
	struct identity *identity;
	enum auth_verdict verdict = auth_check(bearer->api->auth, &bearer->auth, token, on_verdict, &identity);

	if (verdict != AUTH_LATER)
		take_verdict(bearer, verdict, identity);
}

bool bearer_can_be_forgotten(const struct bearer *bearer)
{
	return bearer->auth.waiting
	       || (bearer->query.waiting && sql_statements[bearer->query.statement].lane == SQL_READ);
}

void bearer_forget(struct bearer *bearer)
{
	auth_forget(&bearer->auth);
	db_forget(&bearer->query);
	if (bearer->identity)
		identity_release(bearer->identity);
	bearer->identity = NULL;
}
