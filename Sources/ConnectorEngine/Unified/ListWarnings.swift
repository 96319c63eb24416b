import JSONValue
import Vocabulary

/// What a list's answer warns of, the first hundred things.
struct ListWarnings {
    private static let most = 100

    private var warnings: [JSONValue] = []

    /// The member `warnings` of `meta`; nil when there are none.
    var json: JSONValue? { warnings.isEmpty ? nil : .array(warnings) }

    /// Adds warnings.
    mutating func add(_ all: [Problem.Failure]) {
        for warning in all.prefix(Self.most - warnings.count) {
            warnings.append([
                "code": .string(warning.code), "message": .string(warning.message), "pointer": .string(warning.pointer),
            ])
        }
    }

    /// Adds what was adjusted in records, each by its place in the list.
    mutating func add(of records: [MappedRecord]) {
        for (index, record) in records.enumerated() where !record.warnings.isEmpty {
            add(
                record.warnings.map { pointer, message in
                    Problem.Failure(code: "value_adjusted", message: message, pointer: "/result/\(index)\(pointer)")
                }
            )
        }
    }

    /// Takes over a page's own warnings, whose places are counted from a number of records before it on.
    mutating func add(of page: RecordPage, after count: Int) {
        add(
            (page.meta["warnings"]?.array ?? []).compactMap { warning in
                guard let code = warning["code"]?.string, let message = warning["message"]?.string,
                    let pointer = warning["pointer"]?.string
                else { return nil }
                var names = pointer.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
                if names.count > 2, names[1] == "result", let index = Int(names[2]) { names[2] = String(count + index) }
                return Problem.Failure(code: code, message: message, pointer: names.joined(separator: "/"))
            }
        )
    }
}
