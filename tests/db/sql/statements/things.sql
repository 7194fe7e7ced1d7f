-- things.sql: the statements of the pool's tests.

-- answer read 2s
select '200' as status, 'FINE' as code, :value as body, '"1.a"' as etag;

-- big read 2s
select repeat('x', :length::integer) as body, :length as etag;

-- nothing read 2s
select 1 as body where false;

-- settings read 2s
select current_setting('binnacle.timezone') as body,
       current_setting('TimeZone') as etag,
       current_setting('application_name') as code,
       current_setting('statement_timeout') as detail,
       current_setting('default_transaction_read_only') as next;

-- setting read 2s
select current_setting(:name) as body;

-- backend read 2s
select pg_backend_pid()::text as body, extract(epoch from now())::text as etag;

-- backend_write write 2s untracked
select pg_backend_pid()::text as body, txid_current()::text as etag;

-- divide read 2s
select (100 / :by::integer)::text as body;

-- divide_write write 2s untracked
select (100 / :by::integer)::text as body;

-- things_list read 2s
select string_agg(name, ',' order by id) as body
from things
where true
  and id >= :least?::integer
  and id <= :most?::integer	-- left out if absent
  and (id >= :least?::integer or id <= :most?::integer or :never::text is null)
  and name <> :but;

-- thing_add write 2s untracked
insert into things (id, name) values (:id::integer, :name)
returning name as body;

-- hold write 2s untracked
select (case when pg_try_advisory_xact_lock(:key::bigint) then '1' else 'held' end)::integer as body;

-- thing_add_slowly write 300ms untracked
insert into things (id, name)
select :id::integer, :name || pg_sleep(:seconds::double precision)::text
returning name as body;

-- thing_star read 2s
select * from things where id = :id::integer;

-- thing_by_mistake read 2s
insert into things (id, name) values (99, 'mistake') returning name as body;

-- thing_lock write 600ms untracked
update things set name = name where id = :id::integer returning name as body;

-- late_unique write 2s untracked
insert into singles (name) values (:name) returning name as body;

-- missing read 2s
select * from there_is_no_such_table where name = :name;

-- nap read 300ms
select pg_sleep(:seconds::double precision)::text as body;

-- doze read 3s
select pg_sleep(:seconds::double precision)::text as body;

-- doze_write write 3s untracked
select pg_sleep(:seconds::double precision)::text as body, pg_backend_pid()::text as etag;

-- fail_first write 2s untracked
select fail_first(:code, :tries::integer)::text as body;

-- fail_first_read read 2s
select fail_first_read(:code, :key) as body;

-- end_self write 2s untracked
select pg_terminate_backend(pg_backend_pid())::text as body;

-- notify write 2s untracked
select pg_notify(:channel, :payload)::text as body;

-- wide read 2s
select (0
  + coalesce(:a?::integer, 0)
  + coalesce(:b?::integer, 0)
  + coalesce(:c?::integer, 0)
  + coalesce(:d?::integer, 0)
  + coalesce(:e?::integer, 0)
  + coalesce(:f?::integer, 0)
  + coalesce(:g?::integer, 0)
  + coalesce(:h?::integer, 0)
  + coalesce(:i?::integer, 0)
)::text as body;
