-- Users: what others see of them, what they may change about themselves, and what administrators
-- may change.
-- after: common

-- A user, for supervisors.
create or replace view api.user_view as
select u.id, u.email, u.username, u.first_name, u.last_name, u.image_url, u.phone,
	u.street_address, u.city, u.state, u.zip_code, u.role, u.is_anonymous, u.created_at, u.updated_at
from app.users u;

-- A user, for themselves: with the issuer and the `sub` of their tokens.
create or replace view api.user_self_view as
select u.id, u.email, u.username, u.first_name, u.last_name, u.image_url, u.phone,
	u.street_address, u.city, u.state, u.zip_code, u.role, u.is_anonymous, u.created_at, u.updated_at,
	u.issuer, u.subject
from app.users u;

-- A user, for administrators.
create or replace view api.user_admin_view as
select u.id, u.email, u.username, u.first_name, u.last_name, u.image_url, u.phone,
	u.street_address, u.city, u.state, u.zip_code, u.role, u.is_anonymous, u.created_at, u.updated_at,
	u.archived_at, u.erased_at, u.issuer, u.subject
from app.users u;

-- A user in a list.
create or replace view api.user_summary as
select u.id, u.email, u.first_name, u.last_name, u.role, u.phone, u.created_at
from app.users u;

create or replace function api.user_json(p_id uuid, p_caller_role app.role)
returns json language plpgsql stable as $$
begin
	if p_caller_role >= 'ADMIN' then
		return (select to_json(v) from api.user_admin_view v where v.id = p_id);
	end if;
	return (select to_json(v) from api.user_view v where v.id = p_id);
end $$;

-- The users with these ids, in this order. (A function for the same reason as api.log_items.)
create or replace function api.user_items(p_ids uuid[], p_caller_role app.role)
returns json language plpgsql stable as $$
begin
	if p_caller_role >= 'ADMIN' then
		return (
			select coalesce(json_agg(to_json(v) order by i.n), '[]')
			from unnest(p_ids) with ordinality i (id, n)
			cross join lateral (select * from api.user_admin_view r where r.id = i.id limit 1) v
		);
	end if;
	return (
		select coalesce(json_agg(to_json(v) order by i.n), '[]')
		from unnest(p_ids) with ordinality i (id, n)
		cross join lateral (select * from api.user_summary b where b.id = i.id limit 1) v
	);
end $$;

-- The range of app.user_list_key() that a list covers: its first value, and the first value after it.
-- Without roles, the range covers all of them. Guests have the last rank, 5.
create or replace function api.user_sort_key_from(p_archived text, p_roles app.role[], p_guests text)
returns text language sql immutable
as $$ select case p_archived when 'YES' then '1' else '0' end || case when p_guests = 'YES' then '5'
	else coalesce((select min(app.role_rank(r)) from unnest(p_roles) r)::text, '') end $$;

create or replace function api.user_sort_key_to(p_archived text, p_roles app.role[], p_guests text)
returns text language sql immutable
as $$ select case p_archived when 'NO' then '0' else '1' end || (case
	when p_guests <> 'NO' and coalesce('VISITOR' = any (p_roles), true) then 5
	else coalesce((select max(app.role_rank(r)) from unnest(p_roles) r), 4) end + 1)::text $$;

-- The text that the search matches, and one literal pattern for each word.
create or replace view api.user_search as
select u.id, app.user_search_text(u.first_name, u.last_name, u.email) as words from app.users u;

create or replace function api.like_patterns(words text)
returns setof text language sql immutable
as $$ select api.like_pattern(w) from regexp_split_to_table(words, '\s+') w where w <> '' $$;

create or replace function api.user_event(p_user app.users, p_type text)
returns jsonb language sql stable
as $$ select jsonb_build_object('channel', 'user:' || p_user.id,
	'type', p_type, 'data', jsonb_build_object('id', p_user.id, 'role', p_user.role,
	'archived_at', p_user.archived_at, 'revision', p_user.revision)) $$;

create or replace function api.update_me(p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	old app.users;
	caller app.users;
begin
	p_body := api.trim_member(p_body, 'username');
	select * into old from app.users u where u.id = p_caller for update;
	if not found then
		return api.refuse('USER_NOT_FOUND', null);
	end if;
	if not api.if_match(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	caller := jsonb_populate_record(old, p_body);
	if caller is not distinct from old then
		return api.ok(old.revision,
			(select to_json(v) from api.user_self_view v where v.id = p_caller));
	end if;
	update app.users u set first_name = caller.first_name, last_name = caller.last_name,
		username = caller.username, image_url = caller.image_url, phone = caller.phone,
		street_address = caller.street_address, city = caller.city, state = caller.state, zip_code = caller.zip_code
	where u.id = p_caller
	returning * into caller;
	return api.ok(caller.revision,
		(select to_json(v) from api.user_self_view v where v.id = p_caller),
		live.emit(jsonb_build_array(api.user_event(caller, 'user.updated'))));
end $$;

-- Authentication has already called api.provision_caller() if the claims changed; this only returns the
-- result.
create or replace function api.sync_user(p_caller uuid, p_email text)
returns api.result language plpgsql as $$
begin
	if p_email is null then
		return api.refuse_input('EMAIL_REQUIRED', null,
			api.fault('header', 'Authorization', 'invalid', 'must contain a token with an email address'));
	end if;
	return (select api.ok(u.revision, to_json(v))
		from app.users u join api.user_self_view v on v.id = u.id where u.id = p_caller);
end $$;

-- A user's own account, or any account for callers with access to others.
create or replace function api.read_user(p_id uuid, p_caller uuid, p_role app.role, p_may_access_others boolean)
returns api.result language plpgsql stable as $$
declare
	target app.users;
begin
	if not p_may_access_others and p_id is distinct from p_caller then
		return api.refuse('FORBIDDEN', 'Only a supervisor can see other users'' accounts.');
	end if;
	select * into target from app.users u where u.id = p_id;
	if not found then
		return api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
	end if;
	return api.ok(target.revision, api.user_json(p_id, p_role));
end $$;

-- Takes an address from a user who never verified it; returns the events. Only a SUPER_ADMIN takes that
-- of ADMIN and above; for others, it is in use.
create or replace function api.claim_email(p_email text, p_new_owner uuid, p_role app.role)
returns jsonb language plpgsql as $$
begin
	if p_role < 'SUPER_ADMIN' and exists (select from app.users u
			where u.email = p_email collate "default" and u.role >= 'ADMIN') then
		return '[]';
	end if;
	return api.release_unverified_email(p_email, p_new_owner);
end $$;

-- Creates an invitation: the row has no subject until a token with its address arrives
-- (api.provision_caller, which normalizes addresses in the same way).
create or replace function api.create_user(p_id uuid, p_role app.role, p_body jsonb)
returns api.result language plpgsql as $$
declare
	new app.users;
	events jsonb;
begin
	p_body := api.trim_member(p_body, 'username');
	if (p_body ->> 'role')::app.role >= 'ADMIN' and p_role < 'SUPER_ADMIN' then
		return api.refuse('FORBIDDEN', 'Only a SUPER_ADMIN can create an ADMIN or a SUPER_ADMIN.');
	end if;
	events := api.claim_email(lower(p_body ->> 'email' collate "C"), null, p_role);
	insert into app.users (id, email, username, first_name, last_name, image_url, phone, street_address,
		city, state, zip_code, role)
	values (p_id, lower(p_body ->> 'email' collate "C"), p_body ->> 'username', p_body ->> 'first_name',
		p_body ->> 'last_name', p_body ->> 'image_url', p_body ->> 'phone', p_body ->> 'street_address',
		p_body ->> 'city', p_body ->> 'state', p_body ->> 'zip_code', (p_body ->> 'role')::app.role)
	returning * into new;
	return api.created(new.revision, '/users/' || new.id, api.user_json(new.id, p_role),
		live.emit(events || api.user_event(new, 'user.created')));
end $$;

-- Whether the caller still has the role that the request was authorized with: null, or the refusal.
-- Without a caller, the request comes from the command line.
create or replace function api.check_administrator(p_caller uuid, p_role app.role)
returns api.result language plpgsql as $$
declare
	caller app.users;
begin
	if p_caller is null then
		return null;
	end if;
	select * into caller from app.users u where u.id = p_caller;
	if caller.archived_at is not null then
		return api.refuse('ACCOUNT_ARCHIVED', null);
	elsif caller.role is distinct from p_role then
		return api.refuse('FORBIDDEN', 'Your role has changed.');
	end if;
	return null;
end $$;

-- Locks a user if the caller may give them that role (null: the current one) or archive them;
-- otherwise returns the refusal. Such changes run one at a time: if two SUPER_ADMINs demote each
-- other, the second request finds its caller demoted. (Advisory locks with two keys never collide
-- with those of channels, which have one.) Waits for statements that assign the user
-- (api.check_guards).
create or replace function api.lock_user(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[],
	p_new_role app.role, p_archive boolean, out target app.users, out refusal api.result) language plpgsql as $$
begin
	perform pg_advisory_xact_lock('app.users'::regclass::oid::integer, 0);
	refusal := api.check_administrator(p_caller, p_role);
	if refusal.code is not null then
		return;
	end if;
	select * into target from app.users u where u.id = p_id for no key update;
	if not found then
		refusal := api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
	elsif p_id = p_caller then
		refusal := api.refuse('OWN_ACCOUNT', null);
	elsif greatest(target.role, p_new_role) >= 'ADMIN' and p_role < 'SUPER_ADMIN' then
		refusal := api.refuse('FORBIDDEN', 'Only a SUPER_ADMIN can change an ADMIN or a SUPER_ADMIN.');
	elsif not api.if_match(p_if_match, target.revision) then
		refusal := api.refuse('PRECONDITION_FAILED', null);
	elsif target.erased_at is not null and not p_archive then
		refusal := api.refuse('ACCOUNT_ERASED', null);
	elsif target.role = 'SUPER_ADMIN' and target.archived_at is null and (p_archive or p_new_role <> 'SUPER_ADMIN')
		and not exists (select from app.users u
			where u.role = 'SUPER_ADMIN' and u.archived_at is null and u.id <> p_id
			and (u.subject is not null or target.subject is null)) then
		refusal := api.refuse('LAST_SUPER_ADMIN', null);
	end if;
end $$;

-- The result of a change, and its event.
create or replace function api.user_result(p_user app.users, p_type text, p_caller_role app.role)
returns api.result language plpgsql as $$
begin
	return api.ok(p_user.revision, api.user_json(p_user.id, p_caller_role),
		live.emit(jsonb_build_array(api.user_event(p_user, p_type))));
end $$;

-- The same for a user who is archived or below GUARD now: ends their duty and their assignments.
create or replace function api.stood_down_result(p_user app.users, p_type text, p_caller uuid, p_caller_role app.role,
	p_reason text)
returns api.result language plpgsql as $$
declare
	events jsonb := jsonb_build_array(api.user_event(p_user, p_type))
		|| api.stand_down(p_user, p_caller, p_reason);
begin
	return api.ok(p_user.revision, api.with_transient(api.user_json(p_user.id, p_caller_role),
		jsonb_build_object('warnings', api.departure_warnings(p_user.id))), live.emit(events));
end $$;

create or replace function api.update_role(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	new_role app.role := p_body ->> 'role';
	locked record;
	target app.users;
begin
	locked := api.lock_user(p_id, p_caller, p_role, p_if_match, new_role, false);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := locked.target;
	if target.role = coalesce(new_role, target.role) then
		return api.ok(target.revision, api.user_json(p_id, p_role));
	end if;
	update app.users u set role = new_role where u.id = p_id returning * into target;
	if new_role < 'GUARD' then
		return api.stood_down_result(target, 'user.role_changed', p_caller, p_role, 'ROLE_CHANGED');
	end if;
	return api.user_result(target, 'user.role_changed', p_role);
end $$;

-- Corrects a user's data, also that of an invitation. The address of a user who has signed in is that
-- of their tokens; that of an invitation decides who gets the account.
create or replace function api.update_user(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	old app.users;
	target app.users;
	events jsonb := '[]';
begin
	p_body := api.trim_member(p_body, 'username');
	locked := api.lock_user(p_id, p_caller, p_role, p_if_match, null, false);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	old := locked.target;
	target := jsonb_populate_record(old, p_body);
	target.email := lower(target.email collate "C") collate "default";
	if target.email is distinct from old.email and old.subject is not null then
		return api.refuse('NOT_AN_INVITATION', 'The user has signed in; the address is that of their tokens.');
	elsif target is not distinct from old then
		return api.ok(old.revision, api.user_json(p_id, p_role));
	elsif target.email is distinct from old.email then
		events := api.claim_email(target.email, p_id, p_role);
	end if;
	update app.users u set email = target.email, username = target.username, first_name = target.first_name,
		last_name = target.last_name, image_url = target.image_url, phone = target.phone,
		street_address = target.street_address, city = target.city, state = target.state,
		zip_code = target.zip_code
	where u.id = p_id
	returning * into target;
	return api.ok(target.revision, api.user_json(p_id, p_role),
		live.emit(events || api.user_event(target, 'user.updated')));
end $$;

-- Withdraws an invitation. The row is erased, not deleted: foreign keys of many tables refer to it.
create or replace function api.withdraw_invitation(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
begin
	locked := api.lock_user(p_id, p_caller, p_role, p_if_match, null, true);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).erased_at is not null then
		return api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
	elsif (locked.target).subject is not null then
		return api.refuse('NOT_AN_INVITATION', null);
	end if;
	return api.no_content(live.emit(api.erase_account(locked.target, p_caller)));
end $$;

create or replace function api.archive_user(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.users;
begin
	locked := api.lock_user(p_id, p_caller, p_role, p_if_match, null, true);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	target := locked.target;
	if target.archived_at is not null then
		return api.ok(target.revision, api.user_json(p_id, p_role));
	end if;
	update app.users u set archived_at = now() where u.id = p_id returning * into target;
	return api.stood_down_result(target, 'user.archived', p_caller, p_role, 'ACCOUNT_ARCHIVED');
end $$;

create or replace function api.unarchive_user(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	target app.users;
	refusal api.result := api.check_administrator(p_caller, p_role);
begin
	if refusal.code is not null then
		return refusal;
	end if;
	select * into target from app.users u where u.id = p_id for update;
	if not found then
		return api.refuse('USER_NOT_FOUND', 'There is no user with this id.');
	end if;
	if not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	if target.erased_at is not null then
		return api.refuse('ACCOUNT_ERASED', null);
	end if;
	if target.archived_at is null then
		return api.ok(target.revision, api.user_json(p_id, p_role));
	end if;
	update app.users u set archived_at = null where u.id = p_id returning * into target;
	return api.user_result(target, 'user.unarchived', p_role);
end $$;

-- The display name or, without one, the issuer's name; null: neither is set, or the account is
-- anonymous.
create or replace function api.known_name(p_user app.users)
returns text language sql stable
as $$ select case when not p_user.is_anonymous then coalesce(p_user.display_name,
	left(nullif(concat_ws(' ', nullif(p_user.first_name, 'Unknown'), nullif(p_user.last_name, 'User')), ''), 60)) end $$;

create or replace function api.display_name(p_user app.users)
returns text language sql stable
as $$ select coalesce(api.known_name(p_user), case when p_user.is_anonymous then 'Guest' else 'User' end) $$;

-- The name shown with comments. Unnamed users get a part of their id, so that they can be told
-- apart.
create or replace function api.distinct_name(p_user app.users)
returns text language sql stable
as $$ select coalesce(api.known_name(p_user),
	case when p_user.is_anonymous then 'Guest' else 'User ' || left(p_user.id::text, 8) end) $$;

-- The author of a note, as everyone sees it.
create or replace view api.author_view as
select u.id, api.display_name(u) as display_name, u.image_url as avatar_url
from app.users u;

-- Whether the account is active. Waits for concurrent archiving (api.archive_user) and promotion
-- (api.promote_account) of the account: rows written during it would keep the archived owner.
create or replace function api.lock_active_user(p_user uuid)
returns boolean language plpgsql as $$
begin
	perform from app.users u where u.id = p_user and u.archived_at is null for share;
	return found;
end $$;
