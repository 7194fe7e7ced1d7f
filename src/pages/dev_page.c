/* dev_page.c: the demo users of `binnacle dev`, and how to get their tokens.
 *
 * The page contains no tokens. Its script requests them from /dev/token, which rejects other
 * origins. */

#include "config.h"
#include "dev_page.h"
#include "page.h"

#define DEV_CSP PAGE_CSP "; script-src 'self'; connect-src 'self'"

static void user_row(struct buf *out, const struct demo_user *user)
{
	buf_text(out, "<tr><td>");
	buf_html(out, str_of(user->first_name));
	buf_char(out, ' ');
	buf_html(out, str_of(user->last_name));
	buf_print(out, "<br><code>%s</code></td><td>%s</td>", user->email, user->role);
	buf_print(
		out,
		"<td><button type=\"button\" data-who=\"%s\" hidden>Copy token</button></td></tr>\n",
		user->email);
}

static void commands(struct buf *out, const struct pages *pages)
{
	long long port = pages->sources.config->port;
	struct buf program = { 0 };

	buf_html(&program, str_of(pages->sources.demo->program));
	buf_text(out, "<h2>On the command line</h2>\n<pre><code>");
	buf_print(out, "%s token guard --port %lld\n", buf_cstr(&program), port);
	buf_print(out, "%s token rosa.brandt@marina.example --ttl 5m --port %lld\n",
	          buf_cstr(&program), port);
	buf_print(out, "%s token guard --expired --port %lld</code></pre>\n", buf_cstr(&program),
	          port);
	buf_text(out, "<h2>Over HTTP</h2>\n<pre><code>");
	buf_print(
		out,
		"curl http://127.0.0.1:%lld/dev/token --json "
		"&#39;{&quot;who&quot;: &quot;guard&quot;, &quot;ttl&quot;: 300}&#39;</code></pre>\n",
		port);
	buf_finish(&program);
}

void dev_page_run(struct request *request)
{
	const struct pages *pages = pages_of(request);
	const struct pages_demo *demo = pages->sources.demo;
	struct buf out = { 0 };

	page_begin(
		&out, pages,
		&(struct page){ .title = "Demo users", .path = "/dev", .scripts = { "dev.js" } });
	buf_text(
		&out,
		"<h1>Demo users</h1>\n<p class=\"lead\">This server issues tokens to anyone on this "
		"machine: for a user, for a role, or for a new anonymous account.</p>\n");
	commands(&out, pages);
	buf_text(&out,
	         "<p><code>who</code> is the email address of a user listed here, a role (which "
	         "selects its first user), or <code>anonymous</code>. Other web pages cannot get "
	         "tokens: requests with another <code>Origin</code> or <code>Host</code> are "
	         "rejected.</p>\n"
	         "<h2>Users</h2>\n<p id=\"copied\" role=\"status\"></p>\n<table class=\"users\">\n"
	         "<thead><tr><th>User</th><th>Role</th><th></th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < demo->user_count; i++)
		user_row(&out, &demo->users[i]);
	buf_text(&out, "</tbody>\n</table>\n"
	               "<h2>As an OpenID Connect issuer</h2>\n<dl class=\"endpoints\">\n"
	               "<dt><a href=\"/dev/.well-known/openid-configuration\"><code>"
	               "/dev/.well-known/openid-configuration</code></a></dt>"
	               "<dd>Discovery document</dd>\n"
	               "<dt><a href=\"/dev/.well-known/jwks.json\"><code>"
	               "/dev/.well-known/jwks.json</code></a></dt><dd>Key set</dd>\n</dl>\n");
	page_end(&out);
	page_reply(request, &out, &(struct reply){ .csp = DEV_CSP });
}
