-- Signed reports: what was signed, by whom, and what became of it.

create type app.signer as enum ('GUARD', 'SUPERVISOR');

-- The text that the first signature of an edition stored, for all signatures of that edition. Text,
-- not jsonb, because the digest is that of its bytes.
create table app.report_texts (
	report_id uuid not null,
	edition integer not null,
	content text not null,
	digest text not null,
	created_at timestamptz(3) not null default now(),
	constraint report_texts_unique primary key (report_id, edition),
	constraint report_texts_report foreign key (report_id) references app.incident_reports on delete restrict,
	constraint report_texts_digest check (digest = encode(sha256(convert_to(content, 'UTF8')), 'hex'))
);

-- All signatures, voided ones too. Edition null: signed before texts were stored; what was shown to
-- the signer is not known.
create table app.report_signatures (
	id uuid primary key default gen_random_uuid(),
	report_id uuid not null,
	edition integer,
	signer app.signer not null,
	user_id uuid not null,
	name text not null,
	signed_at timestamptz(3) not null default now(),
	ip_address text,
	voided_at timestamptz(3),
	voided_by uuid,	-- null: the server
	void_reason text,
	constraint report_signatures_once unique (report_id, edition, signer),
	constraint report_signatures_referenced unique (id, report_id, user_id),
	constraint report_signatures_report foreign key (report_id) references app.incident_reports on delete restrict,
	constraint report_signatures_text foreign key (report_id, edition) references app.report_texts on delete restrict,
	constraint report_signatures_user foreign key (user_id) references app.users on delete restrict,
	constraint report_signatures_voided_by foreign key (voided_by) references app.users on delete restrict,
	constraint report_signatures_voided check ((voided_at is null) = (void_reason is null)),
	constraint report_signatures_reason_length check (char_length(void_reason) between 1 and 1000)
);

create index report_signatures_of_report on app.report_signatures (report_id, signed_at, id);

insert into app.report_signatures (report_id, signer, user_id, name, signed_at, ip_address)
select r.id, s.signer::app.signer, s.user_id, s.name, s.signed_at, s.ip_address
from app.incident_reports r
cross join lateral (values
	('GUARD', r.guard_signed_by, r.guard_signed_name, r.guard_signed_at, r.guard_signed_ip_address),
	('SUPERVISOR', r.supervisor_signed_by, r.supervisor_signed_name, r.supervisor_signed_at,
		r.supervisor_signed_ip_address)
) s (signer, user_id, name, signed_at, ip_address)
where s.signed_at is not null;

drop view if exists api.incident_report_view;	-- it is created again with the functions

-- A report refers to its valid signatures; their users are those assigned. The edition counts how
-- often the report was opened for signing. A log with a report is never deleted.
alter table app.incident_reports
	add column edition integer not null default 1,
	add column guard_signature_id uuid,
	add column supervisor_signature_id uuid,
	drop column guard_signed_by,
	drop column guard_signed_name,
	drop column guard_signed_at,
	drop column guard_signed_ip_address,
	drop column supervisor_signed_by,
	drop column supervisor_signed_name,
	drop column supervisor_signed_at,
	drop column supervisor_signed_ip_address,
	drop constraint incident_reports_log,
	add constraint incident_reports_log foreign key (log_id) references app.logs on delete restrict;

-- Nobody countersigns their own report: of those who did, the signature as the guard is void.
update app.report_signatures s set voided_at = now(), void_reason = 'Guard and supervisor were the same person.'
from app.incident_reports r
where r.id = s.report_id and r.guard_assigned_id = r.supervisor_assigned_id and s.signer = 'GUARD';

update app.incident_reports r set
	guard_assigned_id = nullif(r.guard_assigned_id, r.supervisor_assigned_id),
	guard_signature_id = (select s.id from app.report_signatures s
		where s.report_id = r.id and s.signer = 'GUARD' and s.voided_at is null),
	supervisor_signature_id = (select s.id from app.report_signatures s
		where s.report_id = r.id and s.signer = 'SUPERVISOR');

alter table app.incident_reports
	add constraint incident_reports_signers_differ check (guard_assigned_id <> supervisor_assigned_id),
	add constraint incident_reports_guard_assigned
		check (guard_signature_id is null or guard_assigned_id is not null),
	add constraint incident_reports_guard_signature foreign key (guard_signature_id, id, guard_assigned_id)
		references app.report_signatures (id, report_id, user_id) on delete restrict,
	add constraint incident_reports_supervisor_signature
		foreign key (supervisor_signature_id, id, supervisor_assigned_id)
		references app.report_signatures (id, report_id, user_id) on delete restrict;

-- For lists of the reports of one signer.
create index incident_reports_of_guard on app.incident_reports (guard_assigned_id, generated_at desc, id desc);
create index incident_reports_of_supervisor on app.incident_reports
	(supervisor_assigned_id, generated_at desc, id desc);

-- The evidence in a signed log does not change, whatever function tries. (The functions refuse before;
-- see api.changes_evidence.)
create function app.keep_signed_evidence() returns trigger language plpgsql as $$
begin
	if exists (select from app.incident_reports r where r.log_id = old.id
			and (r.guard_signature_id is not null or r.supervisor_signature_id is not null)) then
		raise sqlstate 'HT409' using message = 'REPORT_SIGNED';
	end if;
	return new;
end $$;

create trigger logs_signed before update on app.logs
	for each row when (row(old.type, old.title, old.description, old.severity, old.incident_time, old.location_id,
		old.people_involved, old.witnesses, old.actions_taken, old.weather_conditions, old.photo_urls, old.video_urls)
		is distinct from row(new.type, new.title, new.description, new.severity, new.incident_time, new.location_id,
		new.people_involved, new.witnesses, new.actions_taken, new.weather_conditions, new.photo_urls, new.video_urls))
	execute function app.keep_signed_evidence();
