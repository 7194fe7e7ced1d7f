-- Public notes with comments, and private ones.
-- after: users
insert into app.notes (id, owner_id, title, content, is_public, published_at, created_at, updated_at)
select t.id::uuid, u.id, t.title, t.content, t.published_ago is not null, now() - t.published_ago, now() - t.ago,
	now() - coalesce(t.published_ago, t.ago)
from (values
	('01900000-0000-7000-8000-000000000801', 'rosa.brandt', 'How to double a line',
		'Lead the second line around the other side of the cleat, so that the lines do not chafe. It takes a minute'
		' and can save a boat.',
		interval '9 days', interval '8 days'),
	('01900000-0000-7000-8000-000000000802', 'mei.tanaka', 'Birds at the breakwater',
		'Two oystercatchers are nesting between the third and fourth lamps. Please walk on the harbour side until June.',
		interval '3 days', interval '3 days'),
	('01900000-0000-7000-8000-000000000803', 'anton.grieg', 'Tea',
		'The kettle in the gatehouse is repaired. If you boil it dry again, you buy the next one.',
		interval '1 day', interval '20 hours'),
	('01900000-0000-7000-8000-000000000804', 'rosa.brandt', null, 'Ask about vacation in August.', interval '2 days', null),
	('01900000-0000-7000-8000-000000000805', 'carla.reuss', 'A quiet anchorage',
		'North of the second green buoy: four metres, good mud, no ferries. The sunset is included.',
		interval '5 days', interval '5 days'),
	('01900000-0000-7000-8000-000000000806', 'carla.reuss', 'Before the crossing',
		'Diesel, two jerrycans of water, the spare impeller, and a new chart of the sound.', interval '40 minutes', null)
) t (id, login, title, content, ago, published_ago)
join app.users u on u.email = t.login || '@marina.example';

insert into app.comments (id, note_id, user_id, content, created_at, updated_at)
select t.id::uuid, n.id, u.id, t.content, n.published_at + t.later, n.published_at + t.later
from (values
	('01900000-0000-7000-8000-000000000811', 'How to double a line', 'tessa.quill', 'And add chafing gear where it runs over the edge.', interval '3 hours'),
	('01900000-0000-7000-8000-000000000812', 'How to double a line', 'rosa.brandt', 'Right: a piece of old fire hose works.', interval '4 hours'),
	('01900000-0000-7000-8000-000000000813', 'Birds at the breakwater', 'felix.moreau', 'Three eggs since this morning.', interval '1 day'),
	('01900000-0000-7000-8000-000000000814', 'Tea', 'mei.tanaka', 'It was not me.', interval '10 minutes'),
	('01900000-0000-7000-8000-000000000815', 'A quiet anchorage', 'rosa.brandt', 'So are the mosquitoes.', interval '4 hours')
) t (id, title, login, content, later)
join app.notes n on n.title = t.title and n.is_public
join app.users u on u.email = t.login || '@marina.example';
