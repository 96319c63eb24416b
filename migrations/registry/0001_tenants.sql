-- Tenants, environments and API keys, and what every later table leans on. New tables only: nothing is locked.
create schema registry;
grant usage on schema registry to tributary_registry;

create table registry.tenant (
    id uuid primary key,
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now()
);

create table registry.environment (
    id uuid primary key,
    tenant_id uuid not null references registry.tenant,
    name text not null check (length(name) between 1 and 200),
    return_urls text[] not null default '{}',
    allowed_origins text[] not null default '{}',
    created_at timestamptz not null default now(),
    unique (tenant_id, name),
    unique (tenant_id, id)
);

create table registry.api_key (
    id uuid primary key,
    tenant_id uuid references registry.tenant,
    environment_id uuid,
    name text not null check (length(name) between 1 and 200),
    key_sha256 bytea not null unique check (length(key_sha256) = 32),
    scopes text[] not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    foreign key (tenant_id, environment_id) references registry.environment (tenant_id, id)
);

-- What other services cache is dropped by these rows. The lock makes sequence numbers appear in their order: without it
-- a reader could see 8 before 7 is committed and never ask for 7 again.
create table registry.change (
    sequence bigint generated always as identity primary key,
    kind text not null check (kind in ('api_key', 'account', 'configuration')),
    id text not null,
    created_at timestamptz not null default now()
);

create function registry.before_change() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(7410, 3);
    new.sequence := nextval(pg_get_serial_sequence('registry.change', 'sequence'));
    perform pg_notify('registry_changes', new.sequence::text);
    return new;
end $$;

create trigger before_change before insert on registry.change
    for each row execute function registry.before_change();

-- Who did what; rows are only ever added.
create table registry.audit_log (
    id bigint generated always as identity primary key,
    tenant_id uuid,
    actor text not null,
    action text not null,
    subject text not null,
    request_id text not null,
    created_at timestamptz not null default now()
);

alter table registry.tenant enable row level security;
alter table registry.tenant force row level security;
create policy own_rows on registry.tenant using (
    id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

alter table registry.environment enable row level security;
alter table registry.environment force row level security;
create policy own_rows on registry.environment using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

alter table registry.api_key enable row level security;
alter table registry.api_key force row level security;
create policy own_rows on registry.api_key using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

alter table registry.audit_log enable row level security;
alter table registry.audit_log force row level security;
create policy own_rows on registry.audit_log using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

grant select, insert, update on registry.tenant, registry.environment, registry.api_key to tributary_registry;
grant select, insert on registry.change, registry.audit_log to tributary_registry;
grant usage on all sequences in schema registry to tributary_registry;
