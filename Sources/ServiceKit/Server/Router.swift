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

    fileprivate struct Pattern: Sendable {
        let prefix: String
        let suffix: String
        let name: String
        var node: Node
    }

    fileprivate struct Node: Sendable {
        var literals: [String: Node] = [:]
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
        let segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var values: [(String, String)] = []
        guard let endpoints = Self.find(segments[...], path.utf8, root, &values) else { return .none }
        // RFC 9110 section 9.1: HEAD is answered wherever GET is.
        guard let index = endpoints[method] ?? (method == .head ? endpoints[.get] : nil) else {
            let methods = Set(endpoints.keys).union(endpoints[.get] == nil ? [] : [.head])
            return .otherMethods(methods.sorted { $0.rawValue < $1.rawValue })
        }
        return .endpoint(index, Dictionary(values, uniquingKeysWith: { $1 }))
    }

    private static func find(
        _ segments: ArraySlice<Substring.UTF8View>,
        _ path: String.UTF8View,
        _ node: Node,
        _ values: inout [(String, String)]
    ) -> [HTTPRequest.Method: Int]? {
        guard let segment = segments.first else { return node.endpoints.isEmpty ? nil : node.endpoints }
        let rest = segments.dropFirst()
        if !node.literals.isEmpty, let next = node.literals[String(Substring(segment))],
            let found = find(rest, path, next, &values)
        {
            return found
        }
        for pattern in node.patterns {
            guard let value = pattern.value(in: segment) else { continue }
            values.append((pattern.name, value))
            if let found = find(rest, path, pattern.node, &values) { return found }
            values.removeLast()
        }
        guard let catchAll = node.catchAll else { return nil }
        values.append((catchAll.name, String(Substring(path[segment.startIndex...]))))
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
        case .literal(let text): try insert(rest, endpoint, index, into: &node.literals[text, default: Node()])
        case .pattern(let prefix, let name, let suffix):
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
    fileprivate func value(in segment: Substring.UTF8View) -> String? {
        guard segment.count > prefix.utf8.count + suffix.utf8.count, segment.starts(with: prefix.utf8),
            segment.suffix(suffix.utf8.count).elementsEqual(suffix.utf8),
            let value = PercentEncoding.decoded(segment.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)),
            value != ".", value != ".."
        else { return nil }
        return value
    }
}
