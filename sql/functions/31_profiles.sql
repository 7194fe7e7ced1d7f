-- Profiles: the name that others see, changes to it, and the result of a sign-in.

-- The display name or, without one, the issuer's name; null: neither is set, or the account is
-- anonymous.
create or replace function api.own_name(p_user app.users)
returns text language sql stable
as $$ select case when not p_user.is_anonymous then coalesce(p_user.display_name,
	left(nullif(concat_ws(' ', nullif(p_user.first_name, 'Unknown'), nullif(p_user.last_name, 'User')), ''), 60)) end $$;

create or replace function api.shown_name(p_user app.users)
returns text language sql stable
as $$ select coalesce(api.own_name(p_user), case when p_user.is_anonymous then 'Guest' else 'User' end) $$;

-- The name shown with comments. Unnamed users get a part of their id, so that they can be told
-- apart.
create or replace function api.speaker_name(p_user app.users)
returns text language sql stable
as $$ select coalesce(api.own_name(p_user),
	case when p_user.is_anonymous then 'Guest' else 'User ' || left(p_user.id::text, 8) end) $$;

create or replace view api.profile_view as
select u.id, api.shown_name(u) as display_name, u.email, u.image_url as avatar_url, u.is_anonymous,
	u.created_at, u.updated_at
from app.users u;

-- Public.
create or replace view api.author_view as
select u.id, api.shown_name(u) as display_name, u.image_url as avatar_url
from app.users u;

create or replace function api.profile_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(v) from api.profile_view v where v.id = p_id);
end $$;

create or replace function api.read_profile(p_caller uuid)
returns api.answer language plpgsql stable as $$
declare
	me app.users;
begin
	select * into me from app.users u where u.id = p_caller;
	if me.is_anonymous then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	end if;
	return row(null, null, null, me.revision, null, null, api.profile_json(p_caller), null)::api.answer;
end $$;

-- The address may only be set to the one in the caller's token, and only if no other user has it.
create or replace function api.change_profile(p_caller uuid, p_email text, p_if_match bigint[], p_body jsonb)
returns api.answer language plpgsql as $$
declare
	old app.users;
	me app.users;
	given text := lower(p_body ->> 'email' collate "C");
	body json;
begin
	select * into old from app.users u where u.id = p_caller for update;
	if old.is_anonymous then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	elsif not api.matches(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	elsif given <> coalesce(old.email, '') and given is distinct from lower(p_email collate "C") then
		return api.refuse('VALIDATION_FAILED',
			'The email differs from the one in your token; change it at the identity provider.');
	end if;
	me := old;
	if p_body ? 'display_name' then
		me.display_name := btrim(p_body ->> 'display_name');
	end if;
	if p_body ? 'avatar_url' then
		me.image_url := p_body ->> 'avatar_url';
	end if;
	if given <> coalesce(old.email, '') then
		me.email := given;
		me.email_verified := false;
	end if;
	if me is not distinct from old then
		return row(null, null, null, old.revision, null, null, api.profile_json(p_caller), null)::api.answer;
	end if;
	update app.users u set display_name = me.display_name, image_url = me.image_url, email = me.email,
		email_verified = me.email_verified
	where u.id = p_caller
	returning * into me;
	body := api.profile_json(p_caller);
	return row(null, null, null, me.revision, null, null, body,
		live.emit(jsonb_build_array(api.user_event(me, 'user.updated'))))::api.answer;
end $$;

-- Whether the user's row was created in this transaction.
create or replace function api.is_new_user(p_id uuid)
returns boolean language plpgsql as $$
begin
	return exists (select from app.users u where u.id = p_id and u.revision = 1
		and u.xmin = pg_current_xact_id_if_assigned()::xid);
end $$;

-- Authentication has already found, created or promoted the account; this only returns the result.
create or replace function api.sign_in(p_caller uuid, p_is_new boolean)
returns api.answer language plpgsql stable as $$
begin
	return (
		select row(null, null, null, u.revision, null, null, to_json(shown), null)::api.answer
		from app.users u
		cross join lateral (
			select api.profile_json(u.id) as "user", u.is_anonymous, p_is_new as created,
				u.promoted_at is not null as was_promoted
		) shown
		where u.id = p_caller
	);
end $$;

create or replace function api.sign_in_regular(p_caller uuid, p_is_new boolean)
returns api.answer language plpgsql stable as $$
begin
	if (select u.is_anonymous from app.users u where u.id = p_caller) then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	end if;
	return api.sign_in(p_caller, p_is_new);
end $$;

-- With the same uid, the issuer has linked the anonymous account to a regular sign-in, so the row
-- and its notes stay the same. For another uid, a token of that account must prove that it belongs
-- to the caller. Its notes and comments then move to the caller and it is archived; concurrent
-- writes to it are waited for, and later ones find it archived.
create or replace function api.promote_account(p_caller uuid, p_is_new boolean, p_email text, p_body jsonb,
	p_proven_issuer text, p_proven_subject text)
returns api.answer language plpgsql as $$
declare
	me app.users;
	guest uuid;
	it app.users;	-- the anonymous account
begin
	select * into me from app.users u where u.id = p_caller for no key update;
	if me.is_anonymous then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	elsif coalesce(p_proven_subject, me.subject) is distinct from p_body ->> 'anonymous_firebase_uuid' then
		return api.refuse('INVALID_PROMOTION', null);
	elsif exists (select from app.users u
		where u.email = lower(p_email collate "C") collate "default" and u.id <> p_caller) then
		return api.refuse('EMAIL_EXISTS', null);
	end if;

	select u.id into guest from app.users u
	where u.issuer = p_proven_issuer and u.subject = p_proven_subject and u.id <> p_caller;
	-- In the same lock order as writers of comments (api.create_note_comment).
	perform from app.notes n where n.owner_id = guest order by n.id for update;
	select * into it from app.users u where u.id = guest for update;
	if not found then	-- it is the caller's own row, or has never signed in here
		return api.sign_in(p_caller, p_is_new);
	elsif not it.is_anonymous or it.archived_at is not null or it.role > 'VISITOR' then
		return api.refuse('INVALID_PROMOTION', 'The account is not anonymous, is archived, or has a role above VISITOR.');
	end if;
	update app.notes n set owner_id = p_caller where n.owner_id = it.id;
	update app.comments c set user_id = p_caller where c.user_id = it.id;
	update app.users u set archived_at = now() where u.id = it.id returning * into it;
	update app.users u set promoted_at = now() where u.id = p_caller returning * into me;
	return row(null, null, null, me.revision, null, null, (api.sign_in(p_caller, p_is_new)).body,
		live.emit(jsonb_build_array(api.user_event(it, 'user.archived'),
			api.user_event(me, 'user.promoted'))))::api.answer;
end $$;
