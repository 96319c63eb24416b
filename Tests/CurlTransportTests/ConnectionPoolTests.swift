import CurlTransport
import HTTPExchange
import TestSupport
import Testing

/// Idle connections are kept for the identities that were at work last, and not more than so many.
struct ConnectionPoolTests {
    private func visit(_ accounts: [String], _ sender: CurlSender) async throws {
        for account in accounts {
            let answer = try await sender.send(.to("https://vendor.test/", as: account))
            #expect(answer.status == 200)
        }
    }

    @Test func `an identity that others have pushed out is connected anew`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender { $0.poolsMax = 4 }
        try await visit(["a", "b", "c", "a", "d"], sender)
        #expect(vendor.connectionCount == 4)
        try await visit(["a", "d", "c"], sender)
        #expect(vendor.connectionCount == 4, "used since")
        try await visit(["b"], sender)
        #expect(vendor.connectionCount == 5)
    }

    @Test func `idle connections are given up when they are too many`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender { $0.idleConnectionsMax = 2 }
        try await visit(["a", "b", "c", "d", "e", "e"], sender)
        #expect(vendor.connectionCount == 5)
        while vendor.openConnections > 2 { await Task.yield() }
        try await visit(["a"], sender)
        #expect(vendor.connectionCount == 6)
    }

    @Test func `an identity that is at work keeps its connection whatever others do`() async throws {
        let vendor = try await VendorServer { _ in .ok() }
        let sender = try vendor.sender { $0.idleConnectionsMax = 4 }
        for number in 0..<30 { try await visit(["busy", "other-\(number)"], sender) }
        #expect(vendor.connectionCount == 31)
    }

    @Test func `a pool that was pushed out goes after its last request`() async throws {
        let vendor = try await VendorServer { $0.line.contains("/never ") ? .silence : .ok() }
        let sender = try vendor.sender { $0.poolsMax = 2 }
        let task = Task { await failure(sender, .to("https://vendor.test/never", as: "a")) }
        while vendor.arrivals.isEmpty { await Task.yield() }
        try await visit(["b", "c", "d"], sender)
        task.cancel()
        #expect(await task.value?.reason == .cancelled)
        while vendor.openConnections > 2 { await Task.yield() }
    }

    @Test func `many requests of many identities at once are all answered`() async throws {
        let vendor = try await VendorServer { arrival in .ok(arrival.line) }
        let sender = try vendor.sender {
            $0.poolsMax = 6
            $0.idleConnectionsMax = 10
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<120 {
                group.addTask { () throws -> Void in
                    let answer = try await sender.send(
                        .to("https://vendor.test/\(number)", as: "account-\(number % 20)")
                    )
                    #expect(String(decoding: answer.body, as: UTF8.self) == "GET /\(number) HTTP/1.1")
                }
            }
            try await group.waitForAll()
        }
        var owners: [Int: String] = [:]
        for arrival in vendor.arrivals {
            let number = try #require(Int(arrival.line.split(separator: " ")[1].dropFirst()))
            let owner = owners[arrival.connection] ?? "account-\(number % 20)"
            #expect(owner == "account-\(number % 20)", "connections are never shared")
            owners[arrival.connection] = owner
        }
    }
}
