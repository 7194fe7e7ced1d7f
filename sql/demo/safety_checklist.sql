-- The items that these marinas use.
with items as (delete from app.checklist_items returning *)
insert into app.checklist_items (id, name, description, "order", is_active)
select ('01900000-0000-7000-8000-0000000006' || lpad(i."order"::text, 2, '0'))::uuid, i.name, i.description, i."order",
	i.name in ('Fire extinguishers', 'Communication equipment', 'Lighting', 'Gates and locks',
		'Life jackets and rescue gear', 'Dock lines and cleats')
from items i;
