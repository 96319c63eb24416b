import JSONValue

/// Between the trees that callers use and the values of the engine.
enum ValueConversion {
    /// A copy of a tree in an arena.
    static func value(_ json: JSONValue, _ arena: Arena) -> Value {
        switch json {
        case .null: return .null
        case .bool(let bool): return Value(bool)
        case .number(let number): return Value(number.double)
        case .string(let string): return arena.string(string)
        case .array(let items):
            let array = arena.array([], capacity: items.count)
            for item in items { arena.push(value(item, arena), to: array) }
            return Value(array)
        case .object(let members):
            let object = arena.object(capacity: members.count)
            for member in members {
                arena.set(value(member.value, arena), for: arena.string(member.key).keyed, in: object)
            }
            return Value(object)
        }
    }

    /// A tree like a value.
    ///
    /// Functions become null in arrays and are left out of objects.
    static func json(_ value: Value, remaining: inout Int, depth: Int) throws(JSONataError) -> JSONValue {
        remaining -= 8
        if remaining < 0 { throw JSONataError(code: .u2002) }
        if depth > 1000 { throw JSONataError(code: .d1011) }
        switch value.kind {
        case .bool: return .bool(value.bool)
        case .number:
            guard value.number.isFinite else { return .null }
            return .number(JSONNumber(uncheckedText: NumberText.text(value.number)))
        case .string:
            remaining -= value.byteCount
            return .string(value.text)
        case .array:
            var items: [JSONValue] = []
            items.reserveCapacity(min(value.array.count, 1 << 16))
            for index in 0..<value.array.count {
                items.append(try json(value.array[item: index], remaining: &remaining, depth: depth + 1))
            }
            return .array(items)
        case .object:
            var members = JSONObject()
            for index in 0..<value.object.count {
                let entry = value.object[entry: index]
                if entry.value.isFunction { continue }
                members[entry.key.text] = try json(entry.value, remaining: &remaining, depth: depth + 1)
            }
            return .object(members)
        default: return .null
        }
    }
}
