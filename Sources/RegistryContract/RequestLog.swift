package import HTTPExchange
import HTTPTypes
import JSONValue
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
package struct RequestRecords: Sendable, Decodable {
    /// Most records of one call.
    package static let max = 500

    /// The records, in their order.
    package var records: [RequestRecord]

    /// Bundles records.
    package init(records: [RequestRecord]) {
        self.records = records
    }

    /// The JSON document, written straight: there is a record for each of very many requests.
    package var bytes: [UInt8] {
        var writer = JSONByteWriter(capacity: 512 * (records.count + 1))
        writer.append(raw: "{\"records\":[")
        for (index, record) in records.enumerated() {
            if index > 0 { writer.append(UInt8(ascii: ",")) }
            record.write(to: &writer)
        }
        writer.append(raw: "]}")
        return writer.finish()
    }
}

extension RequestRecord {
    fileprivate func write(to writer: inout JSONByteWriter) {
        func member(_ key: CodingKeys, _ text: String?) {
            guard let text else { return }
            writer.append(UInt8(ascii: ","))
            writer.append(string: key.rawValue)
            writer.append(UInt8(ascii: ":"))
            writer.append(string: text)
        }
        writer.append(raw: "{\"status\":")
        writer.append(integer: status)
        writer.append(raw: ",\"milliseconds\":")
        writer.append(raw: milliseconds.description)
        writer.append(raw: ",\"at\":")
        writer.append(raw: at.description)
        member(.tenantID, tenantID.description)
        member(.environmentID, environmentID?.description)
        member(.accountID, accountID?.description)
        member(.apiKeyID, apiKeyID.description)
        member(.requestID, requestID)
        member(.operation, operation)
        member(.method, method)
        member(.path, path)
        member(.code, code)
        writer.append(UInt8(ascii: "}"))
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
        let bytes = RequestRecords(records: records).bytes
        _ = try await service.call(ServiceCall(.post, "/internal/v1/request-log", body: bytes))
    }
}
