-- Most logs have no severity, and nobody looks for those.

drop index app.logs_by_severity;
create index logs_by_severity on app.logs (severity, created_at desc, id desc)
	where archived_at is null and severity is not null;
