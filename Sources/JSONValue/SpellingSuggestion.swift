/// Finds what a misspelled name was probably meant to be, for error messages that say "did you mean".
package enum SpellingSuggestion {
    /// The candidate nearest to `name`, nil when none is near: at most a third of the letters may be wrong.
    ///
    /// - Parameters:
    ///   - name: What was written.
    ///   - candidates: What could have been written; of several equally near ones the first in the alphabet wins.
    /// - Returns: The nearest candidate.
    package static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        let written = Array(name.lowercased().unicodeScalars.prefix(64))
        var best: (candidate: String, distance: Int)?
        for candidate in candidates.sorted() {
            let meant = Array(candidate.lowercased().unicodeScalars.prefix(64))
            let allowed = max(1, max(written.count, meant.count) / 3)
            let distance = distance(written, meant)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// `; did you mean 'name'?`, or nothing when no candidate is near.
    ///
    /// - Parameters:
    ///   - name: What was written.
    ///   - candidates: What could have been written.
    /// - Returns: Text to append to a message.
    package static func hint(for name: String, among candidates: some Sequence<String>) -> String {
        nearest(to: name, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// How many letters must be added, dropped, changed or swapped with a neighbour.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var older: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                let change = previous[column] + (letter == other ? 0 : 1)
                var cost = min(change, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, older[column - 1] + 1)
                }
                current.append(cost)
            }
            older = previous
            previous = current
        }
        return previous[right.count]
    }
}
