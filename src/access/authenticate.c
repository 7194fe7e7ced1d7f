/* authenticate.c: finds the user of a token.
 *
 * Normal sequence: the token has been verified before, the user's row is cached (user_cache.c), and
 * done() is called at once.
 *
 * It takes longer if:
 *
 * - the token is new: its signature is verified, and its issuer's keys may have to be fetched
 *   (auth);
 * - the user is not cached: their row is read. If there is none, or the token has new claims,
 *   api.provision_caller() finds, adopts, creates or updates the row.
 *
 * Failures: the outcome has the error of auth or of the database, or neither if no user matches
 * the token and none is created. */

#include "config.h"
#include "state.h"
#include "statement.h"
#include "user_cache.h"

bool access_read_token(const struct request *request, struct str *token)
{
	struct str header = request->headers[HEADER_AUTHORIZATION], scheme;

	if (!str_cut(&header, ' ', &scheme) || !str_is_nocase(scheme, "Bearer"))
		return false;
	*token = str_trim(header);
	return token->length > 0;
}

static void finish(struct authentication *authentication,
                   const struct authentication_outcome *outcome)
{
	struct identity *identity = authentication->identity;

	authentication->identity = NULL;
	authentication->done(authentication, outcome);
	if (identity)
		identity_release(identity);
}

static void fail_db(struct authentication *authentication, enum db_status status,
                    const struct db_rows *rows)
{
	finish(authentication, &(struct authentication_outcome){
				       .result = AUTH_OK,
				       .status = status,
				       .sql = authentication->query.statement,
				       .rows = rows,
			       });
}

/* A row of callers_find or callers_provision. */
static void use_row(struct authentication *authentication, const struct db_rows *rows, bool is_new)
{
	struct str id = db_rows_value(rows, 0, "id");
	struct cached_user user = {
		.role = role_from_name(db_rows_value(rows, 0, "role")),
		.archived = str_is(db_rows_value(rows, 0, "archived"), "t"),
	};

	memcpy(user.id, id.at, id.length < UUID_SIZE ? id.length : UUID_SIZE - 1);
	user_cache_put(authentication->access->user_cache, authentication->identity, &user,
	               authentication->generation);
	finish(authentication, &(struct authentication_outcome){
				       .user = &user,
				       .identity = authentication->identity,
				       .is_new = is_new,
				       .result = AUTH_OK,
			       });
}

static void on_provisioned(struct db_query *query, enum db_status status,
                           const struct db_rows *rows)
{
	struct authentication *authentication = container_of(query, struct authentication, query);

	if (status != DB_OK)
		fail_db(authentication, status, rows);
	else if (db_rows_count(rows) == 0)
		fail_db(authentication, DB_OK, NULL);
	else
		use_row(authentication, rows, str_is(db_rows_value(rows, 0, "is_new"), "t"));
}

/* All claims as one text. When it changes, the row is updated. */
static const char *claims_text(struct authentication *authentication)
{
	const struct identity *identity = authentication->identity;

	return arena_print(authentication->arena, "%s\n%d\n%s\n%s\n%s\n%d",
	                   identity->email ? identity->email : "", identity->email_verified,
	                   identity->first_name ? identity->first_name : "",
	                   identity->last_name ? identity->last_name : "",
	                   identity->image_url ? identity->image_url : "", identity->is_anonymous);
}

/* Of two tokens, the one that expires later has the newer claims. */
static const char *expiry_text(struct authentication *authentication)
{
	return arena_print(authentication->arena, "%lld", authentication->identity->expires_ms);
}

static void set_value(struct authentication *authentication, enum sql sql, const char *name,
                      const char *value)
{
	db_bind(sql, authentication->values, name, value);
}

static void run_query(struct authentication *authentication, enum sql sql, db_done_fn *done)
{
	authentication->query = (struct db_query){ .statement = sql,
		                                   .params = authentication->values,
		                                   .done = done };
	db_run(authentication->access->db, &authentication->query);
}

/* Creates or updates the row: the user is new, or the token has new claims. */
static void provision_caller(struct authentication *authentication)
{
	const struct identity *identity = authentication->identity;
	const struct {
		const char *name, *value;
	} values[] = {
		{ "issuer", identity->issuer },
		{ "subject", identity->subject },
		{ "claims", claims_text(authentication) },
		{ "claims_until_ms", expiry_text(authentication) },
		{ "email", identity->email },
		{ "email_verified", identity->email_verified ? "true" : "false" },
		{ "first_name", identity->first_name },
		{ "last_name", identity->last_name },
		{ "image_url", identity->image_url },
		{ "is_anonymous", identity->is_anonymous ? "true" : "false" },
		{ "new_user_role", authentication->access->config->new_user_role },
		{ "context",
		  access_context(authentication->arena, NULL, NULL, authentication->request_id) },
	};

	for (size_t i = 0; i < COUNT_OF(values); i++)
		set_value(authentication, SQL_CALLERS_PROVISION, values[i].name, values[i].value);
	run_query(authentication, SQL_CALLERS_PROVISION, on_provisioned);
}

static void on_found(struct db_query *query, enum db_status status, const struct db_rows *rows)
{
	struct authentication *authentication = container_of(query, struct authentication, query);

	if (status != DB_OK)
		fail_db(authentication, status, rows);
	else if (db_rows_count(rows) == 0
	         || (!str_is(db_rows_value(rows, 0, "known"), "t")
	             && !user_cache_find(authentication->access->user_cache,
	                                 authentication->identity)))
		provision_caller(authentication);
	else
		use_row(authentication, rows, false);
}

void authenticate_identity(struct authentication *authentication, struct identity *identity)
{
	const struct cached_user *user =
		authentication->bypass_cache
			? NULL
			: user_cache_find(authentication->access->user_cache, identity);

	if (user) {
		authentication->done(authentication,
		                     &(struct authentication_outcome){ .user = user,
		                                                       .identity = identity,
		                                                       .result = AUTH_OK });
		return;
	}
	if (authentication->may_query
	    && !authentication->may_query(authentication, str_of(identity->subject)))
		return;
	authentication->identity = identity_hold(identity);
	authentication->generation = user_cache_generation(authentication->access->user_cache);
	set_value(authentication, SQL_CALLERS_FIND, "issuer", identity->issuer);
	set_value(authentication, SQL_CALLERS_FIND, "subject", identity->subject);
	set_value(authentication, SQL_CALLERS_FIND, "claims", claims_text(authentication));
	set_value(authentication, SQL_CALLERS_FIND, "claims_until_ms", expiry_text(authentication));
	run_query(authentication, SQL_CALLERS_FIND, on_found);
}

static void use_result(struct authentication *authentication, enum auth_result result,
                       struct identity *identity)
{
	if (result == AUTH_OK)
		authenticate_identity(authentication, identity);
	else
		finish(authentication, &(struct authentication_outcome){ .result = result });
}

static void on_token_checked(struct auth_query *query, enum auth_result result,
                             struct identity *identity)
{
	use_result(container_of(query, struct authentication, auth), result, identity);
}

void authenticate_token(struct authentication *authentication, struct str token)
{
	struct identity *identity;
	enum auth_result result = auth_check(authentication->access->auth, &authentication->auth,
	                                     token, on_token_checked, &identity);

	if (result != AUTH_PENDING)
		use_result(authentication, result, identity);
}

bool authenticate_can_cancel(const struct authentication *authentication)
{
	return authentication->auth.waiting
	       || (authentication->query.waiting
	           && sql_statements[authentication->query.statement].lane == SQL_READ);
}

void authenticate_cancel(struct authentication *authentication)
{
	auth_cancel(&authentication->auth);
	db_cancel(&authentication->query);
	if (authentication->identity)
		identity_release(authentication->identity);
	authentication->identity = NULL;
}
