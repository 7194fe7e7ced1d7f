-- The items that these marinas use.
update app.checklist_items i set id = ('01900000-0000-7000-8000-0000000006' || lpad(i."order"::text, 2, '0'))::uuid,
	is_active = i.name in ('Fire extinguishers', 'Communication equipment', 'Lighting', 'Gates and locks',
		'Life jackets and rescue gear', 'Dock lines and cleats');
