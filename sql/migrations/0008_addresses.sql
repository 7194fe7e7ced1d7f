-- Whose an address is, and how long what an issuer said holds.

alter table app.users
	-- An address that nobody has verified gives way to whoever has it verified.
	add column email_verified boolean not null default true,
	-- The token that said `claims` was valid until then: an older one says nothing new.
	add column claims_until timestamptz(3);
