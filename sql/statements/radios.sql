-- radios_list read 5s
select coalesce(json_agg(to_json(s) order by s.status, s.name, s.id), '[]') as body
from (
	select r.* from api.radio_view r
	where true
	and r.status = any (:status?::app.fleet_status[])
	order by r.status, r.name, r.id
	limit :limit::integer offset :skip::integer
) s;

-- radios_read read 2s
select r.revision as etag, api.radio_json(r.id) as body
from app.radios r
where r.id = :id::uuid and r.archived_at is null;

-- radios_history read 5s
select api.history('radio', o.id, :limit::integer, :skip::integer) as body
from app.radios o
where o.id = :id::uuid and o.archived_at is null;

-- radios_create write 5s idempotent
select * from api.create_radio(:new_id, :body);

-- radios_update write 5s
select * from api.update_radio(:id, :if_match, :body);

-- radios_archive write 5s
select * from api.archive_radio(:id, :if_match);
