-- The role that serves: it reads and changes records, but cannot change the schema, nor what is never to
-- change.
-- after: audit, audit_entries, audit_prune, audit_seals, audit_verify, audit_verify_objects

-- (The creator of a role may grant it; since PostgreSQL 16, also to itself, and must before it can use it.)
do $$
begin
	begin
		if to_regrole('binnacle_server') is null then
			create role binnacle_server nologin;
		end if;
	exception
		when duplicate_object or unique_violation then null;	-- another database of the cluster created it
	end;
	if not pg_has_role(current_user, 'binnacle_server',
		case when current_setting('server_version_num')::integer < 160000 then 'member' else 'set' end) then
		execute format('grant binnacle_server to %I', current_user);
	end if;
exception
	when insufficient_privilege then
		raise insufficient_privilege using message = format('the user of DATABASE_URL may not create roles, or not '
			'grant binnacle_server. As a superuser, run: create role binnacle_server nologin (unless it exists); '
			'grant binnacle_server to %I', current_user);
end $$;

grant usage on schema app, api, live, audit, binnacle to binnacle_server;
grant select on all tables in schema app, api, live, audit, binnacle to binnacle_server;
grant insert, update, delete on all tables in schema app, live to binnacle_server;
-- Of tables and views that are created later.
alter default privileges in schema app, live grant select, insert, update, delete on tables to binnacle_server;
alter default privileges in schema api grant select on tables to binnacle_server;

-- What was signed, edited and adjusted.
revoke update, delete on app.report_texts, app.report_signatures, app.log_edits, app.timesheet_adjustments
	from binnacle_server;
grant update (voided_at, voided_by, void_reason) on app.report_signatures to binnacle_server;

-- These functions write the trail. Only their owner may call them, and create triggers with record_change().
revoke execute on all functions in schema audit from public;
grant execute on all functions in schema audit to binnacle_server;
revoke execute on function audit.append, audit.record_change, audit.record_erasure, audit.record_columns, audit.track,
	audit.lock_untracked, audit.prune, audit.prune_objects, audit.lock_old_objects from binnacle_server;
