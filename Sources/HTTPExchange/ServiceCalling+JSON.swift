import HTTPTypes
import JSONValue

extension ServiceCalling {
    /// Sends `call` and reads the JSON answer.
    ///
    /// - Throws: what ``call(_:)`` throws; `JSONParseError` or `JSONDecodeError` when the answer is not what the
    ///   contract says.
    package func value<Answer: Decodable>(_ call: ServiceCall, as type: Answer.Type = Answer.self) async throws
        -> Answer
    {
        let response = try await self.call(call)
        return try JSONValueDecoder().decode(Answer.self, from: JSONValue(parsing: response.body))
    }

    /// Sends `message` as JSON and reads the JSON answer.
    ///
    /// - Throws: what ``value(_:as:)`` throws.
    package func value<Answer: Decodable>(
        _ call: ServiceCall,
        sending message: some Encodable,
        as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try await value(call.sending(message))
    }

    /// Sends `message` as JSON and wants no answer but its success.
    ///
    /// - Throws: what ``call(_:)`` throws.
    package func perform(_ call: ServiceCall, sending message: some Encodable) async throws {
        _ = try await self.call(call.sending(message))
    }
}

extension ServiceCall {
    /// This call with `message` as its JSON body.
    package func sending(_ message: some Encodable) throws -> Self {
        var call = self
        call.body = try JSONValueEncoder().encode(message).bytes()
        return call
    }
}
