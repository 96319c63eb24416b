-- Sealed credentials, refresh leases and what must be told of them. New tables only: nothing is locked.
create schema vault;
grant usage on schema vault to tributary_vault;

-- The pointer to the current version, and the refresh lease. All lease times are the database's clock.
create table vault.credential (
    owner_id uuid not null,
    kind text not null check (kind in ('access', 'app')),
    tenant_id uuid not null,
    environment_id uuid not null,
    current_version bigint not null check (current_version > 0),
    grant_epoch int not null check (grant_epoch > 0),
    status text not null check (status in ('active', 'needs_reauth')),
    lease_token bigint not null default 0,
    lease_holder text,
    lease_until timestamptz,
    primary key (owner_id, kind)
);

create table vault.credential_version (
    owner_id uuid not null,
    kind text not null,
    version bigint not null,
    tenant_id uuid not null,
    grant_epoch int not null,
    sealed bytea not null,
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (owner_id, kind, version),
    foreign key (owner_id, kind) references vault.credential on delete cascade
);

-- Written before the vendor is called, so that a crash leaves a trace of a refresh that may have happened.
create table vault.refresh_attempt (
    id uuid primary key,
    owner_id uuid not null,
    kind text not null,
    tenant_id uuid not null,
    from_version bigint not null,
    grant_epoch int not null,
    lease_token bigint not null,
    state text not null check (state in ('sending', 'saved', 'candidate', 'failed')),
    -- The result of an attempt whose lease was lost: it may hold the only refresh token that still works.
    candidate_sealed bytea,
    candidate_expires_at timestamptz,
    reason text,
    created_at timestamptz not null default now(),
    foreign key (owner_id, kind) references vault.credential on delete cascade
);
create index refresh_attempt_by_version on vault.refresh_attempt (owner_id, kind, from_version);

create table vault.access_log (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    owner_id uuid not null,
    kind text not null,
    action text not null,
    version bigint,
    caller text not null,
    request_id text not null,
    created_at timestamptz not null default now()
);

create table vault.outbox (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    owner_id uuid not null,
    kind text not null,
    grant_epoch int not null,
    reason text not null,
    created_at timestamptz not null default now(),
    unique (owner_id, grant_epoch, kind)
);

do $$
declare name text;
begin
    foreach name in array array['credential', 'credential_version', 'refresh_attempt', 'access_log', 'outbox'] loop
        execute format('alter table vault.%I enable row level security', name);
        execute format('alter table vault.%I force row level security', name);
        execute format(
            'create policy own_rows on vault.%I using (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
            name);
    end loop;
end $$;
-- The broker carries every tenant's events.
create policy drained on vault.outbox using (current_setting('app.scope', true) = 'service');

grant select, insert, update, delete on vault.credential, vault.credential_version, vault.refresh_attempt to tributary_vault;
grant select, insert on vault.access_log to tributary_vault;
grant select, insert, delete on vault.outbox to tributary_vault;
grant usage on all sequences in schema vault to tributary_vault;
