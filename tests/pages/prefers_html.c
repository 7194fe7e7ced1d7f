/* Which Accept headers get HTML, and which get JSON. */

#include <criterion/criterion.h>

#include "prefers_html.h"

static const struct {
	const char *accept;
	bool html;
} cases[] = {
	/* Browsers */
	{ "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", true },
	{ "text/html, application/xhtml+xml, image/jxr, */*", true },
	{ "text/html", true },
	{ "TEXT/HTML", true },
	{ "text/*", true },
	{ "text/html;level=1;q=0.7, application/json;q=0.3", true },
	{ "application/json;q=0, text/html;q=0.001", true },
	/* Other clients */
	{ NULL, false },
	{ "", false },
	{ "*/*", false },
	{ "application/json", false },
	{ "application/json, text/plain, */*", false },
	{ "application/json, text/html", false },
	{ "text/html, application/json", false },
	{ "text/html;q=0.3, application/json;q=0.7", false },
	{ "text/html;q=0", false },
	{ "text/html; q=0.0, */*", false },
	{ "text/*;q=0.5, */*", false },
	{ "text/htmlx", false },
	{ ",;q=,", false },
};

Test(prefers_html, is_true_only_if_html_is_requested)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		cr_expect_eq(prefers_html(str_of(cases[i].accept)), cases[i].html, "%s",
		             cases[i].accept ?: "none");
}
