import Foundation
import JSONValue
import Testing
import VaultContract
import Vocabulary

@testable import VaultService

/// One refresh of one grant at a time, and no result of one lost.
struct LeaseTests {
    private let old = ["access_token": "a1", "refresh_token": "r1"]
    private let new = ["access_token": "a2", "refresh_token": "r2"]

    @Test func `of many who ask one gets the lease, and it says what to refresh`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        let granted = await withTaskGroup(of: RefreshLease?.self) { group in
            for number in 0..<40 {
                group.addTask { try? await world.lease(address, seen: 1, holder: "holder-\(number)") }
            }
            var leases: [RefreshLease] = []
            for await lease in group {
                if let lease { leases.append(lease) }
            }
            return leases
        }
        #expect(granted.count == 1)
        #expect(granted.first?.values == old)
    }

    @Test func `a refresh is saved under its lease, and whoever comes with the old version is told the new one`()
        async throws
    {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        let lease = try await world.lease(address, seen: 1)
        let saved = try await world.complete(lease, new, at: address)
        #expect(saved == CredentialVersion(version: 2, grantEpoch: 1))
        #expect(try await world.open(address) == new)
        do {
            _ = try await world.lease(address, seen: 1)
            Issue.record("a stale version got a lease")
        } catch let problem as Problem {
            #expect(problem.code == .conflict)
            #expect(problem.insight?["current_version"] == 2)
        }
        #expect(try await world.lease(address, seen: 2).version == 2)
    }

    @Test func `a result that comes after its lease was lost is kept, and taken up when the newer attempt dies`()
        async throws
    {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        let slow = try await world.lease(address, seen: 1, holder: "slow")
        try await world.expireLease(address)
        let second = try await world.lease(address, seen: 1, holder: "second")
        #expect(second.leaseToken > slow.leaseToken)
        #expect(await problem { _ = try await world.complete(slow, new, at: address) } == .conflict)
        #expect(try await world.open(address) == old)
        // The vendor has rotated the token for the slow holder: the second one is told that its grant is invalid.
        try await world.fail(second, permanent: true, at: address)
        #expect(try await world.open(address) == new)
        #expect(try await world.vault.credentials.events(limit: 10).isEmpty)
    }

    @Test func `a dead grant is told once, and is not leased again`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        try await world.fail(try await world.lease(address, seen: 1), permanent: true, at: address)
        let events = try await world.vault.credentials.events(limit: 10)
        #expect(events.map(\.kind) == ["needs_reauth"])
        #expect(events.first?.reason == "invalid_grant")
        #expect(events.first?.ownerID == address.owner.uuidString.lowercased())
        #expect(await problem { _ = try await world.lease(address, seen: 1) } == .conflict)
        #expect(try await world.vault.open(address, by: world.caller)?.status == .needsReauth)
        try await world.vault.credentials.acknowledge(events.map(\.id))
        #expect(try await world.vault.credentials.events(limit: 10).isEmpty)
    }

    @Test func `a grant whose refresh may have been lost with its process says so`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        _ = try await world.lease(address, seen: 1, holder: "crashed")
        try await world.expireLease(address)
        try await world.fail(try await world.lease(address, seen: 1), permanent: true, at: address)
        #expect(try await world.vault.credentials.events(limit: 10).map(\.reason) == ["refresh_response_lost"])
    }

    @Test func `a failure that may pass gives the lease back and keeps the grant`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        try await world.fail(
            try await world.lease(address, seen: 1),
            permanent: false,
            reason: "timeout",
            at: address
        )
        #expect(try await world.lease(address, seen: 1).values == old)
    }

    @Test func `a refresh that began before the account was connected again changes nothing`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address)
        let lease = try await world.lease(address, seen: 1)
        try await world.put(["access_token": "fresh", "refresh_token": "fresh"], at: address)
        #expect(await problem { _ = try await world.complete(lease, new, at: address) } == .conflict)
        #expect(try await world.open(address)?["access_token"] == "fresh")
        try await world.fail(try await world.lease(address, seen: 2), permanent: true, at: address)
        #expect(try await world.open(address)?["access_token"] == "fresh")
    }

    @Test func `an attempt of another account is not found`() async throws {
        let world = try await VaultWorld()
        let (mine, other) = (world.address(), world.address())
        try await world.put(old, at: mine)
        try await world.put(old, at: other)
        let lease = try await world.lease(mine, seen: 1)
        #expect(await problem { _ = try await world.complete(lease, new, at: other) } == .notFound)
    }

    @Test func `a credential is due when its time has come, until it is renewed or tried`() async throws {
        let world = try await VaultWorld()
        let address = world.address()
        try await world.put(old, at: address, renewAt: "2020-01-01T00:00:00Z")
        try await world.put(old, at: world.address(), renewAt: "2100-01-01T00:00:00Z")
        try await world.put(old, at: world.address())
        let due = DueCredential(accountID: AccountID(address.owner), tenantID: address.tenant)
        #expect(try await world.vault.credentials.due(limit: 10) == [due])
        let lease = try await world.lease(address, seen: 1)
        #expect(try await world.vault.credentials.due(limit: 10).isEmpty)
        try await world.fail(lease, permanent: false, at: address)
        #expect(try await world.vault.credentials.due(limit: 10).isEmpty)
        _ = try await world.complete(try await world.lease(address, seen: 1), new, at: address)
        #expect(try await world.vault.credentials.due(limit: 10).isEmpty)
    }
}
