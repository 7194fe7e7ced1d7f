-- Vehicles and radios, their checkouts, tours, and the safety checklist.

-- In list order.
create type app.fleet_status as enum ('WORKING', 'OUT_OF_SERVICE', 'RETIRED');

create table app.vehicles (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	make text not null,
	model text not null,
	year integer not null,
	vin text,
	license_plate text,
	mileage integer not null default 0,
	mileage_updated_at timestamptz(3),
	status app.fleet_status not null default 'WORKING',
	location_id uuid,
	notes text,
	archived_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint vehicles_vin_unique unique (vin),
	constraint vehicles_location foreign key (location_id) references app.locations on delete set null,
	constraint vehicles_name_length check (char_length(name) between 1 and 100),
	constraint vehicles_make_length check (char_length(make) between 1 and 100),
	constraint vehicles_model_length check (char_length(model) between 1 and 100),
	constraint vehicles_year check (year between 1900 and 2200),
	constraint vehicles_vin_length check (char_length(vin) between 1 and 17),
	constraint vehicles_license_plate_length check (char_length(license_plate) <= 20),
	constraint vehicles_mileage check (mileage >= 0),
	constraint vehicles_notes_length check (char_length(notes) <= 2000)
);

create trigger vehicles_touch before update on app.vehicles
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index vehicles_listed on app.vehicles (status, name, id) where archived_at is null;

create table app.radios (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	serial_number text,
	model text,
	channel text,
	status app.fleet_status not null default 'WORKING',
	location_id uuid,
	notes text,
	archived_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint radios_serial_number_unique unique (serial_number),
	constraint radios_location foreign key (location_id) references app.locations on delete set null,
	constraint radios_name_length check (char_length(name) between 1 and 100),
	constraint radios_serial_number_length check (char_length(serial_number) between 1 and 100),
	constraint radios_model_length check (char_length(model) <= 100),
	constraint radios_channel_length check (char_length(channel) <= 50),
	constraint radios_notes_length check (char_length(notes) <= 2000)
);

create trigger radios_touch before update on app.radios
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index radios_listed on app.radios (status, name, id) where archived_at is null;

-- Equipment is checked out as long as checkin_time is null.
create table app.equipment_checkouts (
	id uuid primary key default gen_random_uuid(),
	duty_session_id uuid not null,
	vehicle_id uuid,
	radio_id uuid,
	checkout_mileage integer not null,
	checkin_mileage integer,
	checkout_time timestamptz(3) not null default now(),
	checkin_time timestamptz(3),
	notes text,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint equipment_checkouts_session foreign key (duty_session_id) references app.duty_sessions
		on delete cascade,
	constraint equipment_checkouts_vehicle foreign key (vehicle_id) references app.vehicles on delete set null,
	constraint equipment_checkouts_radio foreign key (radio_id) references app.radios on delete set null,
	constraint equipment_checkouts_mileage check (checkout_mileage > 0 and checkin_mileage >= checkout_mileage),
	constraint equipment_checkouts_returned check ((checkin_time is null) = (checkin_mileage is null)),
	constraint equipment_checkouts_notes_length check (char_length(notes) <= 2000)
);

create trigger equipment_checkouts_touch before update on app.equipment_checkouts
	for each row when (old.* is distinct from new.*) execute function app.touch();

create unique index one_open_checkout_per_vehicle on app.equipment_checkouts (vehicle_id) where checkin_time is null;
create unique index one_open_checkout_per_radio on app.equipment_checkouts (radio_id) where checkin_time is null;
create unique index one_open_checkout_per_session on app.equipment_checkouts (duty_session_id)
	where checkin_time is null;

-- For the list without a filter and with each single filter.
create index equipment_checkouts_newest on app.equipment_checkouts (checkout_time desc, id desc);
create index equipment_checkouts_by_session on app.equipment_checkouts
	(duty_session_id, checkout_time desc, id desc);
create index equipment_checkouts_by_vehicle on app.equipment_checkouts (vehicle_id, checkout_time desc, id desc);
create index equipment_checkouts_by_radio on app.equipment_checkouts (radio_id, checkout_time desc, id desc);
create index equipment_checkouts_by_return on app.equipment_checkouts
	((checkin_time is null), checkout_time desc, id desc);

create type app.tour_status as enum ('IN_PROGRESS', 'DRAFT', 'COMPLETED', 'CANCELLED');

create table app.tours (
	id uuid primary key default gen_random_uuid(),
	supervisor_id uuid not null,
	title text,
	status app.tour_status not null default 'IN_PROGRESS',
	notes text,
	car_number text not null,
	radio_number text not null,
	starting_mileage integer not null,
	ending_mileage integer,
	car_returned boolean not null default false,
	radio_returned boolean not null default false,
	keys_returned boolean not null default false,
	started_at timestamptz(3) not null default now(),
	completed_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint tours_supervisor foreign key (supervisor_id) references app.users on delete cascade,
	constraint tours_title_length check (char_length(title) between 1 and 255),
	constraint tours_notes_length check (char_length(notes) <= 5000),
	constraint tours_car_number_length check (char_length(car_number) between 1 and 50),
	constraint tours_radio_number_length check (char_length(radio_number) between 1 and 50),
	constraint tours_starting_mileage check (starting_mileage between 0 and 999999),
	constraint tours_ending_mileage check (ending_mileage between starting_mileage and 999999),
	constraint tours_ended check ((status in ('COMPLETED', 'CANCELLED')) = (completed_at is not null))
);

create trigger tours_touch before update on app.tours
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index tours_newest on app.tours (started_at desc, id desc);
create index tours_by_supervisor on app.tours (supervisor_id, started_at desc, id desc);
create index tours_by_status on app.tours (status, started_at desc, id desc);

create type app.tour_stop_type as enum (
	'GENERAL_OBSERVATION', 'LOCATION_INSPECTION', 'GUARD_EVALUATION', 'INCIDENT_CHECK');

create table app.tour_stops (
	id uuid primary key default gen_random_uuid(),
	tour_id uuid not null,
	location_id uuid,
	stop_type app.tour_stop_type not null default 'GENERAL_OBSERVATION',
	title text not null,
	observations text not null,
	photo_urls text[] not null default '{}',
	guard_user_id uuid,
	guard_performance_notes text,
	issues_severity app.severity,
	follow_up_required boolean not null default false,
	arrived_at timestamptz(3) not null default now(),
	departed_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint tour_stops_tour foreign key (tour_id) references app.tours on delete cascade,
	constraint tour_stops_location foreign key (location_id) references app.locations on delete set null,
	constraint tour_stops_guard foreign key (guard_user_id) references app.users on delete set null,
	constraint tour_stops_title_length check (char_length(title) between 1 and 255),
	constraint tour_stops_observations_length check (char_length(observations) between 1 and 10000),
	constraint tour_stops_guard_notes_length check (char_length(guard_performance_notes) <= 5000),
	constraint tour_stops_departed check (departed_at >= arrived_at)
);

create trigger tour_stops_touch before update on app.tour_stops
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index tour_stops_of_tour on app.tour_stops (tour_id, arrived_at, id);

create table app.checklist_items (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	description text,
	"order" integer not null default 0,
	is_active boolean not null default true,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint checklist_items_name_length check (char_length(name) between 1 and 200),
	constraint checklist_items_description_length check (char_length(description) <= 500),
	constraint checklist_items_order check ("order" >= 0)
);

create trigger checklist_items_touch before update on app.checklist_items
	for each row when (old.* is distinct from new.*) execute function app.touch();

create unique index checklist_items_name_unique on app.checklist_items (lower(name));
create index checklist_items_listed on app.checklist_items ("order", name, id);

-- Inactive examples; an administrator activates those that apply.
insert into app.checklist_items (name, description, "order", is_active) values
	('Fire extinguishers', 'In place, sealed, gauge in the green.', 1, false),
	('First-aid kit', 'Complete, nothing expired.', 2, false),
	('Emergency exits', 'Clear, unlocked from inside, signs lit.', 3, false),
	('Communication equipment', 'Radio and phone tested; batteries charged.', 4, false),
	('Security cameras', 'All cameras show a picture and record.', 5, false),
	('Lighting', 'Docks, gates and paths are lit.', 6, false),
	('Gates and locks', 'Closed, and locked where required.', 7, false),
	('Life jackets and rescue gear', 'Ring buoys, lines and ladders in place.', 8, false),
	('Dock lines and cleats', 'Undamaged and secure; walkways clear.', 9, false),
	('Weather instruments', 'Working; forecast checked.', 10, false);

-- A response is open until it has a log. A session has at most one open response.
create table app.checklist_responses (
	id uuid primary key default gen_random_uuid(),
	duty_session_id uuid not null,
	user_id uuid not null,
	location_id uuid,
	log_id uuid,
	completed_at timestamptz(3),
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint checklist_responses_session foreign key (duty_session_id) references app.duty_sessions
		on delete cascade,
	constraint checklist_responses_user foreign key (user_id) references app.users on delete restrict,
	constraint checklist_responses_location foreign key (location_id) references app.locations on delete set null,
	constraint checklist_responses_log foreign key (log_id) references app.logs on delete set null,
	constraint checklist_responses_log_unique unique (log_id)
);

create trigger checklist_responses_touch before update on app.checklist_responses
	for each row when (old.* is distinct from new.*) execute function app.touch();

create unique index one_open_checklist_per_session on app.checklist_responses (duty_session_id)
	where completed_at is null;
create index checklist_responses_of_session on app.checklist_responses
	(duty_session_id, created_at desc, id desc);

create table app.checklist_checks (
	id uuid primary key default gen_random_uuid(),
	response_id uuid not null,
	item_id uuid not null,
	checked boolean not null default false,
	notes text,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint checklist_checks_response foreign key (response_id) references app.checklist_responses
		on delete cascade,
	constraint checklist_checks_item foreign key (item_id) references app.checklist_items on delete restrict,
	constraint checklist_checks_unique unique (response_id, item_id),
	constraint checklist_checks_notes_length check (char_length(notes) <= 1000)
);

create trigger checklist_checks_touch before update on app.checklist_checks
	for each row when (old.* is distinct from new.*) execute function app.touch();
