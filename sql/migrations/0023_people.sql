-- Duty that ends with an account, and the SUPER_ADMIN who must remain.

-- Who ended a duty session for its user, and why.
alter table app.duty_sessions
	add column ended_by uuid,	-- null: the user clocked out, or it was ended on the command line
	add column end_reason text,	-- null: the user clocked out
	add constraint duty_sessions_ended_by foreign key (ended_by) references app.users on delete restrict,
	add constraint duty_sessions_end_reason check (end_reason in ('SUPERVISOR', 'ACCOUNT_ARCHIVED', 'ROLE_CHANGED')),
	add constraint duty_sessions_end_is_closed check (num_nonnulls(ended_by, end_reason) = 0 or clock_out_time is not null);

-- It has more parameters now.
drop function if exists api.close_session(uuid, text, jsonb);

-- Users who may no longer be on duty or rostered: archived, or below GUARD.
create view pg_temp.former_guard as
select u.id from app.users u where u.archived_at is not null or u.role < 'GUARD';

update app.location_check_ins c set check_out_time = greatest(now(), c.check_in_time)
where c.check_out_time is null and c.user_id in (select f.id from pg_temp.former_guard f);

update app.duty_sessions d set clock_out_time = greatest(now(), d.clock_in_time),
	end_reason = case when (select u.archived_at from app.users u where u.id = d.user_id) is null
		then 'ROLE_CHANGED' else 'ACCOUNT_ARCHIVED' end
where d.clock_out_time is null and d.user_id in (select f.id from pg_temp.former_guard f);

delete from app.shift_assignments a
where a.start_time > now() and a.user_id in (select f.id from pg_temp.former_guard f);

delete from app.recurring_assignments a where a.user_id in (select f.id from pg_temp.former_guard f);

drop view pg_temp.former_guard;

-- Whoever has signed in cannot be replaced by an invitation, which nobody may ever accept.
create or replace function app.require_super_admin() returns trigger language plpgsql as $$
begin
	perform from app.users u
	where u.role = 'SUPER_ADMIN' and u.archived_at is null and (u.subject is not null or old.subject is null)
	limit 1 for share;
	if not found then
		raise exception using errcode = 'integrity_constraint_violation', constraint = 'users_last_super_admin',
			message = 'there must be a SUPER_ADMIN who is not archived and has signed in';
	end if;
	return null;
end $$;

drop trigger users_last_super_admin on app.users;
create constraint trigger users_last_super_admin after update of role, archived_at, subject or delete on app.users
	deferrable for each row when (old.role = 'SUPER_ADMIN' and old.archived_at is null)
	execute function app.require_super_admin();

-- Erased accounts keep their row, as the author of records, without personal values.
alter table app.users
	add column erased_at timestamptz(3),
	add constraint users_erased_is_empty check (erased_at is null or (archived_at is not null and num_nonnulls(issuer,
		subject, claims, email, username, display_name, image_url, phone, street_address, city, state, zip_code) = 0));

create index notifications_of_user on app.notifications (user_id) where user_id is not null;

-- It has another parameter now.
drop function if exists api.unarchive_user(uuid, app.role, bigint[]);
