-- For the erasure of names in texts that the server wrote (api.erase_name).
create index duty_sessions_ended_by on app.duty_sessions (ended_by) where ended_by is not null;
create index notifications_naming_someone on app.notifications (message text_pattern_ops)
	where title in ('Supervisor on duty', 'Shifts to fill', 'Equipment not returned');

-- It has another parameter now.
drop function if exists api.history(text, uuid, integer, integer);
