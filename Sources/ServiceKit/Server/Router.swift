import HTTPExchange
import HTTPTypes

/// Finds the endpoint for a path: a tree of segments, literals before patterns before the catch-all.
///
/// Paths are matched as sent, segment by segment. Only the value of a `{name}` segment is percent-decoded; an empty
/// segment, `.` or `..` is never a value, and a catch-all keeps the rest of the path untouched.
struct Router: Sendable {
    /// What is known of a path.
    enum Match: Sendable {
        /// The endpoint, by its index, and its path parameters.
        case endpoint(Int, PathParameters)
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
        let node: Int
    }

    fileprivate struct Pattern: Sendable {
        let prefix: [UInt8]
        let suffix: [UInt8]
        let name: String
        let node: Int
    }

    fileprivate struct Node: Sendable {
        var literals: [Literal] = []
        var patterns: [Pattern] = []
        var catchAll: (name: String, endpoints: [HTTPRequest.Method: Int])?
        var endpoints: [HTTPRequest.Method: Int] = [:]
    }

    private enum Segment {
        case literal([UInt8])
        case pattern(prefix: [UInt8], name: String, suffix: [UInt8])
        case catchAll(String)
    }

    /// The tree's nodes, the root first; they know each other by their places, so that no request copies a subtree.
    private var nodes = [Node()]

    /// Builds the tree.
    ///
    /// - Throws: ``TemplateError`` when a template is malformed or two endpoints are the same.
    init(_ endpoints: [Endpoint]) throws(TemplateError) {
        for (index, endpoint) in endpoints.enumerated() {
            try insert(try Self.segments(endpoint.path)[...], endpoint, index, into: 0)
        }
    }

    /// Finds the endpoint for `method` and the path as sent.
    func match(_ method: HTTPRequest.Method, _ path: String) -> Match {
        var values: PathParameters = [:]
        guard let endpoints = find(path.utf8Span.span, from: 1, 0, &values) else { return .none }
        // RFC 9110 section 9.1: HEAD is answered wherever GET is.
        guard let index = endpoints[method] ?? (method == .head ? endpoints[.get] : nil) else {
            let methods = Set(endpoints.keys).union(endpoints[.get] == nil ? [] : [.head])
            return .otherMethods(methods.sorted { $0.rawValue < $1.rawValue })
        }
        return .endpoint(index, values)
    }

    /// Goes on from the segment that begins at `start`; one past the end when there is none left.
    private func find(_ path: Span<UInt8>, from start: Int, _ node: Int, _ values: inout PathParameters)
        -> [HTTPRequest.Method: Int]?
    {
        guard start <= path.count else { return nodes[node].endpoints.isEmpty ? nil : nodes[node].endpoints }
        var end = start
        while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
        let segment = path.extracting(start..<end)
        for place in nodes[node].literals.indices where segment.isEqual(to: nodes[node].literals[place].bytes) {
            if let found = find(path, from: end + 1, nodes[node].literals[place].node, &values) { return found }
        }
        for place in nodes[node].patterns.indices {
            guard let value = nodes[node].patterns[place].value(in: segment) else { continue }
            values.add(nodes[node].patterns[place].name, value)
            if let found = find(path, from: end + 1, nodes[node].patterns[place].node, &values) { return found }
            values.removeLast()
        }
        guard let catchAll = nodes[node].catchAll, let rest = String(utf8: path.extracting(start..<path.count)) else {
            return nil
        }
        values.add(catchAll.name, rest)
        return catchAll.endpoints
    }

    private mutating func insert(
        _ segments: ArraySlice<Segment>,
        _ endpoint: Endpoint,
        _ index: Int,
        into node: Int
    ) throws(TemplateError) {
        guard let first = segments.first else {
            guard nodes[node].endpoints.updateValue(index, forKey: endpoint.method) == nil else {
                throw Self.twice(endpoint)
            }
            return
        }
        let rest = segments.dropFirst()
        switch first {
        case .literal(let bytes):
            if let known = nodes[node].literals.first(where: { $0.bytes == bytes }) {
                try insert(rest, endpoint, index, into: known.node)
            } else {
                nodes[node].literals.append(Literal(bytes: bytes, node: nodes.count))
                try insertNew(rest, endpoint, index)
            }
        case .pattern(let prefix, let name, let suffix):
            let known = nodes[node].patterns.first { $0.prefix == prefix && $0.suffix == suffix && $0.name == name }
            if let known {
                try insert(rest, endpoint, index, into: known.node)
            } else {
                let pattern = Pattern(prefix: prefix, suffix: suffix, name: name, node: nodes.count)
                nodes[node].patterns.append(pattern)
                nodes[node].patterns.sort { $0.prefix.count + $0.suffix.count > $1.prefix.count + $1.suffix.count }
                try insertNew(rest, endpoint, index)
            }
        case .catchAll(let name):
            guard rest.isEmpty else {
                throw TemplateError(description: "\(endpoint.path): a catch-all must be the last segment")
            }
            var catchAll = nodes[node].catchAll ?? (name, [:])
            guard catchAll.name == name, catchAll.endpoints.updateValue(index, forKey: endpoint.method) == nil else {
                throw Self.twice(endpoint)
            }
            nodes[node].catchAll = catchAll
        }
    }

    private mutating func insertNew(_ segments: ArraySlice<Segment>, _ endpoint: Endpoint, _ index: Int)
        throws(TemplateError)
    {
        nodes.append(Node())
        try insert(segments, endpoint, index, into: nodes.count - 1)
    }

    private static func twice(_ endpoint: Endpoint) -> TemplateError {
        TemplateError(description: "\(endpoint.method) \(endpoint.path) stands twice; remove one of the endpoints")
    }

    private static func segments(_ template: String) throws(TemplateError) -> [Segment] {
        guard template.hasPrefix("/") else { throw TemplateError(description: "\(template): must start with a slash") }
        var segments: [Segment] = []
        let slash = UInt8(ascii: "/")
        for segment in template.utf8.dropFirst().split(separator: slash, omittingEmptySubsequences: false) {
            guard let open = segment.firstIndex(of: UInt8(ascii: "{")) else {
                segments.append(.literal(Array(segment)))
                continue
            }
            guard let close = segment.lastIndex(of: UInt8(ascii: "}")), open < close else {
                throw TemplateError(description: "\(template): '\(Substring(segment))' has no closing brace")
            }
            let name = Substring(segment[segment.index(after: open)..<close])
            if name.hasSuffix("...") {
                segments.append(.catchAll(String(name.dropLast(3))))
            } else {
                let suffix = Array(segment[segment.index(after: close)...])
                segments.append(.pattern(prefix: Array(segment[..<open]), name: String(name), suffix: suffix))
            }
        }
        return segments
    }
}

extension Router.Pattern {
    /// The decoded value when `segment` has this pattern's prefix and suffix around something.
    fileprivate func value(in segment: Span<UInt8>) -> String? {
        let end = segment.count - suffix.count
        guard end > prefix.count, segment.extracting(0..<prefix.count).isEqual(to: prefix),
            segment.extracting(end..<segment.count).isEqual(to: suffix)
        else { return nil }
        let value = PercentEncoding.decoded(segment.extracting(prefix.count..<end))
        return value == "." || value == ".." ? nil : value
    }
}

extension Span<UInt8> {
    fileprivate func isEqual(to other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
