-- Guests who have not been active: VISITORs without a name (app.is_guest).
-- after: erasure

create or replace function api.has_written(p_user uuid, p_since timestamptz)
returns boolean language sql stable
as $$ select exists (select from app.notes n where n.owner_id = p_user and n.updated_at >= p_since)
	or exists (select from app.comments c where c.user_id = p_user and c.updated_at >= p_since) $$;

-- Whether records of the logbook refer to the user, who was a guard then.
create or replace function api.has_served(p_user uuid)
returns boolean language sql stable
as $$ select exists (select from app.duty_sessions s where s.user_id = p_user)
	or exists (select from app.logs l where l.user_id = p_user) $$;

-- Archives guests whose account and texts have not changed for some days, and erases those who own
-- nothing. Returns whether there may be more.
create or replace function api.expire_guests(p_days integer, p_max integer)
returns boolean language plpgsql as $$
declare
	since timestamptz := now() - make_interval(days => p_days);
	guest app.users;
	expired integer := 0;
	events jsonb := '[]';
begin
	for guest in select u.* from app.users u
		where app.is_guest(u.role, u.is_anonymous, u.display_name, u.first_name, u.last_name)
		and u.archived_at is null and u.updated_at < since and not api.has_written(u.id, since)
		order by u.updated_at limit p_max for no key update skip locked
	loop
		expired := expired + 1;
		if api.has_written(guest.id, '-infinity') or api.has_served(guest.id) then
			update app.users u set archived_at = now() where u.id = guest.id returning * into guest;
			events := events || api.user_event(guest, 'user.archived') || api.stand_down(guest, null, 'ACCOUNT_ARCHIVED');
		else
			events := events || api.erase_account(guest, null);
		end if;
	end loop;
	perform live.emit(events);
	return expired = p_max;
end $$;
