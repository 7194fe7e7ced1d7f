-- Shifts last at most a day, and open check-ins are found by their age.

do $$
declare
	conflicts text;
begin
	select string_agg(format('%s (from %s to %s)', o.id, o.start_time, o.end_time), ', ') into conflicts
	from (
		select s.id, s.start_time, s.end_time from app.shifts s
		where s.end_time - s.start_time > interval '26 hours'
		order by s.start_time, s.id
		limit 20
	) o;
	if conflicts is not null then
		raise exception 'These rows of app.shifts last longer than a day: %', conflicts
			using hint = 'Correct their times, split or delete them, then migrate again.';
	end if;
end $$;

-- api.check_shift_times() limits shifts to 24 hours, and to the same local time on the next day if the
-- clock is put back; in no time zone by more than two hours. Lists rely on this limit, so it holds for
-- all rows.
alter table app.shifts add constraint shifts_length check (end_time - start_time <= interval '26 hours');

create index location_check_ins_open on app.location_check_ins (check_in_time desc, id desc)
	where check_out_time is null;
