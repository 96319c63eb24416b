extension JSONValue {
    /// The value at `pointer`, nil when there is none.
    package subscript(pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            guard let child = value.child(token) else { return nil }
            value = child
        }
        return value
    }

    /// This value with `newValue` at `pointer`.
    ///
    /// - Parameters:
    ///   - pointer: Where; a new member is appended, an array index must exist or be `-` or the count to append.
    ///   - newValue: What to put there.
    ///   - creatingParents: Whether missing members on the way become objects.
    /// - Returns: The changed value.
    /// - Throws: `JSONPointerError` when a parent is missing or no container.
    package func setting(
        _ pointer: JSONPointer,
        to newValue: JSONValue,
        creatingParents: Bool = false
    ) throws(JSONPointerError) -> JSONValue {
        var changed = self
        try changed.set(pointer, to: newValue, creatingParents: creatingParents)
        return changed
    }

    /// Puts `newValue` at `pointer`, as `setting` has it.
    ///
    /// - Parameters:
    ///   - pointer: Where.
    ///   - newValue: What to put there.
    ///   - creatingParents: Whether missing members on the way become objects.
    /// - Throws: `JSONPointerError` when a parent is missing or no container.
    package mutating func set(
        _ pointer: JSONPointer,
        to newValue: JSONValue,
        creatingParents: Bool = false
    ) throws(JSONPointerError) {
        try change(pointer, depth: 0, .set(newValue, creatingParents: creatingParents))
    }

    /// This value without what is at `pointer`; unchanged when nothing is there.
    package func removing(_ pointer: JSONPointer) -> JSONValue {
        guard !pointer.tokens.isEmpty, self[pointer] != nil else { return self }
        var changed = self
        // The place exists, so the change cannot fail.
        try? changed.change(pointer, depth: 0, .remove)
        return changed
    }

    private enum Change {
        case set(JSONValue, creatingParents: Bool)
        case remove
    }

    private mutating func change(_ pointer: JSONPointer, depth: Int, _ change: Change) throws(JSONPointerError) {
        guard depth < pointer.tokens.count else {
            if case .set(let value, _) = change { self = value }
            return
        }
        let token = pointer.tokens[depth]
        let isLast = depth == pointer.tokens.count - 1
        switch self {
        case .object(var object):
            // Empties `self`, so that the object is changed in place and not copied.
            self = .null
            defer { self = .object(object) }
            if let position = object.position(of: token) {
                if isLast, case .remove = change {
                    object[token] = nil
                } else {
                    try object.changeValue(at: position) { (value) throws(JSONPointerError) in
                        try value.change(pointer, depth: depth + 1, change)
                    }
                }
            } else if case .set(let value, let creatingParents) = change {
                guard isLast || creatingParents else { throw Self.missing(pointer, depth) }
                var member: JSONValue = isLast ? value : .object(JSONObject())
                try member.change(pointer, depth: depth + 1, change)
                object[token] = member
            }
        case .array(var array):
            self = .null
            defer { self = .array(array) }
            let index = token == "-" ? array.count : Self.index(token)
            switch (change, index) {
            case (.remove, let index?) where isLast && index < array.count:
                array.remove(at: index)
            case (.set(let value, _), array.count) where isLast:
                array.append(value)
            case (_, let index?) where index < array.count:
                try array[index].change(pointer, depth: depth + 1, change)
            default:
                throw Self.missing(pointer, depth)
            }
        default:
            let place = JSONPointer(tokens: Array(pointer.tokens[..<depth]))
            throw JSONPointerError(pointer: place, message: "expected an object or array, found \(kindName)")
        }
    }

    private static func missing(_ pointer: JSONPointer, _ depth: Int) -> JSONPointerError {
        let place = JSONPointer(tokens: Array(pointer.tokens[...depth]))
        return JSONPointerError(pointer: place, message: "there is no such value")
    }

    private func child(_ token: String) -> JSONValue? {
        switch self {
        case .object(let object): object[token]
        case .array: Self.index(token).flatMap { self[$0] }
        default: nil
        }
    }

    /// An array index as RFC 6901 section 4 has it: digits without a leading zero.
    private static func index(_ token: String) -> Int? {
        let digits = token.utf8
        guard let first = digits.first, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        guard digits.count == 1 || first != 0x30 else { return nil }
        return Int(token)
    }
}

extension JSONValue {
    /// What the value is, in the words of error messages: `a string`, `an object`.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// This value changed as a merge patch says (RFC 7396): objects merge, null removes a member, all else replaces.
    package func mergePatched(by patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var merged = object ?? JSONObject()
        for change in changes {
            if change.value.isNull {
                merged[change.key] = nil
            } else {
                merged[change.key] = (merged[change.key] ?? .null).mergePatched(by: change.value)
            }
        }
        return .object(merged)
    }
}
