/// One entry of a parsed document's tape: 16 trivial bytes that say what stands where in the source.
///
/// The tape lists values in the order of the text. A member of an object is a `key` entry followed by the entries of its
/// value; an array or object is followed by what is inside it, and `extra` says where that ends, so that a sibling is one
/// step away.
package struct JSONTapeNode: Sendable, BitwiseCopyable {
    /// What an entry is.
    package enum Kind: UInt8, Sendable {
        case null, `false`, `true`, number, string, array, object, key
    }

    /// Kind in bits 0 to 3, flags in bits 4 to 7, member or element count (saturating) or number of a name in bits 8 to 31.
    @usableFromInline package var head: UInt32
    /// Where the value starts in the source; for strings and keys the first byte after the quote.
    package var offset: UInt32
    /// How many bytes of source it takes; for strings and keys without the quotes.
    package var length: UInt32
    /// Arrays and objects: the index after the last entry inside.
    ///
    /// Keys: the hash of the decoded name (`JSONKeyHash`). Numbers with `hasSmallInteger`: the value's bit pattern as
    /// an `Int32`.
    package var extra: UInt32

    /// String or key: has backslashes, so the source is not the text.
    @usableFromInline package static let escaped: UInt32 = 1 << 4
    /// String or key: the decoded text has scalars beyond ASCII.
    @usableFromInline package static let nonASCII: UInt32 = 1 << 5
    /// String or key: decodes to WTF-8 with a lone surrogate (policy `keep` only).
    @usableFromInline package static let surrogate: UInt32 = 1 << 6
    /// Number: neither fraction nor exponent.
    @usableFromInline package static let integer: UInt32 = 1 << 6
    /// Number: at most nine digits of integer, held in `extra`.
    @usableFromInline package static let small: UInt32 = 1 << 7
    /// The largest count an entry can tell; at this value the members must be counted by walking.
    package static let countMax: UInt32 = 0xFF_FFFF

    @inlinable
    init(head: UInt32, offset: UInt32, length: UInt32, extra: UInt32) {
        self.head = head
        self.offset = offset
        self.length = length
        self.extra = extra
    }

    /// What the entry is.
    @inlinable package var kind: Kind {
        // The eight cases are exactly the values of three bits, so every pattern is a case.
        unsafeBitCast(UInt8(truncatingIfNeeded: head & 0x7), to: Kind.self)
    }
    /// Whether a string or key has backslashes, so that its source is not its text.
    @inlinable package var isEscaped: Bool { head & Self.escaped != 0 }
    /// Whether the decoded text of a string or key is ASCII only.
    @inlinable package var isASCII: Bool { head & Self.nonASCII == 0 }
    /// Whether a string or key decodes to WTF-8 that no `String` can hold.
    @inlinable package var hasLoneSurrogate: Bool { head & Self.surrogate != 0 }
    /// Whether a number has neither fraction nor exponent.
    @inlinable package var isInteger: Bool { head & Self.integer != 0 }
    /// Whether `smallInteger` holds the number's value.
    @inlinable package var hasSmallInteger: Bool { head & Self.small != 0 }
    /// The value of a number with `hasSmallInteger`.
    @inlinable package var smallInteger: Int { Int(Int32(bitPattern: extra)) }
    /// Members of an object or elements of an array, up to `countMax`.
    @inlinable package var count: UInt32 { head >> 8 }
    /// Keys: a number that only keys of the same name have, or 0; one name may have several numbers.
    @inlinable package var nameNumber: Int { Int(head >> 8) }
    /// Whether the entry is an array or an object.
    @inlinable package var isContainer: Bool { head & 0xF == 5 || head & 0xF == 6 }
    /// The index after the last entry of the value whose entry this is: that of its next sibling.
    ///
    /// - Parameter entry: This entry's own index.
    /// - Returns: An index on the same tape.
    @inlinable
    package func end(at entry: Int) -> Int { isContainer ? Int(extra) : entry + 1 }
}
