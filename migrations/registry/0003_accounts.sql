-- Integrated accounts, link tokens, and what the vault must learn. New tables only: nothing is locked.
create table registry.integrated_account (
    id uuid primary key,
    tenant_id uuid not null references registry.tenant,
    environment_id uuid not null,
    integration_id uuid not null,
    connector text not null,
    status text not null check (status in
        ('connecting', 'active', 'needs_reauth', 'validation_error', 'post_install_error', 'degraded', 'disabled')),
    status_reason text,
    variables text not null default '{}',
    label text,
    end_user_id text not null check (length(end_user_id) between 1 and 200),
    revision int not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    foreign key (tenant_id, environment_id) references registry.environment (tenant_id, id),
    foreign key (tenant_id, integration_id) references registry.integration (tenant_id, id)
);
create index account_by_environment on registry.integrated_account (tenant_id, environment_id, created_at, id)
    where deleted_at is null;

create table registry.link_token (
    id uuid primary key,
    tenant_id uuid not null references registry.tenant,
    environment_id uuid not null,
    token_sha256 bytea not null unique check (length(token_sha256) = 32),
    end_user_id text not null check (length(end_user_id) between 1 and 200),
    end_user_name text,
    connectors text[] not null,
    account_id uuid,
    variables text not null,
    return_url text,
    expires_at timestamptz not null,
    used_at timestamptz,
    foreign key (tenant_id, environment_id) references registry.environment (tenant_id, id)
);

-- Deleted accounts whose credentials are still to be shredded; the broker carries these rows to the vault.
create table registry.account_deletion (
    account_id uuid primary key,
    tenant_id uuid not null,
    created_at timestamptz not null default now()
);

alter table registry.integrated_account enable row level security;
alter table registry.integrated_account force row level security;
create policy own_rows on registry.integrated_account using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

alter table registry.link_token enable row level security;
alter table registry.link_token force row level security;
create policy own_rows on registry.link_token using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

alter table registry.account_deletion enable row level security;
alter table registry.account_deletion force row level security;
create policy own_rows on registry.account_deletion using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

grant select, insert, update on registry.integrated_account, registry.link_token to tributary_registry;
grant select, insert, delete on registry.account_deletion to tributary_registry;
