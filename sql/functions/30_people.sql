-- People: how a caller is known, and what he may change of himself.

create or replace view api.user_view as
select u.id, u.email, u.username, u.first_name, u.last_name, u.image_url, u.phone,
	u.street_address, u.city, u.state, u.zip_code, u.role, u.is_anonymous, u.created_at, u.updated_at
from app.users u;

-- Finds, adopts or makes the row of a caller (domain.md, decision 3), and copies
-- what his issuer says now when it says something else than before. The role is
-- never the issuer's to say.
create or replace function api.enter(p_issuer text, p_subject text, p_claims text, p_email text,
	p_email_verified boolean, p_first_name text, p_last_name text, p_image_url text,
	p_is_anonymous boolean, p_new_role text)
returns table (id uuid, role app.role, archived boolean) language plpgsql as $$
declare
	me app.users;
	free_email text;	-- the e-mail, unless it is somebody else's
begin
	-- Of ASCII alone: another alphabet's İ or K must not become somebody else's i or k.
	p_email := lower(p_email collate "C");
	p_first_name := left(nullif(btrim(p_first_name), ''), 100);
	p_last_name := left(nullif(btrim(p_last_name), ''), 100);

	select * into me from app.users u where u.issuer = p_issuer and u.subject = p_subject for update;
	if not found and p_email_verified then
		update app.users u set issuer = p_issuer, subject = p_subject
		where u.email = p_email and u.subject is null
		returning * into me;
	end if;

	select p_email into free_email
	where not exists (select from app.users u where u.email = p_email and u.id is distinct from me.id);

	if me.id is null then
		if p_new_role = 'none' then
			return;
		end if;
		loop
			insert into app.users (issuer, subject, claims, email, first_name, last_name, image_url,
				is_anonymous, role)
			values (p_issuer, p_subject, p_claims, free_email,
				coalesce(p_first_name, 'Unknown'), coalesce(p_last_name, 'User'), p_image_url,
				p_is_anonymous, (case when p_is_anonymous then 'VISITOR' else p_new_role end)::app.role)
			on conflict do nothing
			returning * into me;
			exit when me.id is not null;
			-- His other request was faster, or somebody else with this address was.
			select * into me from app.users u where u.issuer = p_issuer and u.subject = p_subject;
			exit when me.id is not null or free_email is null;
			free_email := null;
		end loop;
	elsif me.claims is distinct from p_claims then
		update app.users u set claims = p_claims,
			email = coalesce(free_email, u.email),
			first_name = coalesce(p_first_name, u.first_name),
			last_name = coalesce(p_last_name, u.last_name),
			image_url = coalesce(p_image_url, u.image_url),
			is_anonymous = p_is_anonymous
		where u.id = me.id
		returning * into me;
	end if;
	return query select me.id, me.role, me.archived_at is not null where me.id is not null;
end $$;

create or replace function api.change_me(p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.answer language plpgsql as $$
declare
	old app.users;
	me app.users;
	events jsonb;
begin
	select * into old from app.users u where u.id = p_caller for update;
	if not found then
		return api.refuse('USER_NOT_FOUND', null);
	end if;
	if not api.matches(p_if_match, old.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	end if;
	me := jsonb_populate_record(old, p_body);
	if me is not distinct from old then
		return row(null, null, null, old.revision, null, null,
			(select to_json(v) from api.user_view v where v.id = p_caller), null)::api.answer;
	end if;
	update app.users u set first_name = me.first_name, last_name = me.last_name,
		username = me.username, image_url = me.image_url, phone = me.phone,
		street_address = me.street_address, city = me.city, state = me.state, zip_code = me.zip_code
	where u.id = p_caller
	returning * into me;
	events := live.emit(jsonb_build_array(jsonb_build_object('channel', 'user:' || me.id,
		'type', 'user.updated', 'data', jsonb_build_object('id', me.id, 'revision', me.revision))));
	return row(null, null, null, me.revision, null, null,
		(select to_json(v) from api.user_view v where v.id = p_caller), events)::api.answer;
end $$;
