-- Timesheets: the hours that a user worked in a week, their adjustments, and their approval.

create type app.timesheet_status as enum ('DRAFT', 'PENDING', 'APPROVED', 'REJECTED');

-- HOURS_EDITED is never written: hours are computed from the times.
create type app.timesheet_adjustment_type as enum (
	'HOURS_EDITED', 'TIME_EDITED', 'ENTRY_ADDED', 'ENTRY_REMOVED', 'NOTE_ADDED');

-- Elapsed hours, unaffected by clock changes.
create function app.hours_worked(clock_in timestamptz, clock_out timestamptz)
returns numeric language sql immutable
as $$ select round(extract(epoch from clock_out - clock_in) / 3600, 2) $$;

create table app.timesheets (
	id uuid primary key default gen_random_uuid(),
	user_id uuid not null,
	week_start_date date not null,	-- a Sunday, in the setting TIMEZONE
	status app.timesheet_status not null default 'DRAFT',
	total_hours numeric(12, 2) not null default 0,
	total_entries integer not null default 0,
	total_adjustments integer not null default 0,
	submitted_at timestamptz(3),
	submitted_by uuid,
	approved_at timestamptz(3),
	approved_by uuid,
	rejected_at timestamptz(3),	-- in a DRAFT: it was reopened, and keeps the reason until it is submitted again
	rejected_by uuid,
	rejection_reason text,
	created_by uuid not null,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint timesheets_one_per_week unique (user_id, week_start_date),
	constraint timesheets_user foreign key (user_id) references app.users on delete restrict,
	constraint timesheets_submitted_by foreign key (submitted_by) references app.users on delete restrict,
	constraint timesheets_approved_by foreign key (approved_by) references app.users on delete restrict,
	constraint timesheets_rejected_by foreign key (rejected_by) references app.users on delete restrict,
	constraint timesheets_created_by foreign key (created_by) references app.users on delete restrict,
	constraint timesheets_week check (extract(dow from week_start_date) = 0),
	constraint timesheets_totals check (total_hours >= 0 and total_entries >= 0 and total_adjustments >= 0),
	constraint timesheets_submitted check (
		num_nonnulls(submitted_at, submitted_by) = case status when 'DRAFT' then 0 else 2 end),
	constraint timesheets_approved check (
		num_nonnulls(approved_at, approved_by) = case status when 'APPROVED' then 2 else 0 end),
	constraint timesheets_approved_by_another check (approved_by <> user_id),
	constraint timesheets_rejected check (case status
		when 'REJECTED' then num_nonnulls(rejected_at, rejected_by, rejection_reason) = 3
		when 'DRAFT' then num_nonnulls(rejected_at, rejected_by, rejection_reason) in (0, 3)
		else num_nonnulls(rejected_at, rejected_by, rejection_reason) = 0 end),
	constraint timesheets_reason_length check (char_length(rejection_reason) between 1 and 1000)
);

create trigger timesheets_touch before update on app.timesheets
	for each row when (old.* is distinct from new.*) execute function app.touch();

-- For the list without a filter and by status.
create index timesheets_newest on app.timesheets (week_start_date desc);
create index timesheets_by_status on app.timesheets (status, week_start_date desc);

-- A duty session as it was worked, or an entry added by hand.
create table app.timesheet_entries (
	id uuid primary key default gen_random_uuid(),
	timesheet_id uuid not null,
	duty_session_id uuid,	-- null: added by hand
	date date not null,	-- of the clock-in, in the setting TIMEZONE
	clock_in_time timestamptz(3) not null,
	clock_out_time timestamptz(3) not null,
	hours_worked numeric(10, 2) not null generated always as (app.hours_worked(clock_in_time, clock_out_time)) stored,
	location_id uuid,
	shift_id uuid,
	original_clock_in timestamptz(3),	-- before the first adjustment
	original_clock_out timestamptz(3),
	original_hours numeric(10, 2),
	was_adjusted boolean not null default false,
	was_manually_added boolean not null default false,
	notes text,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint timesheet_entries_sheet foreign key (timesheet_id) references app.timesheets on delete cascade,
	constraint timesheet_entries_session foreign key (duty_session_id) references app.duty_sessions on delete set null,
	constraint timesheet_entries_location foreign key (location_id) references app.locations on delete set null,
	constraint timesheet_entries_shift foreign key (shift_id) references app.shifts on delete set null,
	constraint timesheet_entries_session_unique unique (timesheet_id, duty_session_id),
	constraint timesheet_entries_times check (clock_out_time > clock_in_time),
	constraint timesheet_entries_originals check (
		num_nonnulls(original_clock_in, original_clock_out, original_hours) = case when was_adjusted then 3 else 0 end),
	constraint timesheet_entries_by_hand check (duty_session_id is null or not was_manually_added),
	constraint timesheet_entries_notes_length check (char_length(notes) <= 2000)
);

-- (Without a condition: a generated column is not computed yet in a BEFORE trigger, and cannot be
-- compared.)
create trigger timesheet_entries_touch before update on app.timesheet_entries
	for each row execute function app.touch();

create index timesheet_entries_by_shift on app.timesheet_entries (shift_id) where shift_id is not null;

-- Every adjustment, numbered within its timesheet. It is kept when its entry is deleted.
create table app.timesheet_adjustments (
	id uuid primary key default gen_random_uuid(),
	timesheet_id uuid not null,
	number integer not null,
	entry_id uuid not null,
	type app.timesheet_adjustment_type not null,
	field_changed text,
	old_value jsonb,
	new_value jsonb,
	reason text not null,
	adjusted_by uuid not null,
	adjusted_at timestamptz(3) not null default now(),
	constraint timesheet_adjustments_sheet foreign key (timesheet_id) references app.timesheets on delete cascade,
	constraint timesheet_adjustments_adjuster foreign key (adjusted_by) references app.users on delete restrict,
	constraint timesheet_adjustments_numbered unique (timesheet_id, number),
	constraint timesheet_adjustments_number check (number >= 1),
	constraint timesheet_adjustments_reason_length check (char_length(reason) between 1 and 1000)
);
