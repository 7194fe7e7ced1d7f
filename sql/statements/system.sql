-- ready_check read 1s
select 1 as ready;
