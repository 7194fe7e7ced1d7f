/* page.h: writes the layout that all pages share. */

#ifndef PAGES_PAGE_H
#define PAGES_PAGE_H

#include "state.h"

struct page {
	const char *title;
	const char *path;          /* its entry in the navigation is marked; NULL: none */
	const char *style;         /* an embedded file, before the common style sheet; NULL: none */
	const char *scripts[2];    /* embedded files; NULL: none */
	const char *body_class;    /* of style.css; NULL: "text" */
	const char *search_worker; /* path of ReDoc's search worker; NULL: none */
};

void page_begin(struct buf *out, const struct pages *pages, const struct page *page);
void page_end(struct buf *out);

/* Text between backticks becomes code. */
void page_sentence(struct buf *out, const char *sentence);

/* The version whose mount the request's path begins with; otherwise the first. */
enum version page_version(const struct request *request);

/* Whether the setting DOCS hides the documentation; then, the request has been answered. */
bool page_docs_are_off(struct request *request);

/* Sends the page with an entity tag and the members that `given` sets, and frees it. */
void page_reply(struct request *request, struct buf *page, const struct reply *given);

/* The policy of pages without scripts. */
#define PAGE_CSP                                                                                   \
	"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "                  \
	"form-action 'none'; frame-ancestors 'none'"

/* The head of a table with the members of a message's data. */
#define PAGE_DATA_TABLE                                                                            \
	"<table>\n<thead><tr><th>Member of <code>data</code></th><th>Value</th></tr></thead>\n"    \
	"<tbody>\n"

#define PAGE_TYPE "text/html; charset=utf-8"

#endif
