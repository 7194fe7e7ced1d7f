-- Notifications that cannot be dismissed expire.

alter table app.notifications add column expires_at timestamptz(3);	-- no longer listed from then on

update app.notifications set expires_at = now() + interval '168 hours' where not dismissible;

-- Every change of a row sets updated_at, so a correction can prolong a notification by 7 days.
alter table app.notifications add constraint notifications_expiry check (
	dismissible or (expires_at is not null and expires_at <= updated_at + interval '168 hours'));
