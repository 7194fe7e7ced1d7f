-- Notes, and comments on them.

create table app.notes (
	id uuid primary key default gen_random_uuid(),
	owner_id uuid not null,
	title text,
	content text not null,
	is_public boolean not null default false,
	published_at timestamptz(3),	-- last publication; null: private
	created_at timestamptz(3) not null default now(),
	updated_at timestamptz(3) not null default now(),
	revision bigint not null default 1,
	constraint notes_owner foreign key (owner_id) references app.users on delete restrict,
	constraint notes_title_length check (char_length(title) between 1 and 120),
	constraint notes_content_length check (char_length(content) between 1 and 20000),
	constraint notes_content_blank check (btrim(content, E' \t\r\n') <> ''),
	constraint notes_public_has_title check (not is_public or title is not null),
	constraint notes_public_since check (is_public = (published_at is not null))
);

create trigger notes_touch before update on app.notes
	for each row when (old.* is distinct from new.*) execute function app.touch();

create index notes_published on app.notes (published_at desc, id desc) where is_public;
create index notes_of_owner on app.notes (owner_id, created_at desc, id desc);

-- A comment belongs to either a log or a note.
alter table app.comments add column note_id uuid,
	add constraint comments_note foreign key (note_id) references app.notes on delete cascade,
	drop constraint comments_one_subject,
	add constraint comments_one_subject check (num_nonnulls(log_id, note_id) = 1);

create index comments_of_note on app.comments (note_id, created_at, id) where note_id is not null;

alter table app.users
	add column display_name text,	-- shown to others; null: the issuer's name is shown
	add column promoted_at timestamptz(3),	-- when the account stopped being anonymous; null: never anonymous, or still is
	add constraint users_display_name_length check (char_length(display_name) between 1 and 60);
