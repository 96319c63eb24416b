-- A session may go on with questions once its account is connected. A nullable column and a wider check on a small table
-- of short-lived rows: it is locked for a moment.
alter table broker.connect_session add column connected_account_id uuid;
alter table broker.connect_session drop constraint connect_session_status_check;
alter table broker.connect_session add constraint connect_session_status_check
    check (status in ('open', 'asking', 'done'));
