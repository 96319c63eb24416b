import Foundation
import Testing

@testable import VendorSandbox

struct CatalogTests {
    @Test func `each connector's simulated vendor can be read`() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let catalog = try SandboxCatalog.load(connectorsDirectory: root.appendingPathComponent("connectors"))
        #expect(catalog.vendors.count >= 9)
        for vendor in catalog.vendors {
            #expect(!vendor.hosts.isEmpty && !vendor.definition.routes.isEmpty, "\(vendor.name)")
        }
    }
}
