-- The schema of the sync service, and its role's way into it. Tables follow with the features that need them.
-- Locks nothing: the schema is new.
create schema sync;
grant usage on schema sync to tributary_sync;
