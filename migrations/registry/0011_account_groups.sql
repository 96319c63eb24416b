-- Groups of accounts, over which lists can be asked for at once. New tables only: nothing is locked.
create table registry.account_group (
    id uuid primary key,
    tenant_id uuid not null references registry.tenant,
    environment_id uuid not null,
    name text not null check (length(name) between 1 and 200),
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    foreign key (tenant_id, environment_id) references registry.environment (tenant_id, id),
    unique (tenant_id, id)
);
create index account_group_by_tenant on registry.account_group (tenant_id, created_at, id) where deleted_at is null;

create table registry.account_group_member (
    group_id uuid not null,
    account_id uuid not null references registry.integrated_account,
    tenant_id uuid not null,
    place int not null,
    primary key (group_id, account_id),
    foreign key (tenant_id, group_id) references registry.account_group (tenant_id, id)
);

alter table registry.account_group enable row level security;
alter table registry.account_group force row level security;
create policy own_rows on registry.account_group using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

alter table registry.account_group_member enable row level security;
alter table registry.account_group_member force row level security;
create policy own_rows on registry.account_group_member using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

grant select, insert, update on registry.account_group to tributary_registry;
grant select, insert, delete on registry.account_group_member to tributary_registry;
