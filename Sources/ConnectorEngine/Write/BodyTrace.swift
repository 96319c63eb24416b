import ConnectorConfig
import JSONValue
import Vocabulary

/// Finds the place in the caller's body that a native member was made from.
///
/// The request is built once more from a body whose values are marks; where a mark comes out, its value went. Costs
/// nothing until a vendor complains.
struct BodyTrace {
    private static let mark = "\u{E000}"

    /// The caller's places by native ones.
    private let origins: [(native: [String], unified: JSONPointer)]
    private let customFields: JSONObject

    init(_ plan: Plan, connector: ConnectorDocument) {
        customFields = plan.body?.unified["custom_fields"]?.object ?? JSONObject()
        var places: [JSONPointer] = []
        var marked = plan
        marked.scope.root["body"] = Self.marked(plan.scope.root["body"] ?? .null, at: .root, &places)
        marked.scope.root["unified"] = marked.scope.root["body"]
        var origins: [(native: [String], unified: JSONPointer)] = []
        if let body = (try? marked.request(connector: connector, paging: .null))?.body {
            Self.find(in: body, at: []) { path, text in
                let number = text.split(separator: Self.mark, omittingEmptySubsequences: false).dropFirst().first
                guard let number, let index = Int(number), places.indices.contains(index) else { return }
                origins.append((path, places[index]))
            }
        }
        self.origins = origins
    }

    /// The caller's place for a native name, such as `Email` or `properties.email`; nil when it is none of his.
    func pointer(to native: String) -> JSONPointer? {
        if customFields[native] != nil { return JSONPointer(tokens: ["custom_fields", native]) }
        let names = native.split { $0 == "." || $0 == "/" }.filter { Int($0) == nil }.map { $0.lowercased() }
        guard !names.isEmpty else { return nil }
        return origins.first { origin in
            let path = origin.native.filter { Int($0) == nil }.map { $0.lowercased() }
            return path.suffix(names.count) == names[...]
        }?.unified
    }

    private static func marked(_ value: JSONValue, at place: JSONPointer, _ places: inout [JSONPointer]) -> JSONValue {
        switch value {
        case .null: return .null
        case .string, .number, .bool:
            places.append(place)
            return .string("\(mark)\(places.count - 1)\(mark)")
        case .array(let array):
            return .array(array.enumerated().map { marked($0.element, at: place.appending($0.offset), &places) })
        case .object(let object):
            return .object(
                JSONObject(object.map { ($0.key, marked($0.value, at: place.appending($0.key), &places)) })
            )
        }
    }

    private static func find(in value: JSONValue, at path: [String], _ found: ([String], String) -> Void) {
        switch value {
        case .string(let text): if text.contains(mark) { found(path, text) }
        case .array(let array):
            for (index, element) in array.enumerated() { find(in: element, at: path + [String(index)], found) }
        case .object(let object): for member in object { find(in: member.value, at: path + [member.key], found) }
        case .null, .bool, .number: break
        }
    }
}

extension Problem {
    /// The problem with the vendor's names of fields turned into places of the caller's body.
    func pointing(into plan: Plan, connector: ConnectorDocument) -> Problem {
        let hasNativeNames = failures.contains { !$0.pointer.isEmpty && !$0.pointer.hasPrefix("/") }
        guard code.isRemote || code == .invalidRequest, plan.body != nil, hasNativeNames else { return self }
        let trace = BodyTrace(plan, connector: connector)
        var copy = self
        copy.failures = failures.map { failure in
            guard !failure.pointer.isEmpty, !failure.pointer.hasPrefix("/") else { return failure }
            guard let place = trace.pointer(to: failure.pointer) else {
                return Failure(code: failure.code, message: "\(failure.pointer): \(failure.message)", pointer: "")
            }
            return Failure(code: failure.code, message: failure.message, pointer: place.description)
        }
        return copy
    }
}
