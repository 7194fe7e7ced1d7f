-- Guards on duty, and ending the duty of a guard.
-- after: common

-- Requires the role of that user or a higher one. Checked-out equipment is returned if the request
-- gives the mileage; otherwise it stays checked out to the guard.
create or replace function api.end_guard_duty(p_id uuid, p_caller uuid, p_role app.role, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	target app.duty_sessions;
	checkout record;
	events jsonb;
begin
	select * into target from app.duty_sessions d where d.id = p_id for update;
	if not found then
		return api.refuse('NOT_FOUND', 'There is no duty session with this id.');
	elsif (select u.role > p_role from app.users u where u.id = target.user_id) then
		return api.refuse('FORBIDDEN', 'Only a user of the same role or a higher one can end this duty session.');
	elsif not api.if_match(p_if_match, target.revision) then
		return api.refuse('PRECONDITION_FAILED', null);
	elsif target.clock_out_time is not null then
		return api.refuse('ALREADY_CLOCKED_OUT', null);
	elsif p_body ->> 'checkin_mileage' is not null and api.has_equipment_out(p_id) then
		checkout := api.close_checkout(p_id, (p_body ->> 'checkin_mileage')::integer, null);
		if (checkout.refusal).code is not null then
			return checkout.refusal;
		end if;
		events := checkout.events;
	end if;
	return api.close_session(p_id, p_body ->> 'notes', events, p_caller, 'SUPERVISOR');
end $$;
