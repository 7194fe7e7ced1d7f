create table things (
	id integer primary key,
	name text not null
);

insert into things values (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');
