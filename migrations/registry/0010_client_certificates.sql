-- What administrators must know of an account's client certificate, above all when it ends; the certificate itself lies
-- in the vault. A nullable column without default: the table is locked for a moment, and old binaries do not see it.
alter table registry.integrated_account add column client_certificate text;
