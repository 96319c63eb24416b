/// What a parser does with text that is questionable, and how much of it it takes.
package struct JSONParsePolicy: Sendable, Hashable {
    /// What happens when an object names a member twice.
    package enum DuplicateKeys: Sendable, Hashable {
        /// The text is refused.
        case reject
        /// The member keeps its first place and takes its last value, as in ECMAScript.
        case lastWins
    }

    /// What happens to bytes that are not UTF-8 and to lone surrogates (`\ud800` without its partner).
    package enum InvalidText: Sendable, Hashable {
        /// The text is refused.
        case reject
        /// Each becomes U+FFFD, and `JSONDocument.textWasRepaired` says so.
        case replaceAndFlag
        /// Lone surrogates stay (the bytes of a string are then WTF-8); other malformed bytes become U+FFFD.
        case keep
    }

    /// The answer to a member named twice.
    package var duplicateKeys: DuplicateKeys
    /// The answer to malformed text.
    ///
    /// A leading byte order mark is skipped unless this is `reject`.
    package var invalidText: InvalidText
    /// How many arrays and objects may stand inside each other; `depthCeiling` at most.
    package var depthMax: Int
    /// How many bytes the text may have; 4 GiB at most.
    package var bytesMax: Int

    /// The deepest nesting any policy can allow, so that recursion over a parsed value always fits a small stack.
    package static let depthCeiling = 1_024

    /// Makes a policy; see the presets first.
    ///
    /// - Parameters:
    ///   - duplicateKeys: The answer to a member named twice.
    ///   - invalidText: The answer to malformed text.
    ///   - depthMax: Nesting limit, clamped to 1...`depthCeiling`.
    ///   - bytesMax: Size limit in bytes.
    package init(duplicateKeys: DuplicateKeys, invalidText: InvalidText, depthMax: Int, bytesMax: Int) {
        self.duplicateKeys = duplicateKeys
        self.invalidText = invalidText
        self.depthMax = min(max(depthMax, 1), Self.depthCeiling)
        self.bytesMax = min(max(bytesMax, 0), Int(UInt32.max) - 1)
    }

    /// For requests to our own API: nothing questionable, 64 levels, 1 MiB.
    package static let api = JSONParsePolicy(
        duplicateKeys: .reject,
        invalidText: .reject,
        depthMax: 64,
        bytesMax: 1 << 20
    )

    /// For the bodies of vendors: as lenient as is safe, 512 levels, 32 MiB.
    package static let vendor = JSONParsePolicy(
        duplicateKeys: .lastWins,
        invalidText: .replaceAndFlag,
        depthMax: 512,
        bytesMax: 32 << 20
    )

    /// For what a person pipes into a command: lone surrogates survive, 512 levels, 1 GiB.
    package static let command = JSONParsePolicy(
        duplicateKeys: .lastWins,
        invalidText: .keep,
        depthMax: 512,
        bytesMax: 1 << 30
    )

    /// This policy with another size limit.
    ///
    /// - Parameter bytes: The limit in bytes.
    /// - Returns: The changed policy.
    package func bytesMax(_ bytes: Int) -> JSONParsePolicy {
        JSONParsePolicy(duplicateKeys: duplicateKeys, invalidText: invalidText, depthMax: depthMax, bytesMax: bytes)
    }
}
