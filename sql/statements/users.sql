-- users_me read 2s
select u.revision as etag, to_json(v) as body
from app.users u, api.user_view v
where u.id = :caller_id::uuid and v.id = :caller_id::uuid;

-- users_change_me write 5s
select * from api.change_me(:caller_id, :if_match, :body);
