import ConnectorConfig
import JSONValue
import UnifiedModel
import Vocabulary

/// Mappings that make the records of a whole page at once: each of the records found is an object with the unified
/// `record` and, as far as it can be told, its own `remote_data`.
extension Plan {
    /// The records of an answer, as the method's response mapping wants them.
    ///
    /// - Parameters:
    ///   - answer: the vendor's.
    ///   - native: the call that it answers.
    ///   - scope: what the request's expressions saw.
    /// - Returns: The records.
    /// - Throws: `Problem` when there is no list, or the mapping gives no records.
    func records(
        in answer: NativeAnswer,
        of native: ResourceMethod,
        scope: ExpressionScope
    ) throws -> NativeRecords {
        guard let stack = mapping.pageMapping else { return try answer.records(of: native, scope: scope) }
        guard !answer.isEmptyResult, let page = answer.document?.root.value else {
            return NativeRecords(nodes: [], nativeCount: 0)
        }
        let value: JSONValue?
        do { value = try stack.value(in: scope.adding("response", page).adding("page", page)) } catch {
            throw ExpressionProblem.problem(error, level: stack.stages.last?.level)
        }
        guard let value, !value.isNull else { return NativeRecords(nodes: [], nativeCount: 0) }
        let restored = ExactDigits(of: page).restored(in: value)
        let records = restored.array ?? [restored]
        let elements = try? answer.records(of: native, scope: scope).nodes
        let wrapped = try records.enumerated().map { index, record -> JSONValue in
            guard case .object = record else {
                throw Problem(
                    .mappingFailed,
                    "the response mapping of \(model.category)/\(model.name) does not give a list of objects"
                )
            }
            let own = elements.flatMap { $0.count == records.count ? $0[index].value : nil }
            return ["record": record, "remote_data": own ?? .null]
        }
        let document = try JSONDocument(parsing: JSONValue.array(wrapped).bytes(), policy: .vendor)
        return NativeRecords(
            nodes: Array(document.root.elements),
            nativeCount: elements?.count ?? records.count
        )
    }

    /// The one record of an answer.
    ///
    /// - Parameter answer: the vendor's.
    /// - Returns: The record.
    /// - Throws: `Problem` (`remote_not_found`) when there is none.
    func record(in answer: NativeAnswer) throws -> JSONNode {
        guard mapping.pageMapping != nil else { return try answer.record(of: native, scope: scope) }
        guard let record = try records(in: answer, of: native, scope: scope).nodes.first else {
            throw Problem(.remoteNotFound, "the vendor has no such record")
        }
        return record
    }

    /// The vendor's own record.
    func remoteData(of node: JSONNode) -> ArraySlice<UInt8> {
        guard mapping.pageMapping != nil else { return node.untouchedBytes }
        return node["remote_data"]?.untouchedBytes ?? Array("null".utf8)[...]
    }

    /// Where a native record has the name that it is told apart by.
    var identityPath: DocumentPath {
        mapping.pageMapping == nil ? native.dedupePath ?? native.idPath : DocumentPath("record.id")
    }
}
