import ArgumentParser
import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import ServiceKit
import UnifiedModel
import Vocabulary

/// The command `tributary connectors`.
struct ConnectorsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connectors",
        abstract: "Check connectors, put them in force, and try them without a vendor.",
        subcommands: [
            Check.self, Diff.self, Apply.self, Publish.self, Test.self, Map.self, Request.self, Reference.self,
        ]
    )

    /// Options of the commands that work on folders.
    struct Selection: ParsableArguments {
        @Argument(help: "One folder of connectors/; all of them unless given.")
        var vendor: String?
        @Flag(help: "Print JSON instead of a table.")
        var json = false

        func report(_ rows: [(name: String, word: String, detail: String)]) {
            if json {
                print(
                    JSONValue.array(
                        rows.map {
                            ["connector": .string($0.name), "result": .string($0.word), "detail": .string($0.detail)]
                        }
                    ).text(.pretty)
                )
            } else {
                let width = rows.map(\.name.count).max() ?? 0
                for row in rows {
                    print(
                        row.name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + row.word
                            + (row.detail.isEmpty ? "" : "  " + row.detail)
                    )
                }
            }
        }
    }

    /// The command `tributary connectors check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read, validate and compile connectors; change nothing."
        )
        @OptionGroup var selection: Selection

        func run() async throws {
            let catalog = ConnectorCatalog(settings: try Settings())
            var rows: [(name: String, word: String, detail: String)] = []
            for folder in try catalog.folders(selection.vendor) {
                do {
                    let entry = try catalog.entry(folder)
                    let compiled = try catalog.compile(entry)
                    _ = try ConnectorTestConfig.all(in: entry.document)
                    let faults = try catalog.schemaFaults(entry) + NativeContract.faults(in: compiled.document)
                    let methods = compiled.document.mappings.values.flatMap(\.values).map(\.count).reduce(0, +)
                    rows.append(
                        (
                            folder, faults.isEmpty ? "ok" : "FAULT",
                            faults.isEmpty ? "\(methods) unified methods" : faults.prefix(5).joined(separator: "; ")
                        )
                    )
                } catch {
                    rows.append((folder, "FAULT", "\(error)"))
                }
            }
            selection.report(rows)
            if rows.contains(where: { $0.word == "FAULT" }) { throw ExitCode.failure }
        }
    }

    /// The command `tributary connectors reference`.
    struct Reference: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the words of the connector format as Markdown; connectors/REFERENCE.md holds the page."
        )

        func run() async throws {
            print(SchemaGuide(try Settings().connectorSchema()).referencePage(), terminator: "")
        }
    }

    /// The command `tributary connectors diff`.
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare connectors with the newest versions in the registry."
        )
        @OptionGroup var selection: Selection

        func run() async throws {
            let installation = try Installation.current()
            let catalog = ConnectorCatalog(settings: installation.settings)
            let admin = try AdminClient(installation)
            var rows: [(name: String, word: String, detail: String)] = []
            for folder in try catalog.folders(selection.vendor) {
                let entry = try catalog.entry(folder)
                guard let newest = try await admin.get("/admin/v1/connectors/\(entry.name)") else {
                    rows.append((folder, "new", ""))
                    continue
                }
                let differing = Self.differences(newest["document"] ?? .null, entry.document)
                rows.append(
                    (folder, differing.isEmpty ? "same" : "changed", differing.prefix(20).joined(separator: " "))
                )
            }
            selection.report(rows)
        }

        /// The pointers at which two documents differ.
        static func differences(_ left: JSONValue, _ right: JSONValue, at pointer: String = "") -> [String] {
            guard case .object(let old) = left, case .object(let new) = right else {
                return left == right ? [] : [pointer]
            }
            var keys = old.keys
            for key in new.keys where old[key] == nil { keys.append(key) }
            return keys.flatMap { key -> [String] in
                let place = "\(pointer)/\(key)"
                guard let before = old[key], let after = new[key] else { return [place] }
                return differences(before, after, at: place)
            }
        }
    }

    /// The command `tributary connectors apply`.
    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add changed connectors as new versions, unpublished."
        )
        @OptionGroup var selection: Selection
        @Option(help: "Why, for the history.")
        var note: String?

        func run() async throws {
            let installation = try Installation.current()
            let catalog = ConnectorCatalog(settings: installation.settings)
            let admin = try AdminClient(installation)
            var rows: [(name: String, word: String, detail: String)] = []
            for folder in try catalog.folders(selection.vendor) {
                let entry = try catalog.entry(folder)
                _ = try catalog.compile(entry)
                var body: JSONObject = ["document": entry.document]
                if let note { body["note"] = .string(note) }
                let answer = try await admin.post("/admin/v1/connectors/\(entry.name)/versions", .object(body))
                rows.append((folder, "version", answer["version"]?.number?.text ?? "?"))
            }
            selection.report(rows)
        }
    }

    /// The command `tributary connectors publish`.
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put the newest versions in force.")
        @OptionGroup var selection: Selection

        func run() async throws {
            let installation = try Installation.current()
            let catalog = ConnectorCatalog(settings: installation.settings)
            let admin = try AdminClient(installation)
            var rows: [(name: String, word: String, detail: String)] = []
            for folder in try catalog.folders(selection.vendor) {
                let entry = try catalog.entry(folder)
                guard let newest = try await admin.get("/admin/v1/connectors/\(entry.name)"),
                    let version = newest["version"]
                else {
                    throw Settings.Failure(description: "\(entry.name) has no version in the registry; apply it first")
                }
                if newest["published"]?.bool != true {
                    _ = try await admin.post("/admin/v1/connectors/\(entry.name)/publish", ["version": version])
                }
                rows.append((folder, "published", "version \(version.number?.text ?? "?")"))
            }
            selection.report(rows)
        }
    }

    /// Options of the commands that try a connector offline.
    struct Trial: ParsableArguments {
        @Argument(help: "A folder of connectors/.")
        var vendor: String
        @Argument(help: "Category and resource, such as crm/contacts.")
        var resource: String
        @Argument(help: "list, get, create, ...")
        var method: String
        @Option(help: "A file with a layer to lay over the connector; up to two, environment and account.")
        var layer: [String] = []
        @Option(help: "A JSON file with the account's variables.")
        var variables: String?
        @Option(help: "The unified query, such as 'a=b&c[gt]=d'.")
        var query: String?
        @Flag(help: "Tell which level gave each field, and what became of filters.")
        var explain = false

        func preview(_ installation: Installation) throws -> ConnectorPreview {
            let catalog = ConnectorCatalog(settings: installation.settings)
            guard let folder = try catalog.folders(vendor).first else { throw ValidationError("no such connector") }
            let layers = try layer.map { try JSONValue(yaml: String(contentsOfFile: $0, encoding: .utf8)) }
            guard layers.count <= 2 else { throw ValidationError("at most two layers: environment and account") }
            return ConnectorPreview(
                connector: try catalog.compile(catalog.entry(folder), layers: layers),
                model: try installation.unifiedModel(),
                variables: try variables.map { try JSONValue(parsing: Array(contentsOf: $0)).object ?? [:] } ?? [:]
            )
        }

        func parts() throws -> (category: String, resource: String) {
            let parts = resource.split(separator: "/")
            guard parts.count == 2 else {
                throw ValidationError("a resource is written category/resource, such as crm/contacts")
            }
            return (String(parts[0]), String(parts[1]))
        }

        func items() throws -> [(name: String, value: String)] {
            try query.map { try QueryItems(parsing: $0.utf8Span.span).items.map { ($0.name, $0.value) } } ?? []
        }
    }

    /// The command `tributary connectors map`.
    struct Map: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the unified answer that a native body (standard input) gives."
        )
        @OptionGroup var trial: Trial

        func run() async throws {
            let (category, resource) = try trial.parts()
            let body = [UInt8](FileHandle.standardInput.readDataToEndOfFile())
            let answer = try trial.preview(try Installation.current()).map(
                category: category,
                resource: resource,
                method: trial.method,
                body: body,
                query: try trial.items(),
                explains: trial.explain
            )
            print(String(decoding: answer, as: UTF8.self))
        }
    }

    /// The command `tributary connectors request`.
    struct Request: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the native request that a unified call would send, without credentials."
        )
        @OptionGroup var trial: Trial
        @Option(help: "A JSON file with the unified body.")
        var body: String?
        @Option(help: "The record's id, for get, update and delete.")
        var id: String?

        func run() async throws {
            let (category, resource) = try trial.parts()
            let request = try trial.preview(try Installation.current()).request(
                category: category,
                resource: resource,
                method: trial.method,
                id: id,
                query: try trial.items(),
                body: try body.map { try JSONValue(parsing: Array(contentsOf: $0)) },
                explains: trial.explain
            )
            print(request.text(.pretty))
        }
    }
}

extension [UInt8] {
    /// The bytes of a file.
    fileprivate init(contentsOf path: String) throws {
        self = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// Calls the admin API with the operator's key (TRIBUTARY_ADMIN_URL, TRIBUTARY_ADMIN_KEY).
struct AdminClient {
    private let sender: any HTTPSender
    private let url: String
    private let key: Secret<String>

    init(_ installation: Installation) throws {
        sender = try installation.sender()
        url = installation.settings.adminURL
        key = try installation.settings.adminKey()
    }

    /// The answer, nil for 404.
    func get(_ path: String) async throws -> JSONValue? {
        let answer = try await send(.get, path, nil)
        return answer.status == 404 ? nil : try value(answer)
    }

    func post(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        try value(try await send(.post, path, body))
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, _ body: JSONValue?) async throws -> InboundResponse
    {
        var headers: HeaderFields = [.authorization: "Bearer \(key.reveal())"]
        if body != nil { headers[.contentType] = "application/json" }
        return try await sender.send(
            OutboundRequest(
                method: method,
                url: url + path,
                headers: headers,
                body: body?.bytes(),
                identity: ConnectionIdentity(partition: "admin"),
                destination: .service
            )
        )
    }

    private func value(_ answer: InboundResponse) throws -> JSONValue {
        if answer.status == 204 { return .null }
        let value = (try? JSONValue(parsing: answer.body, policy: .vendor)) ?? .null
        guard (200..<300).contains(answer.status) else {
            throw Settings.Failure(
                description:
                    "the registry answers \(answer.status): \(value["message"]?.string ?? "no message") \(value["details"]?.text() ?? "")"
            )
        }
        return value
    }
}
