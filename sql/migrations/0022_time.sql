-- Timesheet entries of a user never overlap, also across timesheets. Approved timesheets can be reopened.

create extension if not exists btree_gist;

alter table app.timesheets add constraint timesheets_id_user_unique unique (id, user_id);

-- Repeats the user of the timesheet, for the constraint. (The trigger would change `updated_at`.)
alter table app.timesheet_entries add column user_id uuid;
alter table app.timesheet_entries disable trigger timesheet_entries_touch;
update app.timesheet_entries e set user_id = t.user_id from app.timesheets t where t.id = e.timesheet_id;
alter table app.timesheet_entries enable trigger timesheet_entries_touch;

do $$
declare
	conflicts text;
begin
	select string_agg(format('%s (user %s, from %s)', o.id, o.user_id, o.clock_in_time), ', ') into conflicts
	from (
		select w.id, w.user_id, w.clock_in_time
		from (select e.id, e.user_id, e.clock_in_time, max(e.clock_out_time) over (partition by e.user_id
			order by e.clock_in_time, e.id rows between unbounded preceding and 1 preceding) as busy_until
			from app.timesheet_entries e) w
		where w.busy_until > w.clock_in_time
		order by w.user_id, w.clock_in_time
		limit 20
	) o;
	if conflicts is not null then
		raise exception 'These rows of app.timesheet_entries overlap an earlier entry of the same user: %', conflicts
			using hint = 'Correct their times or delete them, then migrate again.';
	end if;
end $$;

alter table app.timesheet_entries alter column user_id set not null,
	drop constraint timesheet_entries_sheet,
	add constraint timesheet_entries_sheet foreign key (timesheet_id, user_id) references app.timesheets (id, user_id)
		on delete cascade,
	add constraint timesheet_entries_overlap exclude using gist (
		user_id with =, tstzrange(clock_in_time, clock_out_time) with &&);

-- An approved timesheet that is reopened has an adjustment without an entry.
alter type app.timesheet_adjustment_type add value 'REOPENED';
alter table app.timesheet_adjustments alter column entry_id drop not null;

drop function if exists api.reopen_timesheet(uuid, bigint[]);
