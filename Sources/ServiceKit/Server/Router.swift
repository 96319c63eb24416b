import HTTPTypes

/// Finds the endpoint for a path: a tree of segments, literals before patterns before the catch-all.
///
/// Paths are matched as sent, segment by segment. Only the value of a `{name}` segment is percent-decoded; an empty
/// segment, `.` or `..` is never a value, and a catch-all keeps the rest of the path untouched.
struct Router: Sendable {
    /// What is known of a path.
    enum Match: Sendable {
        /// The endpoint, by its index, and its path parameters.
        case endpoint(Int, [String: String])
        /// Something is there, for these methods.
        case otherMethods([HTTPRequest.Method])
        /// Nothing is there.
        case none
    }

    /// Why a set of endpoints has no unambiguous router.
    struct TemplateError: Error, CustomStringConvertible {
        let description: String
    }

    fileprivate struct Literal: Sendable {
        let bytes: [UInt8]
        var node: Node
    }

    fileprivate struct Pattern: Sendable {
        let prefix: [UInt8]
        let suffix: [UInt8]
        let name: String
        var node: Node
    }

    fileprivate struct Node: Sendable {
        var literals: [Literal] = []
        var patterns: [Pattern] = []
        var catchAll: (name: String, endpoints: [HTTPRequest.Method: Int])?
        var endpoints: [HTTPRequest.Method: Int] = [:]
    }

    private enum Segment {
        case literal(String)
        case pattern(prefix: String, name: String, suffix: String)
        case catchAll(String)
    }

    private var root = Node()

    /// Builds the tree.
    ///
    /// - Throws: ``TemplateError`` when a template is malformed or two endpoints are the same.
    init(_ endpoints: [Endpoint]) throws(TemplateError) {
        for (index, endpoint) in endpoints.enumerated() {
            try Self.insert(try Self.segments(endpoint.path)[...], endpoint, index, into: &root)
        }
    }

    /// Finds the endpoint for `method` and the path as sent.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        var values: [(String, String)] = []
        let bytes = path.utf8Span.span
        guard let endpoints = Self.find(bytes, from: 1, root, &values) else { return .none }
        // RFC 9110 section 9.1: HEAD is answered wherever GET is.
        guard let index = endpoints[method] ?? (method == .head ? endpoints[.get] : nil) else {
            let methods = Set(endpoints.keys).union(endpoints[.get] == nil ? [] : [.head])
            return .otherMethods(methods.sorted { $0.rawValue < $1.rawValue })
        }
        return .endpoint(index, Dictionary(values, uniquingKeysWith: { $1 }))
    }

    /// Goes on from the segment that begins at `start`; one past the end when there is none left.
    private static func find(
        _ path: Span<UInt8>,
        from start: Int,
        _ node: Node,
        _ values: inout [(String, String)]
    ) -> [HTTPRequest.Method: Int]? {
        guard start <= path.count else { return node.endpoints.isEmpty ? nil : node.endpoints }
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        let segment = path.extracting(start..<end)
        if let next = node.literals.first(where: { segment.isEqual(to: $0.bytes.span) }),
            let found = find(path, from: end + 1, next.node, &values)
        {
            return found
        }
        for pattern in node.patterns {
            guard let value = pattern.value(in: segment) else { continue }
            values.append((pattern.name, value))
            if let found = find(path, from: end + 1, pattern.node, &values) { return found }
            values.removeLast()
        }
        guard let catchAll = node.catchAll else { return nil }
        values.append((catchAll.name, path.extracting(start..<path.count).text()))
        return catchAll.endpoints
    }

    private static func insert(
        _ segments: ArraySlice<Segment>,
        _ endpoint: Endpoint,
        _ index: Int,
        into node: inout Node
    ) throws(TemplateError) {
        guard let first = segments.first else {
            guard node.endpoints.updateValue(index, forKey: endpoint.method) == nil else { throw twice(endpoint) }
            return
        }
        let rest = segments.dropFirst()
        switch first {
        case .literal(let text):
            let bytes = Array(text.utf8)
            let place = node.literals.firstIndex { $0.bytes == bytes } ?? node.literals.count
            if place == node.literals.count { node.literals.append(Literal(bytes: bytes, node: Node())) }
            try insert(rest, endpoint, index, into: &node.literals[place].node)
        case .pattern(let prefix, let name, let suffix):
            let (prefix, suffix) = (Array(prefix.utf8), Array(suffix.utf8))
            let place = node.patterns.firstIndex { $0.prefix == prefix && $0.suffix == suffix && $0.name == name }
            if let place {
                try insert(rest, endpoint, index, into: &node.patterns[place].node)
            } else {
                var pattern = Pattern(prefix: prefix, suffix: suffix, name: name, node: Node())
                try insert(rest, endpoint, index, into: &pattern.node)
                node.patterns.append(pattern)
                node.patterns.sort { $0.prefix.count + $0.suffix.count > $1.prefix.count + $1.suffix.count }
            }
        case .catchAll(let name):
            guard rest.isEmpty else {
                throw TemplateError(description: "\(endpoint.path): a catch-all must be the last segment")
            }
            var catchAll = node.catchAll ?? (name, [:])
            guard catchAll.name == name, catchAll.endpoints.updateValue(index, forKey: endpoint.method) == nil else {
                throw twice(endpoint)
            }
            node.catchAll = catchAll
        }
    }

    private static func twice(_ endpoint: Endpoint) -> TemplateError {
        TemplateError(description: "\(endpoint.method) \(endpoint.path) stands twice; remove one of the endpoints")
    }

    private static func segments(_ template: String) throws(TemplateError) -> [Segment] {
        guard template.hasPrefix("/") else { throw TemplateError(description: "\(template): must start with a slash") }
        var segments: [Segment] = []
        for segment in template.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let open = segment.firstIndex(of: "{") else {
                segments.append(.literal(String(segment)))
                continue
            }
            guard let close = segment.lastIndex(of: "}"), open < close else {
                throw TemplateError(description: "\(template): '\(segment)' has no closing brace")
            }
            let name = segment[segment.index(after: open)..<close]
            if name.hasSuffix("...") {
                segments.append(.catchAll(String(name.dropLast(3))))
            } else {
                let suffix = segment[segment.index(after: close)...]
                segments.append(.pattern(prefix: String(segment[..<open]), name: String(name), suffix: String(suffix)))
            }
        }
        return segments
    }
}

extension Router.Pattern {
    /// The decoded value when `segment` has this pattern's prefix and suffix around something.
    fileprivate func value(in segment: Span<UInt8>) -> String? {
        let end = segment.count - suffix.count
        guard end > prefix.count, segment.extracting(0..<prefix.count).isEqual(to: prefix.span),
            segment.extracting(end..<segment.count).isEqual(to: suffix.span)
        else { return nil }
        let value = PercentEncoding.decoded(segment.extracting(prefix.count..<end))
        return value == "." || value == ".." ? nil : value
    }
}

extension Span<UInt8> {
    fileprivate func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    fileprivate func text() -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
