import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// The records of a list, with the number of elements that the vendor sent.
struct NativeRecords {
    let nodes: [JSONNode]
    /// Differs from the number of records where an element becomes several or none; paging counts these.
    let nativeCount: Int
}

/// Finds the records in an answer.
extension NativeAnswer {
    /// The records that a call's answer holds.
    ///
    /// `scope`: what the request's expressions saw, for `record_expr`.
    /// Throws: `Problem` (`remote_bad_response`) when there is no list where the connector expects one.
    func records(of method: ResourceMethod, scope: ExpressionScope) throws -> NativeRecords {
        let nodes = try records(at: method.recordsPath)
        guard let expression = method.recordExpression else {
            return NativeRecords(nodes: nodes, nativeCount: nodes.count)
        }
        return NativeRecords(nodes: try expanded(nodes, expression, scope), nativeCount: nodes.count)
    }

    /// The one record of a call's answer.
    ///
    /// Throws: `Problem` (`remote_not_found`) for a list without elements, `remote_bad_response` when there is none.
    func record(of method: ResourceMethod, scope: ExpressionScope) throws -> JSONNode {
        let node = try record(at: method.recordsPath)
        guard let expression = method.recordExpression else { return node }
        guard let record = try expanded([node], expression, scope).first else { throw Self.notFound }
        return record
    }

    /// The records of a list at a path, which may lead through arrays and, by `*`, through all members of an object.
    func records(at path: DocumentPath) throws -> [JSONNode] {
        if isEmptyResult || (document == nil && response.status == 204) { return [] }
        if let node = node(at: path) {
            switch node.kind {
            case .array: return Array(node.elements)
            // Some languages cannot tell an empty list from an empty object.
            case .object where node.count == 0: return []
            // XML cannot tell a list of one from an element, nor an empty list from an empty element.
            case .object where isXML || format == .text || format == .binary: return [node]
            case .string where isXML && node.decodedBytes.isEmpty: return []
            default: throw Self.noList
            }
        }
        if let spread = spread(path) { return spread }
        guard isXML, let first = path.names.first, document?.root[first] != nil else { throw Self.noList }
        return []
    }

    /// The one record at a path; a list of one counts.
    func record(at path: DocumentPath) throws -> JSONNode {
        if isEmptyResult { throw Self.notFound }
        let found = node(at: path)
        if found == nil, isXML, let first = path.names.first, document?.root[first] != nil { throw Self.notFound }
        if let node = found, node.kind == .array {
            guard node.count > 0 else { throw Self.notFound }
            if node.count == 1, let only = node[0], only.kind == .object { return only }
        }
        guard let node = found, node.kind == .object else {
            throw Problem(.remoteBadResponse, "the vendor's answer has no record where one belongs")
        }
        return node
    }

    private var isXML: Bool { format == .xml || format == .soap }

    private static var noList: Problem {
        Problem(.remoteBadResponse, "the vendor's answer has no list where one belongs")
    }

    private static var notFound: Problem { Problem(.remoteNotFound, "the vendor has no such record") }

    /// The elements that a path reaches when it goes through every element of an array and every member at a `*`; nil
    /// when it meets neither.
    private func spread(_ path: DocumentPath) -> [JSONNode]? {
        guard let document else { return nil }
        var nodes = [document.root]
        var isSpread = false
        for name in path.names {
            var next: [JSONNode] = []
            for node in nodes {
                switch node.kind {
                case .array where Int(name) == nil:
                    isSpread = true
                    next += name == "*" ? Array(node.elements) : node.elements.compactMap { $0[name] }
                case .array: next += Int(name).flatMap { node[$0] }.map { [$0] } ?? []
                case .object where name == "*":
                    isSpread = true
                    next += node.members.map(\.value)
                default: next += node[name].map { [$0] } ?? []
                }
            }
            nodes = next
        }
        guard isSpread else { return nil }
        return nodes.flatMap { node in node.kind == .array ? Array(node.elements) : node.isNull ? [] : [node] }
    }

    /// The records that elements become by an expression.
    private func expanded(
        _ nodes: [JSONNode],
        _ expression: Expression,
        _ scope: ExpressionScope
    ) throws -> [JSONNode] {
        var scope = scope.adding("page", document?.root.value ?? .null)
        var records: [JSONValue] = []
        for node in nodes {
            let native = node.value
            scope.root["response"] = native
            let value: JSONValue?
            do { value = try expression.value(in: scope) } catch { throw ExpressionProblem.problem(error) }
            guard let value, !value.isNull else { continue }
            let restored = ExactDigits(of: native).restored(in: value)
            records += restored.array ?? [restored]
        }
        guard !records.isEmpty else { return [] }
        let document = try JSONDocument(parsing: JSONValue.array(records).bytes(), policy: .vendor)
        return Array(document.root.elements)
    }
}
