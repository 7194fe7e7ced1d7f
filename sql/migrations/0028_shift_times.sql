-- Shifts last at most a day, open check-ins are found by their age, unique names are compared without
-- regard to case and surrounding spaces, and API gateways report their connections.

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

do $$
declare
	names record;
	conflicts text;
begin
	for names in select * from (values ('locations', 'name'), ('checklist_items', 'name'), ('vehicles', 'vin'),
		('radios', 'serial_number'), ('users', 'username')) t (tab, col)
	loop
		execute format('select string_agg(o.rows, ''; '') from (select string_agg(format(''%%s "%%s"'', id, %1$I), '', ''
			order by id) as rows from app.%2$I group by lower(btrim(%1$I)) having count(*) > 1 and min(%1$I) is not null
			order by 1 limit 20) o', names.col, names.tab) into conflicts;
		if conflicts is not null then
			raise exception 'These rows of app.% have the same %, except for case and surrounding spaces: %',
				names.tab, names.col, conflicts using hint = 'Rename all but one of each, then migrate again.';
		end if;
		execute format('update app.%2$I set %1$I = btrim(%1$I) where %1$I <> btrim(%1$I)', names.col, names.tab);
		execute format('alter table app.%2$I add constraint %3$I check (%1$I = btrim(%1$I))', names.col, names.tab,
			names.tab || '_' || names.col || '_trimmed');
		execute format('alter table app.%I drop constraint if exists %I', names.tab,
			names.tab || '_' || names.col || '_unique');
		execute format('create unique index if not exists %3$I on app.%2$I (lower(%1$I))', names.col, names.tab,
			names.tab || '_' || names.col || '_unique');
	end loop;
end $$;

create index locations_listed on app.locations (name, id);

-- Connections of clients to an API gateway. A gateway closes them after some hours at the latest.
create table live.gateway_connections (
	id text primary key,	-- as the gateway names it
	expires_at timestamptz(3) not null,
	constraint gateway_connections_id_length check (char_length(id) between 1 and 128)
);

create index gateway_connections_by_expiry on live.gateway_connections (expires_at);
