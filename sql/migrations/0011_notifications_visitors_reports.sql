-- Notifications, comments on logs, visitors, and incident reports.

create type app.notification_type as enum ('INFO', 'WARNING', 'SUCCESS', 'ERROR', 'ALERT');

create type app.priority as enum ('LOW', 'MEDIUM', 'HIGH', 'URGENT');	-- higher ones come first in lists

create table app.notifications (
	id uuid primary key default gen_random_uuid(),
	user_id uuid,	-- null: for everyone
	type app.notification_type not null default 'INFO',
	priority app.priority not null default 'MEDIUM',
	title text not null,
	message text not null,
	action_label text,
	action_url text,
	dismissible boolean not null default true,
	dismissed_at timestamptz(3),	-- null if for everyone; see notification_dismissals
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint notifications_user foreign key (user_id) references app.users on delete cascade,
	constraint notifications_title_length check (char_length(title) between 1 and 255),
	constraint notifications_message_length check (char_length(message) between 1 and 5000),
	constraint notifications_action_label_length check (char_length(action_label) between 1 and 100),
	-- A path of this server or a web address; excludes scripts, and other hosts that look like
	-- a path.
	constraint notifications_action_url_length check (char_length(action_url) <= 2048),
	constraint notifications_action_url_form check (action_url ~ '^(https?://|/($|[^/\\]))'),
	constraint notifications_dismissed check (dismissed_at is null or (user_id is not null and dismissible))
);

create trigger notifications_touch before update on app.notifications
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index notifications_open on app.notifications (user_id, priority desc, created_at desc, id desc)
	where dismissed_at is null;
create index notifications_to_all on app.notifications (priority desc, created_at desc, id desc)
	where user_id is null;

-- Notifications for everyone that a user has dismissed.
create table app.notification_dismissals (
	notification_id uuid not null,
	user_id uuid not null,
	dismissed_at timestamptz(3) not null default now(),
	constraint dismissals_unique primary key (notification_id, user_id),
	constraint dismissals_notification foreign key (notification_id) references app.notifications on delete cascade,
	constraint dismissals_user foreign key (user_id) references app.users on delete cascade
);

-- Recipients of alerts and of messages from guards.
create index if not exists users_supervisors on app.users (id) where role >= 'SUPERVISOR' and archived_at is null;

create table app.comments (
	id uuid primary key default gen_random_uuid(),
	log_id uuid,	-- other commentable resources get a column of their own
	user_id uuid not null,
	content text not null,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint comments_log foreign key (log_id) references app.logs on delete cascade,
	constraint comments_author foreign key (user_id) references app.users on delete restrict,
	constraint comments_one_subject check (num_nonnulls(log_id) = 1),
	constraint comments_content_length check (char_length(content) between 1 and 1000)
);

create trigger comments_touch before update on app.comments
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index comments_of_log on app.comments (log_id, created_at, id);

create table app.visitors (
	id uuid primary key default gen_random_uuid(),
	first_name text not null,
	last_name text not null,
	email text,
	phone text,
	company text,
	purpose text,
	location_id uuid not null,
	check_in_time timestamptz(3) not null default now(),
	check_out_time timestamptz(3),
	expected_duration integer,	-- minutes
	checked_in_by uuid not null,
	checked_out_by uuid,
	vehicle_make text,
	vehicle_model text,
	license_plate text,
	badge_number text,
	notes text,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint visitors_location foreign key (location_id) references app.locations on delete restrict,
	constraint visitors_checked_in_by foreign key (checked_in_by) references app.users on delete restrict,
	constraint visitors_checked_out_by foreign key (checked_out_by) references app.users on delete restrict,
	constraint visitors_first_name_length check (char_length(first_name) between 1 and 100),
	constraint visitors_last_name_length check (char_length(last_name) between 1 and 100),
	constraint visitors_notes_length check (char_length(notes) <= 5000),
	constraint visitors_expected_duration check (expected_duration between 1 and 10080),
	constraint visitors_checked_out check ((check_out_time is null) = (checked_out_by is null)),
	constraint visitors_times check (check_out_time >= check_in_time)
);

create trigger visitors_touch before update on app.visitors
	for each row when (old.* is distinct from new.*) execute function app.touch();

-- The text that the search matches.
create function app.visitor_search_text(first_name text, last_name text, company text, license_plate text,
	badge_number text)
returns text language sql immutable
as $$ select first_name || ' ' || last_name || ' ' || coalesce(company, '') || ' ' || coalesce(license_plate, '')
	|| ' ' || coalesce(badge_number, '') $$;

create index visitors_newest on app.visitors (check_in_time desc, id desc);
create index visitors_present on app.visitors ((check_out_time is null), check_in_time desc, id desc);
create index visitors_by_location on app.visitors (location_id, check_in_time desc, id desc);
create index visitors_present_by_location on app.visitors
	(location_id, (check_out_time is null), check_in_time desc, id desc);
create index visitors_search on app.visitors
	using gin (app.visitor_search_text(first_name, last_name, company, license_plate, badge_number) gin_trgm_ops);

-- The log has the content; a report has only its assigned signers and their signatures.
create table app.incident_reports (
	id uuid primary key default gen_random_uuid(),
	log_id uuid not null,
	incident_number text not null,
	generated_at timestamptz(3) not null default now(),
	generated_by uuid not null,
	guard_assigned_id uuid,
	guard_signed_by uuid,
	guard_signed_name text,
	guard_signed_at timestamptz(3),
	guard_signed_ip_address text,
	supervisor_assigned_id uuid not null,
	supervisor_signed_by uuid,
	supervisor_signed_name text,
	supervisor_signed_at timestamptz(3),
	supervisor_signed_ip_address text,
	notified_users uuid[] not null default '{}',
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint incident_reports_log_unique unique (log_id),
	constraint incident_reports_number_unique unique (incident_number),
	constraint incident_reports_log foreign key (log_id) references app.logs on delete cascade,
	constraint incident_reports_generated_by foreign key (generated_by) references app.users on delete restrict,
	constraint incident_reports_guard foreign key (guard_assigned_id) references app.users on delete restrict,
	constraint incident_reports_supervisor foreign key (supervisor_assigned_id) references app.users on delete restrict,
	-- Only the assigned users sign; a signature is complete or absent.
	constraint incident_reports_guard_signs check (guard_signed_by = guard_assigned_id),
	constraint incident_reports_supervisor_signs check (supervisor_signed_by = supervisor_assigned_id),
	constraint incident_reports_guard_when check ((guard_signed_by is null) = (guard_signed_at is null)),
	constraint incident_reports_guard_name check ((guard_signed_by is null) = (guard_signed_name is null)),
	constraint incident_reports_supervisor_when check ((supervisor_signed_by is null) = (supervisor_signed_at is null)),
	constraint incident_reports_supervisor_name check ((supervisor_signed_by is null) = (supervisor_signed_name is null))
);

create trigger incident_reports_touch before update on app.incident_reports
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index incident_reports_newest on app.incident_reports (generated_at desc, id desc);
