-- When logs were published and recorded, and what was alerted.

-- The client's time when it wrote the log; null: when it was created. A log written without a network
-- is sent later.
alter table app.logs add column recorded_at timestamptz(3),
	add constraint logs_recorded check (recorded_at - created_at between interval '-24 hours' and interval '5 minutes');

-- When a log was published; null: never. Drafts that were archived were not.
alter table app.logs add column published_at timestamptz(3);

-- The highest severity of which supervisors have been alerted. Incidents written before this column
-- existed alerted when they were created or published.
alter table app.logs add column alerted_severity app.severity;

alter table app.logs disable trigger logs_touch;
update app.logs l set published_at = l.created_at
where l.status <> 'DRAFT' and not exists (select from app.log_edits e
	where e.log_id = l.id and e.field_changed = 'status' and e.old_value = '"DRAFT"' and e.new_value = '"ARCHIVED"');
update app.logs set alerted_severity = severity
where type = 'INCIDENT' and published_at is not null and severity >= 'HIGH';
alter table app.logs enable trigger logs_touch;

alter table app.logs alter column published_at set default now(),
	add constraint logs_published check (case status when 'DRAFT' then published_at is null
		when 'ARCHIVED' then true else published_at is not null end);

-- With the columns that decide who sees a log, so that totals are counted in the index.
drop index app.logs_newest, app.logs_by_author;
create index logs_newest on app.logs (created_at desc, id desc) include (user_id, published_at)
	where archived_at is null;
create index logs_by_author on app.logs (user_id, created_at desc, id desc) include (published_at)
	where archived_at is null;

drop function if exists api.check_guard_location(uuid, uuid);
drop function if exists api.alert_supervisors(app.logs);
drop function if exists api.create_comment(uuid, uuid, uuid, jsonb);
