/// What an evaluation may use.
///
/// Going over a limit ends it with an error; no expression can crash or hang the process.
package struct JSONataLimits: Sendable, Equatable {
    /// The longest an evaluation may take (`D1012`).
    package var time: Duration
    /// Operations and bytes that an evaluation may go through, counted alike on every machine (`D1012`).
    package var workMax: Int
    /// How deep operations may be nested while they run, counted per node of the expression (`D1011`).
    package var depth: Int
    /// Bytes of values that an evaluation may make (`U2001`).
    package var memoryBytesMax: Int
    /// Bytes of one string (`U2002`).
    package var stringBytesMax: Int
    /// Items of one range (`D2014`).
    package var sequenceMax: Int
    /// Bytes of the result when it is written as JSON (`U2002`).
    package var outputBytesMax: Int
    /// Whether `$eval` works.
    package var allowsEval: Bool

    /// Sets limits; each has a default that suits mappings.
    package init(
        time: Duration = .seconds(5),
        workMax: Int = 1_000_000_000,
        depth: Int = 5000,
        memoryBytesMax: Int = 256 << 20,
        stringBytesMax: Int = 16 << 20,
        sequenceMax: Int = 10_000_000,
        outputBytesMax: Int = 64 << 20,
        allowsEval: Bool = true
    ) {
        self.time = time
        self.workMax = workMax
        self.depth = depth
        self.memoryBytesMax = memoryBytesMax
        self.stringBytesMax = stringBytesMax
        self.sequenceMax = sequenceMax
        self.outputBytesMax = outputBytesMax
        self.allowsEval = allowsEval
    }

    /// For mappings written by admins and ourselves.
    package static let mapping = JSONataLimits()

    /// For expressions of tenants: 200 ms, 64 MiB, no `$eval`.
    package static let tenant = JSONataLimits(
        time: .milliseconds(200),
        workMax: 50_000_000,
        memoryBytesMax: 64 << 20,
        stringBytesMax: 10 << 20,
        outputBytesMax: 32 << 20,
        allowsEval: false
    )
}

/// How large an expression's source may be.
struct SourceLimits {
    var bytesMax = 256 << 10
    var nestingMax = 250
    var nodesMax = 50_000
}
