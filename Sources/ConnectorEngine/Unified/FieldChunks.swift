import ConnectorConfig
import HTTPExchange
import JSONValue
import Vocabulary

/// Asks for the same records several times when the names of the wanted fields do not fit into one request, and puts
/// the parts of each record together.
///
/// All parts of one page come before the next page.
struct FieldChunks {
    private let config: FieldChunking?
    private let recordsPath: DocumentPath

    init(_ config: FieldChunking?, recordsPath: DocumentPath) {
        self.config = config
        self.recordsPath = recordsPath
    }

    /// The vendor's good answer, whole.
    func answer(
        to request: NativeRequest,
        by exchange: VendorExchange,
        emptyStatuses: [Int] = []
    ) async throws -> NativeAnswer {
        guard config != nil else { return try await exchange.answer(to: request, emptyStatuses: emptyStatuses) }
        let requests = requests(for: request)
        guard requests.count > 1 else {
            return try await exchange.answer(to: requests.first ?? request, emptyStatuses: emptyStatuses)
        }
        let answers =
            config?.order == .parallel
            ? try await together(requests, exchange, emptyStatuses)
            : try await inTurn(requests, exchange, emptyStatuses)
        var merged: NativeAnswer?
        for answer in answers { merged = try merged.map { try joined($0, answer) } ?? answer }
        guard let merged else { throw Problem(.internalError, "a request has no parts") }
        return merged
    }

    private func inTurn(
        _ requests: [NativeRequest],
        _ exchange: VendorExchange,
        _ emptyStatuses: [Int]
    ) async throws -> [NativeAnswer] {
        var answers: [NativeAnswer] = []
        for request in requests {
            answers.append(try await exchange.answer(to: request, emptyStatuses: emptyStatuses))
        }
        return answers
    }

    private func together(
        _ requests: [NativeRequest],
        _ exchange: VendorExchange,
        _ emptyStatuses: [Int]
    ) async throws -> [NativeAnswer] {
        try await withThrowingTaskGroup(of: Tagged<Int, NativeAnswer>.self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { Tagged(index, try await exchange.answer(to: request, emptyStatuses: emptyStatuses)) }
            }
            var parts: [Tagged<Int, NativeAnswer>] = []
            for try await part in group { parts.append(part) }
            return parts.sorted { $0.tag < $1.tag }.map(\.value)
        }
    }

    /// The requests that one becomes.
    func requests(for request: NativeRequest) -> [NativeRequest] {
        guard let config else { return [request] }
        let names = names(in: request, config)
        let portions = portions(names, config)
        guard portions.count > 1 else { return [request] }
        return portions.map { replacing($0, in: request, config) }
    }

    /// Portions of names, each with those that every request has.
    private func portions(_ names: [String], _ config: FieldChunking) -> [[String]] {
        let always = config.always.filter(names.contains)
        var portions: [[String]] = []
        var portion = always
        func length(_ names: [String]) -> Int { names.reduce(0) { $0 + URLText.encoded($1).utf8.count + 3 } }
        for name in names where !always.contains(name) {
            let grown = portion + [name]
            let isTooMany = config.countMax.map { grown.count > $0 } ?? false
            let isTooLong = config.charactersMax.map { length(grown) > $0 } ?? false
            if (isTooMany || isTooLong) && portion.count > always.count {
                portions.append(portion)
                portion = always
            }
            portion.append(name)
        }
        if portion.count > always.count || portions.isEmpty { portions.append(portion) }
        return portions
    }

    private func names(in request: NativeRequest, _ config: FieldChunking) -> [String] {
        let name = config.parameter.name
        if config.parameter.place == .body {
            let value = request.body.flatMap { DocumentPath(name).value(in: $0) }
            return (value?.array ?? []).compactMap(\.plainText)
        }
        return request.query.filter { $0.name == name || $0.name == "\(name)[]" }
            .flatMap { $0.value.split(separator: ",").map(String.init) }
    }

    private func replacing(_ names: [String], in request: NativeRequest, _ config: FieldChunking) -> NativeRequest {
        var request = request
        let name = config.parameter.name
        if config.parameter.place == .body {
            var overlay = JSONValue.array(names.map(JSONValue.string))
            for part in DocumentPath(name).names.reversed() { overlay = .object([part: overlay]) }
            request.body = (request.body ?? .object([:])).overlaid(by: overlay)
            return request
        }
        guard let index = request.query.firstIndex(where: { $0.name == name || $0.name == "\(name)[]" }) else {
            return request
        }
        let old = request.query[index]
        let repeats = old.name != name || request.query.filter { $0.name == name }.count > 1
        let items =
            repeats
            ? names.map { NativeRequest.Item(name: old.name, value: $0) }
            : [NativeRequest.Item(name: name, value: names.joined(separator: ","))]
        request.query.removeAll { $0.name == old.name }
        request.query.insert(contentsOf: items, at: index)
        return request
    }

    /// Two answers about the same records as one.
    private func joined(_ left: NativeAnswer, _ right: NativeAnswer) throws -> NativeAnswer {
        guard let first = left.document?.root.value, let second = right.document?.root.value,
            let key = config?.mergeKey
        else { return left.document == nil ? right : left }
        let merged: JSONValue
        if case .array(let records)? = recordsPath.value(in: first) {
            var parts: [JSONValue: JSONValue] = [:]
            for record in recordsPath.value(in: second)?.array ?? [] {
                if let id = key.value(in: record) { parts[id] = record }
            }
            let whole = records.map { record in
                key.value(in: record).flatMap { parts[$0] }.map { record.overlaid(by: $0) } ?? record
            }
            guard whole.count == parts.count else {
                throw Problem(.remoteBadResponse, "the vendor's list changed between two parts of one page; try again")
            }
            merged = first.replacing(recordsPath.names[...], with: .array(whole))
        } else {
            merged = first.overlaid(by: second)
        }
        return NativeAnswer(left.response, document: try JSONNode(rewritten: merged).document)
    }
}

extension JSONValue {
    /// This value with another one at a path of member names.
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSONValue) -> JSONValue {
        guard let name = path.first else { return value }
        guard case .object(var members) = self else { return self }
        members[name] = (members[name] ?? .null).replacing(path.dropFirst(), with: value)
        return .object(members)
    }
}
