-- Notes and comments of an anonymous account can move to a regular one (api.promote_account).

create index comments_of_user on app.comments (user_id);

-- A change of owner keeps the revision, so that an ETag read before it stays valid.
drop trigger notes_touch on app.notes;
create trigger notes_touch before update on app.notes
	for each row when (old.* is distinct from new.* and old.owner_id = new.owner_id) execute function app.touch();

drop trigger comments_touch on app.comments;
create trigger comments_touch before update on app.comments
	for each row when (old.* is distinct from new.* and old.user_id = new.user_id) execute function app.touch();
