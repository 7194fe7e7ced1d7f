-- The fleet: what vehicles and radios have in common. Archived ones are never shown,
-- but their history is kept.

-- Vehicles and radios together, for lists of both.
create or replace view api.fleet_item as
select 'VEHICLE' as type, v.id, v.name, v.status, v.location_id, v.notes, v.updated_at,
	exists (select from app.equipment_checkouts c
		where c.vehicle_id = v.id and c.checkin_time is null) as is_out
from app.vehicles v
where v.archived_at is null
union all
select 'RADIO', r.id, r.name, r.status, r.location_id, r.notes, r.updated_at,
	exists (select from app.equipment_checkouts c where c.radio_id = r.id and c.checkin_time is null)
from app.radios r
where r.archived_at is null;

-- WORKING may become OUT_OF_SERVICE, which may become WORKING or RETIRED; RETIRED is final.
create or replace function api.status_change_allowed(p_from app.fleet_status, p_to app.fleet_status)
returns boolean language sql immutable
as $$ select p_from = p_to or p_from = 'OUT_OF_SERVICE' or (p_from = 'WORKING' and p_to = 'OUT_OF_SERVICE') $$;
