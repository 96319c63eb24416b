import Formats

/// Addresses, query strings and conditions of SQL-like query languages.
extension Evaluator {
    // MARK: - Addresses

    func parseURL(_ value: Value) throws(Fault) -> Value {
        guard let text = try text(value, "the address") else { return value }
        var rest = text[...]
        func invalid() -> Fault { refuse("\"\(text.prefix(80))\" is not an absolute address") }
        guard let colon = rest.range(of: "://"), colon.lowerBound != rest.startIndex else { throw invalid() }
        let scheme = rest[..<colon.lowerBound].lowercased()
        guard scheme.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || "+-.".utf8.contains($0) }) else {
            throw invalid()
        }
        rest = rest[colon.upperBound...]
        let hash = cut(&rest, from: "#")
        let search = cut(&rest, from: "?")
        let path = cut(&rest, from: "/")
        let result = arena.object()
        func set(_ name: StaticString, _ text: String) {
            arena.set(arena.string(text), for: Value(name).keyed, in: result)
        }
        var host = rest
        var username = ""
        if let at = rest.lastIndex(of: "@") {
            // A password in an address is a secret: it is dropped.
            username = String(rest[..<at].prefix { $0 != ":" })
            host = rest[rest.index(after: at)...]
        }
        let user = username.isEmpty ? "" : username + "@"
        guard !host.isEmpty else { throw invalid() }
        var port = ""
        var hostname = host
        if let mark = host.lastIndex(of: ":"), host[mark...].dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) {
            port = String(host[host.index(after: mark)...])
            hostname = host[..<mark]
        }
        set("href", scheme + "://" + user + host.lowercased() + (path.isEmpty ? "/" : path) + search + hash)
        set("protocol", scheme + ":")
        if !username.isEmpty { set("username", username) }
        set("host", host.lowercased())
        set("hostname", hostname.lowercased())
        set("port", port)
        set("pathname", path.isEmpty ? "/" : path)
        set("search", search.count > 1 ? search : "")
        set("hash", hash.count > 1 ? hash : "")
        set("origin", scheme + "://" + host.lowercased())
        arena.set(try parseQuery(arena.string(search)), for: Value("query").keyed, in: result)
        return Value(result)
    }

    private func cut(_ text: inout Substring, from mark: Character) -> String {
        guard let start = text.firstIndex(of: mark) else { return "" }
        let tail = String(text[start...])
        text = text[..<start]
        return tail
    }

    // MARK: - Query strings

    /// `a=1&b[c]=2&d=3&d=4&e[]=5` as an object; repeated names and `[]` make lists.
    func parseQuery(_ value: Value) throws(Fault) -> Value {
        guard let text = try text(value, "the query") else { return value }
        let fields: [FormURLEncoding.Field]
        do throws(FormatError) {
            fields = try FormURLEncoding.fields(of: Array(text.utf8.drop { $0 == UInt8(ascii: "?") }))
        } catch { throw refuse(error.description) }
        let result = arena.object()
        for field in fields {
            try spend(1)
            var names: [Value] = []
            var isList = false
            let pieces = field.name.split(separator: "[", omittingEmptySubsequences: false)
            if pieces.count > 1, pieces.count <= 20, pieces.dropFirst().allSatisfy({ $0.hasSuffix("]") }) {
                names.append(arena.string(String(pieces[0])).keyed)
                for piece in pieces.dropFirst() {
                    if piece == "]" {
                        isList = true
                    } else {
                        names.append(arena.string(String(piece.dropLast())).keyed)
                    }
                }
            } else {
                names = [arena.string(field.name).keyed]
            }
            var object = result
            for name in names.dropLast() {
                let inner = object.value(for: name)
                if inner.isObject {
                    object = inner.object
                } else {
                    let made = arena.object()
                    arena.set(Value(made), for: name, in: object)
                    object = made
                }
            }
            guard let last = names.last else { continue }
            let text = arena.string(field.value)
            let present = object.value(for: last)
            if present.isArray {
                arena.push(text, to: present.array)
            } else if isList || !present.isUndefined {
                let list = arena.array([], capacity: 4)
                if !present.isUndefined { arena.push(present, to: list) }
                arena.push(text, to: list)
                arena.set(Value(list), for: last, in: object)
            } else {
                arena.set(text, for: last, in: object)
            }
        }
        return Value(result)
    }

    func stringifyQuery(_ value: Value) throws(Fault) -> Value {
        if value.isUndefined || value.kind == .null { return value }
        guard value.isObject else { throw refuse("the query must be an object") }
        var fields: [FormURLEncoding.Field] = []
        try collect(value, name: "", into: &fields, depth: 0)
        return arena.string(FormURLEncoding.text(of: fields, plusForSpace: false))
    }

    private func collect(_ value: Value, name: String, into fields: inout [FormURLEncoding.Field], depth: Int)
        throws(Fault)
    {
        if depth > 20 { throw refuse("the query is nested too deep") }
        try spend(1)
        switch value.kind {
        case .undefined, .function: return
        case .array:
            for index in 0..<value.array.count {
                let item = value.array[item: index]
                let isPlain = !item.isArray && !item.isObject
                try collect(item, name: isPlain ? name : "\(name)[\(index)]", into: &fields, depth: depth + 1)
            }
        case .object:
            for index in 0..<value.object.count {
                let entry = value.object[entry: index]
                let inner = name.isEmpty ? entry.key.text : "\(name)[\(entry.key.text)]"
                try collect(entry.value, name: inner, into: &fields, depth: depth + 1)
            }
        default:
            var text = ByteBuilder(arena)
            if value.kind != .null { try write(value, to: &text, at: -1) }
            fields.append(FormURLEncoding.Field(name: name, value: text.finish().text))
        }
    }

    // MARK: - Conditions

    /// `$convertQueryToSql(query, columns, options)`: the condition that a unified filter means.
    func condition(_ a: Arguments) throws(Fault) -> Value {
        let query = argument(a, 0)
        if query.isUndefined || query.kind == .null { return .undefined }
        guard query.isObject else { throw refuse("the query must be an object") }
        guard argument(a, 1).isObject else { throw refuse("the columns must be an object") }
        let writer = try ConditionWriter(evaluator: self, columns: argument(a, 1).object, options: argument(a, 2))
        let text = try writer.conjunction(query.object, depth: 0)
        return text.isEmpty ? .undefined : arena.string(text)
    }
}

extension StringProtocol {
    /// The first occurrence of some text.
    func range(of other: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
