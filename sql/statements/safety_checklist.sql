-- checklist_read read 5s
select * from api.read_checklist(:duty_session_id, :caller_id, :may_access_others, :limit, :skip);

-- checklist_submit write 5s idempotent
select * from api.submit_checklist(:caller_id, :body);

-- checklist_items_list read 5s
select coalesce(json_agg(to_json(s) order by s."order", s.name, s.id), '[]') as body
from (
	select v.* from api.checklist_item_view v
	where true
	and v.id = any (:id?::uuid[])
	order by v."order", v.name, v.id
	limit :limit::integer offset :skip::integer
) s;

-- checklist_items_read read 2s
select i.revision as etag, api.checklist_item_json(i.id) as body
from app.checklist_items i
where i.id = :id::uuid;

-- checklist_items_history read 5s
select api.history('checklist_item', o.id, :limit::integer, :skip::integer) as body
from app.checklist_items o
where o.id = :id::uuid;

-- checklist_items_create write 5s idempotent
select * from api.create_checklist_item(:new_id, :body);

-- checklist_items_create_all write 5s idempotent
select * from api.create_checklist_items(:body);

-- checklist_items_reorder write 5s
select * from api.reorder_checklist_items(:body);

-- checklist_items_update write 5s
select * from api.update_checklist_item(:id, :caller_id, :caller_role, :if_match, :body);

-- checklist_items_deactivate write 5s
select * from api.deactivate_checklist_item(:id, :if_match);
