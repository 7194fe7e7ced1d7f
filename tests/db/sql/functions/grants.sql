-- The role of the sessions. In these tests it may do everything.
do $$ begin
	create role binnacle_server superuser;
exception when duplicate_object then null;
end $$;

create schema if not exists api;
