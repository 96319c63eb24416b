import JSONValue

/// Where a list goes on: a part of it, a vendor's page in that part, and how many of its records have been given out.
struct ListPosition: Equatable {
    /// Which page of the vendor.
    enum Page: Equatable {
        case first
        case cursor(String)
        case number(Int)
        case offset(Int)
        case address(String)
        case state(JSONValue)
    }

    var page: Page = .first
    /// Which part of the list, where one query does not give all.
    var slice = ListSlice()
    /// Records of that page that the caller has already.
    var skip = 0
    /// Identity of the page's records, when some of them have been given out.
    var pageHash: String?
    /// Identity of the last record given out.
    var lastHash: String?
    /// The size the page was asked for with.
    var size: Int?
    /// Most records to give out, on the way back to the front.
    var most: Int?
    /// Pages of this part before this one.
    var pageIndex = 0
    /// Records of this part before this page.
    var sliceCount = 0
    /// Records given out that may come again.
    var seen = SeenRecords()
    /// What the connector carries from page to page.
    var values = JSONObject()
    /// An earlier place of this part, to find vendors that walk in circles.
    var landmark: String?
    /// The places just before this one, so that a short circle is found before a record comes twice.
    var trail = Trail()
    /// When the vendor gave its cursor, in seconds since 1970.
    var madeAt: Int?

    init(page: Page = .first, slice: ListSlice = ListSlice()) {
        self.page = page
        self.slice = slice
    }
}

/// Where a list has just been, as the identities of its pages.
struct Trail: Equatable {
    /// Most places that are remembered.
    static let max = 16

    /// Identities, 8 characters each, the newest last.
    private(set) var places: [String] = []

    /// The trail after one more step.
    func followed(by place: String) -> Trail {
        var next = self
        next.places = (places + [place]).suffix(Self.max)
        return next
    }
}

/// A part of a list, narrow enough for one query of the vendor.
struct ListSlice: Equatable {
    /// A condition on the key that the list is gone through by.
    struct Bound: Equatable {
        /// The last value.
        var value: JSONValue
        /// How it is compared: beyond it, from it on, or exactly it.
        var comparison: String
        /// With records of exactly this value: the last identifier.
        var id: JSONValue?
    }

    /// A span of time in milliseconds since 1970.
    struct Span: Equatable {
        var from: Int
        var until: Int
        /// Where the last span ends, which stays open.
        var end: Int
    }

    /// Which of several native lists.
    var branch = 0
    /// How many identifiers lie before this portion.
    var batch = 0
    /// Identity of the last one before it.
    var batchMark: String?
    var bound: Bound?
    var span: Span?
    /// The vendor's name for a list that it makes ready.
    var job: JSONValue?
}

/// Records given out lately, so that one that comes again is left out.
struct SeenRecords: Equatable {
    /// Most that are remembered.
    static let max = 300

    /// Identities, 8 characters each.
    private(set) var hashes: [String] = []
    /// Identity of the value that all of them share, when the list is gone through by a value.
    private(set) var value: String?
    /// Whether more records share the value than can be remembered.
    private(set) var isFull = false

    /// Whether a record has not been given out yet; remembers it.
    mutating func admits(_ hash: String, value: String? = nil) -> Bool {
        if value != self.value {
            self = SeenRecords()
            self.value = value
        }
        guard !hashes.contains(hash) else { return false }
        guard hashes.count < Self.max else {
            if value == nil { hashes = Array(hashes.dropFirst()) + [hash] } else { isFull = true }
            return true
        }
        hashes.append(hash)
        return true
    }
}

extension ListPosition {
    /// Short, since it travels in addresses: names of one letter, and nothing that has its usual value.
    var json: JSONValue {
        var json = JSONObject()
        switch page {
        case .first: break
        case .cursor(let text): json["c"] = .string(text)
        case .number(let number): json["n"] = .number(JSONNumber(number))
        case .offset(let offset): json["o"] = .number(JSONNumber(offset))
        case .address(let text): json["a"] = .string(text)
        case .state(let value): json["d"] = value
        }
        func put(_ key: String, _ number: Int?) { json[key] = number.map { .number(JSONNumber($0)) } }
        put("s", skip == 0 ? nil : skip)
        json["h"] = pageHash.map(JSONValue.string)
        json["l"] = lastHash.map(JSONValue.string)
        put("z", size)
        put("m", most)
        put("i", pageIndex == 0 ? nil : pageIndex)
        put("k", sliceCount == 0 ? nil : sliceCount)
        if !seen.hashes.isEmpty { json["u"] = seen.json }
        if !values.isEmpty { json["v"] = .object(values) }
        json["g"] = landmark.map(JSONValue.string)
        if !trail.places.isEmpty { json["e"] = .string(trail.places.joined()) }
        put("t", madeAt)
        if slice != ListSlice() { json["w"] = slice.json }
        return .object(json)
    }

    init?(_ json: JSONValue) {
        guard case .object(let members) = json else { return nil }
        if let text = members["c"]?.string { page = .cursor(text) }
        if let number = members["n"]?.int { page = .number(number) }
        if let offset = members["o"]?.int { page = .offset(offset) }
        if let text = members["a"]?.string { page = .address(text) }
        if let value = members["d"] { page = .state(value) }
        skip = max(0, members["s"]?.int ?? 0)
        pageHash = members["h"]?.string
        lastHash = members["l"]?.string
        size = members["z"]?.int
        most = members["m"]?.int
        pageIndex = members["i"]?.int ?? 0
        sliceCount = members["k"]?.int ?? 0
        if let value = members["u"] { seen = SeenRecords(value) }
        values = members["v"]?.object ?? JSONObject()
        landmark = members["g"]?.string
        trail = Trail(joined: members["e"]?.string ?? "")
        madeAt = members["t"]?.int
        if let value = members["w"] { slice = ListSlice(value) }
    }
}

extension Trail {
    fileprivate init(joined text: String) {
        places = RecordIdentity.separated(text)
    }
}

extension RecordIdentity {
    /// The identities that a text without separators holds.
    fileprivate static func separated(_ text: String) -> [String] {
        let text = Array(text.utf8)
        return stride(from: 0, to: text.count, by: length).map {
            String(decoding: text[$0..<min($0 + length, text.count)], as: UTF8.self)
        }
    }
}

extension SeenRecords {
    fileprivate var json: JSONValue {
        [.string(hashes.joined()), value.map(JSONValue.string) ?? .null, .bool(isFull)]
    }

    fileprivate init(_ json: JSONValue) {
        hashes = RecordIdentity.separated(json[0]?.string ?? "")
        value = json[1]?.string
        isFull = json[2]?.bool ?? false
    }
}

extension ListSlice {
    fileprivate var json: JSONValue {
        var json = JSONObject()
        if branch > 0 { json["f"] = .number(JSONNumber(branch)) }
        if batch > 0 { json["b"] = .number(JSONNumber(batch)) }
        json["m"] = batchMark.map(JSONValue.string)
        if let bound { json["k"] = [bound.value, .string(bound.comparison), bound.id ?? .null] }
        if let span {
            json["t"] = .array([span.from, span.until, span.end].map { .number(JSONNumber($0)) })
        }
        json["j"] = job
        return .object(json)
    }

    fileprivate init(_ json: JSONValue) {
        branch = max(0, json["f"]?.int ?? 0)
        batch = max(0, json["b"]?.int ?? 0)
        batchMark = json["m"]?.string
        if let value = json["k"]?[0], let comparison = json["k"]?[1]?.string {
            bound = Bound(value: value, comparison: comparison, id: json["k"]?[2])
            if bound?.id?.isNull == true { bound?.id = .none }
        }
        if let from = json["t"]?[0]?.int, let until = json["t"]?[1]?.int, let end = json["t"]?[2]?.int {
            span = Span(from: from, until: until, end: end)
        }
        job = json["j"]
    }
}
