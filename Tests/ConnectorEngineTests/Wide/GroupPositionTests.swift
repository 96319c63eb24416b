import JSONValue
import Testing
import Vocabulary

@testable import ConnectorEngine

/// Places in lists over several accounts.
struct GroupPositionTests {
    @Test func `a few accounts are read at once, and one at its end makes room`() {
        var position = GroupPosition()
        position.fill(from: 6)
        #expect(position.lanes.map(\.account) == [0, 1, 2, 3])
        position.advance(1, to: nil)
        position.advance(2, to: "x")
        position.fill(from: 6)
        #expect(position.lanes.map(\.account) == [0, 2, 3, 4])
        #expect(position.lanes[1].cursor == "x")
        for account in [0, 2, 3, 4] { position.advance(account, to: nil) }
        #expect(!position.isAtEnd(of: 6))
        position.fill(from: 6)
        position.advance(5, to: nil)
        #expect(position.isAtEnd(of: 6))
    }

    @Test(arguments: [(10, [3, 3, 2, 2]), (4, [1, 1, 1, 1]), (2, [1, 1, 0, 0])]) func `what is wanted is shared out`(
        wanted: Int,
        shares: [Int]
    ) {
        var position = GroupPosition()
        position.fill(from: 9)
        #expect(position.shares(of: wanted) == shares)
    }

    @Test func `a cursor brings the same place back, for the same list only`() throws {
        let engine = try TestWorld.engine(ScriptedSender(.json([:])))
        var position = GroupPosition()
        position.fill(from: 5)
        position.advance(0, to: "abc.def")
        let cursor = try engine.cursor(position, binding: ["a,b", "crm"])
        #expect(try engine.groupPosition(cursor, binding: ["a,b", "crm"]) == position)
        for binding in [["a", "crm"], ["a,b", "hris"], ["a,b,crm"]] {
            #expect(throws: Problem.self) { try engine.groupPosition(cursor, binding: binding) }
        }
        #expect(throws: Problem.self) { try engine.groupPosition(cursor + "A", binding: ["a,b", "crm"]) }
    }

    @Test(arguments: ["[]", "[1,0]", "[1,1,null]", "[-1]", "{}", "[9,0,null,1,null,2,null,3,null,4,null]"])
    func `what is no place is none`(text: String) throws {
        #expect(GroupPosition(try JSONValue(parsing: text)) == nil)
    }
}
