import Synchronization

/// The names that texts of one kind had, such as the answers to one call, in their orders: the next text's names are
/// expected from its first object on.
///
/// It knows names alone, never a value, and a bounded number of them.
package final class KnownNames: Sendable {
    private static let countMax = 512
    private let known = Mutex<NameOrders?>(nil)

    /// Nothing is known yet.
    package init() {}

    var orders: NameOrders? { known.withLock { $0 } }

    /// Adds what a text had that was not known.
    func learn(_ shapes: borrowing NameShapes, beyond orders: NameOrders?) {
        guard shapes.count > orders?.shapes.count ?? 1, shapes.count <= Self.countMax else { return }
        let grown = NameOrders(copying: shapes)
        known.withLock { $0 = grown }
    }
}

/// Orders of names with a copy of the names.
package final class NameOrders: @unchecked Sendable {
    // Proof: the memory is written before this object exists and never after, and lives as long as it does.
    let shapes: UnsafeBufferPointer<NameShapes.Shape>
    private let text: UnsafeMutablePointer<UInt8>

    init(copying known: borrowing NameShapes) {
        let copy = UnsafeMutableBufferPointer<NameShapes.Shape>.allocate(capacity: known.count)
        known.withShapes { _ = copy.initialize(from: $0) }
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, copy.reduce(0) { $0 + Int($1.length) }))
        var end = text
        for index in copy.indices {
            guard let name = copy[index].name else { continue }
            end.update(from: name, count: Int(copy[index].length))
            copy[index].name = UnsafePointer(end)
            end += Int(copy[index].length)
        }
        shapes = UnsafeBufferPointer(copy)
        self.text = text
    }

    /// The numbers of the names are below this; 0 is none.
    package var count: Int { shapes.count }

    /// The bytes of a name; none where a number names nothing.
    ///
    /// - Parameter number: Below ``count``.
    /// - Returns: Bytes that are good as long as this object.
    package func name(_ number: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: shapes[number].name, count: Int(shapes[number].length))
    }

    deinit {
        shapes.deallocate()
        text.deallocate()
    }
}
