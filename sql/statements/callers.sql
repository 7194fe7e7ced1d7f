-- callers_find read 2s
select u.id, u.role, u.archived_at is not null as archived, u.claims is not distinct from :claims as known
from app.users u
where u.issuer = :issuer and u.subject = :subject;

-- callers_enter write 2s
select * from api.enter(:issuer, :subject, :claims, :email, :email_verified, :first_name, :last_name,
	:image_url, :is_anonymous, :new_user_role);
