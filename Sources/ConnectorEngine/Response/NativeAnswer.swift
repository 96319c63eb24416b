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
    /// What the body was written in.
    let format: ResponseFormat.Kind

    init(
        _ response: InboundResponse,
        document: JSONDocument?,
        isEmptyResult: Bool = false,
        format: ResponseFormat.Kind = .json
    ) {
        self.format = format
        self.response = response
        self.document = document
        self.isEmptyResult = isEmptyResult
    }

    /// The value at a path; nil when it is not there.
    func value(at path: DocumentPath) -> JSONValue? {
        node(at: path)?.value
    }

    func node(at path: DocumentPath) -> JSONNode? {
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
