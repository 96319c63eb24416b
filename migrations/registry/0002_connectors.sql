-- Connectors and the versioned layers of their configuration. New tables only: nothing is locked.

-- Immutable: a change is a new version. `document` is text, because jsonb would lose the order of members and the digits
-- of numbers. The platform's scope id is the nil UUID.
create table registry.config_layer (
    level text not null check (level in ('platform', 'environment', 'account')),
    scope_id uuid not null,
    connector text not null check (connector ~ '^[a-z][a-z0-9_]{0,62}$'),
    version int not null check (version > 0),
    tenant_id uuid references registry.tenant,
    document text not null,
    checksum bytea not null check (length(checksum) = 32),
    author text not null,
    note text,
    created_at timestamptz not null default now(),
    primary key (level, scope_id, connector, version),
    check ((level = 'platform') = (tenant_id is null))
);

-- Which version is in force.
create table registry.config_pointer (
    level text not null,
    scope_id uuid not null,
    connector text not null,
    version int not null,
    tenant_id uuid references registry.tenant,
    published_at timestamptz not null default now(),
    primary key (level, scope_id, connector),
    foreign key (level, scope_id, connector, version) references registry.config_layer
);

create table registry.integration (
    id uuid primary key,
    tenant_id uuid not null references registry.tenant,
    environment_id uuid not null,
    connector text not null,
    label text,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    foreign key (tenant_id, environment_id) references registry.environment (tenant_id, id),
    unique (tenant_id, id)
);
create unique index integration_once on registry.integration (environment_id, connector) where deleted_at is null;

alter table registry.config_layer enable row level security;
alter table registry.config_layer force row level security;
create policy own_rows on registry.config_layer using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');
create policy platform_rows on registry.config_layer for select using (level = 'platform');

alter table registry.config_pointer enable row level security;
alter table registry.config_pointer force row level security;
create policy own_rows on registry.config_pointer using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');
create policy platform_rows on registry.config_pointer for select using (level = 'platform');

alter table registry.integration enable row level security;
alter table registry.integration force row level security;
create policy own_rows on registry.integration using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

grant select, insert on registry.config_layer to tributary_registry;
grant select, insert, update on registry.config_pointer, registry.integration to tributary_registry;
