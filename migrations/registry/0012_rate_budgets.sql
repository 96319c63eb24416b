-- The books of rate budgets that several executors share: slices are cut from them. A new table only: nothing is locked.
-- `ledger` is the text of a RateLedger. Rows without a tenant are budgets of a connector that all tenants share.
create table registry.rate_budget (
    budget text primary key check (length(budget) between 1 and 200),
    tenant_id uuid,
    ledger text not null,
    expires_at timestamptz not null
);
create index rate_budget_by_end on registry.rate_budget (expires_at);

alter table registry.rate_budget enable row level security;
alter table registry.rate_budget force row level security;
create policy own_rows on registry.rate_budget using (
    tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid or current_setting('app.scope', true) = 'service');

grant select, insert, update, delete on registry.rate_budget to tributary_registry;
