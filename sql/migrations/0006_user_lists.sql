-- Lists and search of users, and the rule that one SUPER_ADMIN always remains.

-- Higher roles come first in lists.
create function app.role_rank(role app.role) returns integer language sql immutable
as $$ select case role when 'SUPER_ADMIN' then 0 when 'ADMIN' then 1 when 'SUPERVISOR' then 2
	when 'GUARD' then 3 else 4 end $$;

-- A user's position in lists, as one text: archived users last, then by role, then by first name.
-- (Control characters in names are replaced, because this text is part of cursors.)
create function app.user_sort_key(archived_at timestamptz, role app.role, first_name text)
returns text language sql immutable
as $$ select (archived_at is not null)::integer::text || app.role_rank(role)::text
	|| regexp_replace(lower(first_name), '[\u0001-\u001f\u007f]', ' ', 'g') $$;

-- The text that the search matches.
create function app.user_search_text(first_name text, last_name text, email text)
returns text language sql immutable
as $$ select first_name || ' ' || last_name || ' ' || coalesce(email, '') $$;

create index users_listed on app.users (app.user_sort_key(archived_at, role, first_name), id);
create index users_search on app.users using gin (app.user_search_text(first_name, last_name, email) gin_trgm_ops);
create index users_super_admins on app.users (id) where role = 'SUPER_ADMIN' and archived_at is null;

-- Removing a SUPER_ADMIN locks another one, so that the second of two concurrent removals finds
-- none. A new database has none.
create function app.require_super_admin() returns trigger language plpgsql as $$
begin
	perform from app.users u where u.role = 'SUPER_ADMIN' and u.archived_at is null limit 1 for share;
	if not found then
		raise exception using errcode = 'integrity_constraint_violation', constraint = 'users_last_super_admin',
			message = 'there must be a SUPER_ADMIN who is not archived';
	end if;
	return null;
end $$;

create constraint trigger users_last_super_admin after update of role, archived_at or delete on app.users
	deferrable for each row when (old.role = 'SUPER_ADMIN' and old.archived_at is null)
	execute function app.require_super_admin();
