-- Results of a sign-in, and promotion of anonymous accounts.
-- after: common

-- Authentication has already found, created or promoted the account; this only returns the result.
create or replace function api.sign_in(p_caller uuid, p_is_new boolean)
returns api.result language plpgsql stable as $$
begin
	return (
		select api.ok(u.revision, to_json(shown))
		from app.users u
		cross join lateral (
			select api.profile_json(u.id) as "user", u.is_anonymous, p_is_new as created,
				u.promoted_at is not null as was_promoted
		) shown
		where u.id = p_caller
	);
end $$;

create or replace function api.sign_in_regular(p_caller uuid, p_is_new boolean)
returns api.result language plpgsql stable as $$
begin
	if (select u.is_anonymous from app.users u where u.id = p_caller) then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	end if;
	return api.sign_in(p_caller, p_is_new);
end $$;

-- With the same uid, the issuer has linked the anonymous account to a regular sign-in, so the row
-- and its notes stay the same. For another uid, a token of that account must prove that it belongs
-- to the caller. Its notes and comments then move to the caller, and it is archived. Waits for
-- concurrent writes to the account; later ones find it archived.
create or replace function api.promote_account(p_caller uuid, p_is_new boolean, p_email text, p_body jsonb,
	p_proven_issuer text, p_proven_subject text)
returns api.result language plpgsql as $$
declare
	caller app.users;
	anonymous_id uuid;
	anonymous app.users;	-- the anonymous account
begin
	select * into caller from app.users u where u.id = p_caller for no key update;
	if caller.is_anonymous then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	elsif coalesce(p_proven_subject, caller.subject) is distinct from p_body ->> 'anonymous_firebase_uuid' then
		return api.refuse('INVALID_PROMOTION', null);
	elsif exists (select from app.users u
		where u.email = lower(p_email collate "C") collate "default" and u.id <> p_caller) then
		return api.refuse('EMAIL_EXISTS', null);
	end if;

	select u.id into anonymous_id from app.users u
	where u.issuer = p_proven_issuer and u.subject = p_proven_subject and u.id <> p_caller;
	-- In the same lock order as api.create_note_comment().
	perform from app.notes n where n.owner_id = anonymous_id order by n.id for update;
	select * into anonymous from app.users u where u.id = anonymous_id for update;
	if not found then	-- it is the caller's own row, or has never signed in here
		return api.sign_in(p_caller, p_is_new);
	elsif not anonymous.is_anonymous or anonymous.archived_at is not null or anonymous.role > 'VISITOR' then
		return api.refuse('INVALID_PROMOTION', 'The account is not anonymous, is archived, or has a role above VISITOR.');
	end if;
	update app.notes n set owner_id = p_caller where n.owner_id = anonymous.id;
	update app.comments c set user_id = p_caller where c.user_id = anonymous.id;
	update app.users u set archived_at = now() where u.id = anonymous.id returning * into anonymous;
	update app.users u set promoted_at = now() where u.id = p_caller returning * into caller;
	return api.ok(caller.revision, (api.sign_in(p_caller, p_is_new)).body,
		live.emit(jsonb_build_array(api.user_event(anonymous, 'user.archived'),
			api.user_event(caller, 'user.promoted'))));
end $$;
