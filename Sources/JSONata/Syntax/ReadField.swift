/// A field of the input that an expression may read, as a tree; arrays are passed through.
///
/// Lives in the program's arena.
struct ReadField: BitwiseCopyable {
    /// The name in key form; undefined for the input itself.
    var name: Value
    /// Whether the whole value may be read, and not just the fields below.
    var isWhole = false
    /// The first field below.
    var first: ReadFieldPointer?
    /// The next field beside.
    var next: ReadFieldPointer?
}

typealias ReadFieldPointer = UnsafeMutablePointer<ReadField>

extension UnsafeMutablePointer<ReadField> {
    /// The field of this name (in key form).
    @inline(__always)
    func field(_ name: Value) -> ReadFieldPointer? {
        var current = pointee.first
        while let field = current {
            if field.pointee.name.equalsKey(name) { return field }
            current = field.pointee.next
        }
        return nil
    }
}
