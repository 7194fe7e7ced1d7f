/* embedded.h: files that embed.py adds to the program: style sheets, scripts, images. */

#ifndef PAGES_EMBEDDED_H
#define PAGES_EMBEDDED_H

#include "http.h"

struct embedded_file {
	const char *name; /* "style.css" */
	const char *path; /* "/assets/style.1f2e3d4c5b.css": changes with the content */
	struct static_file file;
};

/* Ends with a NULL name. */
extern const struct embedded_file embedded_files[];

/* The path of a file; NULL: it is not embedded. */
const char *embedded_path(const char *name);

/* Replies with the file that the path parameter names. */
void embedded_run(struct request *request);

#endif
