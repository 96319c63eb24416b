/// The orders in which the objects of a text have their names.
///
/// Records of a list mostly have the same names in the same order. Each place in such an order is a shape, which knows its
/// name and which shape came next the last time, so that a name that comes again is compared with one and neither searched
/// for its end nor hashed; and an order that was once found free of repeated names is not looked through again.
struct NameShapes: ~Copyable {
    struct Shape: BitwiseCopyable {
        /// Where the name stands first: in this text, or in ``NameOrders``.
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        var hash: UInt32 = 0
        /// What the entry of such a name has in `head`.
        var head: UInt32 = 0
        /// The shape that followed the last time; 0 for none yet.
        var expected: Int32 = 0
        /// The first of the shapes that follow.
        var first: Int32 = 0
        /// The next one that follows the same shape.
        var sibling: Int32 = 0
        /// Where objects inside of this name's value begin.
        var inner: Int32 = 0
        /// Whether an object that ends here was found to have no name twice.
        var isUnique = false
    }

    /// The shape of an object whose order is not followed.
    static let none: Int32 = -1
    private static let countMax = 4096
    private static let siblingsMax = 8

    private var shapes: GrowingBuffer<Shape>

    /// Begins with the orders of earlier texts, which must stay for as long as names are read.
    init(_ known: NameOrders?) {
        guard let known else {
            shapes = GrowingBuffer(capacity: 48)
            shapes.append(Shape())
            return
        }
        shapes = GrowingBuffer(capacity: known.shapes.count + 16)
        for shape in known.shapes { shapes.append(shape) }
    }

    var count: Int { shapes.count }

    /// All shapes; the pointer does not leave `body`.
    func withShapes(_ body: (UnsafeBufferPointer<Shape>) -> Void) {
        body(UnsafeBufferPointer(start: shapes.base, count: shapes.count))
    }

    /// The shape that is expected after a shape; nil when nothing is.
    @inline(__always)
    func expected(after shape: Int32) -> (number: Int32, shape: UnsafeMutablePointer<Shape>)? {
        guard shape >= 0 else { return nil }
        let number = shapes.base[Int(shape)].expected
        return number > 0 ? (number, shapes.base + Int(number)) : nil
    }

    /// Where an object begins that stands inside of the value of a name.
    @inline(__always)
    mutating func inside(_ shape: Int32) -> Int32 {
        guard shape >= 0 else { return 0 }
        let inner = shapes.base[Int(shape)].inner
        return inner > 0 ? inner : add(Shape()) { $0[Int(shape)].inner = $1 }
    }

    /// The shape after a name that is not the expected one.
    mutating func next(after shape: Int32, _ name: JSONTapeNode, in start: UnsafePointer<UInt8>) -> Int32 {
        guard shape >= 0, !name.isEscaped else { return Self.none }
        var candidate = shapes.base[Int(shape)].first
        var tried = 0
        while candidate > 0 {
            let known = shapes.base[Int(candidate)]
            if known.hash == name.extra, known.length == name.length, let text = known.name,
                TextScan.isSame(text, start + Int(name.offset), Int(name.length))
            {
                shapes.base[Int(shape)].expected = candidate
                return candidate
            }
            candidate = known.sibling
            tried += 1
        }
        guard tried < Self.siblingsMax else { return Self.none }
        let sibling = shapes.base[Int(shape)].first
        let new = Shape(
            name: start + Int(name.offset),
            length: name.length,
            hash: name.extra,
            head: name.head | UInt32(truncatingIfNeeded: shapes.count) << 8,
            sibling: sibling
        )
        return add(new) {
            $0[Int(shape)].first = $1
            $0[Int(shape)].expected = $1
        }
    }

    /// Whether an object that ends in a shape is known to have no name twice.
    @inline(__always)
    func isUnique(_ shape: Int32) -> Bool { shape >= 0 && shapes.base[Int(shape)].isUnique }

    /// Remembers that an object that ends in a shape has no name twice.
    mutating func setUnique(_ shape: Int32) {
        if shape > 0 { shapes.base[Int(shape)].isUnique = true }
    }

    private mutating func add(_ shape: Shape, _ link: (UnsafeMutablePointer<Shape>, Int32) -> Void) -> Int32 {
        guard shapes.count < Self.countMax else { return Self.none }
        shapes.reserve(1)
        shapes.append(shape)
        let number = Int32(shapes.count - 1)
        link(shapes.base, number)
        return number
    }
}
