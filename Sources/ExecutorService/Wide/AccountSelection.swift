import RegistryContract
import ServiceKit
import Vocabulary

/// The accounts that a list is asked for at once: those that the caller names, or those of a group.
struct AccountSelection: Sendable, Equatable {
    /// Names of the accounts in their order, each once; they may still be unknown or foreign.
    let accounts: [String]
    /// What a cursor of the list is bound to.
    let binding: String

    /// Reads the selection of a request; nil when it asks for one account.
    init?(_ request: EndpointRequest, groups: GroupCache) async throws {
        let listed = request.query["integrated_account_ids"]
        let group = request.query["account_group_id"]
        guard listed != nil || group != nil else { return nil }
        let others = [listed, group, request.query["integrated_account_id"]].compactMap(\.self)
        guard others.count == 1 else {
            throw Self.refusal("give one of integrated_account_id, integrated_account_ids and account_group_id")
        }
        if let group {
            let key = try request.apiKey()
            guard let id = AccountGroupID(group), let record = try await groups.group(id),
                key.tenantID == record.tenantID,
                key.environmentID == nil || key.environmentID == record.environmentID
            else { throw Problem(.notFound, "there is no such account group") }
            accounts = record.accountIDs.map(\.description)
            binding = "group \(id)"
            return
        }
        var names: [String] = []
        for name in (listed ?? "").split(separator: ",").map(String.init) where !names.contains(name) {
            names.append(name)
        }
        guard (1...AccountGroupRecord.accountsMax).contains(names.count) else {
            throw Self.refusal("name 1 to \(AccountGroupRecord.accountsMax) accounts, with commas")
        }
        accounts = names
        binding = "accounts \(names.joined(separator: ","))"
    }

    private static func refusal(_ message: String) -> Problem {
        Problem(
            .invalidRequest,
            message,
            failures: [.init(code: "invalid", message: message, pointer: "integrated_account_ids")]
        )
    }
}
