package import HTTPExchange
import HTTPTypes
package import Vocabulary

/// What services that answer callers ask of the Registry, so that an administrator can see what was asked.
package protocol RequestLogClient: Sendable {
    /// Keeps records, in their order.
    func keep(_ records: [RequestRecord]) async throws
}

/// What a caller asked and how it went; never a body or a query, which hold people's data.
package struct RequestRecord: Sendable, Codable, Equatable {
    /// Whose request it was.
    package var tenantID: TenantID
    /// The environment that the key is limited to.
    package var environmentID: EnvironmentID?
    /// The account that it was for, as far as it named one.
    package var accountID: AccountID?
    /// The caller's key.
    package var apiKeyID: APIKeyID
    /// By which the logs and the caller know it.
    package var requestID: String
    /// The operation's name in OpenAPI.
    package var operation: String
    /// The HTTP method.
    package var method: String
    /// The path as sent, without the query, cut at 500 bytes.
    package var path: String
    /// The HTTP status of the answer.
    package var status: Int
    /// The error's code.
    package var code: String?
    /// How long the answer took.
    package var milliseconds: Double
    /// When it was answered, in seconds since 1970.
    package var at: Double

    /// Describes a request.
    package init(
        tenantID: TenantID,
        environmentID: EnvironmentID?,
        accountID: AccountID?,
        apiKeyID: APIKeyID,
        requestID: String,
        operation: String,
        method: String,
        path: String,
        status: Int,
        code: String?,
        milliseconds: Double,
        at: Double
    ) {
        self.tenantID = tenantID
        self.environmentID = environmentID
        self.accountID = accountID
        self.apiKeyID = apiKeyID
        self.requestID = requestID
        self.operation = operation
        self.method = method
        self.path = path
        self.status = status
        self.code = code
        self.milliseconds = milliseconds
        self.at = at
    }

    enum CodingKeys: String, CodingKey {
        case operation, method, path, status, code, milliseconds, at
        case tenantID = "tenant_id"
        case environmentID = "environment_id"
        case accountID = "account_id"
        case apiKeyID = "api_key_id"
        case requestID = "request_id"
    }
}

/// Some records of requests.
package struct RequestRecords: Sendable, Codable {
    /// Most records of one call.
    package static let max = 500

    /// The records, in their order.
    package var records: [RequestRecord]

    /// Bundles records.
    package init(records: [RequestRecord]) {
        self.records = records
    }
}

/// Tells the Registry over HTTP.
package struct HTTPRequestLogClient: RequestLogClient {
    private let service: any ServiceCalling

    /// Uses `service`, which calls the Registry.
    package init(_ service: any ServiceCalling) {
        self.service = service
    }

    package func keep(_ records: [RequestRecord]) async throws {
        try await service.perform(
            ServiceCall(.post, "/internal/v1/request-log"),
            sending: RequestRecords(records: records)
        )
    }
}
