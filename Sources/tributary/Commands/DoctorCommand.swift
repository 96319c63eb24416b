import ArgumentParser
import CurlTransport
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Postgres
import ServiceKit
import UnifiedModel

/// The command `tributary doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check settings, keys, databases and services, and say what to mend."
    )

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let installation = try Installation.current()
        let settings = installation.settings
        var findings: [(name: String, fault: String?)] = []
        for name in [
            "owner", "owner.vault", "owner.keys", "registry", "broker", "sync", "vault.service", "keys.service",
        ] {
            await findings.append(
                ("database \(name)", Self.fault { try await installation.pool(name).query("select 1") })
            )
        }
        await findings.append(("keys", Self.fault { _ = try installation.serviceKeys.publicKeys() }))
        await findings.append(("cursor key", Self.fault { _ = try settings.key("cursor.key") }))
        await findings.append(("unified model", Self.fault { try installation.unifiedModel().readAll() }))
        let sender = try installation.sender()
        for service in ServiceName.allCases where service != .sandbox {
            await findings.append(
                (
                    "service \(service.rawValue)",
                    Self.fault {
                        let answer = try await sender.send(
                            OutboundRequest(
                                method: .get,
                                url: settings.url(of: service) + "/health/ready",
                                identity: ConnectionIdentity(partition: "doctor"),
                                destination: .service,
                                totalTimeout: .seconds(3)
                            )
                        )
                        guard answer.status == 200 else {
                            throw Settings.Failure(
                                description: "not ready: \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
                            )
                        }
                    }
                )
            )
        }
        if json {
            let rows = findings.map { finding -> JSONValue in
                [
                    "check": .string(finding.name), "ok": .bool(finding.fault == nil),
                    "fault": finding.fault.map { .string($0) } ?? .null,
                ]
            }
            print(JSONValue.array(rows).text(.pretty))
        } else {
            for finding in findings {
                print(
                    (finding.fault == nil ? "ok    " : "FAULT ") + finding.name
                        + (finding.fault.map { ": \($0)" } ?? "")
                )
            }
        }
        if findings.contains(where: { $0.fault != nil }) { throw ExitCode.failure }
    }

    private static func fault(_ check: () async throws -> Void) async -> String? {
        do {
            try await check()
            return nil
        } catch {
            return "\(error)"
        }
    }
}
