import JSONValue
import Vocabulary

/// Checks a query against the parameters that an endpoint knows.
enum QueryCheck {
    /// Names everything that is wrong with `items`.
    ///
    /// - Throws: `unknown_parameter` when a name is not known, else `invalid_request` with the failures.
    static func check(_ items: QueryItems, _ endpoint: Endpoint) throws(Problem) {
        var unknown: [Problem.Failure] = []
        var failures: [Problem.Failure] = []
        for (index, item) in items.items.enumerated() {
            guard let parameter = endpoint.query.first(where: { $0.covers(item.name) }) else {
                if !endpoint.allowsAnyQuery { unknown.append(unknownParameter(item.name, endpoint)) }
                continue
            }
            if let message = parameter.objection(to: item.value) {
                failures.append(Problem.Failure(code: "invalid", message: message, pointer: item.name))
            }
            let isSecond = items.items[..<index].contains { $0.name.hasSameBytes(as: item.name) }
            if isSecond, !parameter.repeats {
                failures.append(
                    Problem.Failure(code: "repeated", message: "\(item.name) must stand only once", pointer: item.name)
                )
            }
        }
        if let first = unknown.first { throw Problem(.unknownParameter, first.message, failures: unknown) }
        for parameter in endpoint.query where parameter.isRequired && items[parameter.name] == nil {
            failures.append(
                Problem.Failure(
                    code: "required",
                    message: "the query parameter \(parameter.name) is required",
                    pointer: parameter.name
                )
            )
        }
        if let first = failures.first { throw Problem(.invalidRequest, first.message, failures: failures) }
    }

    private static func unknownParameter(_ name: String, _ endpoint: Endpoint) -> Problem.Failure {
        let known = endpoint.query.map(\.name)
        let hint =
            if let close = Spelling.closest(to: name, among: known) {
                "did you mean \(close)?"
            } else if known.isEmpty {
                "this operation takes none"
            } else {
                "known are \(known.joined(separator: ", "))"
            }
        return Problem.Failure(
            code: "unknown",
            message: "the query parameter '\(name.prefix(64))' is not known; \(hint)",
            pointer: String(name.prefix(64))
        )
    }
}

extension QueryParameter {
    /// Whether `name` is this parameter, or a key of it for `name[]`.
    fileprivate func covers(_ name: String) -> Bool {
        if name.hasSameBytes(as: self.name) { return true }
        guard self.name.hasSuffix("[]") else { return false }
        return name.utf8.starts(with: self.name.utf8.dropLast()) && name.utf8.last == UInt8(ascii: "]")
    }

    /// What is wrong with `value`; nil when it fits.
    fileprivate func objection(to value: String) -> String? {
        switch kind {
        case .string: nil
        case .integer(let range):
            if let number = Int(value), range.contains(number), value.utf8.first != UInt8(ascii: "+") {
                nil
            } else if range.upperBound == .max {
                "\(name) must be an integer of at least \(range.lowerBound)"
            } else {
                "\(name) must be an integer from \(range.lowerBound) to \(range.upperBound)"
            }
        case .boolean: value == "true" || value == "false" ? nil : "\(name) must be true or false"
        case .oneOf(let values):
            values.contains(where: { $0.hasSameBytes(as: value) })
                ? nil : "\(name) must be one of \(values.joined(separator: ", "))"
        }
    }
}
