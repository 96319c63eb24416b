-- Connect sessions: one run of a connect flow in one browser. New tables only: nothing is locked.
create schema broker;
grant usage on schema broker to tributary_broker;

create table broker.connect_session (
    id uuid primary key,
    tenant_id uuid not null,
    environment_id uuid not null,
    -- Digest of the cookie: who finishes the flow must be who started it.
    cookie_sha256 bytea not null unique check (length(cookie_sha256) = 32),
    end_user_id text not null,
    end_user_name text,
    connectors text[] not null,
    account_id uuid,
    variables text not null,
    return_url text,
    integration_id uuid,
    method text,
    -- Digest of the OAuth state that is out; emptied by the one callback that uses it.
    state_sha256 bytea unique check (length(state_sha256) = 32),
    status text not null default 'open' check (status in ('open', 'done')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '30 minutes'
);
create index connect_session_expiry on broker.connect_session (expires_at);

alter table broker.connect_session enable row level security;
alter table broker.connect_session force row level security;
-- A session is found by the digest of its cookie or state, which decides the tenant.
create policy by_service on broker.connect_session using (current_setting('app.scope', true) = 'service');

grant select, insert, update, delete on broker.connect_session to tributary_broker;
