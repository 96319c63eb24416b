import Foundation
import Testing

@Suite struct VendorNameTests {
    /// Ordinary words that are also a connector's name: they count only as a whole string literal.
    static let ordinaryWords: Set = ["close"]

    @Test func `no connector's name or host is written under Sources`() throws {
        let names = try SourceTree.connectors()
        #expect(!names.isEmpty)
        let words = Set(
            names.map { $0.replacing("-", with: "") }
                + names.flatMap { $0.split(separator: "-").map(String.init) }
                .filter { names.contains($0) }
        )
        let hosts = try hostsOfConnectors()
        var offences: [String] = []
        for file in try SourceTree.files(under: "Sources", where: { !$0.hasSuffix(".png") }) {
            let text = file.text.lowercased()
            let suspects = words.union(hosts).filter { text.contains($0) }
            for (number, line) in file.lines.enumerated() where !suspects.isEmpty {
                let lowered = line.lowercased()
                guard suspects.contains(where: { lowered.contains($0) }) else { continue }
                let found = Set(wholeWords(of: line))
                for word in words where !Self.ordinaryWords.contains(word) && found.contains(word) {
                    offences.append("\(file.path):\(number + 1): names \(word)")
                }
                for host in hosts where lowered.contains(host) {
                    offences.append("\(file.path):\(number + 1): names the host \(host)")
                }
            }
            guard file.path.hasSuffix(".swift"), suspects.contains(where: Self.ordinaryWords.contains) else { continue }
            for literal in LexedSource(file.text).literals
            where Self.ordinaryWords.contains(literal.text.lowercased()) && words.contains(literal.text.lowercased()) {
                offences.append("\(file.path):\(literal.line): the literal \"\(literal.text)\"")
            }
        }
        #expect(offences.isEmpty, "\(offences.joined(separator: "\n"))")
    }

    @Test func `words are found in camel case, snake case and compounds`() {
        #expect(wholeWords(of: "let acmeCRMToken = \"x_acme_y\"").filter { $0 == "acme" }.count >= 2)
        #expect(wholeWords(of: "case AcmeHR").contains("acmehr"))
        #expect(!wholeWords(of: "adhesion, enclosed").contains("close"))
    }

    /// The words of a line in lower case: the parts between non-letters, the parts of camel case, and each run of two or
    /// three neighbouring parts, so that `BambooHR` is found as one word.
    private func wholeWords(of line: String) -> [String] {
        var words: [String] = []
        for run in line.split(whereSeparator: { !($0.isLetter || $0.isNumber) }) {
            var parts: [String] = []
            var previous: Character?
            for character in run {
                let startsPart =
                    previous.map { $0.isLowercase && character.isUppercase || $0.isNumber != character.isNumber }
                    ?? true
                if startsPart { parts.append("") }
                parts[parts.count - 1].append(character)
                previous = character
            }
            // "CRMToken" is "CRM" and "Token".
            parts = parts.flatMap { part -> [String] in
                guard let lower = part.firstIndex(where: \.isLowercase),
                    part.distance(from: part.startIndex, to: lower) > 1
                else { return [part] }
                let split = part.index(before: lower)
                return [String(part[..<split]), String(part[split...])]
            }
            let lowered = parts.map { $0.lowercased() }
            words.append(run.lowercased())
            words += lowered
            for size in 2...3 where lowered.count >= size {
                for start in 0...(lowered.count - size) { words.append(lowered[start..<(start + size)].joined()) }
            }
        }
        return words
    }

    /// The registrable part of each host that a connector names, such as `example.com`.
    private func hostsOfConnectors() throws -> Set<String> {
        var hosts: Set<String> = []
        for file in try SourceTree.files(
            under: "connectors",
            where: { $0.hasSuffix("connector.yaml") && !$0.hasPrefix("_") }
        ) {
            for match in file.text.matches(of: /(?:[a-z0-9*{}_-]+\.)+(?:com|io|net|org|eu|de|hr|app|cloud)\b/) {
                let labels = match.0.lowercased().split(separator: ".")
                hosts.insert(labels.suffix(2).joined(separator: "."))
            }
        }
        return hosts.subtracting(["example.com", "example.org", "ietf.org", "json-schema.org"])
    }
}
