-- The items that these marinas use.
update app.checklist_items i set is_active = true
where i.name in ('Fire extinguishers', 'Communication equipment', 'Lighting', 'Gates and locks',
	'Life jackets and rescue gear', 'Dock lines and cleats');
