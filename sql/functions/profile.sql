-- Profiles: the part of an account that is shown with its owner's notes.
-- after: users

create or replace view api.profile_view as
select u.id, api.display_name(u) as display_name, u.email, u.image_url as avatar_url, u.is_anonymous,
	u.created_at, u.updated_at, u.issuer, u.subject
from app.users u;

create or replace function api.profile_json(p_id uuid)
returns json language plpgsql stable as $$
begin
	return (select to_json(v) from api.profile_view v where v.id = p_id);
end $$;

create or replace function api.read_profile(p_caller uuid)
returns api.result language plpgsql stable as $$
declare
	caller app.users;
begin
	select * into caller from app.users u where u.id = p_caller;
	if caller.is_anonymous then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	end if;
	return api.ok(caller.revision, api.profile_json(p_caller));
end $$;

-- The address may only be set to the one in the caller's token, and only if no other user has it.
create or replace function api.update_profile(p_caller uuid, p_email text, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	old app.users;
	caller app.users;
	new_email text := lower(p_body ->> 'email' collate "C");
begin
	select * into old from app.users u where u.id = p_caller for update;
	if old.is_anonymous then
		return api.refuse('ANONYMOUS_ACCOUNT', null);
	elsif not api.if_match(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	elsif new_email <> coalesce(old.email, '') and new_email is distinct from lower(p_email collate "C") then
		return api.refuse_input('VALIDATION_FAILED',
			'The email differs from the one in your token; change it at the identity provider.',
			api.fault('pointer', '/email', 'invalid', 'must be the email address in your token'));
	end if;
	caller := old;
	if p_body ? 'display_name' then
		caller.display_name := btrim(p_body ->> 'display_name');
	end if;
	if p_body ? 'avatar_url' then
		caller.image_url := p_body ->> 'avatar_url';
	end if;
	if new_email <> coalesce(old.email, '') then
		caller.email := new_email;
		caller.email_verified := false;
	end if;
	if caller is not distinct from old then
		return api.ok(old.revision, api.profile_json(p_caller));
	end if;
	update app.users u set display_name = caller.display_name, image_url = caller.image_url, email = caller.email,
		email_verified = caller.email_verified
	where u.id = p_caller
	returning * into caller;
	return api.ok(caller.revision, api.profile_json(p_caller),
		live.emit(jsonb_build_array(api.user_event(caller, 'user.updated'))));
end $$;
