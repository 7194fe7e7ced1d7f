/* dev.c: `binnacle dev`: a server with everything needed to try it out.
 *
 * Normal sequence, about a second:
 *
 * - a free loopback port is found;
 * - the private PostgreSQL is started, migrated, and filled with demo data on the first start;
 * - a token issuer is created; the server fetches its keys from itself;
 * - the server starts; once the database is connected and the keys have arrived, the banner is
 *   printed;
 * - Ctrl-C stops everything and keeps the data.
 *
 * Failures: one line says what is missing, and no process is left behind (see private_postgres.c). */

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "data_dir.h"
#include "server.h"
#include "issuer.h"
#include "migrate.h"
#include "private_postgres.h"
#include "banner.h"
#include "settings.h"

enum { LOOK_MS = 2, UNEASY_US = 10 * 1000 * 1000 };

struct dev {
	struct house house; /* first member */
	const struct args *args;
	struct config config;
	char port[8], *origin, *data; /* directories */
	char *issuers;
	struct private *own;
	struct issuer *issuer;
	long long began_us;
	bool uneasy;
};

/* It issues tokens to anyone, so it must not be reachable from another machine. */
static bool is_loopback_wanted(struct buf *fault)
{
	const char *host = getenv("HOST");

	if (!host || !*host || strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0)
		return true;
	buf_print(fault,
	          "HOST is %s, but `dev` issues tokens to anyone and listens on 127.0.0.1 only. "
	          "Unset HOST, or use `serve`.",
	          host);
	return false;
}

/* Checks that the port is free; 0 picks one. */
static bool find_port(struct dev *dev, long long wanted, struct buf *fault)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)wanted),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0
	          && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0
	          && getsockname(fd, (struct sockaddr *)&address, &length) == 0;

	if (!ok)
		buf_print(fault,
		          "cannot listen on 127.0.0.1:%lld: %s. Choose another port with --port N.",
		          wanted, strerror(errno));
	if (fd >= 0)
		close(fd);
	snprintf(dev->port, sizeof(dev->port), "%u", ntohs(address.sin_port));
	return ok;
}

/* Reads the settings, some of which are fixed by `dev`. The first call, before there is a
 * database and an issuer, is for the port and the directory. */
static bool read_settings(struct dev *dev, struct buf *faults)
{
	const struct config_override mine[] = {
		{ "ENVIRONMENT", "development", "dev" },
		{ "HOST", "127.0.0.1", "dev" },
		{ "DRAIN_SECONDS", "3", "dev" },
		{ "DATABASE_URL", dev->own ? private_url(dev->own) : NULL, "dev" },
		{ "OIDC_ISSUERS", dev->issuers, "dev" },
		{ "PORT", dev->port, "--port" },
	};
	size_t count = COUNT_OF(mine) - (dev->port[0] ? 0 : 1);

	return settings_read(&dev->config, dev->args, mine, count, faults)
	       && (!dev->issuer || settings_fit(&dev->config, faults));
}

static bool write_down(const char *path, const struct sql_file *demo)
{
	FILE *file = fopen(path, "ae");

	if (!file)
		return false;
	fprintf(file, "%s %s\n", demo->checksum, demo->name);
	return fclose(file) == 0;
}

/* Loads the demo files that this database does not have yet. Each one is recorded at once in a
 * file next to the database, since most of them cannot be run again. A file is identified by its
 * checksum, so later additions to the demo data go into new files. */
static bool sow(const struct dev *dev, struct buf *fault)
{
	char *path = xprint("%s/sown", private_path(dev->own));
	FILE *file;
	char sown[4096] = "";
	bool ok = true;

	if (private_is_fresh(dev->own))
		unlink(path);
	if ((file = fopen(path, "re"))) {
		sown[fread(sown, 1, sizeof(sown) - 1, file)] = '\0';
		fclose(file);
	}
	for (const struct sql_file *demo = sql_demo; ok && demo->name; demo++) {
		if (strstr(sown, demo->checksum))
			continue;
		ok = db_run_file(private_url(dev->own), demo, fault);
		if (ok && !write_down(path, demo))
			fprintf(stderr,
			        "warning: cannot write %s; demo data will be loaded again\n", path);
	}
	free(path);
	return ok;
}

/* The issuer's URL contains the port. Users that were created at another port are kept. */
static bool keep_people(const struct dev *dev, struct buf *fault)
{
	char *text = xprint("update app.users set issuer = '%s'"
	                    " where issuer like 'http://127.0.0.1:%%/dev' and issuer <> '%s'",
	                    issuer_url(dev->issuer), issuer_url(dev->issuer));
	bool ok = db_run_file(private_url(dev->own), &(struct sql_file){ "people", text, "" }, fault);

	free(text);
	return ok;
}

static bool make_issuer(struct dev *dev, struct buf *fault)
{
	char *key = xprint("%s/key.pem", private_path(dev->own));

	dev->origin = xprint("http://127.0.0.1:%s", dev->port);
	dev->issuer = issuer_new(dev->origin, key, fault);
	free(key);
	if (dev->issuer)
		dev->issuers = xprint("%s %s", issuer_url(dev->issuer), ISSUER_AUDIENCE);
	return dev->issuer != NULL;
}

static void on_look(evutil_socket_t, short, void *arg);

static void look_soon(struct dev *dev)
{
	event_base_once(loop_base(dev->house.loop), -1, EV_TIMEOUT, on_look, dev,
	                &(struct timeval){ .tv_usec = LOOK_MS * 1000 });
}

static void on_look(evutil_socket_t, short, void *arg)
{
	struct dev *dev = arg;
	long long took_us = clock_exact_us() - dev->began_us;

	if (house_is_ready(&dev->house)) {
		screen_print(&(struct screen){
			.program = dev->args->program,
			.origin = dev->origin,
			.port = dev->config.port,
			.issuer = issuer_url(dev->issuer),
			.data = private_path(dev->own),
			.database = private_url(dev->own),
			.took_us = took_us,
		});
		return;
	}
	if (!dev->uneasy && took_us > UNEASY_US) {
		dev->uneasy = true;
		fprintf(stderr, "Still waiting for %s.\n",
		        db_ready(dev->house.db) ? "the issuer's keys" : "the database");
	}
	look_soon(dev);
}

static void on_opened(struct house *house)
{
	struct dev *dev = container_of(house, struct dev, house);

	look_soon(dev);
}

/* Prepares everything that the server needs. */
static bool prepare(struct dev *dev, struct buf *fault)
{
	const char *directory;

	if (!is_loopback_wanted(fault) || !find_port(dev, dev->config.port, fault))
		return false;
	if (getenv("DATABASE_URL"))
		fprintf(stderr, "DATABASE_URL is ignored: `dev` uses a private database.\n");
	directory = dev->config.data ? dev->config.data : (dev->data = home_usual("dev", fault));
	if (!directory)
		return false;
	dev->own = private_new(directory, dev->args->options[OPTION_RESET] ? PRIVATE_RESET : PRIVATE_KEEP,
	                       fault);
	return dev->own && db_migrate(private_url(dev->own), migrate_say, fault) && sow(dev, fault)
	       && make_issuer(dev, fault) && keep_people(dev, fault);
}

static void finish(struct dev *dev)
{
	issuer_free(dev->issuer);
	private_free(dev->own);
	config_finish(&dev->config);
	free(dev->origin);
	free(dev->data);
	free(dev->issuers);
}

int command_dev(const struct args *args)
{
	struct dev dev = { .args = args, .began_us = clock_exact_us() };
	struct buf fault = { 0 };
	int status = EXIT_FAILURE;

	if (!read_settings(&dev, &fault)) {
		status = settings_refuse(args, &fault);
	} else if (!prepare(&dev, &fault)) {
		fprintf(stderr, "%s: %s\n", args->program, buf_cstr(&fault));
	} else {
		config_finish(&dev.config);
		if (read_settings(&dev, &fault)) {
			settings_open_log(&dev.config);
			dev.house.config = &dev.config;
			dev.house.own = dev.own;
			dev.house.extra = issuer_routes(dev.issuer);
			dev.house.opened = on_opened;
			status = house_run(&dev.house);
		} else {
			status = settings_refuse(args, &fault);
		}
	}
	finish(&dev);
	buf_finish(&fault);
	return status;
}
