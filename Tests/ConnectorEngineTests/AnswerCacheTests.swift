import HTTPExchange
import Testing
import Vocabulary

@testable import ConnectorEngine

/// Answers that are kept for an account.
struct AnswerCacheTests {
    private let account = AccountID.random()
    private let answer = InboundResponse(status: 200, body: [0x5B, 0x5D])

    @Test func `an answer that was under way during a write of its account is not kept`() {
        let cache = AnswerCache()
        let before = cache.moment(of: account)
        cache.forget(account)
        cache.keep(answer, as: "people", of: account, since: before, until: 100)
        #expect(cache.response("people", of: account, at: 1) == nil)
        cache.keep(answer, as: "people", of: account, since: cache.moment(of: account), until: 100)
        #expect(cache.response("people", of: account, at: 1)?.body == answer.body)
        #expect(cache.response("people", of: account, at: 100) == nil)
    }

    @Test func `small answers take room with their names and fields`() {
        let cache = AnswerCache(bytesMax: 10_000)
        let moment = cache.moment(of: account)
        for number in 0..<100 { cache.keep(answer, as: "people/\(number)", of: account, since: moment, until: 100) }
        let kept = (0..<100).filter { cache.response("people/\($0)", of: account, at: 1) != nil }
        #expect((20...38).contains(kept.count))
        // The oldest ones went first.
        #expect(kept == Array((100 - kept.count)..<100))
    }
}
