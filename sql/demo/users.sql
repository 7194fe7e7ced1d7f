-- Users of the demo data, as in src/command/demo_users.def. They have no subject: each is adopted by the
-- first token with its address.
insert into app.users (id, role, first_name, last_name, email) values
	('01900000-0000-7000-8000-000000000101', 'SUPER_ADMIN', 'Ines', 'Falk', 'ines.falk@marina.example'),
	('01900000-0000-7000-8000-000000000102', 'ADMIN', 'Greta', 'Lindqvist', 'greta.lindqvist@marina.example'),
	('01900000-0000-7000-8000-000000000103', 'ADMIN', 'Tomas', 'Okafor', 'tomas.okafor@marina.example'),
	('01900000-0000-7000-8000-000000000104', 'ADMIN', 'Helen', 'Marsh', 'helen.marsh@marina.example'),
	('01900000-0000-7000-8000-000000000105', 'SUPERVISOR', 'Marek', 'Dunn', 'marek.dunn@marina.example'),
	('01900000-0000-7000-8000-000000000106', 'SUPERVISOR', 'Salma', 'Reyes', 'salma.reyes@marina.example'),
	('01900000-0000-7000-8000-000000000107', 'SUPERVISOR', 'Peter', 'Ahlborn', 'peter.ahlborn@marina.example'),
	('01900000-0000-7000-8000-000000000108', 'SUPERVISOR', 'Noor', 'Castellan', 'noor.castellan@marina.example'),
	('01900000-0000-7000-8000-000000000109', 'GUARD', 'Rosa', 'Brandt', 'rosa.brandt@marina.example'),
	('01900000-0000-7000-8000-000000000110', 'GUARD', 'Jonas', 'Whitlow', 'jonas.whitlow@marina.example'),
	('01900000-0000-7000-8000-000000000111', 'GUARD', 'Amina', 'Sorel', 'amina.sorel@marina.example'),
	('01900000-0000-7000-8000-000000000112', 'GUARD', 'Luke', 'Petrov', 'luke.petrov@marina.example'),
	('01900000-0000-7000-8000-000000000113', 'GUARD', 'Wanda', 'Kessler', 'wanda.kessler@marina.example'),
	('01900000-0000-7000-8000-000000000114', 'GUARD', 'Diego', 'Harlan', 'diego.harlan@marina.example'),
	('01900000-0000-7000-8000-000000000115', 'GUARD', 'Mei', 'Tanaka', 'mei.tanaka@marina.example'),
	('01900000-0000-7000-8000-000000000116', 'GUARD', 'Owen', 'Barrow', 'owen.barrow@marina.example'),
	('01900000-0000-7000-8000-000000000117', 'GUARD', 'Clara', 'Nyström', 'clara.nystrom@marina.example'),
	('01900000-0000-7000-8000-000000000118', 'GUARD', 'Samir', 'Haddad', 'samir.haddad@marina.example'),
	('01900000-0000-7000-8000-000000000119', 'GUARD', 'Judith', 'Vance', 'judith.vance@marina.example'),
	('01900000-0000-7000-8000-000000000120', 'GUARD', 'Felix', 'Moreau', 'felix.moreau@marina.example'),
	('01900000-0000-7000-8000-000000000121', 'GUARD', 'Tessa', 'Quill', 'tessa.quill@marina.example'),
	('01900000-0000-7000-8000-000000000122', 'GUARD', 'Anton', 'Grieg', 'anton.grieg@marina.example'),
	('01900000-0000-7000-8000-000000000123', 'VISITOR', 'Carla', 'Reuss', 'carla.reuss@marina.example'),
	('01900000-0000-7000-8000-000000000124', 'GUARD', 'Bruno', 'Engel', 'bruno.engel@marina.example')
on conflict do nothing;

-- Bruno left at the end of last season.
update app.users set archived_at = now() - interval '90 days' where id = '01900000-0000-7000-8000-000000000124';
