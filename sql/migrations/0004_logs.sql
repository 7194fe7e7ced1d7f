-- Logs and the history of their edits.

create type app.record_status as enum ('LIVE', 'UPDATED', 'ARCHIVED', 'DRAFT');

create type app.log_type as enum (
	'INCIDENT', 'PATROL', 'VISITOR_CHECKIN', 'MAINTENANCE', 'WEATHER', 'OTHER', 'ON_DUTY_CHECKLIST');

create type app.severity as enum ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL');

create table app.logs (
	id uuid primary key default gen_random_uuid(),
	type app.log_type not null,
	title text not null,
	description text not null,
	status app.record_status not null default 'LIVE',
	location_id uuid not null,
	user_id uuid not null,
	severity app.severity,
	incident_time timestamptz(3),
	people_involved text,
	witnesses text,
	actions_taken text,
	follow_up_required boolean not null default false,
	follow_up_notes text,
	weather_conditions text,
	photo_urls text[] not null default '{}',
	video_urls text[] not null default '{}',
	reviewed_by uuid,
	reviewed_at timestamptz(3),
	review_notes text,
	archived_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint logs_location foreign key (location_id) references app.locations on delete restrict,
	constraint logs_author foreign key (user_id) references app.users on delete restrict,
	constraint logs_reviewer foreign key (reviewed_by) references app.users on delete set null,
	constraint logs_title_length check (char_length(title) between 1 and 255),
	constraint logs_description_length check (char_length(description) between 1 and 20000),
	constraint logs_weather_length check (char_length(weather_conditions) <= 200),
	constraint logs_videos check (cardinality(video_urls) <= 3),
	constraint logs_archived check ((status = 'ARCHIVED') = (archived_at is not null))
);

create trigger logs_touch before update on app.logs
	for each row when (old.* is distinct from new.*) execute function app.touch();

-- For the list without a filter and with each single filter: newest first, with the id as tie-breaker.
create index logs_newest on app.logs (created_at desc, id desc) where archived_at is null;
create index logs_by_location on app.logs (location_id, created_at desc, id desc) where archived_at is null;
create index logs_by_author on app.logs (user_id, created_at desc, id desc) where archived_at is null;
create index logs_by_type on app.logs (type, created_at desc, id desc) where archived_at is null;
create index logs_by_status on app.logs (status, created_at desc, id desc) where archived_at is null;
create index logs_by_severity on app.logs (severity, created_at desc, id desc) where archived_at is null;
create index logs_by_reviewer on app.logs (reviewed_by) where reviewed_by is not null;
create index logs_search on app.logs using gin ((title || ' ' || description) gin_trgm_ops);

create table app.log_edits (
	id uuid primary key default gen_random_uuid(),
	log_id uuid not null,
	edited_by uuid not null,
	edited_at timestamptz(3) not null default now(),
	field_changed text not null,
	old_value jsonb,
	new_value jsonb,
	revision bigint not null,	-- of the log before the change
	constraint log_edits_log foreign key (log_id) references app.logs on delete cascade,
	constraint log_edits_editor foreign key (edited_by) references app.users on delete restrict,
	constraint log_edits_unique unique (log_id, revision, field_changed)
);

create index log_edits_by_editor on app.log_edits (edited_by);
