/* parameter.c: reads the query of routes that have a single parameter. */

#include "parameter.h"

static void add_error(struct validation_errors *errors, struct str name, const char *code,
                      const char *detail)
{
	validation_errors_add(errors, "parameter", name, code, detail);
}

void parameter_read(struct request *request, const struct field *field,
                    struct validation_errors *errors, void (*on_value)(void *arg, struct str value),
                    void *arg)
{
	struct str rest = request->query, name, value;
	int count = 0;

	while (request_query_next(request, &rest, &name, &value)) {
		if (!name.at)
			add_error(errors, value, "malformed", "cannot be decoded");
		else if (!str_is(name, field->name))
			add_error(errors, name, "unknown", "is not a parameter of this operation");
		else if (count++ > 0 && !(field->rules & MULTIPLE))
			add_error(errors, name, "duplicate", "must not be repeated");
		else
			on_value(arg, value);
	}
	if (!count && field->rules & REQUIRED)
		add_error(errors, str_of(field->name), "required", "is required");
}
