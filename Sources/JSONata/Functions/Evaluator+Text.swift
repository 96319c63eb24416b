/// Functions over strings.
extension Evaluator {
    func text(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value {
        let string = a[0]
        if string.isUndefined { return .undefined }
        switch builtin {
        case .length: return Value(string.scalarCount)
        case .substring: return a[1].isNumber ? substring(string, a[1].number, a[2]) : .undefined
        case .substringBefore:
            guard a[1].isString else { return string }
            let found = indexOf(a[1], in: string, from: 0)
            return found < 0 ? string : slice(string, 0, found)
        case .substringAfter:
            guard a[1].isString else { return string }
            let found = indexOf(a[1], in: string, from: 0)
            return found < 0 ? string : slice(string, found + a[1].byteCount, string.byteCount)
        case .lowercase, .uppercase: return try changeCase(string, isUpper: builtin == .uppercase)
        case .trim: return trim(string)
        default: return try pad(string, a[1], a[2])
        }
    }

    /// A part by code points, with the index arithmetic of JavaScript's `slice`.
    private func substring(_ string: Value, _ first: Double, _ length: Value) -> Value {
        let count = Double(string.scalarCount)
        let start = count + first < 0 ? 0 : first
        var end = count
        if length.isNumber {
            if length.number <= 0 { return .emptyString }
            end = ((start >= 0 ? start : count + start) + length.number).rounded(.towardZero)
        }
        var begin = start.rounded(.towardZero)
        if begin < 0 { begin = Swift.max(0, count + begin) }
        end = Swift.min(end, count)
        guard begin < end else { return .emptyString }
        let from = offset(ofScalar: Int(begin), in: string)
        let to = end == count ? string.byteCount : offset(ofScalar: Int(end), in: string)
        return slice(string, from, to)
    }

    private func offset(ofScalar index: Int, in string: Value) -> Int {
        if string.isASCIIText { return index }
        let bytes = string.bytes
        var remaining = index
        var offset = 0
        while remaining > 0, offset < bytes.count {
            offset += sequenceLength(bytes[offset])
            remaining -= 1
        }
        return Swift.min(offset, bytes.count)
    }

    private func changeCase(_ string: Value, isUpper: Bool) throws(Fault) -> Value {
        let bytes = string.bytes
        try checkString(bytes: bytes.count)
        if string.isASCIIText {
            let target = arena.allocate(UInt8.self, count: bytes.count)
            let first: UInt8 = isUpper ? 0x61 : 0x41
            for index in 0..<bytes.count {
                let byte = bytes[index]
                target[index] = byte &- first < 26 ? byte ^ 0x20 : byte
            }
            return Value(string: UnsafePointer(target), count: bytes.count, ascii: true)
        }
        let text = string.text
        return arena.string(isUpper ? text.uppercased() : Evaluator.lowercased(text))
    }

    /// Lower case with the final sigma, as JavaScript has it.
    private static func lowercased(_ text: String) -> String {
        text.lowercased()
    }

    /// Collapses runs of blanks to one space and removes them at both ends.
    func trim(_ string: Value) -> Value {
        let bytes = string.bytes
        var needsWork = false
        var wasBlank = true
        for byte in bytes {
            let isBlank = Evaluator.isBlank(byte)
            if isBlank, wasBlank || byte != 0x20 {
                needsWork = true
                break
            }
            wasBlank = isBlank
        }
        if !needsWork, !wasBlank || bytes.isEmpty { return string.unkeyed }
        var text = ByteBuilder(arena, capacity: bytes.count)
        var pending = false
        for byte in bytes {
            if Evaluator.isBlank(byte) {
                pending = text.count > 0
            } else {
                if pending { text.append(0x20) }
                pending = false
                text.append(byte)
            }
        }
        return text.finish()
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private func pad(_ string: Value, _ width: Value, _ fill: Value) throws(Fault) -> Value {
        guard width.isNumber else { return .undefined }
        let filler = fill.isString && fill.byteCount > 0 ? fill : Value(" ")
        let length = Double(string.scalarCount)
        let wanted = width.number.magnitude.rounded(.down) - length
        if wanted <= 0 { return string }
        let fillerLength = Double(filler.scalarCount)
        let bytesNeeded = Double(string.byteCount) + (wanted / fillerLength + 1) * Double(filler.byteCount)
        guard bytesNeeded < 2e9 else { throw fail(.u2002) }
        try checkString(bytes: Int(bytesNeeded))
        var text = ByteBuilder(arena, capacity: Int(bytesNeeded))
        if width.number > 0 { text.append(string) }
        var remaining = Int(wanted)
        while remaining >= Int(fillerLength) {
            text.append(filler)
            remaining -= Int(fillerLength)
        }
        if remaining > 0 { text.append(slice(filler, 0, offset(ofScalar: remaining, in: filler))) }
        if width.number < 0 { text.append(string) }
        return text.finish()
    }
}
