package import Vocabulary

/// Who set which leaf of a merged document.
package struct Provenance: Sendable {
    /// A version of a level's document.
    package struct Origin: Sendable, Hashable {
        /// The level.
        package let level: OverrideLevel
        /// Its version.
        package let version: Int

        /// Names a version.
        package init(level: OverrideLevel, version: Int) {
            self.level = level
            self.version = version
        }
    }

    private let base: Origin
    private var origins: [String: Origin] = [:]

    /// Starts with everything set by `base`.
    package init(base: Origin) {
        self.base = base
    }

    /// Who set the value at `pointer`, or the nearest value above it.
    package func origin(of pointer: String) -> Origin {
        var place = pointer
        while true {
            if let origin = origins[place] { return origin }
            guard let slash = place.lastIndex(of: "/") else { return base }
            place = String(place[..<slash])
        }
    }

    /// The places that a level above the platform has set, in order of their pointers.
    package var overrides: [(pointer: String, origin: Origin)] {
        origins.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    mutating func record(_ pointer: String, level: OverrideLevel, version: Int) {
        origins[pointer] = Origin(level: level, version: version)
    }
}
