create table singles (
	name text constraint one_of_each unique deferrable initially deferred
);

create sequence tries;
