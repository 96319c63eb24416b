extension JSONataError {
    /// The failure with the line of the source it is about and a mark under the place.
    ///
    ///     T2001 at 6: the left side of + must be a number
    ///       null + 1
    ///            ^
    package func report(in source: String) -> String {
        guard let position else { return description }
        let units = Array(source.utf16)
        let end = min(max(position, 1), units.count)
        guard end > 0 else { return description }
        let width = min(max(1, token?.utf16.count ?? 1), 60)
        let isNewline = { (unit: UInt16) in unit == 0x0A || unit == 0x0D }
        let lineStart = (units[..<(end - 1)].lastIndex(where: isNewline)).map { $0 + 1 } ?? 0
        let lineEnd = units[lineStart...].firstIndex(where: isNewline) ?? units.count
        let markEnd = min(end, lineEnd)
        let markStart = max(lineStart, markEnd - width)
        // Long lines are cut around the place.
        let shownStart = max(lineStart, markStart - 60)
        let shownEnd = min(lineEnd, markEnd + 40)
        func text(_ range: Range<Int>) -> String {
            String(decoding: units[range].map { $0 == 0x09 ? 0x20 : $0 }, as: UTF16.self)
        }
        let line = text(shownStart..<shownEnd)
        let blanks = String(repeating: " ", count: text(shownStart..<max(shownStart, markStart)).count)
        let mark = String(repeating: "^", count: max(1, text(markStart..<max(markStart, markEnd)).count))
        return "\(description)\n  \(line)\n  \(blanks)\(mark)"
    }
}
