import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor's good answer, parsed once.
///
/// Records stay where they are in the bytes until they are mapped.
struct NativeAnswer {
    let response: InboundResponse
    /// nil when the answer has no body.
    let document: JSONDocument?
    /// Whether a rule of the connector says that this stands for an empty result.
    let isEmptyResult: Bool

    init(_ response: InboundResponse, document: JSONDocument?, isEmptyResult: Bool = false) {
        self.response = response
        self.document = document
        self.isEmptyResult = isEmptyResult
    }

    /// The records of a list.
    ///
    /// - Throws: `Problem` (`remote_bad_response`) when there is no list where the connector expects one.
    func records(at path: DocumentPath) throws -> [JSONNode] {
        if isEmptyResult { return [] }
        guard let node = node(at: path) else {
            throw Problem(.remoteBadResponse, "the vendor's answer has no list where one belongs")
        }
        switch node.kind {
        case .array: return Array(node.elements)
        // Some languages cannot tell an empty list from an empty object.
        case .object where node.count == 0: return []
        default: throw Problem(.remoteBadResponse, "the vendor's answer has no list where one belongs")
        }
    }

    /// The one record of an answer.
    func record(at path: DocumentPath) throws -> JSONNode {
        guard let node = node(at: path), node.kind == .object else {
            throw Problem(.remoteBadResponse, "the vendor's answer has no record where one belongs")
        }
        return node
    }

    /// The value at a path; nil when it is not there.
    func value(at path: DocumentPath) -> JSONValue? {
        node(at: path)?.value
    }

    private func node(at path: DocumentPath) -> JSONNode? {
        guard let document else { return nil }
        var node: JSONNode? = document.root
        for name in path.names {
            guard let current = node else { return nil }
            node = current.kind == .array ? Int(name).flatMap { current[$0] } : current[name]
        }
        return node
    }
}

extension JSONNode {
    /// The node's text as the vendor sent it, or as it was repaired where it was not valid text.
    var untouchedBytes: ArraySlice<UInt8> {
        document.textWasRepaired ? value.bytes()[...] : sourceBytes
    }
}
