-- Locations.

create table app.locations (
	id uuid primary key default gen_random_uuid(),
	name text not null,
	description text,
	address text,
	is_active boolean not null default true,
	max_capacity integer,
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint locations_name_unique unique (name),
	constraint locations_name_length check (char_length(name) between 1 and 100),
	constraint locations_description_length check (char_length(description) <= 500),
	constraint locations_address_length check (char_length(address) <= 300),
	constraint locations_capacity check (max_capacity between 1 and 50)
);

create trigger locations_touch before update on app.locations
	for each row when (old.* is distinct from new.*) execute function app.touch();
