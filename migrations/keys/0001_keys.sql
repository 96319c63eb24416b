-- Wrapped keys, in a database of their own with its own short-lived backups: deleting a row here makes every copy of what
-- it sealed unreadable. New tables only: nothing is locked.
create schema keys;
grant usage on schema keys to tributary_vault;

create table keys.tenant_key (
    tenant_id uuid not null,
    version int not null check (version > 0),
    root_version int not null check (root_version > 0),
    wrapped bytea not null,
    commitment bytea not null check (length(commitment) = 32),
    created_at timestamptz not null default now(),
    primary key (tenant_id, version)
);

create table keys.owner_key (
    id uuid primary key,
    owner_id uuid not null unique,
    tenant_id uuid not null,
    tenant_key_version int not null,
    wrapped bytea not null,
    commitment bytea not null check (length(commitment) = 32),
    created_at timestamptz not null default now(),
    foreign key (tenant_id, tenant_key_version) references keys.tenant_key (tenant_id, version)
);

-- Owners whose key is gone for ever; no new key is made for them.
create table keys.tombstone (
    owner_id uuid primary key,
    shredded_at timestamptz not null default now()
);

alter table keys.tenant_key enable row level security;
alter table keys.tenant_key force row level security;
create policy own_rows on keys.tenant_key using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
alter table keys.owner_key enable row level security;
alter table keys.owner_key force row level security;
create policy own_rows on keys.owner_key using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

grant select, insert, update on keys.tenant_key to tributary_vault;
grant select, insert, update, delete on keys.owner_key to tributary_vault;
grant select, insert on keys.tombstone to tributary_vault;
