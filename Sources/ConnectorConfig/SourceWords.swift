/// The names in the sources of expressions, to know what a mapping needs without running it.
struct SourceWords {
    /// Runs of letters, digits, underscores and dots, such as `properties.email`, each once, in order.
    let runs: [String]

    init(_ sources: [String]) {
        var runs: [String] = []
        var seen: Set<String> = []
        for source in sources {
            var run: [UInt8] = []
            for byte in Array(source.utf8) + [0] {
                if Self.isRunByte(byte) {
                    run.append(byte)
                } else if !run.isEmpty {
                    let text = String(decoding: run, as: UTF8.self)
                    if seen.insert(text).inserted { runs.append(text) }
                    run.removeAll()
                }
            }
        }
        self.runs = runs
    }

    /// Whether a name stands alone or at the front or the end of a path.
    func contains(_ name: String) -> Bool {
        runs.contains { $0.split(separator: ".").contains { $0 == name } }
    }

    /// The native names that fit a pattern: `*__c` any such name, `properties.*` each name right after `properties`.
    func names(matching pattern: String) -> [String] {
        let prefix = pattern.split(separator: ".").dropLast().map(String.init)
        let last = NamePattern(pattern.split(separator: ".").last.map(String.init) ?? "")
        var names: [String] = []
        for run in runs {
            let parts = run.split(separator: ".").map(String.init)
            for (index, part) in parts.enumerated() where last.matches(part) && index >= prefix.count {
                let front = Array(parts[(index - prefix.count)..<index])
                if front == prefix, !names.contains(part) { names.append(part) }
            }
        }
        return names
    }

    private static func isRunByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
