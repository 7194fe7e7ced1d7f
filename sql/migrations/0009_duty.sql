-- Duty sessions, and check-ins at locations.

create table app.duty_sessions (
	id uuid primary key default gen_random_uuid(),
	user_id uuid not null,
	location_id uuid,	-- the duty location; null: roaming
	shift_id uuid,
	clock_in_time timestamptz(3) not null default now(),
	clock_out_time timestamptz(3),	-- null: still on duty
	notes text,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint duty_sessions_user foreign key (user_id) references app.users on delete restrict,
	constraint duty_sessions_location foreign key (location_id) references app.locations on delete set null,
	constraint duty_sessions_times check (clock_out_time >= clock_in_time),
	constraint duty_sessions_notes_length check (char_length(notes) <= 2000)
);

create trigger duty_sessions_touch before update on app.duty_sessions
	for each row when (old.* is distinct from new.*) execute function app.touch();

create unique index one_open_session_per_user on app.duty_sessions (user_id) where clock_out_time is null;

-- For the list without a filter and with each single filter, and for the users on duty.
create index duty_sessions_newest on app.duty_sessions (clock_in_time desc, id desc);
create index duty_sessions_by_user on app.duty_sessions (user_id, clock_in_time desc, id desc);
create index duty_sessions_by_location on app.duty_sessions (location_id, clock_in_time desc, id desc);
create index duty_sessions_open on app.duty_sessions (clock_in_time desc, id desc) where clock_out_time is null;

create table app.location_check_ins (
	id uuid primary key default gen_random_uuid(),
	duty_session_id uuid not null,
	location_id uuid not null,
	user_id uuid not null,
	check_in_time timestamptz(3) not null default now(),
	check_out_time timestamptz(3),	-- null: still there
	notes text,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint location_check_ins_session foreign key (duty_session_id) references app.duty_sessions on delete cascade,
	constraint location_check_ins_location foreign key (location_id) references app.locations on delete restrict,
	constraint location_check_ins_user foreign key (user_id) references app.users on delete restrict,
	constraint location_check_ins_times check (check_out_time >= check_in_time),
	constraint location_check_ins_notes_length check (char_length(notes) <= 2000)
);

create trigger location_check_ins_touch before update on app.location_check_ins
	for each row when (old.* is distinct from new.*) execute function app.touch();

create unique index one_open_check_in_per_session on app.location_check_ins (duty_session_id)
	where check_out_time is null;

create index location_check_ins_newest on app.location_check_ins (check_in_time desc, id desc);
create index location_check_ins_by_user on app.location_check_ins (user_id, check_in_time desc, id desc);
create index location_check_ins_by_session on app.location_check_ins (duty_session_id, check_in_time desc, id desc);
create index location_check_ins_by_location on app.location_check_ins (location_id, check_in_time desc, id desc);

-- Lists of incidents; and of those that need a review, by severity.
create index logs_incidents on app.logs (created_at desc, id desc) where type = 'INCIDENT';
create index logs_incidents_by_status on app.logs (status, created_at desc, id desc) where type = 'INCIDENT';
create index logs_incidents_unreviewed on app.logs (severity desc, created_at desc, id desc)
	where type = 'INCIDENT' and reviewed_by is null and archived_at is null and severity >= 'MEDIUM';

-- The supervisors who are alerted to severe incidents.
create index if not exists users_supervisors on app.users (id) where role >= 'SUPERVISOR' and archived_at is null;
