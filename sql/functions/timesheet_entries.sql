-- Adjustments of the entries of a draft timesheet. Each has a reason and keeps the previous values.
-- after: common

-- The values of an entry that an adjustment records.
create or replace function api.entry_json(p_entry app.timesheet_entries)
returns jsonb language sql stable
as $$ select jsonb_build_object('duty_session_id', p_entry.duty_session_id, 'date', p_entry.date,
	'clock_in_time', p_entry.clock_in_time, 'clock_out_time', p_entry.clock_out_time,
	'hours_worked', p_entry.hours_worked, 'location_id', p_entry.location_id, 'shift_id', p_entry.shift_id,
	'notes', p_entry.notes) $$;

create or replace function api.entry_times(p_entry app.timesheet_entries)
returns jsonb language sql stable
as $$ select jsonb_build_object('clock_in_time', p_entry.clock_in_time, 'clock_out_time', p_entry.clock_out_time,
	'hours_worked', p_entry.hours_worked) $$;

-- Recomputes the totals of the locked timesheet, which gets this many adjustments.
create or replace function api.count_adjustments(p_sheet uuid, p_added integer)
returns app.timesheets language plpgsql as $$
declare
	target app.timesheets;
begin
	update app.timesheets t set total_hours = s.hours, total_entries = s.entries,
		total_adjustments = t.total_adjustments + p_added
	from (select coalesce(sum(e.hours_worked), 0) as hours, count(*) as entries from app.timesheet_entries e
		where e.timesheet_id = p_sheet) s
	where t.id = p_sheet
	returning t.* into target;
	return target;
end $$;

create or replace function api.insert_adjustment(p_sheet uuid, p_number integer, p_entry uuid, p_caller uuid,
	p_type app.timesheet_adjustment_type, p_field text, p_old jsonb, p_new jsonb, p_reason text)
returns void language plpgsql as $$
begin
	insert into app.timesheet_adjustments (timesheet_id, number, entry_id, type, field_changed, old_value, new_value,
		reason, adjusted_by)
	values (p_sheet, p_number, p_entry, p_type, p_field, p_old, p_new, p_reason, p_caller);
end $$;

-- Records an adjustment, and recomputes the totals of the locked timesheet.
create or replace function api.record_adjustment(p_entry app.timesheet_entries, p_caller uuid,
	p_type app.timesheet_adjustment_type, p_field text, p_old jsonb, p_new jsonb, p_reason text)
returns app.timesheets language plpgsql as $$
declare
	target app.timesheets := api.count_adjustments(p_entry.timesheet_id, 1);
begin
	perform api.insert_adjustment(target.id, target.total_adjustments, p_entry.id, p_caller, p_type, p_field, p_old,
		p_new, p_reason);
	return target;
end $$;

-- Locks a draft that can take another adjustment; otherwise returns the refusal.
create or replace function api.lock_adjustable_timesheet(p_id uuid, p_if_match bigint[], out target app.timesheets,
	out refusal api.result) language plpgsql as $$
declare
	locked record := api.lock_draft_timesheet(p_id, p_if_match);
begin
	target := locked.target;
	refusal := locked.refusal;
	if refusal.code is null and target.total_adjustments >= 500 then
		refusal := api.refuse('TIMESHEET_FULL', null);
	end if;
end $$;

-- The same, given one of its entries. The entry is read again after the lock, because it may have
-- been deleted meanwhile.
create or replace function api.lock_timesheet_entry(p_id uuid, p_if_match bigint[], out entry app.timesheet_entries,
	out refusal api.result) language plpgsql as $$
begin
	select * into entry from app.timesheet_entries e where e.id = p_id;
	if found then
		refusal := (api.lock_adjustable_timesheet(entry.timesheet_id, p_if_match)).refusal;
		if refusal.code is not null then
			return;
		end if;
		select * into entry from app.timesheet_entries e where e.id = p_id;
	end if;
	if entry.id is null then
		refusal := api.refuse('NOT_FOUND', 'There is no entry with this id.');
	end if;
end $$;

-- An entry must start in its week, and end before the following week does.
create or replace function api.check_entry_times(p_sheet uuid, p_clock_in timestamptz, p_clock_out timestamptz)
returns api.result language plpgsql stable as $$
declare
	sunday date := (select t.week_start_date from app.timesheets t where t.id = p_sheet);
	faults text[];
begin
	if p_clock_out <= p_clock_in then
		return api.refuse_input('END_BEFORE_START', '`clock_out` must be after `clock_in`.',
			api.fault('pointer', '/clock_out', 'out_of_range', 'must be after clock_in'));
	end if;
	faults := array_remove(array[
		case when p_clock_in < api.week_start(sunday) or p_clock_in >= api.week_start(sunday + 7)
			then api.fault('pointer', '/clock_in', 'out_of_range', 'must be from ' || sunday || ' to ' || sunday + 6)::text end,
		case when p_clock_out > api.week_start(sunday + 14)
			then api.fault('pointer', '/clock_out', 'out_of_range', 'must be before ' || sunday + 14)::text end], null);
	if cardinality(faults) > 0 then
		return api.refuse_input('ENTRY_OUTSIDE_WEEK', 'The week is ' || sunday || ' to ' || sunday + 6 || '.',
			variadic faults::json[]);
	end if;
	return null;
end $$;

create or replace function api.add_timesheet_entry(p_id uuid, p_sheet uuid, p_caller uuid, p_if_match bigint[],
	p_body jsonb)
returns api.result language plpgsql as $$
declare
	clock_in timestamptz(3) := (p_body ->> 'clock_in')::timestamptz;
	clock_out timestamptz(3) := (p_body ->> 'clock_out')::timestamptz;
	shift uuid := (p_body ->> 'shift_id')::uuid;
	locked record;
	refusal api.result;
	new app.timesheet_entries;
	target app.timesheets;
begin
	locked := api.lock_adjustable_timesheet(p_sheet, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	elsif (locked.target).total_entries >= 200 then
		return api.refuse('TIMESHEET_FULL', null);
	end if;
	refusal := api.check_entry_times(p_sheet, clock_in, clock_out);
	if refusal.code is not null then
		return refusal;
	elsif not exists (select from app.locations l where l.id = (p_body ->> 'location_id')::uuid)
		and p_body ->> 'location_id' is not null then
		return api.refuse('LOCATION_NOT_FOUND', null);
	end if;
	perform from app.shifts s where s.id = shift for key share;
	if not found and shift is not null then
		return api.refuse('SHIFT_NOT_FOUND', null);
	end if;
	insert into app.timesheet_entries (id, timesheet_id, user_id, date, clock_in_time, clock_out_time, location_id,
		shift_id, was_manually_added, notes)
	values (p_id, p_sheet, (locked.target).user_id, api.local_date(clock_in), clock_in, clock_out, (p_body ->> 'location_id')::uuid, shift, true,
		p_body ->> 'notes')
	returning * into new;
	target := api.record_adjustment(new, p_caller, 'ENTRY_ADDED', null, null, api.entry_json(new), p_body ->> 'reason');
	return api.created(target.revision, '/timesheets/' || p_sheet,
		api.timesheet_json(p_sheet),
		live.emit(api.timesheet_events(target, 'timesheet.adjusted')));
end $$;

-- Changes the times, the notes, or both. The values before the first adjustment are kept.
create or replace function api.update_timesheet_entry(p_id uuid, p_caller uuid, p_if_match bigint[], p_body jsonb)
returns api.result language plpgsql as $$
declare
	locked record;
	old app.timesheet_entries;
	entry app.timesheet_entries;
	new_times boolean;
	new_notes boolean;
	target app.timesheets;
	refusal api.result;
begin
	locked := api.lock_timesheet_entry(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	old := locked.entry;
	entry := old;
	entry.clock_in_time := coalesce((p_body ->> 'clock_in')::timestamptz, old.clock_in_time);
	entry.clock_out_time := coalesce((p_body ->> 'clock_out')::timestamptz, old.clock_out_time);
	entry.notes := case when p_body ? 'notes' then p_body ->> 'notes' else old.notes end;
	new_times := (entry.clock_in_time, entry.clock_out_time) <> (old.clock_in_time, old.clock_out_time);
	new_notes := entry.notes is distinct from old.notes;
	if new_times then
		refusal := api.check_entry_times(old.timesheet_id, entry.clock_in_time, entry.clock_out_time);
		if refusal.code is not null then
			return refusal;
		end if;
	elsif not new_notes then
		return api.ok((select t.revision from app.timesheets t where t.id = old.timesheet_id),
			api.timesheet_json(old.timesheet_id));
	end if;
	-- The entry and the timesheet are each written once, whatever changes.
	update app.timesheet_entries e set clock_in_time = entry.clock_in_time, clock_out_time = entry.clock_out_time,
		date = case when new_times then api.local_date(entry.clock_in_time) else e.date end,
		notes = entry.notes, was_adjusted = e.was_adjusted or new_times,
		original_clock_in = coalesce(e.original_clock_in, case when new_times then e.clock_in_time end),
		original_clock_out = coalesce(e.original_clock_out, case when new_times then e.clock_out_time end),
		original_hours = coalesce(e.original_hours, case when new_times then e.hours_worked end)
	where e.id = p_id
	returning * into entry;
	target := api.count_adjustments(entry.timesheet_id, new_times::integer + new_notes::integer);
	if new_times then
		perform api.insert_adjustment(target.id, target.total_adjustments - new_notes::integer, p_id, p_caller,
			'TIME_EDITED', concat_ws(', ',
				case when entry.clock_in_time <> old.clock_in_time then 'clock_in_time' end,
				case when entry.clock_out_time <> old.clock_out_time then 'clock_out_time' end),
			api.entry_times(old), api.entry_times(entry), p_body ->> 'reason');
	end if;
	if new_notes then
		perform api.insert_adjustment(target.id, target.total_adjustments, p_id, p_caller, 'NOTE_ADDED', 'notes',
			to_jsonb(old.notes), nullif(p_body -> 'notes', 'null'), p_body ->> 'reason');
	end if;
	return api.timesheet_result(target, 'timesheet.adjusted');
end $$;

create or replace function api.delete_timesheet_entry(p_id uuid, p_caller uuid, p_if_match bigint[], p_reason text)
returns api.result language plpgsql as $$
declare
	locked record;
	target app.timesheets;
begin
	locked := api.lock_timesheet_entry(p_id, p_if_match);
	if (locked.refusal).code is not null then
		return locked.refusal;
	end if;
	delete from app.timesheet_entries e where e.id = p_id;
	target := api.record_adjustment(locked.entry, p_caller, 'ENTRY_REMOVED', null,
		api.entry_json(locked.entry), null, p_reason);
	return api.no_content(live.emit(api.timesheet_events(target, 'timesheet.adjusted')));
end $$;
