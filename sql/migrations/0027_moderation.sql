-- Moderation: a hidden note is private until an administrator lifts it; a hidden comment shows a
-- placeholder.
alter table app.notes
	add column hidden_at timestamptz(3),
	add column hidden_by uuid,
	add column hidden_reason text,
	add constraint notes_hidden_by foreign key (hidden_by) references app.users on delete restrict,
	add constraint notes_hidden_reason_length check (char_length(hidden_reason) between 1 and 500),
	add constraint notes_hidden_is_complete check (num_nonnulls(hidden_at, hidden_by, hidden_reason) in (0, 3)),
	add constraint notes_hidden_is_private check (hidden_at is null or not is_public);

alter table app.comments
	add column hidden_at timestamptz(3),
	add column hidden_by uuid,
	add column hidden_reason text,
	add constraint comments_hidden_by foreign key (hidden_by) references app.users on delete restrict,
	add constraint comments_hidden_reason_length check (char_length(hidden_reason) between 1 and 500),
	add constraint comments_hidden_is_complete check (num_nonnulls(hidden_at, hidden_by, hidden_reason) in (0, 3));

-- Guests: VISITORs without a name. They come after the other VISITORs in lists.
create function app.is_guest(role app.role, is_anonymous boolean, display_name text, first_name text, last_name text)
returns boolean language sql immutable
as $$ select role = 'VISITOR'
	and (is_anonymous or (display_name is null and first_name = 'Unknown' and last_name = 'User')) $$;

create function app.user_list_key(archived_at timestamptz, first_name text, role app.role, is_guest boolean)
returns text language sql immutable
as $$ select case when is_guest then overlay(app.user_sort_key(archived_at, role, first_name) placing '5' from 2 for 1)
	else app.user_sort_key(archived_at, role, first_name) end $$;

create index users_in_lists on app.users (app.user_list_key(archived_at, first_name, role,
	app.is_guest(role, is_anonymous, display_name, first_name, last_name)), id);
create index users_guests on app.users (updated_at)
	where app.is_guest(role, is_anonymous, display_name, first_name, last_name) and archived_at is null;
drop index app.users_listed;

-- They have another parameter now.
drop function if exists api.user_sort_key_from(text, app.role[]);
drop function if exists api.user_sort_key_to(text, app.role[]);
