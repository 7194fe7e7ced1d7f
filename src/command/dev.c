/* dev.c: `binnacle dev`: a server with everything needed to try it out.
 *
 * Normal sequence, about a second:
 *
 * - a free loopback port is found;
 * - the private PostgreSQL is started, migrated, and filled with demo data on the first start;
 * - a token issuer is created; the server fetches its keys from itself;
 * - the server starts; once the database is connected and the keys have arrived, and after all
 *   log lines about that, the banner is printed;
 * - Ctrl-C stops everything and keeps the data.
 *
 * Failures: one line says what is missing, and no process is left behind (private_postgres.c). */

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "banner.h"
#include "clock.h"
#include "data_dir.h"
#include "db.h"
#include "issuer.h"
#include "log.h"
#include "migrate.h"
#include "private_postgres.h"
#include "server.h"
#include "settings.h"
#include "token_request.h"

#define DEMO_CONTACT "mailto:security@marina.example"

enum { POLL_MS = 2, SLOW_START_US = 10 * 1000 * 1000 };

struct dev {
	struct server server;
	const struct args *args;
	struct config config;
	char port[8], *origin;
	char *data; /* the default directory; NULL: another one was chosen */
	char *issuers;
	struct private_postgres *postgres;
	struct issuer *issuer;
	const char *contact; /* NULL: SECURITY_CONTACT is set, or not yet known */
	struct pages_demo demo;
	long long start_us;
	bool warned;
};

/* `dev` issues tokens to anyone, so it must not be reachable from other machines. */
static bool check_host(struct buf *error)
{
	const char *host = getenv("HOST");

	if (!host || !*host || strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0)
		return true;
	buf_print(error,
	          "HOST is %s, but `dev` issues tokens to anyone and listens on 127.0.0.1 only. "
	          "Unset HOST, or use `serve`.",
	          host);
	return false;
}

/* Checks that the port is free; 0 picks one. */
static bool find_port(struct dev *dev, long long port, struct buf *error)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0
	          && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0
	          && listen(fd, 1) == 0
	          && getsockname(fd, (struct sockaddr *)&address, &length) == 0;

	if (!ok)
		buf_print(error,
		          "cannot listen on 127.0.0.1:%lld: %s. Choose another port with --port N.",
		          port, strerror(errno));
	if (fd >= 0)
		close(fd);
	snprintf(dev->port, sizeof(dev->port), "%u", ntohs(address.sin_port));
	return ok;
}

/* Reads the settings, some of which `dev` fixes. The first call reads the port and the directory;
 * the second one, with a database and an issuer, all settings. */
static bool read_settings(struct dev *dev, struct buf *errors)
{
	const struct config_override overrides[] = {
		{ "ENVIRONMENT", "development", "dev" },
		{ "HOST", "127.0.0.1", "dev" },
		{ "DRAIN_SECONDS", "3", "dev" },
		{ "DATABASE_URL", dev->postgres ? private_postgres_url(dev->postgres) : NULL,
		  "dev" },
		{ "OIDC_ISSUERS", dev->issuers, "dev" },
		{ "SECURITY_CONTACT", dev->contact, "dev" },
		{ "PORT", dev->port, "--port" },
	};
	size_t count = COUNT_OF(overrides) - (dev->port[0] ? 0 : 1);

	return settings_read(&dev->config, dev->args, overrides, count, errors)
	       && (!dev->issuer || settings_check(&dev->config, errors));
}

static void read_demo_record(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char part[4096];
	size_t length;

	if (!file)
		return;
	while ((length = fread(part, 1, sizeof(part), file)) > 0)
		buf_str(out, (struct str){ part, length });
	fclose(file);
}

/* The checksum of the demo file when it was loaded; empty if it was not loaded. */
static struct str loaded_checksum(struct str record, const char *name)
{
	struct str line, checksum;

	while (str_cut(&record, '\n', &line)) {
		if (str_cut(&line, ' ', &checksum) && str_is(line, name))
			return checksum;
	}
	return (struct str){ 0 };
}

static bool load_demo_file(const struct dev *dev, const char *path, const struct sql_file *demo,
                           struct buf *error)
{
	FILE *file;

	if (!db_run_file(private_postgres_url(dev->postgres), demo, error))
		return false;
	file = fopen(path, "ae");
	if (file)
		fprintf(file, "%s %s\n", demo->checksum, demo->name);
	if (!file || fclose(file) != 0)
		fprintf(stderr, "warning: cannot write %s; demo data will be loaded again\n", path);
	return true;
}

/* Loads the demo files that this database does not have yet. Most of them cannot be run again, so
 * each one is recorded at once, by name, in a file next to the database. A file that has changed
 * since is not run again: only --reset loads the new demo data. */
static bool load_demo(const struct dev *dev, struct buf *error)
{
	char *path = xprint("%s/demo_loaded", private_postgres_path(dev->postgres));
	struct buf record = { 0 };
	bool ok = true, outdated = false;

	if (private_postgres_is_new(dev->postgres))
		unlink(path);
	read_demo_record(path, &record);
	for (const struct sql_file *demo = sql_demo; ok && demo->name; demo++) {
		struct str checksum = loaded_checksum(buf_as_str(&record), demo->name);

		if (!checksum.at)
			ok = load_demo_file(dev, path, demo, error);
		else
			outdated = outdated || !str_is(checksum, demo->checksum);
	}
	if (ok && outdated)
		fprintf(stderr,
		        "The demo data is from an earlier version; examples of the API documents "
		        "may fail. `%s dev --reset` deletes all data and loads the current demo "
		        "data.\n",
		        dev->args->program);
	buf_finish(&record);
	free(path);
	return ok;
}

/* The issuer's URL contains the port. Keeps the users of another port by changing their issuer. */
static bool keep_users(const struct dev *dev, struct buf *error)
{
	char *text = xprint("update app.users set issuer = '%s'"
	                    " where issuer like 'http://127.0.0.1:%%/dev' and issuer <> '%s'",
	                    issuer_url(dev->issuer), issuer_url(dev->issuer));
	bool ok = db_run_file(private_postgres_url(dev->postgres),
	                      &(struct sql_file){ "users", text, "" }, error);

	free(text);
	return ok;
}

static bool make_issuer(struct dev *dev, struct buf *error)
{
	char *key = xprint("%s/key.pem", private_postgres_path(dev->postgres));

	dev->origin = xprint("http://127.0.0.1:%s", dev->port);
	dev->issuer = issuer_new(dev->origin, key, error);
	free(key);
	if (dev->issuer)
		dev->issuers = xprint("%s %s", issuer_url(dev->issuer), ISSUER_AUDIENCE);
	return dev->issuer != NULL;
}

static void on_poll(evutil_socket_t, short, void *arg);

static void schedule_poll(struct dev *dev)
{
	event_base_once(loop_base(dev->server.loop), -1, EV_TIMEOUT, on_poll, dev,
	                &(struct timeval){ .tv_usec = POLL_MS * 1000 });
}

static void on_poll(evutil_socket_t, short, void *arg)
{
	struct dev *dev = arg;
	long long took_us = clock_exact_us() - dev->start_us;

	if (server_is_ready(&dev->server)) {
		log_flush();
		banner_print(&(struct banner){
			.program = dev->args->program,
			.origin = dev->origin,
			.port = dev->config.port,
			.issuer = issuer_url(dev->issuer),
			.data = private_postgres_path(dev->postgres),
			.database = private_postgres_url(dev->postgres),
			.took_us = took_us,
			.docs = strcmp(dev->config.docs, "on") == 0,
		});
		return;
	}
	if (!dev->warned && took_us > SLOW_START_US) {
		dev->warned = true;
		fprintf(stderr, "Still waiting for %s.\n",
		        db_ready(dev->server.db) ? "the issuer's keys" : "the database");
	}
	schedule_poll(dev);
}

static void on_listening(struct server *server)
{
	struct dev *dev = container_of(server, struct dev, server);

	schedule_poll(dev);
}

static void step(const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static bool migrate(const struct dev *dev, struct buf *error)
{
	const char *url = private_postgres_url(dev->postgres);

	if (!private_postgres_is_new(dev->postgres))
		return migrate_run(url, error);
	step("Creating the tables and the demo data");
	return migrate_new(url, error);
}

/* Prepares everything that the server needs. */
static bool prepare(struct dev *dev, struct buf *error)
{
	const char *directory;

	if (!check_host(error) || !find_port(dev, dev->config.port, error))
		return false;
	if (getenv("DATABASE_URL"))
		fprintf(stderr, "DATABASE_URL is ignored: `dev` uses a private database.\n");
	directory =
		dev->config.data ? dev->config.data : (dev->data = data_dir_default("dev", error));
	if (!directory)
		return false;
	step("Starting PostgreSQL");
	dev->postgres = private_postgres_new(
		directory,
		dev->args->options[OPTION_RESET] ? PRIVATE_POSTGRES_RESET : PRIVATE_POSTGRES_KEEP,
		error);
	return dev->postgres && migrate(dev, error) && load_demo(dev, error)
	       && make_issuer(dev, error) && keep_users(dev, error);
}

static void finish(struct dev *dev)
{
	issuer_free(dev->issuer);
	private_postgres_free(dev->postgres);
	config_finish(&dev->config);
	free(dev->origin);
	free(dev->data);
	free(dev->issuers);
}

int command_dev(const struct args *args)
{
	struct dev dev = {
		.args = args,
		.demo = { .program = args->program },
		.start_us = clock_exact_us(),
	};
	struct buf error = { 0 };
	int status = EXIT_FAILURE;

	dev.demo.users = demo_user_list(&dev.demo.user_count);
	if (!read_settings(&dev, &error)) {
		status = settings_print_errors(args, &error);
	} else if (!prepare(&dev, &error)) {
		fprintf(stderr, "%s: %s\n", args->program, buf_cstr(&error));
	} else {
		dev.contact = dev.config.security_contact ? NULL : DEMO_CONTACT;
		config_finish(&dev.config);
		if (read_settings(&dev, &error)) {
			settings_open_log(&dev.config);
			dev.server.config = &dev.config;
			dev.server.postgres = dev.postgres;
			dev.server.extra_routes = issuer_routes(dev.issuer);
			dev.server.demo = &dev.demo;
			dev.server.on_listening = on_listening;
			status = server_run(&dev.server);
		} else {
			status = settings_print_errors(args, &error);
		}
	}
	finish(&dev);
	buf_finish(&error);
	return status;
}
