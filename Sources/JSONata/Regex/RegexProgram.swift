/// The flags of a regular expression.
struct RegexOptions: BitwiseCopyable {
    var ignoresCase = false
    var isMultiline = false
}

/// What an instruction of a regex program does.
enum RegexOperation: UInt8, BitwiseCopyable {
    /// Consumes the unit `x`.
    case unit
    /// Consumes any unit but a line end.
    case any
    /// Consumes a unit of class `x`.
    case set
    /// Consumes as many units of class `x` as it can, at least `y`, and gives them back one by one.
    case greedySet
    /// Goes on at `x`, and at `y` when that fails.
    case split
    case jump
    /// Remembers the position in slot `x`.
    case save
    /// Forgets the slots `x..<y`, at the start of each turn of a loop.
    case forget
    /// Remembers where a turn of loop `x` starts.
    case enter
    /// Fails when the turn of loop `x` has consumed nothing.
    case progress
    case lineStart, lineEnd, wordEdge, noWordEdge
    /// Consumes what group `x` matched.
    case reference
    /// Succeeds when what follows up to `accept` matches here (`y` 1) or does not (`y` 0); goes on at `x`.
    case lookAhead
    /// The same for what ends here.
    case lookBehind
    /// Ends a lookaround.
    case accept
    case match
}

struct RegexInstruction: BitwiseCopyable {
    var operation: RegexOperation
    var x: Int32 = 0
    var y: Int32 = 0
}

/// A set of UTF-16 units.
struct RegexSet: BitwiseCopyable {
    /// Membership of units below 128.
    var low: (UInt64, UInt64) = (0, 0)
    /// Pairs of first and last unit, for the others.
    var ranges: UnsafeMutablePointer<UInt16>?
    var rangeCount = 0
    /// Units below 128 are stored with this already applied; the others are not.
    var isInverted = false

    @inline(__always)
    func contains(_ unit: UInt16) -> Bool {
        if unit < 64 { return low.0 & (1 << UInt64(unit)) != 0 }
        if unit < 128 { return low.1 & (1 << UInt64(unit - 64)) != 0 }
        return containsHigh(unit)
    }

    @inline(never)
    private func containsHigh(_ unit: UInt16) -> Bool {
        guard let ranges else { return isInverted }
        for index in 0..<rangeCount where unit >= ranges[index * 2] && unit <= ranges[index * 2 + 1] {
            return !isInverted
        }
        return isInverted
    }
}

/// A compiled regular expression.
struct RegexProgram: BitwiseCopyable {
    var instructions: UnsafeMutablePointer<RegexInstruction>
    var count: Int
    var sets: UnsafeMutablePointer<RegexSet>
    /// Groups without the whole match.
    var groupCount: Int
    var loopCount: Int
    var options: RegexOptions
    /// Whether the outcome at an instruction and a position is always the same, so that failures can be remembered.
    var isRegular: Bool
    /// Starts with `^` and is not multiline.
    var isAnchored: Bool
    /// Bytes a match can start with, one bit each; nil when any can.
    var firstBytes: UnsafeMutablePointer<UInt64>?
}

typealias RegexPointer = UnsafeMutablePointer<RegexProgram>

/// Letters without their case, as JavaScript folds them without the `u` flag.
enum CaseFolding {
    @inline(__always)
    static func fold(_ unit: UInt16) -> UInt16 {
        if unit < 128 { return unit >= 0x61 && unit <= 0x7A ? unit - 32 : unit }
        return foldHigh(unit)
    }

    @inline(never)
    private static func foldHigh(_ unit: UInt16) -> UInt16 {
        guard let scalar = Unicode.Scalar(UInt32(unit)) else { return unit }
        let upper = Array(scalar.properties.uppercaseMapping.utf16)
        guard upper.count == 1, upper[0] >= 128 else { return unit }
        return upper[0]
    }
}
