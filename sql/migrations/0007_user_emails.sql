-- Verification of addresses, and the age of stored claims.

alter table app.users
	-- An unverified address is moved to a user who verifies it.
	add column email_verified boolean not null default true,
	-- Expiry of the token that `claims` come from; older tokens do not update the row.
	add column claims_until timestamptz(3);
