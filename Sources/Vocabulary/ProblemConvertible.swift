/// An error of a lower layer that knows how a caller is told of it.
package protocol ProblemConvertible: Error {
    /// The problem that a caller sees.
    var problem: Problem { get }
}
