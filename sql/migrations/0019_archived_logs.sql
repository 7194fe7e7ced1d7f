-- For lists of archived logs, as logs_newest and the others are for the rest.
create index logs_archived_newest on app.logs (created_at desc, id desc) where archived_at is not null;
create index logs_archived_by_location on app.logs (location_id, created_at desc, id desc)
	where archived_at is not null;
create index logs_archived_by_author on app.logs (user_id, created_at desc, id desc)
	where archived_at is not null;
