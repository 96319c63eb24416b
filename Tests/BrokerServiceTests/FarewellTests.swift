import Cryptography
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import Testing
import Vocabulary

@testable import BrokerService

/// What is done with the vendor before a deleted account's credentials are shredded.
struct FarewellTests {
    @Test(arguments: [204, 500])
    func `the vendor is told in the account's name, whatever it says to it`(status: Int) async throws {
        let vendor = ScriptedVendor { (request, _) in
            request.method == .delete ? .json([:], status: status) : .json([:])
        }
        let world = try await BrokerWorld(
            auth: ["kind": "api_key", "fields": ["token": ["type": "secret"]], "prefix": "Key "],
            vendor: vendor,
            more: [
                "resources": ["hooks": ["delete": ["method": "DELETE", "path": "/hooks/{{hook}}"]]],
                "pre_delete": ["steps": [["request": ["resource": "hooks", "method": "delete"]]]],
            ]
        )
        _ = try await world.connect(texts: [("token", "t0")])
        let account = try #require(world.registry.account)
        let farewell = AccountFarewell(
            configurations: Configurations(registry: world.registry),
            vault: world.vault,
            certificates: ClientCertificates(vault: world.vault, digests: OpenSSLDigests()),
            sender: vendor,
            digests: OpenSSLDigests()
        )
        await farewell.say(
            to: AccountDeletion(
                accountID: account.id,
                tenantID: account.tenantID,
                integrationID: account.integrationID,
                variables: ["hook": "h7"]
            )
        )
        #expect(vendor.requests.last?.url == "https://api.acme.example/v1/hooks/h7")
        #expect(vendor.requests.last?.headers[.authorization] == "Key t0")
        let count = vendor.requests.count
        // A deletion that an older version left behind says too little to do anything.
        await farewell.say(to: AccountDeletion(accountID: account.id, tenantID: account.tenantID))
        #expect(vendor.requests.count == count)
    }
}
