-- Leaves one incident to review: the stranger at East Islip. Marks the one at Ocean Avenue as
-- reviewed, and gives all reviewed incidents the status that a review sets.
-- after: incident_reports
update app.logs l set reviewed_by = u.id, reviewed_at = now() - interval '30 minutes',
	review_notes = 'Reviewed; the fence will get a lock.'
from app.users u, app.locations p
where u.email = 'salma.reyes@marina.example' and p.id = l.location_id and p.name = 'Ocean Avenue Marina'
	and l.type = 'INCIDENT' and l.title = 'Stranger on the fuel dock' and l.reviewed_by is null;

update app.logs l set status = 'UPDATED'
where l.type = 'INCIDENT' and l.title = 'Stranger on the fuel dock' and l.reviewed_at is not null and l.status = 'LIVE';
