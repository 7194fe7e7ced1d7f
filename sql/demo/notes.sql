-- Public notes with comments, and a private one.
-- after: users
insert into app.notes (owner_id, title, content, is_public, published_at, created_at, updated_at)
select u.id, t.title, t.content, t.published_ago is not null, now() - t.published_ago, now() - t.ago,
	now() - coalesce(t.published_ago, t.ago)
from (values
	('rosa.brandt', 'How to double a line', 'Lead the second line around the other side of the cleat, so that the lines do not chafe. It takes a minute and can save a boat.', interval '9 days', interval '8 days'),
	('mei.tanaka', 'Birds at the breakwater', 'Two oystercatchers are nesting between the third and fourth lamps. Please walk on the harbour side until June.', interval '3 days', interval '3 days'),
	('anton.grieg', 'Tea', 'The kettle in the gatehouse is repaired. If you boil it dry again, you buy the next one.', interval '1 day', interval '20 hours'),
	('rosa.brandt', null, 'Ask about vacation in August.', interval '2 days', null)
) t (login, title, content, ago, published_ago)
join app.users u on u.email = t.login || '@marina.example';

insert into app.comments (note_id, user_id, content, created_at, updated_at)
select n.id, u.id, t.content, n.published_at + t.later, n.published_at + t.later
from (values
	('How to double a line', 'tessa.quill', 'And add chafing gear where it runs over the edge.', interval '3 hours'),
	('How to double a line', 'rosa.brandt', 'Right: a piece of old fire hose works.', interval '4 hours'),
	('Birds at the breakwater', 'felix.moreau', 'Three eggs since this morning.', interval '1 day'),
	('Tea', 'mei.tanaka', 'It was not me.', interval '10 minutes')
) t (title, login, content, later)
join app.notes n on n.title = t.title and n.is_public
join app.users u on u.email = t.login || '@marina.example';
