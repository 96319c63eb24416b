import ConnectorConfig
import HTTPExchange
import HTTPTypes
import JSONValue
import Vocabulary

/// A vendor's way to cut lists, as pure decisions: what a page's request looks like, and which page comes next.
struct Pagination {
    let config: PaginationConfig

    /// The size to ask the vendor for when `wanted` records are still missing.
    func size(wanted: Int, position: ListPosition) -> Int {
        if let size = position.size, position.skip > 0 || config.kind == .page { return size }
        return min(max(wanted, config.limitMin), config.limitMax)
    }

    /// What request expressions see as `paging`.
    func scope(_ page: ListPosition.Page, size: Int) -> JSONValue {
        var scope: JSONObject = ["size": .number(JSONNumber(size))]
        switch page {
        case .first:
            scope["number"] = .number(JSONNumber(config.start))
            scope["offset"] = .number(JSONNumber(config.start))
        case .cursor(let text): scope["cursor"] = .string(text)
        case .number(let number): scope["number"] = .number(JSONNumber(number))
        case .offset(let offset): scope["offset"] = .number(JSONNumber(offset))
        case .address(let text): scope["address"] = .string(text)
        }
        return .object(scope)
    }

    /// Puts a page's place and size into a request.
    func apply(
        _ page: ListPosition.Page,
        size: Int,
        to request: inout NativeRequest,
        connector: ConnectorDocument
    ) throws {
        if case .address(let reference) = page {
            guard let address = request.address.resolving(reference) else {
                throw Problem(.remoteBadResponse, "the vendor's address of the next page is not usable")
            }
            request.address = try address.allowed(by: connector)
            request.query = []
            if config.dropsBodyOnNext { request.body = nil }
            return
        }
        if let parameter = config.limitParameter { put(.number(JSONNumber(size)), parameter, &request) }
        guard let parameter = config.cursorParameter else { return }
        switch page {
        case .first:
            if config.kind == .page || config.kind == .offset {
                put(.number(JSONNumber(config.start)), parameter, &request)
            }
        case .cursor(let text): put(.string(text), parameter, &request)
        case .number(let number), .offset(let number): put(.number(JSONNumber(number)), parameter, &request)
        case .address: break
        }
    }

    /// The page after `page`; nil when it was the last one.
    func next(
        after page: ListPosition.Page,
        size: Int,
        answer: NativeAnswer,
        count: Int
    ) throws -> ListPosition.Page? {
        if try isStopped(answer) { return nil }
        switch config.kind {
        case .none: return nil
        case .cursor:
            guard let text = text(config.cursorPath, in: answer) else { return nil }
            return try differing(.cursor(text), from: page)
        case .nextURL:
            guard let text = text(config.cursorPath, in: answer) else { return nil }
            return try differing(.address(text), from: page)
        case .linkHeader:
            guard let target = LinkHeader.target(config.linkRelation, in: answer.response.headers) else { return nil }
            return try differing(.address(target), from: page)
        case .page:
            var number = config.start
            if case .number(let current) = page { number = current }
            return isLast(answer, count: count, size: size, pagesSoFar: number - config.start + 1)
                ? nil : .number(number + 1)
        case .offset:
            var offset = config.start
            if case .offset(let current) = page { offset = current }
            let step = config.stepsByRecords ? count : size
            return isLast(answer, count: count, size: size, recordsSoFar: offset - config.start + count)
                ? nil : .offset(offset + step)
        }
    }

    /// How many records there are, when the vendor tells.
    func total(in answer: NativeAnswer) -> Int? {
        config.totalPath.flatMap { answer.value(at: $0)?.plainText }.flatMap { Int($0) }
    }

    private func isLast(
        _ answer: NativeAnswer,
        count: Int,
        size: Int,
        pagesSoFar: Int? = nil,
        recordsSoFar: Int? = nil
    ) -> Bool {
        if count == 0 { return true }
        if let path = config.hasMorePath, let more = answer.value(at: path)?.plainText { return more != "true" }
        if let path = config.totalPagesPath, let pagesSoFar, let text = answer.value(at: path)?.plainText,
            let pages = Int(text)
        {
            return pagesSoFar >= pages
        }
        if let recordsSoFar, let total = total(in: answer) { return recordsSoFar >= total }
        return count < size
    }

    private func isStopped(_ answer: NativeAnswer) throws -> Bool {
        guard let condition = config.stopWhen, !answer.isEmptyResult else { return answer.isEmptyResult }
        let body = answer.document?.root.value ?? .null
        do {
            return try condition.isTrue(in: ResponseScope.scope(answer.response, body: body))
        } catch {
            throw ExpressionProblem.problem(error)
        }
    }

    private func text(_ path: DocumentPath?, in answer: NativeAnswer) -> String? {
        guard let text = path.flatMap({ answer.value(at: $0)?.plainText }), !text.isEmpty else { return nil }
        return text
    }

    /// A vendor that names the same page again would be asked for ever.
    private func differing(_ next: ListPosition.Page, from page: ListPosition.Page) throws -> ListPosition.Page {
        guard next != page else {
            throw Problem(.remoteBadResponse, "the vendor names the same page as the next one again")
        }
        return next
    }

    private func put(_ value: JSONValue, _ parameter: PaginationConfig.Parameter, _ request: inout NativeRequest) {
        switch parameter.place {
        case .query:
            request.query.removeAll { $0.name == parameter.name }
            request.query.append(.init(name: parameter.name, value: value.plainText ?? ""))
        case .header: request.setHeader(parameter.name, value.plainText ?? "")
        case .body:
            var overlay = value
            for name in DocumentPath(parameter.name).names.reversed() { overlay = .object([name: overlay]) }
            request.body = (request.body ?? .object([:])).overlaid(by: overlay)
        }
    }
}

/// The `Link` header (RFC 8288 section 3).
enum LinkHeader {
    /// The target of the link with a relation; nil when there is none.
    static func target(_ relation: String, in headers: HTTPFields) -> String? {
        guard let name = HTTPField.Name("Link") else { return nil }
        for text in headers[values: name] {
            for link in links(text) where link.relations.contains(relation) { return link.target }
        }
        return nil
    }

    private static func links(_ text: String) -> [(target: String, relations: [String])] {
        var links: [(target: String, relations: [String])] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let target = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            let end = rest.firstIndex(of: "<") ?? rest.endIndex
            var relations: [String] = []
            for parameter in rest[..<end].split(whereSeparator: { $0 == ";" || $0 == "," }) {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, pair[0].filter({ $0 != " " }).lowercased() == "rel" else { continue }
                relations += pair[1].filter { $0 != "\"" }.split(separator: " ").map { $0.lowercased() }
            }
            links.append((target, relations))
            rest = rest[end...]
        }
        return links
    }
}
