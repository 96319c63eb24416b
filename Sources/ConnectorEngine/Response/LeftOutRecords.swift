import JSONValue
import Vocabulary

/// Records of a list that cannot be given out, and why.
///
/// One bad record does not cost the page: it is left out, and the answer says so. A row without an id is none that anybody
/// could ask for again. A mapping that fails on every record, though, is a fault of the configuration, and must not look
/// like an empty list.
struct LeftOutRecords {
    private static let withoutIDCode = "record_without_id"

    /// How many records could be mapped.
    var givenCount = 0
    private var causes: [(problem: Problem, count: Int)] = []

    /// What is wrong with the first of them.
    var problem: Problem? { causes.first?.problem }

    /// Marks what is wrong with a record as the lack of an id.
    static func withoutID(_ problem: Problem) -> Problem {
        var problem = problem
        problem.failures = [.init(code: withoutIDCode, message: "the vendor's record has no id", pointer: "/id")]
        return problem
    }

    /// Adds records that have the same wrong with them.
    mutating func add(_ problem: Problem, count: Int = 1) {
        if let index = causes.firstIndex(where: { $0.problem.message == problem.message }) {
            causes[index].count += count
        } else {
            causes.append((problem, count))
        }
    }

    /// Adds what another page left out.
    mutating func add(_ other: LeftOutRecords) {
        givenCount += other.givenCount
        for cause in other.causes { add(cause.problem, count: cause.count) }
    }

    /// Refuses a page whose mapping fails on every record.
    ///
    /// Throws: `Problem` (`mapping_failed`).
    func check() throws {
        guard givenCount == 0 else { return }
        let broken = causes.first { cause in !cause.problem.failures.contains { $0.code == Self.withoutIDCode } }
        if let broken { throw broken.problem }
    }

    /// What the answer says of them: one warning for each cause.
    var warnings: [Problem.Failure] {
        causes.map { cause in
            let records = cause.count == 1 ? "1 record of the vendor is" : "\(cause.count) records of the vendor are"
            return Problem.Failure(
                code: "record_left_out",
                message: "\(records) left out: \(cause.problem.message)",
                pointer: "/result"
            )
        }
    }
}
