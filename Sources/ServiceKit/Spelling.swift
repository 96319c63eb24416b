/// Finds what a caller probably meant by an unknown name.
enum Spelling {
    /// The known name that is at most two edits away, the nearest first.
    static func closest(to name: String, among known: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        return known.map { ($0, distance(Array(name.utf8), Array($0.utf8))) }
            .filter { $0.1 <= 2 && $0.1 < $0.0.utf8.count }
            .min { $0.1 < $1.1 }?.0
    }

    /// The number of bytes to insert, remove or replace (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = a == b ? diagonal : min(diagonal, above, row[j]) + 1
                diagonal = above
            }
        }
        return row[right.count]
    }
}
