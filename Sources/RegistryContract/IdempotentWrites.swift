import FoundationEssentials
package import HTTPExchange
import HTTPTypes
import JSONValue
package import Vocabulary

/// What services that write ask of the Registry, so that a repeated write is done once.
package protocol IdempotentWritesClient: Sendable {
    /// Says that a write begins, or what is known of an earlier one with the same key.
    func begin(_ write: IdempotentWrite) async throws -> IdempotentWriteState
    /// Keeps the answer of a write that has begun.
    func finish(_ write: IdempotentWrite, answer: IdempotentAnswer) async throws
    /// Forgets a write that has begun but did nothing, so that it may be tried again.
    func release(_ write: IdempotentWrite) async throws
}

/// One write with a key of the caller's.
package struct IdempotentWrite: Sendable, Codable, Equatable {
    /// Whose it is.
    package var tenantID: TenantID
    /// Digest of the key and what it is scoped to, in lower-case hexadecimal.
    package var keySHA256: String
    /// Digest of everything that is asked, in lower-case hexadecimal.
    package var requestSHA256: String
    /// Tells this run from an earlier one with the same key.
    package var runID: IdempotentRunID

    /// Describes a write.
    package init(tenantID: TenantID, keySHA256: String, requestSHA256: String, runID: IdempotentRunID = .random()) {
        self.tenantID = tenantID
        self.keySHA256 = keySHA256
        self.requestSHA256 = requestSHA256
        self.runID = runID
    }

    enum CodingKeys: String, CodingKey {
        case tenantID = "tenant_id"
        case keySHA256 = "key_sha256"
        case requestSHA256 = "request_sha256"
        case runID = "run_id"
    }
}

/// The kind of ``IdempotentRunID``.
package enum IdempotentRunKind: Sendable {}

/// One run of a write.
package typealias IdempotentRunID = Identifier<IdempotentRunKind>

/// What is known of a key.
package enum IdempotentWriteState: Sendable, Equatable {
    /// Nothing: this run may go on, and must say how it ended.
    case begun
    /// Another run is under way.
    case running
    /// The key was used for something else.
    case reused
    /// Another run was interrupted; whether it changed something is not known.
    case unknown
    /// Another run gave this answer.
    case answered(IdempotentAnswer)
}

/// An answer as it went to the caller.
package struct IdempotentAnswer: Sendable, Equatable {
    /// The HTTP status.
    package var status: Int
    /// Header fields by name.
    package var headers: [String: String]
    /// The body.
    package var body: [UInt8]

    /// Describes an answer.
    package init(status: Int, headers: [String: String], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension IdempotentAnswer: Codable {
    enum CodingKeys: String, CodingKey {
        case status, headers, body
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        status = try container.decode(Int.self, forKey: .status)
        headers = try container.decode([String: String].self, forKey: .headers)
        guard let data = Data(base64Encoded: try container.decode(String.self, forKey: .body)) else {
            throw DecodingError.dataCorruptedError(forKey: .body, in: container, debugDescription: "not Base64")
        }
        body = [UInt8](data)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(status, forKey: .status)
        try container.encode(headers, forKey: .headers)
        try container.encode(Data(body).base64EncodedString(), forKey: .body)
    }
}

extension IdempotentWriteState: Codable {
    private enum Word: String, Codable {
        case begun, running, reused, unknown, answered
    }

    enum CodingKeys: String, CodingKey {
        case state, answer
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Word.self, forKey: .state) {
        case .begun: self = .begun
        case .running: self = .running
        case .reused: self = .reused
        case .unknown: self = .unknown
        case .answered: self = .answered(try container.decode(IdempotentAnswer.self, forKey: .answer))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let word: Word =
            switch self {
            case .begun: .begun
            case .running: .running
            case .reused: .reused
            case .unknown: .unknown
            case .answered: .answered
            }
        try container.encode(word, forKey: .state)
        if case .answered(let answer) = self { try container.encode(answer, forKey: .answer) }
    }
}

/// The end of a run: its answer, or that it did nothing.
package struct IdempotentEnding: Sendable, Codable {
    /// The write.
    package var write: IdempotentWrite
    /// The answer; nil when nothing was done.
    package var answer: IdempotentAnswer?

    /// Describes an ending.
    package init(write: IdempotentWrite, answer: IdempotentAnswer?) {
        self.write = write
        self.answer = answer
    }
}

/// Asks the Registry over HTTP.
package struct HTTPIdempotentWritesClient: IdempotentWritesClient {
    private let service: any ServiceCalling

    /// Uses `service`, which calls the Registry.
    package init(_ service: any ServiceCalling) {
        self.service = service
    }

    package func begin(_ write: IdempotentWrite) async throws -> IdempotentWriteState {
        try await service.value(ServiceCall(.post, "/internal/v1/idempotent-writes/begin"), sending: write)
    }

    package func finish(_ write: IdempotentWrite, answer: IdempotentAnswer) async throws {
        try await service.perform(
            ServiceCall(.post, "/internal/v1/idempotent-writes/end"),
            sending: IdempotentEnding(write: write, answer: answer)
        )
    }

    package func release(_ write: IdempotentWrite) async throws {
        try await service.perform(
            ServiceCall(.post, "/internal/v1/idempotent-writes/end"),
            sending: IdempotentEnding(write: write, answer: nil)
        )
    }
}
