/// The members of a JSON object in the order they were written.
///
/// Names are compared byte by byte, never by Unicode equivalence, and are unique.
///
/// Two objects are equal when they have equal members, in whatever order (RFC 8259 section 1); compare `keys` as well
/// where the order matters.
package struct JSONObject: Sendable, Hashable {
    /// One name with its value.
    package struct Member: Sendable {
        /// The name.
        package let key: String
        /// The value.
        package var value: JSONValue

        /// A member.
        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    private var members: [Member] = []
    /// Open addressing by key hash, holding positions in `members` plus one; empty while the object is small.
    private var index: [UInt32] = []

    /// Up to this many members are found by looking at each.
    private static let scannedMax = 8

    /// An object without members.
    package init() {}

    /// Takes members in order; a later duplicate replaces the value of the earlier one.
    package init(_ pairs: some Sequence<(String, JSONValue)>) {
        members.reserveCapacity(pairs.underestimatedCount)
        for (key, value) in pairs { self[key] = value }
    }

    /// Takes members whose names the caller knows to be unique, without looking.
    package init(uniqueMembers members: [Member]) {
        self.members = members
        if members.count > Self.scannedMax { rebuildIndex() }
    }

    /// The value named `key`.
    ///
    /// Setting nil removes the member; setting a new name appends it.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?): members[position].value = value
            case (let position?, nil): remove(at: position)
            case (nil, let value?): append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// The names in order.
    package var keys: [String] { members.map(\.key) }

    /// The members in order.
    var memberArray: [Member] { members }

    /// The values in order.
    package var values: [JSONValue] { members.map(\.value) }

    /// The place of the member named `key`, nil when there is none.
    package func position(of key: String) -> Int? {
        if index.isEmpty {
            return members.firstIndex { $0.key.hasSameBytes(as: key) }
        }
        let mask = index.count - 1
        var slot = Int(JSONKeyHash.hash(of: key)) & mask
        while index[slot] != 0 {
            let position = Int(index[slot]) - 1
            if members[position].key.hasSameBytes(as: key) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Replaces the value at `position` by what `change` makes of it, in place.
    mutating func changeValue<Failure>(
        at position: Int,
        _ change: (inout JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        try change(&members[position].value)
    }

    private mutating func append(_ member: Member) {
        members.append(member)
        if members.count > Self.scannedMax {
            // Twice as many slots as members keep the runs of taken slots short.
            if members.count * 2 > index.count { rebuildIndex() } else { enter(members.count - 1) }
        }
    }

    private mutating func remove(at position: Int) {
        members.remove(at: position)
        rebuildIndex()
    }

    private mutating func rebuildIndex() {
        index = []
        guard members.count > Self.scannedMax else { return }
        var slots = 32
        while slots < members.count * 3 { slots *= 2 }
        index = [UInt32](repeating: 0, count: slots)
        for position in members.indices { enter(position) }
    }

    private mutating func enter(_ position: Int) {
        let mask = index.count - 1
        var slot = Int(JSONKeyHash.hash(of: members[position].key)) & mask
        while index[slot] != 0 { slot = (slot + 1) & mask }
        index[slot] = UInt32(position + 1)
    }
}

extension JSONObject {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        for (position, member) in left.members.enumerated() {
            let other = right.members[position]
            if other.key.hasSameBytes(as: member.key) {
                guard other.value == member.value else { return false }
            } else {
                guard let value = right[member.key], value == member.value else { return false }
            }
        }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        var combined = 0
        for member in members {
            var memberHasher = Hasher()
            memberHasher.combine(JSONKeyHash.hash(of: member.key))
            memberHasher.combine(member.value)
            combined ^= memberHasher.finalize()
        }
        hasher.combine(count)
        hasher.combine(combined)
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { members.startIndex }
    package var endIndex: Int { members.endIndex }
    package subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
