import Formats
import JSONValue

/// Texts of other formats.
extension Evaluator {
    func format(_ builtin: Builtin, _ value: Value, _ options: Value) throws(Fault) -> Value {
        if value.isUndefined || value.kind == .null { return value }
        do {
            switch builtin {
            case .xmlToJs:
                try spend(value.isString ? value.byteCount >> 3 : 0)
                let text = try text(value, "the XML") ?? ""
                return try taken(try XMLReader.value(of: Array(text.utf8), form: xmlForm(options)))
            case .jsToXml:
                let bytes = try XMLWriter.bytes(of: try tree(value), form: xmlForm(options))
                try checkString(bytes: bytes.count)
                return bytes.withUnsafeBufferPointer { arena.string(copying: $0) }
            case .csvParse:
                try spend(value.isString ? value.byteCount >> 3 : 0)
                let text = try text(value, "the CSV") ?? ""
                return try taken(try CSVReader.value(of: Array(text.utf8), form: csvForm(options)))
            default:
                let bytes = try CSVWriter.bytes(of: try tree(value), form: csvForm(options))
                try checkString(bytes: bytes.count)
                return bytes.withUnsafeBufferPointer { arena.string(copying: $0) }
            }
        } catch let error as FormatError {
            throw refuse(error.description)
        } catch let error as Fault {
            throw error
        } catch {
            throw refuse("\(error)")
        }
    }

    private func taken(_ json: JSONValue) throws(Fault) -> Value {
        let value = ValueConversion.value(json, arena)
        try spend(1)
        return value
    }

    private func tree(_ value: Value) throws(Fault) -> JSONValue {
        var remaining = state.pointee.limits.stringBytesMax
        do throws(JSONataError) { return try ValueConversion.json(value, remaining: &remaining, depth: 0) } catch {
            throw fail(.u2002)
        }
    }

    private func option(_ options: Value, _ name: StaticString) -> Value {
        options.isObject ? options.object.value(for: Value(name).keyed) : .undefined
    }

    private func xmlForm(_ options: Value) -> XMLForm {
        var form = XMLForm()
        if truth(option(options, "strip_namespaces")) { form.namespaces = .strip }
        let lists = asList(option(options, "lists"))
        for index in 0..<lists.count where lists[item: index].isString {
            form.arrayElements.insert(lists[item: index].text)
        }
        return form
    }

    private func csvForm(_ options: Value) -> CSVForm {
        var form = CSVForm.csv
        form.raggedRows = .fit
        let delimiter = option(options, "delimiter")
        if delimiter.isString, let character = delimiter.text.first { form = CSVForm(delimiter: character) }
        form.raggedRows = .fit
        let header = option(options, "header")
        if header.kind == .bool, !header.bool { form.header = .none }
        return form
    }
}
