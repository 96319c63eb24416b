import Foundation
import JSONValue
import JSONata

/// A vendor as data: how it authenticates, which routes it has, how it pages and how it complains.
///
/// The words are described in `connectors/README.md`, section Sandbox. Answers are JSONata expressions over what a
/// route has found, so no vendor's shape is known here.
struct SandboxDefinition: Sendable {
    /// What an authorization server needs to know.
    struct OAuth: Sendable {
        let authorizePath: String?
        let tokenEndpoints: [SandboxTokenEndpoint]
        let revokePath: String?
        let clientID: String
        let clientSecret: String
        let rotates: Bool
        let lifetime: Int
        let requiresProofKey: Bool
    }

    /// What a route does before it answers.
    enum Action: Sendable {
        /// Nothing.
        case answer
        /// A statement of the SQL-like language in a query parameter.
        ///
        /// `statement`: gives the statement's text instead; sees `body` and `query`.
        case sql(parameter: String, tables: [String: String], statement: JSONataExpression?)
        /// The rest of a statement's result, by the locator in the path.
        case locator
        /// The records of a collection, in their order.
        case list(collection: String)
        /// The records that groups of filters in the body select.
        case search(collection: String)
        /// One record by the id in the path.
        case get(collection: String)
        case create(collection: String)
        case update(collection: String)
        case delete(collection: String)
        /// What the element in the body of an envelope asks for.
        case soap
    }

    struct Route: Sendable {
        let method: String
        let path: [String]
        let auth: String
        let action: Action
        let status: Int
        /// Gives the rows of a list in the order that is asked for.
        let order: JSONataExpression?
        let pageSize: JSONataExpression?
        let after: JSONataExpression?
        let answer: JSONataExpression?
        let headers: JSONataExpression?
        let rules: RecordRules
    }

    /// An error as the vendor writes it.
    struct Complaint: Sendable {
        let status: Int
        let headers: [(String, String)]
        let body: JSONataExpression?
        let text: String?
    }

    struct RateLimit: Sendable {
        let requests: Int
        let seconds: Int
    }

    let hosts: [String]
    /// Whether each call, those for tokens included, must come over a connection with a client certificate.
    let requiresClientCertificate: Bool
    let oauth: OAuth?
    let signature: SandboxSignature?
    let session: SandboxSession?
    /// Keys that are accepted as the user name of Basic or as a bearer.
    let keys: [String]
    /// The header field, in lower case, that takes a key by itself.
    let keyHeader: String?
    let routes: [Route]
    let errors: [String: Complaint]
    let collections: [String: Collection]
    let headers: JSONataExpression?
    let rateLimit: RateLimit?
    let soap: SandboxSOAP?
    /// Relations of a statement's tables, by table and name.
    let relations: [String: [String: Relation]]

    struct Collection: Sendable {
        let idField: String
        let records: [JSONValue]
        /// Where a record's searchable properties are; empty for the record itself.
        let properties: String
        let nextID: String
        /// How long new ids are; 0 when they need no length.
        let idLength: Int
    }

    init(_ document: JSONValue, folder: URL) throws {
        func required(_ value: JSONValue, _ key: String) throws -> String {
            guard let text = value[key]?.string else {
                throw SandboxCatalog.Failure(description: "'\(key)' is missing")
            }
            return text
        }
        hosts = (document["hosts"]?.array ?? []).compactMap(\.string)
        requiresClientCertificate = document["client_certificate"]?.string == "required"
        oauth = try document["oauth"].map { oauth in
            OAuth(
                authorizePath: oauth["authorize_path"]?.string,
                tokenEndpoints: try SandboxTokenEndpoint.all(of: oauth),
                revokePath: oauth["revoke_path"]?.string,
                clientID: try required(oauth, "client_id"),
                clientSecret: try required(oauth, "client_secret"),
                rotates: oauth["refresh"]?.string == "rotating",
                lifetime: oauth["lifetime"]?.int ?? 3600,
                requiresProofKey: oauth["pkce"]?.bool ?? false
            )
        }
        relations = Relation.all(document["relations"])
        let prelude = SandboxPrelude(document["functions"])
        signature = try document["signature"].map { try SandboxSignature($0) }
        session = try document["session"].map { try SandboxSession($0, prelude) }
        keys = (document["keys"]?.array ?? []).compactMap(\.string)
        keyHeader = document["key_header"]?.string?.lowercased()
        headers = try prelude.expression(document["headers"])
        rateLimit = document["rate_limit"].map {
            RateLimit(requests: $0["requests"]?.int ?? 100, seconds: $0["seconds"]?.int ?? 10)
        }
        soap = try document["soap"].map { try SandboxSOAP($0) }
        var collections: [String: Collection] = [:]
        for member in document["collections"]?.object ?? [:] {
            let file = folder.appendingPathComponent(try required(member.value, "file"))
            let text = try String(contentsOf: file, encoding: .utf8)
            let records = try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
            collections[member.key] = Collection(
                idField: member.value["id"]?.string ?? "id",
                records: records,
                properties: member.value["properties"]?.string ?? "",
                nextID: member.value["next_id"]?.string ?? "900001",
                idLength: member.value["id_length"]?.int ?? 0
            )
        }
        self.collections = collections
        var errors: [String: Complaint] = [:]
        for member in document["errors"]?.object ?? [:] {
            errors[member.key] = Complaint(
                status: member.value["status"]?.int ?? 500,
                headers: (member.value["headers"]?.object ?? [:]).map { ($0.key, $0.value.string ?? $0.value.text()) },
                body: try prelude.expression(member.value["body"]),
                text: member.value["text"]?.string
            )
        }
        self.errors = errors
        routes = try (document["routes"]?.array ?? []).map { route in
            let parts = try required(route, "route").split(separator: " ")
            guard parts.count == 2 else { throw SandboxCatalog.Failure(description: "a route is written 'GET /path'") }
            return Route(
                method: String(parts[0]),
                path: Self.segments(parts[1]),
                auth: route["auth"]?.string ?? "token",
                action: try Self.action(route, prelude),
                status: route["status"]?.int ?? 200,
                order: try prelude.expression(route["order"]),
                pageSize: try prelude.expression(route["page_size"]),
                after: try prelude.expression(route["after"]),
                answer: try prelude.expression(route["answer"]),
                headers: try prelude.expression(route["headers"]),
                rules: try RecordRules(route, prelude)
            )
        }
    }

    static func segments(_ path: some StringProtocol) -> [String] {
        path.split { $0 == "/" }.map { String($0) }
    }

    private static func action(_ route: JSONValue, _ prelude: SandboxPrelude) throws -> Action {
        let collection = route["collection"]?.string ?? ""
        switch route["action"]?.string ?? "answer" {
        case "answer": return .answer
        case "sql":
            var tables: [String: String] = [:]
            for member in route["tables"]?.object ?? [:] { tables[member.key] = member.value.string }
            return .sql(
                parameter: route["parameter"]?.string ?? "q",
                tables: tables,
                statement: try prelude.expression(route["statement"])
            )
        case "locator": return .locator
        case "list": return .list(collection: collection)
        case "search": return .search(collection: collection)
        case "get": return .get(collection: collection)
        case "create": return .create(collection: collection)
        case "update": return .update(collection: collection)
        case "delete": return .delete(collection: collection)
        case "soap": return .soap
        case let other: throw SandboxCatalog.Failure(description: "there is no action '\(other)'")
        }
    }
}
