import Foundation
import JSONValue
import Testing

/// Whether what the accounts' capabilities promise is there.
@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts")) struct OfferedListTests {
    static let accounts = (try? Installation.shared.get().accounts) ?? []

    @Test(arguments: accounts)
    func `every list that an account offers has records`(account: String) async throws {
        let installation = try Installation.shared.get()
        let id = installation[account]
        let capabilities = try await installation.api("/capabilities/\(id)").body
        let categories = try #require(capabilities["categories"]?.object)
        var lists = 0
        for category in categories {
            for resource in category.value.object ?? [:] where resource.value["methods"]?["list"] != nil {
                lists += 1
                let name = "\(category.key)/\(resource.key)"
                var answer = try await installation.api("/unified/\(name)?integrated_account_id=\(id)&limit=3")
                if answer.status == 400, answer.body["message"]?.string?.contains("employee[id]") == true {
                    // What a vendor tells of one employee at a time.
                    let all = try await installation.api("/unified/hris/employees?integrated_account_id=\(id)&limit=1")
                    let employee = try #require(all.body["result"]?[0]?["id"]?.string)
                    answer = try await installation.api(
                        "/unified/\(name)?integrated_account_id=\(id)&limit=3&employee%5Bid%5D=\(employee)"
                    )
                }
                #expect(answer.status == 200, "\(name): \(answer.body.text())")
                #expect(answer.body["result"]?.array?.isEmpty == false, "\(name) has no records")
            }
        }
        #expect(lists > 0)
    }
}
