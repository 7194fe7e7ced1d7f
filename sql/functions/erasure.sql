-- Erasure of accounts: personal values go; the row stays, so that records keep their author.
-- after: guards, staff

-- Deletes the private notes of a user; returns the events.
create or replace function api.delete_private_notes(p_user uuid)
returns jsonb language plpgsql as $$
declare
	events jsonb := '[]';
	note app.notes;
begin
	for note in delete from app.notes n where n.owner_id = p_user and not n.is_public returning *
	loop
		events := events || api.note_events(note, 'note.removed');
	end loop;
	return events;
end $$;

-- Removes a user's name from texts that the server wrote: in duty sessions, earlier versions did. (Signed reports keep
-- what was signed.)
create or replace function api.erase_name(p_user app.users)
returns void language plpgsql as $$
declare
	name text := p_user.first_name || ' ' || p_user.last_name;
begin
	update app.notifications n set message = 'Erased user' || substr(n.message, char_length(name) + 1)
	where n.title in ('Supervisor on duty', 'Shifts to fill', 'Equipment not returned')
	and n.message ~>=~ (name || ' is ') and n.message ~<~ (name || ' is!');	-- begins with: … is
	update app.duty_sessions d set notes = null where d.ended_by = p_user.id
	and starts_with(d.notes, 'Ended by supervisor override: ');
end $$;

-- Erases a locked account, archives it and ends its duty; returns the events. Its public notes, comments
-- and messages stay, under the name "Erased user".
create or replace function api.erase_account(p_user app.users, p_caller uuid)
returns jsonb language plpgsql as $$
declare
	target app.users;
	events jsonb := api.delete_private_notes(p_user.id);
begin
	update app.api_keys k set revoked_at = now() where k.created_by = p_user.id and k.revoked_at is null;
	delete from app.notifications n where n.user_id = p_user.id;
	delete from app.idempotency_keys i where i.caller_id = p_user.id;	-- with responses that show the account
	-- Texts in the user's channel, whose events keep their shape. Other channels' events expire (EVENTS_HOURS).
	update live.events e set data = e.data || (select jsonb_object_agg(k, 'Erased')
		from jsonb_object_keys(e.data) k where k in ('title', 'message', 'content'))
	where e.channel = 'user:' || p_user.id and e.data ?| array['title', 'message', 'content'];
	update app.users u set first_name = 'Erased', last_name = 'user', display_name = null, issuer = null,
		subject = null, claims = null, claims_until = null, email = null, email_verified = false, username = null,
		image_url = null, phone = null, street_address = null, city = null, state = null, zip_code = null,
		archived_at = coalesce(u.archived_at, now()), erased_at = now()
	where u.id = p_user.id
	returning * into target;
	return events || api.user_event(target, 'user.erased') || api.stand_down(target, p_caller, 'ACCOUNT_ARCHIVED');
end $$;

-- Erases an account; again, this changes nothing. Locks private notes before the user, as writers of
-- comments do.
create or replace function api.erase_user(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[])
returns api.result language plpgsql as $$
declare
	locked record;
	target app.users;
	events jsonb;
begin
	perform from app.notes n where n.owner_id = p_id and not n.is_public order by n.id for update;
	locked := api.lock_user(p_id, p_caller, p_role, p_if_match, null, true);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).erased_at is null then
		perform api.erase_name(locked.target);
		events := api.erase_account(locked.target, p_caller);
	end if;
	select * into target from app.users u where u.id = p_id;
	return api.ok(target.revision, api.with_transient(api.user_json(p_id, p_role),
		jsonb_build_object('warnings', api.departure_warnings(p_id))), live.emit(events));
end $$;
