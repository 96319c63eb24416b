#pragma once
#include <libpq-fe.h>

static inline void tributary_pq_ignore_notice(void *context, const PGresult *result) {
    (void)context;
    (void)result;
}

// Notices may quote row data, and libpq would print them to standard error.
static inline void tributary_pq_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, tributary_pq_ignore_notice, 0);
}
