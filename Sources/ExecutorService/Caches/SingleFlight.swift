/// Lets many callers who want the same thing at the same time wait for one of them to fetch it.
actor SingleFlight<Key: Hashable & Sendable, Value: Sendable> {
    private var waiting: [Key: [CheckedContinuation<Result<Value, any Error>?, Never>]] = [:]

    /// The value for a key: fetched by the first caller, handed to those who come while it is under way.
    ///
    /// When the first caller is cancelled one of the others fetches instead.
    func value(for key: Key, fetch: @Sendable () async throws -> Value) async throws -> Value {
        while waiting[key] != nil {
            let outcome = await withCheckedContinuation { waiting[key, default: []].append($0) }
            if let outcome { return try outcome.get() }
        }
        waiting[key] = []
        do {
            let value = try await fetch()
            finish(key, .success(value))
            return value
        } catch {
            finish(key, Task.isCancelled ? nil : .failure(error))
            throw error
        }
    }

    private func finish(_ key: Key, _ outcome: Result<Value, any Error>?) {
        for continuation in waiting.removeValue(forKey: key) ?? [] { continuation.resume(returning: outcome) }
    }
}
