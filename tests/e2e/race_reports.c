/* race_reports.c: tests that a signature stands on what the log says, while others change the log,
 * sign, or reopen the report. */

#include "race_fixture.h"

TestSuite(race_reports, .init = set_up_race, .timeout = 120);

struct report {
	const char *id, *log, *digest;
};

/* Those who sign all reports of a test. */
struct signers {
	struct client *guard, *supervisor;
	const char *guard_id, *supervisor_id;
};

static struct signers some_signers(void)
{
	struct signers signers = {
		.guard = e2e_new_user("GUARD", "Ada"),
		.supervisor = e2e_new_user("SUPERVISOR", "Sven"),
	};

	signers.guard_id = own_id(signers.guard);
	signers.supervisor_id = own_id(signers.supervisor);
	return signers;
}

static struct report some_report(const struct signers *signers)
{
	struct report report = { 0 };

	report.log =
		id_of(client_post(race.super_admin, "/api/v1/logs",
	                          "{'type':'INCIDENT','title':'Lamp out','description':'Dark.',"
	                          "'location_id':'%s'}",
	                          e2e_new_location()));
	report.id = id_of(client_post(
		race.super_admin, "/api/v1/incident-reports",
		"{'log_id':'%s','guard_assigned_id':'%s','supervisor_assigned_id':'%s'}",
		report.log, signers->guard_id, signers->supervisor_id));
	report.digest = e2e_format(
		"%s",
		answer_at(client_get(signers->guard, "/api/v1/incident-reports/%s", report.id),
	                  "digest"));
	return report;
}

static void send_signature(struct client *client, const struct report *report, const char *as)
{
	client_send(client, "POST", e2e_format("/api/v1/incident-reports/%s/sign", report->id),
	            "{'signer_type':'%s','digest':'%s'}", as, report->digest);
}

static void send_reopen(struct client *client, const struct report *report)
{
	client_send(client, "POST", e2e_format("/api/v1/incident-reports/%s/reopen", report->id),
	            "{'reason':'Wrong berth.'}");
}

/* The signature stands on what the log says, or the log was changed and nothing was signed. */
Test(race_reports, of_a_signature_and_a_change_of_the_log_have_one_winner)
{
	const struct signers signers = some_signers();
	int signatures = 0;

	for (int i = 0; i < CLIENTS; i++) {
		const struct report report = some_report(&signers);
		bool has_signed;

		send_signature(signers.guard, &report, "GUARD");
		client_send(race.clients[0], "PATCH", e2e_format("/api/v1/logs/%s", report.log),
		            "{'title':'All well'}");
		has_signed = has_succeeded(signers.guard, "REPORT_CHANGED");
		cr_expect_neq(has_signed, has_succeeded(race.clients[0], "REPORT_SIGNED"));
		signatures += has_signed;
	}
	cr_log_info("%d of %d were signed", signatures, CLIENTS);
}

/* Several requests reopen a report, and one succeeds. The other signer either signed before, and the
 * signature is void, too, or is told that the report has changed. */
Test(race_reports, of_reopening_and_signing_leave_no_signature)
{
	const struct signers signers = some_signers();

	for (int i = 0; i < CLIENTS / 5; i++) {
		const struct report report = some_report(&signers);
		int reopened = 0;

		send_signature(signers.guard, &report, "GUARD");
		assert_status(client_receive(signers.guard), 200);
		send_signature(signers.supervisor, &report, "SUPERVISOR");
		for (int j = 0; j < 5; j++)
			send_reopen(race.clients[j], &report);
		has_succeeded(signers.supervisor, "REPORT_CHANGED");
		for (int j = 0; j < 5; j++)
			reopened += has_succeeded(race.clients[j], "REPORT_NOT_SIGNED");
		cr_expect_eq(reopened, 1);
		cr_expect_str_eq(query(e2e_format("select count(*) from app.report_signatures"
		                                  " where report_id = '%s' and voided_at is null",
		                                  report.id)),
		                 "0");
	}
}

/* Two people sign at once: the text is stored once, and both have signed it. (That each signs once
 * is tested with the resource.) */
Test(race_reports, of_two_signers_make_one_text)
{
	const struct signers signers = some_signers();

	for (int i = 0; i < CLIENTS / 5; i++) {
		const struct report report = some_report(&signers);

		send_signature(signers.guard, &report, "GUARD");
		send_signature(signers.supervisor, &report, "SUPERVISOR");
		expect_status(client_receive(signers.guard), 200);
		expect_status(client_receive(signers.supervisor), 200);
		cr_expect_str_eq(
			query(e2e_format("select count(*) || ' ' || count(distinct s.edition)"
		                         " from app.report_signatures s where s.report_id = '%s'",
		                         report.id)),
			"2 1");
	}
}
