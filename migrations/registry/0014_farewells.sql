-- What a connector does with the vendor before a deleted account's credentials are shredded needs to know the account.
-- Nullable columns on a small table: it is locked for a moment. Rows of old binaries have none, and are shredded at once.
alter table registry.account_deletion add column integration_id uuid;
alter table registry.account_deletion add column variables text;
