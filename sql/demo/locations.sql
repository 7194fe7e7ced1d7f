-- Fourteen marinas with their capacity, and the headquarters.
insert into app.locations (id, name, description, address, max_capacity) values
	('01900000-0000-7000-8000-000000000001', 'Atlantique Marina', 'Ferry landing and guest berths.', '1 Atlantique Road', 4),
	('01900000-0000-7000-8000-000000000002', 'Bay Shore Marina', 'Largest basin; fuel dock at the west end.', '20 Clinton Way', 3),
	('01900000-0000-7000-8000-000000000003', 'Brown''s River East Side', 'East bank; ramp closes at dusk.', '3 River Road East', 3),
	('01900000-0000-7000-8000-000000000004', 'Brown''s River West Side', 'West bank; commercial berths.', '3 River Road West', 3),
	('01900000-0000-7000-8000-000000000005', 'East Islip Marina', 'Beach, pool and two basins.', '50 Bayview Lane', 4),
	('01900000-0000-7000-8000-000000000006', 'Great River Ramp', 'Boat ramp, permits checked in season.', '7 Ramp Lane', 2),
	('01900000-0000-7000-8000-000000000007', 'Homan Creek Dock', 'Small craft only.', '12 Creek Street', 2),
	('01900000-0000-7000-8000-000000000008', 'Maple Avenue Dock', 'Ferry parking and town berths.', '80 Maple Avenue', 2),
	('01900000-0000-7000-8000-000000000009', 'Maple Street Dock', 'Residents'' dock.', '14 Maple Street', 2),
	('01900000-0000-7000-8000-00000000000a', 'Ocean Avenue Marina', 'Transient berths, pump-out station.', '200 Ocean Avenue', 3),
	('01900000-0000-7000-8000-00000000000b', 'Port O''Call Marina', 'Winter storage yard.', '9 Harbour Court', 3),
	('01900000-0000-7000-8000-00000000000c', 'Raymond Street Dock', 'Fishing pier.', '31 Raymond Street', 2),
	('01900000-0000-7000-8000-00000000000d', 'West Avenue Dock', 'Small boats and kayaks.', '66 West Avenue', 2),
	('01900000-0000-7000-8000-00000000000e', 'West Islip Marina', 'Two basins and a ramp.', '5 Beach Drive', 4),
	('01900000-0000-7000-8000-00000000000f', 'HQ - Headquarters', 'Where supervisors start.', '401 Main Street', null);
