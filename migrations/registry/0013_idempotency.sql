-- Writes that carry an Idempotency-Key: what was asked, whether it is still running, and what was answered, for a day.
-- A row whose lease has ended without an answer belongs to a process that died: its outcome is unknown, and it is never
-- run again. Locks nothing: the table is new.
create table registry.idempotency_record (
    tenant_id uuid not null references registry.tenant,
    key_sha256 bytea not null check (length(key_sha256) = 32),
    request_sha256 bytea not null check (length(request_sha256) = 32),
    run_id uuid not null,
    lease_ends_at timestamptz not null,
    status integer check (status between 200 and 599),
    headers text,
    body bytea,
    expires_at timestamptz not null default now() + interval '24 hours',
    primary key (tenant_id, key_sha256),
    check ((status is null) = (body is null) and (status is null) = (headers is null))
);
create index idempotency_record_expiry on registry.idempotency_record (tenant_id, expires_at);

alter table registry.idempotency_record enable row level security;
alter table registry.idempotency_record force row level security;
create policy own_rows on registry.idempotency_record using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

grant select, insert, update, delete on registry.idempotency_record to tributary_registry;
