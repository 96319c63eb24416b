import HTTPExchange
import HTTPTypes
import JSONValue
import Logging
import RegistryContract
import ServiceKit
import Vocabulary

/// Does a write that carries an `Idempotency-Key` once, however often it is sent.
///
/// | key is | answer |
/// |---|---|
/// | new | the write's own, which is kept for a day |
/// | running | `conflict`, to be tried again |
/// | answered | the same answer again, with `Idempotency-Replayed: true` |
/// | used for another request | `idempotency_key_reused` |
/// | of a run that was interrupted | `remote_timeout` with `outcome: "unknown"` |
///
/// Only requests with the key make this call to the Registry. What did nothing for sure, such as a refused body or a
/// rate limit, is forgotten, so that the same key can be used again.
struct IdempotentWrites: Sendable {
    let client: any IdempotentWritesClient
    let digests: any Digests

    /// Does `body`, or tells what it answered before.
    func once(
        _ request: EndpointRequest,
        _ body: () async throws -> EndpointResponse
    ) async throws -> EndpointResponse {
        guard let key = request.headers[.idempotencyKey], let tenant = try request.apiKey().tenantID else {
            return try await body()
        }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ $0 >= 0x21 && $0 < 0x7F }) else {
            throw Problem(
                .invalidRequest,
                "Idempotency-Key has 1 to 255 printable characters without spaces",
                failures: [.init(code: "invalid_request", message: "not a key", pointer: "Idempotency-Key")]
            )
        }
        let write = try write(request, key: key, tenant: tenant)
        switch try await client.begin(write) {
        case .begun: return try await run(write, request, body)
        case .running:
            throw Problem(
                .conflict,
                "a request with this Idempotency-Key is still running; try again",
                retryAfter: .seconds(1)
            )
        case .reused: throw Problem(.idempotencyKeyReused, "this Idempotency-Key was used for another request")
        case .unknown:
            throw Problem(
                .remoteTimeout,
                "the first request with this Idempotency-Key was interrupted; look whether it took place",
                outcome: "unknown"
            )
        case .answered(let answer): return Self.replay(answer)
        }
    }

    private func run(
        _ write: IdempotentWrite,
        _ request: EndpointRequest,
        _ body: () async throws -> EndpointResponse
    ) async throws -> EndpointResponse {
        let response: EndpointResponse
        do {
            response = try await body()
        } catch let problem as Problem where problem.isFinal {
            response = .problem(problem, requestID: request.requestID, accept: request.headers[.accept])
        } catch {
            await settle(request) { try await client.release(write) }
            throw error
        }
        guard let answer = Self.answer(response) else { return response }
        await settle(request) { try await client.finish(write, answer: answer) }
        return response
    }

    /// The caller gets his answer even when the Registry cannot keep it: the run's lease then ends as unknown.
    private func settle(_ request: EndpointRequest, _ body: () async throws -> Void) async {
        do { try await body() } catch {
            request.logger.warning("the end of a write with a key could not be kept")
        }
    }

    private func write(_ request: EndpointRequest, key: String, tenant: TenantID) throws -> IdempotentWrite {
        let environment = try request.apiKey().environmentID?.description ?? ""
        let account = request.headers[.integratedAccountID] ?? ""
        let head = [
            request.method.rawValue, request.path, request.rawQuery ?? "", account, request.headers[.ifMatch] ?? "",
        ]
        let asked = head.map { "\($0.utf8.count):\($0)" }.joined()
        return IdempotentWrite(
            tenantID: tenant,
            keySHA256: try sha256(Array("\(environment)|\(key)".utf8)),
            requestSHA256: try sha256(Array(asked.utf8) + request.body)
        )
    }

    private func sha256(_ bytes: [UInt8]) throws -> String {
        Hexadecimal.text(try digests.digest(.sha256, of: bytes))
    }

    /// The answer as it can be kept; nil for streams, which writes do not give.
    private static func answer(_ response: EndpointResponse) -> IdempotentAnswer? {
        let body: [UInt8]
        switch response.body {
        case .none: body = []
        case .bytes(let bytes): body = bytes
        case .json(let value): body = value.bytes()
        case .stream, .pipe: return nil
        }
        var headers: [String: String] = [:]
        // How limits stood then says nothing about a later moment.
        for field in response.headers where !field.name.canonicalName.contains("ratelimit-") {
            headers[field.name.canonicalName] = field.value
        }
        return IdempotentAnswer(status: response.status, headers: headers, body: body)
    }

    private static func replay(_ answer: IdempotentAnswer) -> EndpointResponse {
        var headers = HeaderFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        headers[.idempotencyReplayed] = "true"
        return EndpointResponse(status: answer.status, headers: headers, body: .bytes(answer.body))
    }
}

extension Problem {
    /// Whether the write may have reached the vendor, so that the same key must get the same answer.
    fileprivate var isFinal: Bool {
        if outcome != nil { return outcome != "not_applied" }
        return code.isRemote && !code.isRetryable
    }
}
