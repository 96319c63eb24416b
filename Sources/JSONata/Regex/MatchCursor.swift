/// Goes from match to match of a pattern, which is a regex or any function that behaves like one.
struct MatchCursor {
    private enum Source {
        case regex(RegexMatcher)
        case function(Value)
    }

    private let evaluator: Evaluator
    private let string: Value
    private var source: Source
    private var isFirst = true
    private var nextOffset = 0
    /// Where the match lies, in bytes.
    private(set) var start = 0
    private(set) var end = 0
    private var found: Value = .undefined
    private var countedBytes = 0
    private var countedUnits = 0

    init(_ pattern: Value, _ string: Value, _ evaluator: Evaluator) {
        self.evaluator = evaluator
        var known = string
        // Found out once, not once per match.
        if string.isASCIIText { known.word |= Value.asciiFlag }
        self.string = known
        if pattern.function.pointee.form == .regex,
            let program = pattern.function.pointee.node?.pointee.extras?.pointee.regex
        {
            source = .regex(RegexMatcher(program, string, evaluator))
        } else {
            source = .function(pattern)
        }
    }

    /// Goes to the next match; false when there is none.
    mutating func next(_ input: Value, _ frame: FramePointer) throws(Fault) -> Bool {
        try evaluator.spend(4)
        switch source {
        case .regex(var matcher):
            if !isFirst, nextOffset >= string.byteCount { return false }
            isFirst = false
            let isFound = try matcher.find(from: nextOffset)
            source = .regex(matcher)
            guard isFound else { return false }
            start = matcher.matchStart
            end = matcher.matchEnd
            if start == end { throw evaluator.fail(.d1004, value: .emptyString) }
            nextOffset = end
            return true
        case .function(let pattern):
            if isFirst {
                found = try evaluator.apply(pattern, evaluator.one(string), input, frame)
            } else {
                let next = found.object.value(for: Value("next").keyed)
                guard next.isFunction else { return false }
                found = try evaluator.apply(next, UnsafeMutableBufferPointer(start: nil, count: 0), input, frame)
            }
            isFirst = false
            if found.isUndefined { return false }
            return try readFound()
        }
    }

    private mutating func readFound() throws(Fault) -> Bool {
        guard found.isObject else { throw evaluator.fail(.t1010) }
        let first = found.object.value(for: Value("start").keyed)
        let last = found.object.value(for: Value("end").keyed)
        let groups = found.object.value(for: Value("groups").keyed)
        let next = found.object.value(for: Value("next").keyed)
        guard first.isNumber || last.isNumber || groups.isArray || next.isFunction else {
            throw evaluator.fail(.t1010)
        }
        start = offset(ofUnit: first.isNumber ? first.number : 0)
        let text = found.object.value(for: Value("match").keyed)
        end = last.isNumber ? offset(ofUnit: last.number) : start + (text.isString ? text.byteCount : 0)
        end = max(start, end)
        return true
    }

    private func offset(ofUnit unit: Double) -> Int {
        guard unit > 0 else { return 0 }
        if string.isKnownASCII { return Int(min(unit, Double(string.byteCount))) }
        var units = 0.0
        var offset = 0
        let bytes = string.bytes
        while offset < bytes.count, units < unit {
            let length = sequenceLength(bytes[offset])
            units += length == 4 ? 2 : 1
            offset += length
        }
        return min(offset, bytes.count)
    }

    /// The text of the match.
    var match: Value {
        if case .function = source {
            let text = found.object.value(for: Value("match").keyed)
            if text.isString { return text }
        }
        return evaluator.slice(string, start, end)
    }

    /// How many groups there are.
    var groupCount: Int {
        switch source {
        case .regex(let matcher): return matcher.program.pointee.groupCount
        case .function:
            let groups = found.object.value(for: Value("groups").keyed)
            return groups.isArray ? groups.array.count : 0
        }
    }

    /// The text of a group, counting from 0; undefined when it took no part.
    func group(_ index: Int) -> Value {
        switch source {
        case .regex(let matcher):
            let first = Int(matcher.slots[(index + 1) * 2])
            let last = Int(matcher.slots[(index + 1) * 2 + 1])
            return first < 0 || last < first ? .undefined : evaluator.slice(string, first, last)
        case .function:
            let groups = found.object.value(for: Value("groups").keyed)
            return groups.isArray && index < groups.array.count ? groups.array[item: index] : .undefined
        }
    }

    /// The offset of the match in UTF-16 units.
    mutating func unitStart() -> Int {
        if string.isKnownASCII { return start }
        if start < countedBytes {
            countedBytes = 0
            countedUnits = 0
        }
        countedUnits += evaluator.slice(string, countedBytes, start).utf16Count
        countedBytes = start
        return countedUnits
    }

    /// The match as the object that `$match` and replacement functions see.
    mutating func object(withEnd: Bool) -> Value {
        let arena = evaluator.arena
        let result = arena.object(capacity: 4)
        let text = match
        arena.append(text, for: Value("match").keyed, to: result)
        let first = unitStart()
        if withEnd {
            arena.append(Value(first), for: Value("start").keyed, to: result)
            arena.append(Value(first + text.utf16Count), for: Value("end").keyed, to: result)
        } else {
            arena.append(Value(first), for: Value("index").keyed, to: result)
        }
        let groups = arena.array([], capacity: groupCount)
        for index in 0..<groupCount { arena.push(group(index), to: groups) }
        arena.append(Value(groups), for: Value("groups").keyed, to: result)
        return Value(result)
    }
}

extension Evaluator {
    /// Part of a string by byte offsets, which may stand between surrogates.
    func slice(_ string: Value, _ start: Int, _ end: Int) -> Value {
        let bytes = string.bytes
        let splitsStart = start > 0 && start < bytes.count && bytes[start] & 0xC0 == 0x80
        let splitsEnd = end > start && end < bytes.count && bytes[end] & 0xC0 == 0x80
        if !splitsStart, !splitsEnd {
            let part = Value(string: string.start + start, count: end - start, ascii: string.isKnownASCII)
            return string.isPlain ? part.plain : part
        }
        var text = ByteBuilder(arena)
        var offset = start
        if splitsStart, offset >= 2 {
            text.append(scalar: 0xDC00 + (decodeScalar(bytes, at: offset - 2).scalar &- 0x10000) & 0x3FF)
            offset += 2
        }
        if splitsEnd {
            let whole = max(offset, end - 2)
            text.append(string.start + offset, count: whole - offset)
            text.append(scalar: 0xD800 + (decodeScalar(bytes, at: end - 2).scalar &- 0x10000) >> 10)
        } else {
            text.append(string.start + offset, count: max(0, end - offset))
        }
        return text.finish()
    }

    /// A regex called as a function: the first match as an object, or nothing.
    func matcherCall(_ function: FunctionPointer, _ arguments: Arguments) throws(Fault) -> Value {
        guard let string = arguments.first, string.isString else { return .undefined }
        return try matchObject(function, string, from: 0)
    }

    /// The `next` of a match object.
    func nextMatchCall(_ function: FunctionPointer) throws(Fault) -> Value {
        let string = function.pointee.input
        let offset = Int(function.pointee.second.number)
        if offset >= string.byteCount { return .undefined }
        return try matchObject(function.pointee.target.function, string, from: offset)
    }

    private func matchObject(_ function: FunctionPointer, _ string: Value, from offset: Int) throws(Fault) -> Value {
        guard let program = function.pointee.node?.pointee.extras?.pointee.regex else { return .undefined }
        // Positions are counted in UTF-16 units from the start.
        try spend(4 + offset >> 3)
        var matcher = RegexMatcher(program, string, self)
        guard try matcher.find(from: offset) else { return .undefined }
        let start = matcher.matchStart
        let end = matcher.matchEnd
        if start == end {
            throw fail(.d1004, at: function.pointee.node?.pointee.position ?? -1, value: .emptyString)
        }
        let result = arena.object(capacity: 5)
        let text = slice(string, start, end)
        let first = slice(string, 0, start).utf16Count
        arena.append(text, for: MatchKeys.shared.match, to: result)
        arena.append(Value(first), for: MatchKeys.shared.start, to: result)
        arena.append(Value(first + text.utf16Count), for: MatchKeys.shared.end, to: result)
        let groups = arena.array([], capacity: program.pointee.groupCount)
        for group in 0..<program.pointee.groupCount {
            let from = Int(matcher.slots[(group + 1) * 2])
            let to = Int(matcher.slots[(group + 1) * 2 + 1])
            arena.push(from < 0 || to < from ? .undefined : slice(string, from, to), to: groups)
        }
        arena.append(Value(groups), for: MatchKeys.shared.groups, to: result)
        let next = arena.function(
            FunctionHeader(form: .nextMatch, input: string, target: Value(function), second: Value(end))
        )
        arena.append(next, for: MatchKeys.shared.next, to: result)
        return Value(result)
    }
}

/// The keys of match objects, in key form.
struct MatchKeys {
    static let shared = MatchKeys()
    let match = Value("match").keyed
    let start = Value("start").keyed
    let end = Value("end").keyed
    let groups = Value("groups").keyed
    let next = Value("next").keyed
    let index = Value("index").keyed
}
