-- Moderation: a hidden note is private until an administrator lifts it; a hidden comment shows a
-- placeholder.
alter table app.notes
	add column hidden_at timestamptz(3),
	add column hidden_by uuid,
	add column hidden_reason text,
	add constraint notes_hidden_by foreign key (hidden_by) references app.users on delete restrict,
	add constraint notes_hidden_reason_length check (char_length(hidden_reason) between 1 and 500),
	add constraint notes_hidden_is_complete check (num_nonnulls(hidden_at, hidden_by, hidden_reason) in (0, 3)),
	add constraint notes_hidden_is_private check (hidden_at is null or not is_public);

alter table app.comments
	add column hidden_at timestamptz(3),
	add column hidden_by uuid,
	add column hidden_reason text,
	add constraint comments_hidden_by foreign key (hidden_by) references app.users on delete restrict,
	add constraint comments_hidden_reason_length check (char_length(hidden_reason) between 1 and 500),
	add constraint comments_hidden_is_complete check (num_nonnulls(hidden_at, hidden_by, hidden_reason) in (0, 3));
