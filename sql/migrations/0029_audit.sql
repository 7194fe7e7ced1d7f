-- The trail: an entry for each change of each object, in chains of hashes.

create schema audit;

-- What is recorded, as in include/table/audit_kinds.def. `columns` are those of the table that the
-- trail knows.
create table audit.kinds (
	kind text not null,
	tbl regclass not null,
	secrets text[] not null,
	open_when text not null,
	ignored text[] not null,
	columns text[] not null,
	constraint kinds_unique primary key (kind)
);

-- An entry's `digest` covers its values and its salt; its `hash` covers the digest, the other columns
-- and the hash of the entry before it in its chain. So the values can be removed, and the chain still
-- verifies. All entries of a transaction are in one chain. The ids of an object's entries are in the
-- order of its changes.
--
-- Only audit.append() inserts entries. There are no check constraints, because PostgreSQL would parse
-- them in each transaction.
create table audit.entries (
	id bigint not null,
	chain smallint not null,
	seq bigint not null,
	at timestamptz(3) not null,
	kind text not null,
	object_id uuid not null,
	action text not null,	-- created, updated, deleted, erased, recorded or pruned
	actor_id uuid,
	api_key_id uuid,
	origin text not null,	-- the process or command
	request_id text,
	before jsonb,
	after jsonb,
	salt bytea,		-- null: the values were removed
	digest bytea not null,
	hash bytea not null,
	constraint entries_chain_seq primary key (chain, seq)
);
create index entries_of_time on audit.entries (at, id);
create index entries_of_object on audit.entries (object_id, id);
create index entries_of_kind on audit.entries (kind, at, id);
create index entries_of_actor on audit.entries (actor_id, at, id) where actor_id is not null;

create sequence audit.entry_ids as bigint owned by audit.entries.id;

-- A seal holds the last hash of each chain: [[chain, seq, hash], …].
create table audit.seals (
	number bigint not null,
	at timestamptz(3) not null,
	heads jsonb not null,
	hash bytea not null,	-- over the other columns and the previous seal's hash
	constraint seals_number primary key (number)
);

-- The trail identifies objects by id.
alter table app.report_texts add column id uuid not null default gen_random_uuid(),
	add constraint report_texts_id unique (id);
