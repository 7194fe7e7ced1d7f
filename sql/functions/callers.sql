-- Callers: finds or creates the row in app.users for a verified token.

-- Removes an address from a user who never verified it; returns the events.
create or replace function api.release_unverified_email(p_email text, p_new_owner uuid)
returns jsonb language plpgsql as $$
declare
	events jsonb := '[]';
	owner app.users;
begin
	update app.users u set email = null
	where u.email = p_email collate "default" and not u.email_verified and u.id is distinct from p_new_owner
	returning * into owner;
	if found then
		events := jsonb_build_array(api.user_event(owner, 'user.updated'));
	end if;
	return events;
end $$;

-- Finds, adopts or creates the row of a caller, and copies changed claims unless they are older
-- than the stored ones. The role never comes from the issuer, and an account that is no longer
-- anonymous never becomes anonymous again.
create or replace function api.provision_caller(p_issuer text, p_subject text, p_claims text,
	p_claims_until timestamptz, p_email text, p_email_verified boolean, p_first_name text, p_last_name text,
	p_image_url text, p_is_anonymous boolean, p_new_role text)
returns table (id uuid, role app.role, archived boolean) language plpgsql as $$
declare
	caller app.users;
	free_email text;	-- the address, unless another user has it
	invited boolean := false;	-- the caller adopts the row of an invitation
	events jsonb := '[]';
begin
	-- ASCII only: İ or the Kelvin sign must not become the i or k of another user's address.
	p_email := lower(p_email collate "C");
	p_first_name := left(nullif(btrim(p_first_name), ''), 100);
	p_last_name := left(nullif(btrim(p_last_name), ''), 100);

	select * into caller from app.users u where u.issuer = p_issuer and u.subject = p_subject for update;
	if not found and p_email_verified then
		select * into caller from app.users u where u.email = p_email and u.subject is null for update;
		invited := found;
	end if;

	if p_email_verified then
		events := api.release_unverified_email(p_email, caller.id);
	end if;
	select p_email into free_email
	where not exists (select from app.users u where u.email = p_email and u.id is distinct from caller.id);

	if caller.id is null then
		if p_new_role = 'none' then
			return;
		end if;
		loop
			insert into app.users (issuer, subject, claims, claims_until, email, email_verified, first_name,
				last_name, image_url, is_anonymous, role)
			values (p_issuer, p_subject, p_claims, p_claims_until, free_email, p_email_verified,
				coalesce(p_first_name, 'Unknown'), coalesce(p_last_name, 'User'), p_image_url,
				p_is_anonymous, (case when p_is_anonymous then 'VISITOR' else p_new_role end)::app.role)
			on conflict do nothing
			returning * into caller;
			if found then
				events := events || api.user_event(caller, 'user.created');
				exit;
			end if;
			-- A concurrent request created the row, or another user has this address.
			select * into caller from app.users u where u.issuer = p_issuer and u.subject = p_subject;
			exit when caller.id is not null or free_email is null;
			free_email := null;
		end loop;
	elsif invited or caller.claims is distinct from p_claims
		and (caller.claims_until is null or caller.claims_until <= p_claims_until) then
		-- An unverified address does not replace a verified one.
		if caller.email_verified and caller.email is not null and not p_email_verified then
			free_email := null;
		end if;
		update app.users u set issuer = p_issuer, subject = p_subject, claims = p_claims, claims_until = p_claims_until,
			email = coalesce(free_email, u.email),
			email_verified = case when free_email is null then u.email_verified else p_email_verified end,
			first_name = coalesce(p_first_name, u.first_name),
			last_name = coalesce(p_last_name, u.last_name),
			image_url = coalesce(p_image_url, u.image_url),
			is_anonymous = u.is_anonymous and p_is_anonymous,
			promoted_at = case when u.is_anonymous and not p_is_anonymous then now() else u.promoted_at end
		where u.id = caller.id
		returning * into caller;
		events := events || api.user_event(caller, 'user.updated');
	end if;
	if events <> '[]' then
		perform live.emit(events);
	end if;
	return query select caller.id, caller.role, caller.archived_at is not null where caller.id is not null;
end $$;

-- Whether the user's row was created in this transaction.
create or replace function api.is_new_user(p_id uuid)
returns boolean language plpgsql as $$
begin
	return exists (select from app.users u where u.id = p_id and u.revision = 1
		and u.xmin = pg_current_xact_id_if_assigned()::xid);
end $$;
