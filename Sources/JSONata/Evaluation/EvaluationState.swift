/// What one evaluation knows and counts.
///
/// It is reached through a pointer, so that no exclusivity check is paid.
struct EvaluationState {
    /// Where everything made by this evaluation lives.
    let arena: Arena
    /// The input as `$$`.
    var root: Value = .undefined
    /// The values of the program's globals.
    var globals: UnsafeMutablePointer<Value>
    /// The same before any `$eval`.
    let ownGlobals: UnsafeMutablePointer<Value>
    /// The names of the globals, for `$eval`.
    var globalNames = NameList()
    /// The frame of the outermost scope.
    var rootFrame: FramePointer?
    /// Work left until time and memory are looked at.
    var fuel = EvaluationState.fuelPerCheck
    /// Work left after that.
    var reserve: Int
    /// Nodes being evaluated, one inside the other.
    var depth = 0
    let depthMax: Int
    /// The address below which the native stack must not grow.
    var stackFloor: UInt = 0
    /// Whether the evaluation has moved to a larger stack.
    var isOnDeepStack = false
    /// When the evaluation has to end, in nanoseconds of the monotonic clock.
    var deadline: UInt64
    /// What `limits` allow for that.
    let nanoseconds: UInt64
    let limits: JSONataLimits
    /// What the last failure was about.
    var details = FaultDetails()
    /// The call a tail position left to the loop of its caller.
    var tailFunction: FunctionPointer?
    var tailFrame: FramePointer?
    /// What a tail position came to, when no function is left to call.
    var tailValue: Value = .undefined
    /// The time of the evaluation in milliseconds since 1970.
    var now: Double
    var random: SplitMix
    var host: Unmanaged<HostBox>
    /// Where in their objects the members of the program's names were found last.
    let memberPlaces: UnsafeMutablePointer<Int32>
    /// What `$sift` remembers within a session.
    var keyVerdicts: KeyVerdicts?
    /// How deep `$eval` calls are nested.
    var evalDepth = 0

    static let fuelPerCheck = 4096
}

extension EvaluationState {
    /// The state of an evaluation that has not begun; `discard` frees it.
    ///
    /// - Parameters:
    ///   - program: what will be evaluated.
    ///   - limits: what it may use.
    ///   - host: what it may use from outside.
    ///   - arena: where it makes its values.
    ///   - globals: where the values of its globals are kept.
    ///   - memory: what earlier sessions left, which stays for as long as the state.
    /// - Returns: the state, with the globals as the program has them.
    static func make(
        _ program: Program,
        _ limits: JSONataLimits,
        _ host: JSONataHost,
        _ arena: Arena,
        globalsIn globals: Arena,
        _ memory: SessionMemory? = nil
    ) -> UnsafeMutablePointer<EvaluationState> {
        let values = globals.allocate(Value.self, count: program.globals.count)
        values.update(from: program.defaults, count: program.globals.count)
        let places = memory?.memberPlaces ?? program.newMemberPlaces(in: globals)
        let start = MonotonicClock.now()
        let nanoseconds = limits.nanoseconds
        let state = UnsafeMutablePointer<EvaluationState>.allocate(capacity: 1)
        state.initialize(
            to: EvaluationState(
                arena: arena,
                globals: values,
                ownGlobals: values,
                globalNames: program.globals,
                reserve: limits.workMax,
                depthMax: limits.depth,
                deadline: start + nanoseconds,
                nanoseconds: nanoseconds,
                limits: limits,
                now: host.nowMilliseconds ?? MonotonicClock.wallMilliseconds(),
                random: SplitMix(state: host.randomSeed ?? start),
                host: Unmanaged.passRetained(HostBox(host)),
                memberPlaces: places,
                keyVerdicts: memory?.keyVerdicts
            )
        )
        return state
    }
}

extension JSONataLimits {
    fileprivate var nanoseconds: UInt64 {
        let (seconds, attoseconds) = time.components
        return UInt64(max(0, min(seconds, 1_000_000))) * 1_000_000_000 + UInt64(max(0, attoseconds) / 1_000_000_000)
    }
}

extension UnsafeMutablePointer<EvaluationState> {
    /// Frees the state.
    func discard() {
        pointee.host.release()
        deinitialize(count: 1)
        deallocate()
    }

    /// Makes the state that of an evaluation that has not begun, with the same values of the globals.
    ///
    /// What the last evaluation made is not used afterwards.
    func restart(_ program: Program) {
        pointee.fuel = EvaluationState.fuelPerCheck
        pointee.reserve = pointee.limits.workMax
        pointee.depth = 0
        pointee.evalDepth = 0
        pointee.details = FaultDetails()
        pointee.tailFunction = nil
        pointee.tailFrame = nil
        pointee.tailValue = .undefined
        pointee.deadline = MonotonicClock.now() + pointee.nanoseconds
        // `$eval` puts in longer lists, which are gone with the memory of its evaluation.
        if pointee.globalNames.count != program.globals.count { pointee.forgetEvaluated(program) }
    }
}

extension EvaluationState {
    fileprivate mutating func forgetEvaluated(_ program: Program) {
        globals = ownGlobals
        globalNames = program.globals
        host._withUnsafeGuaranteedRef { $0.programs.removeAll() }
    }
}

/// A small seedable generator.
struct SplitMix: BitwiseCopyable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Holds the host for the time of an evaluation.
final class HostBox {
    let host: JSONataHost
    /// Programs compiled by `$eval`, which their functions need until the end.
    var programs: [Program] = []
    /// Date pictures read by this evaluation.
    var timePictures: [(text: Value, picture: TimePicture)] = []
    init(_ host: JSONataHost) { self.host = host }
}
