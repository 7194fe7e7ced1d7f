-- Shifts, their assignments, and recurring patterns.

create table app.recurring_patterns (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	location_id uuid not null,
	start_time time(0) not null,	-- local time in the setting TIMEZONE
	end_time time(0) not null,	-- on the next day if not after start_time
	days_of_week smallint[] not null,	-- 0 is Sunday
	is_active boolean not null default true,
	start_date date not null,
	end_date date,	-- null: open-ended
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint recurring_patterns_location foreign key (location_id) references app.locations on delete restrict,
	constraint recurring_patterns_name_length check (char_length(name) between 1 and 100),
	constraint recurring_patterns_days check (
		cardinality(days_of_week) between 1 and 7 and days_of_week <@ array[0, 1, 2, 3, 4, 5, 6]::smallint[]),
	constraint recurring_patterns_dates check (end_date >= start_date)
);

create trigger recurring_patterns_touch before update on app.recurring_patterns
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index recurring_patterns_listed on app.recurring_patterns (name, id);
create index recurring_patterns_by_location on app.recurring_patterns (location_id, name, id);

create table app.recurring_assignments (
	id uuid primary key default gen_random_uuid(),
	recurring_pattern_id uuid not null,
	user_id uuid not null,
	role text,	-- PRIMARY, BACKUP, SUPERVISOR, or any other text
	constraint recurring_assignments_unique unique (recurring_pattern_id, user_id),
	constraint recurring_assignments_pattern foreign key (recurring_pattern_id) references app.recurring_patterns
		on delete cascade,
	constraint recurring_assignments_user foreign key (user_id) references app.users on delete cascade,
	constraint recurring_assignments_role_length check (char_length(role) between 1 and 50)
);

create index recurring_assignments_by_user on app.recurring_assignments (user_id);

create table app.shifts (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	start_time timestamptz(3) not null,
	end_time timestamptz(3) not null,
	location_id uuid not null,
	recurring_pattern_id uuid,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint shifts_location foreign key (location_id) references app.locations on delete restrict,
	constraint shifts_pattern foreign key (recurring_pattern_id) references app.recurring_patterns on delete set null,
	constraint shifts_name_length check (char_length(name) between 1 and 100),
	constraint shifts_times check (end_time > start_time),
	constraint shifts_pattern_start_unique unique (recurring_pattern_id, start_time),
	constraint shifts_id_start_unique unique (id, start_time)	-- referenced by shift_assignments
);

create trigger shifts_touch before update on app.shifts
	for each row when (old.* is distinct from new.*) execute function app.touch();

-- For the list without a filter and by location, and for overlapping shifts.
create index shifts_listed on app.shifts (start_time, id);
create index shifts_by_location on app.shifts (location_id, start_time, id);
create index shifts_during on app.shifts using gist (tstzrange(start_time, end_time));

-- Repeats the shift's start time, so that an index finds one user's shifts in order.
create table app.shift_assignments (
	id uuid primary key default gen_random_uuid(),
	shift_id uuid not null,
	start_time timestamptz(3) not null,
	user_id uuid not null,
	role text,
	constraint shift_assignments_unique unique (shift_id, user_id),
	constraint shift_assignments_shift foreign key (shift_id, start_time) references app.shifts (id, start_time)
		on update cascade on delete cascade,
	constraint shift_assignments_user foreign key (user_id) references app.users on delete cascade,
	constraint shift_assignments_role_length check (char_length(role) between 1 and 50)
);

create index shift_assignments_by_user on app.shift_assignments (user_id, start_time, shift_id);

-- Duty sessions and logs are kept when their shift is deleted.
alter table app.duty_sessions add constraint duty_sessions_shift
	foreign key (shift_id) references app.shifts on delete set null;
create index duty_sessions_by_shift on app.duty_sessions (shift_id) where shift_id is not null;

alter table app.logs add column shift_id uuid,
	add constraint logs_shift foreign key (shift_id) references app.shifts on delete set null;
create index logs_by_shift on app.logs (shift_id) where shift_id is not null;
