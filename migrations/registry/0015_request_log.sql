-- What callers asked the executor and how it went: every write and every failure, and a share of the good reads. Never
-- bodies or queries, which hold people's data. Rows live for a week. Locks nothing: the table is new.
create table registry.request_log (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references registry.tenant,
    environment_id uuid,
    account_id uuid,
    api_key_id uuid not null,
    request_id text not null check (length(request_id) <= 200),
    operation text not null check (length(operation) <= 100),
    method text not null check (length(method) <= 20),
    path text not null check (length(path) <= 500),
    status integer not null check (status between 100 and 599),
    code text check (length(code) <= 100),
    milliseconds double precision not null,
    at timestamptz not null
);
create index request_log_by_tenant on registry.request_log (tenant_id, id);
create index request_log_by_account on registry.request_log (account_id, id) where account_id is not null;
create index request_log_by_request on registry.request_log (request_id);
create index request_log_by_age on registry.request_log (at);

alter table registry.request_log enable row level security;
alter table registry.request_log force row level security;
create policy own_rows on registry.request_log using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

grant select, insert, delete on registry.request_log to tributary_registry;
