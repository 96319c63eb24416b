import JSONValue
import Postgres
import RegistryContract
import ServiceKit
import Vocabulary

/// The JSON forms of the admin API.
extension Page {
    /// The list envelope.
    func json(_ form: (Record) throws -> JSONValue) rethrows -> JSONValue {
        [
            "result": .array(try records.map(form)),
            "next_cursor": next.map { .string($0.cursor) } ?? .null,
        ]
    }
}

extension TenantRow {
    var json: JSONValue {
        ["id": .string(id.description), "name": .string(name), "created_at": .string(createdAt.description)]
    }
}

extension EnvironmentRow {
    var json: JSONValue {
        [
            "id": .string(id.description), "tenant_id": .string(tenantID.description), "name": .string(name),
            "return_urls": .array(returnURLs.map(JSONValue.string)),
            "allowed_origins": .array(allowedOrigins.map(JSONValue.string)),
            "created_at": .string(createdAt.description),
        ]
    }
}

extension APIKeyRow {
    var json: JSONValue {
        [
            "id": .string(id.description), "tenant_id": tenantID.map { .string($0.description) } ?? .null,
            "environment_id": environmentID.map { .string($0.description) } ?? .null, "name": .string(name),
            "scopes": .array(scopes.map(JSONValue.string)), "created_at": .string(createdAt.description),
            "revoked_at": revokedAt.map { .string($0.description) } ?? .null,
        ]
    }
}

extension AuditRow {
    var json: JSONValue {
        [
            "id": .number(JSONNumber(id)), "actor": .string(actor), "action": .string(action),
            "subject": .string(subject), "request_id": .string(requestID), "created_at": .string(createdAt.description),
        ]
    }
}

extension RequestLogRow {
    var json: JSONValue {
        [
            "request_id": .string(record.requestID), "answered_at": .string(answeredAt.description),
            "operation": .string(record.operation), "method": .string(record.method), "path": .string(record.path),
            "status": .number(JSONNumber(record.status)), "code": record.code.map { .string($0) } ?? .null,
            "milliseconds": JSONNumber(record.milliseconds).map { .number($0) } ?? .null,
            "integrated_account_id": record.accountID.map { .string($0.description) } ?? .null,
            "api_key_id": .string(record.apiKeyID.description), "tenant_id": .string(record.tenantID.description),
        ]
    }
}

extension LayerRow {
    /// Without the document.
    var summary: JSONValue {
        [
            "version": .number(JSONNumber(version)), "published": .bool(isPublished), "author": .string(author),
            "note": note.map { .string($0) } ?? .null, "created_at": .string(createdAt.description),
        ]
    }
}
