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
        if let size = position.size, position.skip > 0 || countsPages { return size }
        var largest = config.limitMax
        if position.page == .first, let first = config.firstLimitMax { largest = min(largest, first) }
        if let cap = config.cap, !countsPages { largest = min(largest, max(1, cap - position.sliceCount)) }
        return max(min(wanted, largest), min(config.limitMin, largest))
    }

    /// Whether pages have numbers, so that all must have one size.
    var countsPages: Bool {
        config.pageKind == .page || (config.pageKind == .offset && config.step == .pages)
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
        case .state(let value): scope["state"] = value
        }
        return .object(scope)
    }

    /// Puts a page's place and size into a request.
    ///
    /// `scope`: what the expressions of a dynamic way see.
    func apply(
        _ page: ListPosition.Page,
        size: Int,
        to request: inout NativeRequest,
        connector: ConnectorDocument,
        scope: ExpressionScope
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
        if config.dropsBodyOnNext, page != .first { request.body = nil }
        if let parameter = config.limitParameter { try put(.number(JSONNumber(size)), parameter, &request) }
        if config.pageKind == .range {
            let first = offset(of: page)
            request.setHeader("Range", "\(config.rangeUnit)=\(first)-\(first + size - 1)")
        }
        if let value = try value(of: page, scope), let parameter = config.cursorParameter {
            try put(value, parameter, &request)
        }
        let omitted = page == .first ? config.omittedOnFirst : config.omittedOnNext
        guard !omitted.isEmpty else { return }
        let own = config.cursorParameter?.name
        request.query.removeAll { item in
            omitted.contains(item.name) || (omitted.contains("*") && item.name != own)
        }
    }

    /// The page after a page; nil when it was the last one of its part.
    func next(after page: ListPosition.Page, size: Int, facts: PageFacts) throws -> ListPosition.Page? {
        let answer = facts.answer
        if try isStopped(facts) { return nil }
        if let path = config.hasMorePath, answer.value(at: path)?.plainText == "false" { return nil }
        switch config.pageKind {
        case .none, .keyset, .timeWindow, .idChunk, .asyncJob, .soapPage: return nil
        case .cursor:
            if let path = config.cursorPath, let text = text(path, in: answer) {
                return try differing(.cursor(text), from: page)
            }
            if let name = config.cursorHeader, let text = answer.header(name) {
                return try differing(.cursor(text), from: page)
            }
            return nil
        case .nextURL:
            guard let path = config.cursorPath, let text = text(path, in: answer) else { return nil }
            return try differing(.address(text), from: page)
        case .linkHeader:
            guard let target = LinkHeader.target(config.linkRelation, in: answer.response.headers) else { return nil }
            return try differing(.address(target), from: page)
        case .dynamic:
            guard let state = try config.dynamic.flatMap({ try facts.value(of: $0.next) }), !state.isNull else {
                return nil
            }
            return try differing(.state(state), from: page)
        case .page:
            var number = config.start
            if case .number(let current) = page { number = current }
            return isLast(facts, size: size, pagesSoFar: number - config.start + 1) ? nil : .number(number + 1)
        case .offset where config.step == .pages:
            let number = offset(of: page)
            return isLast(facts, size: size, pagesSoFar: number - config.start + 1) ? nil : .offset(number + 1)
        case .offset, .range:
            let offset = offset(of: page)
            let step = config.step == .size ? size : facts.nativeCount
            return isLast(facts, size: size, recordsSoFar: offset - config.start + facts.nativeCount)
                ? nil : .offset(offset + step)
        }
    }

    /// The page before a page that was given out whole, where the vendor or the count tells it.
    func previous(before page: ListPosition.Page, answer: NativeAnswer) -> ListPosition.Page? {
        switch (config.pageKind, page) {
        case (.page, .number(let number)) where number > config.start:
            return number - 1 == config.start ? .first : .number(number - 1)
        case (.offset, .offset(let number)) where config.step == .pages && number > config.start:
            return number - 1 == config.start ? .first : .offset(number - 1)
        case (.cursor, _): return config.previousPath.flatMap { text($0, in: answer) }.map(ListPosition.Page.cursor)
        case (.nextURL, _): return config.previousPath.flatMap { text($0, in: answer) }.map(ListPosition.Page.address)
        case (.linkHeader, _): return LinkHeader.target("prev", in: answer.response.headers).map { .address($0) }
        default: return nil
        }
    }

    /// How many records there are, when the vendor tells.
    ///
    /// Numbers that cannot be are not believed.
    func total(in answer: NativeAnswer) -> Int? {
        let text =
            config.totalPath.flatMap { answer.value(at: $0)?.plainText }
            ?? config.totalHeader.flatMap { answer.header($0) }
            ?? (config.pageKind == .range ? answer.header("content-range")?.part(after: "/") : nil)
        return text.flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// The offset that a page starts at.
    func offset(of page: ListPosition.Page) -> Int {
        if case .offset(let offset) = page { return offset }
        return config.start
    }

    /// Whether an answer says, or shows, that it is the last one of its part.
    func isLast(_ facts: PageFacts, size: Int, pagesSoFar: Int? = nil, recordsSoFar: Int? = nil) -> Bool {
        let count = facts.nativeCount
        if count == 0 { return true }
        if let path = config.hasMorePath, let more = facts.answer.value(at: path)?.plainText { return more != "true" }
        if let path = config.totalPagesPath, let pagesSoFar,
            let pages = facts.answer.value(at: path)?.plainText.flatMap({ Int($0) }), pages >= 0
        {
            return pagesSoFar >= pages
        }
        if let recordsSoFar, let total = total(in: facts.answer) { return recordsSoFar >= total }
        return config.shortPageEnds && count < size
    }

    /// Whether an answer stands for the end whatever else it says.
    func isStopped(_ facts: PageFacts) throws -> Bool {
        if facts.answer.isEmptyResult { return true }
        guard let condition = config.stopWhen else { return false }
        return try facts.value(of: condition) == .bool(true)
    }

    private func value(of page: ListPosition.Page, _ scope: ExpressionScope) throws -> JSONValue? {
        switch page {
        case .first:
            if [.page, .offset].contains(config.pageKind) { return .number(JSONNumber(config.start)) }
            return nil
        case .cursor(let text): return .string(text)
        case .number(let number), .offset(let number):
            return config.pageKind == .range ? nil : .number(JSONNumber(number))
        case .state(let state):
            guard let out = config.dynamic?.out else { return state }
            do { return try out.value(in: scope) } catch { throw ExpressionProblem.problem(error) }
        case .address: return nil
        }
    }

    private func text(_ path: DocumentPath, in answer: NativeAnswer) -> String? {
        guard let text = answer.value(at: path)?.plainText, !text.isEmpty else { return nil }
        return text
    }

    /// A vendor that names the same page again would be asked for ever.
    private func differing(_ next: ListPosition.Page, from page: ListPosition.Page) throws -> ListPosition.Page {
        guard next != page else { throw Self.circle }
        return next
    }

    /// What a vendor that walks in circles is told to the caller as.
    static var circle: Problem {
        Problem(.remoteBadResponse, "the vendor names the same page as the next one again")
    }

    /// Puts a value where a parameter says.
    func put(
        _ value: JSONValue,
        _ parameter: PaginationConfig.Parameter,
        _ request: inout NativeRequest
    ) throws {
        switch parameter.place {
        case .query:
            request.query.removeAll { $0.name == parameter.name }
            request.query.append(.init(name: parameter.name, value: value.plainText ?? value.text()))
        case .header: request.setHeader(parameter.name, value.plainText ?? value.text())
        case .path:
            do {
                request.address.path += "/" + (try PathSegment.encoded(value.plainText ?? ""))
            } catch {
                throw Problem(.remoteBadResponse, "the vendor's cursor cannot be part of a path", underlying: error)
            }
        case .body:
            var overlay = value
            for name in DocumentPath(parameter.name).names.reversed() { overlay = .object([name: overlay]) }
            request.body = (request.body ?? .object([:])).overlaid(by: overlay)
        }
    }
}

extension String {
    /// What stands after the last separator; nil when there is none.
    fileprivate func part(after separator: Character) -> String? {
        lastIndex(of: separator).map { String(self[index(after: $0)...]) }
    }
}
