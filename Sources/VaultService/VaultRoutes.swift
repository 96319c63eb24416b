import Foundation
import HTTPTypes
import JSONValue
import ServiceKit
import VaultContract
import Vocabulary

/// The Vault over HTTP, for the Broker alone; see `VaultContract`.
struct VaultRoutes {
    let vault: Vault

    private static let access: Endpoint.Access = .service([.broker])
    private static let path = "/internal/v1/credentials/{owner_id}/{kind}"
    private static let tenant = QueryParameter("tenant_id", .string, "Whose it is.", isRequired: true)
    private static let body = BodySpec(schema: ["type": "object"], bytesMax: 256 * 1024)
    private static let answer = [ResponseSpec(200, "The answer", schema: ["type": "object"])]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .put,
                Self.path,
                operationID: "putCredential",
                summary: "Store a new grant",
                tags: ["Credentials"],
                access: Self.access,
                body: Self.body,
                responses: Self.answer
            ) { request in
                let message: CredentialPut = try request.decode()
                return try Self.json(
                    try await vault.put(message, at: address(request, message.tenantID), by: caller(request))
                )
            },
            Endpoint(
                .get,
                Self.path,
                operationID: "openCredential",
                summary: "Open the current version",
                tags: ["Credentials"],
                access: Self.access,
                query: [Self.tenant],
                responses: Self.answer
            ) { request in
                let record = try await vault.open(address(request, try tenant(request)), by: caller(request))
                guard let record else { throw Problem(.notFound, "there is no such credential") }
                return try Self.json(record)
            },
            Endpoint(
                .post,
                Self.path + "/leases",
                operationID: "leaseCredential",
                summary: "Ask for the right to refresh",
                tags: ["Credentials"],
                access: Self.access,
                body: Self.body,
                responses: Self.answer + [ResponseSpec(409, "Another holder has it, or there is a newer version")]
            ) { request in
                let message: LeaseRequest = try request.decode()
                return try Self.json(
                    try await vault.lease(message, on: address(request, message.tenantID), by: caller(request))
                )
            },
            Endpoint(
                .post,
                Self.path + "/leases/{lease_token}/complete",
                operationID: "completeLease",
                summary: "Save the result of a refresh",
                tags: ["Credentials"],
                access: Self.access,
                body: Self.body,
                responses: Self.answer + [ResponseSpec(409, "The lease was lost")]
            ) { request in
                let message: LeaseCompletion = try request.decode()
                return try Self.json(
                    try await vault.complete(
                        message,
                        leaseToken: try leaseToken(request),
                        on: address(request, message.tenantID),
                        by: caller(request)
                    )
                )
            },
            Endpoint(
                .post,
                Self.path + "/leases/{lease_token}/fail",
                operationID: "failLease",
                summary: "Give a lease back",
                tags: ["Credentials"],
                access: Self.access,
                body: Self.body,
                responses: [ResponseSpec(204, "Noted")]
            ) { request in
                let message: LeaseFailure = try request.decode()
                try await vault.fail(
                    message,
                    leaseToken: try leaseToken(request),
                    on: address(request, message.tenantID),
                    by: caller(request)
                )
                return .empty()
            },
            Endpoint(
                .delete,
                "/internal/v1/owners/{owner_id}",
                operationID: "shredOwner",
                summary: "Make everything of an owner unreadable for ever",
                tags: ["Credentials"],
                access: Self.access,
                query: [Self.tenant],
                responses: [ResponseSpec(204, "It is gone")]
            ) { request in
                try await vault.shred(try owner(request), tenant: try tenant(request), by: caller(request))
                return .empty()
            },
            Endpoint(
                .get,
                "/internal/v1/due-credentials",
                operationID: "readDueCredentials",
                summary: "Accounts whose credentials want to be renewed for their own sake",
                tags: ["Credentials"],
                access: Self.access,
                query: [QueryParameter("limit", .integer(1...1000), "Accounts at most; 100 unless given.")],
                responses: Self.answer
            ) { request in
                let due = try await vault.credentials.due(limit: request.query.integer("limit") ?? 100)
                return try Self.json(DueCredentials(credentials: due))
            },
            Endpoint(
                .get,
                "/internal/v1/outbox",
                operationID: "readOutbox",
                summary: "Events for the Registry",
                tags: ["Outbox"],
                access: Self.access,
                query: [QueryParameter("limit", .integer(1...1000), "Events at most; 100 unless given.")],
                responses: Self.answer
            ) { request in
                let events = try await vault.credentials.events(limit: request.query.integer("limit") ?? 100)
                return try Self.json(VaultEvents(events: events))
            },
            Endpoint(
                .post,
                "/internal/v1/outbox/acknowledge",
                operationID: "acknowledgeOutbox",
                summary: "Forget events",
                tags: ["Outbox"],
                access: Self.access,
                body: Self.body,
                responses: [ResponseSpec(204, "Forgotten")]
            ) { request in
                let message: VaultAcknowledgement = try request.decode()
                try await vault.credentials.acknowledge(message.ids)
                return .empty()
            },
        ]
    }

    private static func json(_ message: some Encodable) throws -> EndpointResponse {
        .json(try JSONValueEncoder().encode(message)).unstored
    }

    private func address(_ request: EndpointRequest, _ tenant: TenantID) throws(Problem) -> CredentialAddress {
        guard let kind = CredentialKind(rawValue: try request.pathParameter("kind")) else {
            throw Problem(.notFound, "there is no such kind of credential")
        }
        return CredentialAddress(owner: try owner(request), tenant: tenant, kind: kind)
    }

    private func owner(_ request: EndpointRequest) throws(Problem) -> UUID {
        let id: AccountID = try request.identifier("owner_id")
        return id.uuid
    }

    private func tenant(_ request: EndpointRequest) throws(Problem) -> TenantID {
        guard let id = request.query["tenant_id"].flatMap({ TenantID($0) }) else {
            throw Problem(.notFound, "there is no such tenant")
        }
        return id
    }

    private func leaseToken(_ request: EndpointRequest) throws(Problem) -> Int {
        guard let token = Int(try request.pathParameter("lease_token")) else {
            throw Problem(.notFound, "there is no such lease")
        }
        return token
    }

    private func caller(_ request: EndpointRequest) -> VaultCaller {
        VaultCaller(name: request.caller.service?.rawValue ?? "unknown", requestID: request.requestID)
    }
}
