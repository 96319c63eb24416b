import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// Says of a write with a key whether it may run, and keeps what it answered; see `RegistryContract`.
struct IdempotencyRoutes {
    let store: IdempotencyStore

    /// Answers are records of vendors, with the vendor's own beside them.
    private static let bytesMax = 64 * 1024 * 1024

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/internal/v1/idempotent-writes/begin",
                operationID: "beginIdempotentWrite",
                summary: "Begin a write, or tell what is known of its key",
                tags: ["Internal"],
                access: .service([.executor]),
                body: BodySpec(schema: ["type": "object"]),
                responses: [ResponseSpec(200, "The state of the key", schema: ["type": "object"])]
            ) { request in
                let write: IdempotentWrite = try request.decode()
                let state = try await store.begin(
                    write,
                    key: TokenText.digest(hexadecimal: write.keySHA256),
                    request: TokenText.digest(hexadecimal: write.requestSHA256)
                )
                return .json(try JSONValueEncoder().encode(state))
            },
            Endpoint(
                .post,
                "/internal/v1/idempotent-writes/end",
                operationID: "endIdempotentWrite",
                summary: "Keep the answer of a write, or forget one that did nothing",
                tags: ["Internal"],
                access: .service([.executor]),
                body: BodySpec(schema: ["type": "object"], bytesMax: Self.bytesMax),
                responses: [ResponseSpec(204, "Done")]
            ) { request in
                let ending: IdempotentEnding = try request.decode()
                let key = try TokenText.digest(hexadecimal: ending.write.keySHA256)
                if let answer = ending.answer {
                    try await store.finish(ending.write, key: key, answer: answer)
                } else {
                    try await store.release(ending.write, key: key)
                }
                return .empty()
            },
        ]
    }
}
