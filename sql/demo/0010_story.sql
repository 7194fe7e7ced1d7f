-- Of all that happened this night one thing waits for a supervisor: the stranger at East
-- Islip. The one at Ocean Avenue was looked at, too.
update app.logs l set reviewed_by = u.id, reviewed_at = now() - interval '30 minutes',
	review_notes = 'Read; the fence gets a lock.'
from app.users u, app.locations p
where u.email = 'salma.reyes@marina.example' and p.id = l.location_id and p.name = 'Ocean Avenue Marina'
	and l.type = 'INCIDENT' and l.title = 'Stranger on the fuel dock' and l.reviewed_by is null;
