/// Writes the condition of a SQL-like language that a unified filter means.
///
/// No text of the query reaches the result but as a literal, quoted and escaped; columns come from the mapping alone.
struct ConditionWriter {
    /// How a column is named and its values are written.
    private struct Column {
        var name: String
        var type: String
    }

    private let evaluator: Evaluator
    private let columns: ObjectPointer
    /// Whether a quote in a string is escaped with a backslash, as opposed to doubled.
    private let escapesWithBackslash: Bool
    /// Whether dates and times stand without quotes.
    private let hasBareDates: Bool
    /// Whether nothing is `= null`, as opposed to `IS NULL`.
    private let equalsNull: Bool

    init(evaluator: Evaluator, columns: ObjectPointer, options: Value) throws(Fault) {
        self.evaluator = evaluator
        self.columns = columns
        func option(_ name: StaticString) -> String? {
            guard options.isObject else { return nil }
            let value = options.object.value(for: Value(name).keyed)
            return value.isString ? value.text : nil
        }
        switch option("escape") ?? "double" {
        case "backslash": escapesWithBackslash = true
        case "double": escapesWithBackslash = false
        default: throw evaluator.refuse("escape must be \"backslash\" or \"double\"")
        }
        switch option("dates") ?? "quoted" {
        case "bare": hasBareDates = true
        case "quoted": hasBareDates = false
        default: throw evaluator.refuse("dates must be \"bare\" or \"quoted\"")
        }
        switch option("nulls") ?? "is" {
        case "is": equalsNull = false
        case "equals": equalsNull = true
        default: throw evaluator.refuse("nulls must be \"is\" or \"equals\"")
        }
    }

    /// All members of a query joined with AND.
    func conjunction(_ query: ObjectPointer, depth: Int) throws(Fault) -> String {
        if depth > 20 { throw evaluator.refuse("the query is nested too deep") }
        var parts: [String] = []
        for index in 0..<query.count {
            try evaluator.spend(4)
            let entry = query[entry: index]
            if entry.value.isUndefined { continue }
            let name = entry.key.text
            if name == "or" || name == "and" {
                let part = try group(entry.value, joiner: name == "or" ? " OR " : " AND ", depth: depth + 1)
                if !part.isEmpty { parts.append(part) }
            } else {
                parts += try comparisons(try column(name), entry.value)
            }
        }
        return parts.joined(separator: " AND ")
    }

    private func group(_ value: Value, joiner: String, depth: Int) throws(Fault) -> String {
        let list = evaluator.asList(value)
        var parts: [String] = []
        for index in 0..<list.count {
            guard list[item: index].isObject else { throw evaluator.refuse("\"or\" takes a list of objects") }
            let part = try conjunction(list[item: index].object, depth: depth)
            if !part.isEmpty { parts.append(part.contains(" AND ") && list.count > 1 ? "(\(part))" : part) }
        }
        if parts.count < 2 { return parts.first ?? "" }
        return "(" + parts.joined(separator: joiner) + ")"
    }

    private func column(_ field: String) throws(Fault) -> Column {
        let entry = columns.value(for: evaluator.arena.string(field).keyed)
        var column = Column(name: "", type: "string")
        if entry.isString { column.name = entry.text }
        if entry.isObject {
            let name = entry.object.value(for: Value("column").keyed)
            let type = entry.object.value(for: Value("type").keyed)
            if name.isString { column.name = name.text }
            if type.isString { column.type = type.text }
        }
        if column.name.isEmpty { throw evaluator.refuse("there is no column for \"\(field.prefix(80))\"") }
        guard column.name.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5F || $0 == 0x2E })
        else {
            throw evaluator.refuse(
                "the column \"\(column.name.prefix(80))\" has characters beyond letters, digits, _ and ."
            )
        }
        return column
    }

    private func comparisons(_ column: Column, _ value: Value) throws(Fault) -> [String] {
        guard value.isObject else {
            return [try comparison(column, value.isArray ? "in" : "eq", value)]
        }
        var parts: [String] = []
        for index in 0..<value.object.count {
            let entry = value.object[entry: index]
            parts.append(try comparison(column, entry.key.text, entry.value))
        }
        return parts
    }

    private func comparison(_ column: Column, _ operation: String, _ value: Value) throws(Fault) -> String {
        let name = column.name
        let isNull = value.kind == .null
        switch operation {
        case "eq" where isNull: return nullTest(name, isNull: true)
        case "ne" where isNull, "neq" where isNull: return nullTest(name, isNull: false)
        case "eq": return "\(name) = \(try literal(value, column))"
        case "ne", "neq": return "\(name) != \(try literal(value, column))"
        case "gt": return "\(name) > \(try literal(value, column))"
        case "gte": return "\(name) >= \(try literal(value, column))"
        case "lt": return "\(name) < \(try literal(value, column))"
        case "lte": return "\(name) <= \(try literal(value, column))"
        case "like": return "\(name) LIKE \(try literal(value, column))"
        case "in", "nin":
            let list = evaluator.asList(value)
            if list.count == 0 { throw evaluator.refuse("\"\(operation)\" needs at least one value") }
            var literals: [String] = []
            for index in 0..<list.count {
                try evaluator.spend(2)
                literals.append(try literal(list[item: index], column))
            }
            return "\(name) \(operation == "in" ? "IN" : "NOT IN") (\(literals.joined(separator: ", ")))"
        case "exists": return nullTest(name, isNull: !evaluator.truth(value))
        default: throw evaluator.refuse("unknown operator \"\(operation.prefix(40))\"")
        }
    }

    private func nullTest(_ name: String, isNull: Bool) -> String {
        if equalsNull { return isNull ? "\(name) = null" : "\(name) != null" }
        return isNull ? "\(name) IS NULL" : "\(name) IS NOT NULL"
    }

    private func literal(_ value: Value, _ column: Column) throws(Fault) -> String {
        func mismatch() -> Fault { evaluator.refuse("\(column.name) takes a value of type \(column.type)") }
        switch value.kind {
        case .null, .undefined: return "null"
        case .array, .object, .function: throw mismatch()
        default: break
        }
        var builder = ByteBuilder(evaluator.arena)
        try evaluator.write(value, to: &builder, at: -1)
        let text = builder.finish().text
        switch column.type {
        case "number", "integer", "decimal":
            guard value.isNumber || Double(text)?.isFinite ?? false,
                text.utf8.allSatisfy({ "+-.eE0123456789".utf8.contains($0) })
            else { throw mismatch() }
            return text
        case "boolean":
            guard text == "true" || text == "false" else { throw mismatch() }
            return text
        case "date", "datetime":
            guard text.utf8.allSatisfy({ $0 &- 0x30 < 10 || "-:+.TZ".utf8.contains($0) }), text.utf8.count >= 4 else {
                throw mismatch()
            }
            return hasBareDates ? text : quoted(text)
        default: return quoted(text)
        }
    }

    private func quoted(_ text: String) -> String {
        var result = "'"
        for character in text.unicodeScalars {
            switch character {
            case "'": result += escapesWithBackslash ? "\\'" : "''"
            case "\\" where escapesWithBackslash: result += "\\\\"
            case "\n" where escapesWithBackslash: result += "\\n"
            case "\r" where escapesWithBackslash: result += "\\r"
            case "\0": continue
            default: result.unicodeScalars.append(character)
            }
        }
        return result + "'"
    }
}
