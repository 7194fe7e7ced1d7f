-- callers_find read 2s
select u.id, u.role, u.archived_at is not null as archived,
	u.claims is not distinct from :claims or u.claims_until > to_timestamp(:claims_until_ms::float8 / 1000) as known
from app.users u
where u.issuer = :issuer and u.subject = :subject;

-- callers_provision write 2s
select c.id, c.role, c.archived, api.is_new_user(c.id) as is_new
from api.provision_caller(:issuer, :subject, :claims, to_timestamp(:claims_until_ms::float8 / 1000), :email,
	:email_verified, :first_name, :last_name, :image_url, :is_anonymous, :new_user_role) c;
