-- auth_login_anonymously write 2s idempotent
select * from api.sign_in(:caller_id, :caller_is_new);

-- auth_login read 2s
select * from api.sign_in_regular(:caller_id, :caller_is_new);

-- auth_promote write 10s idempotent
select a.*, (select u.id from app.users u where u.issuer = :second_token_issuer and u.subject = :second_token_subject) as invalidates
from api.promote_account(:caller_id, :caller_is_new, :caller_email, :body, :second_token_issuer, :second_token_subject) a;
