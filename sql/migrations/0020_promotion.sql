-- What an anonymous account wrote and said may become a regular one's (api.promote_account).

create index comments_of_user on app.comments (user_id);

-- Whose it is, is no change of it: who reads it in between goes on with the same revision.
drop trigger notes_touch on app.notes;
create trigger notes_touch before update on app.notes
	for each row when (old.* is distinct from new.* and old.owner_id = new.owner_id) execute function app.touch();

drop trigger comments_touch on app.comments;
create trigger comments_touch before update on app.comments
	for each row when (old.* is distinct from new.* and old.user_id = new.user_id) execute function app.touch();
