-- When a credential wants to be renewed for its own sake, so that it does not die of disuse.
-- A nullable column is added: no row is rewritten, the lock is short.
alter table vault.credential add column renew_at timestamptz;
create index credential_to_renew on vault.credential (renew_at) where renew_at is not null and status = 'active';
-- The broker asks for every tenant's; what is sealed lies in another table.
create policy due on vault.credential for select using (current_setting('app.scope', true) = 'service');
