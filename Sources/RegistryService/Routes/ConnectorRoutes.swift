import ConnectorConfig
import HTTPTypes
import JSONValue
import Postgres
import ServiceKit
import Vocabulary

/// The platform's connectors: immutable versions of their documents, one of them published.
struct ConnectorRoutes {
    let layers: ConfigLayerStore

    private struct NewVersion: Decodable {
        let document: JSONValue
        let note: String?
    }

    private struct Publication: Decodable {
        let version: Int
    }

    private static let schema: JSONValue = [
        "type": "object", "required": ["name", "version"],
        "properties": [
            "name": ["type": "string"], "label": ["type": "string"],
            "categories": ["type": "array", "items": ["type": "string"]], "version": ["type": "integer"],
            "published": ["type": "boolean"],
        ],
    ]

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get,
                "/admin/v1/connectors",
                operationID: "listConnectors",
                summary: "List the published connectors",
                tags: ["Connectors"],
                access: .admin([]),
                responses: [ResponseSpec(200, "The connectors", schema: AdminSchema.list(Self.schema))]
            ) { request in
                let connectors = try await layers.publishedPlatform(scope: AdminCaller(request).scope)
                return .json([
                    "result": .array(try connectors.map { try Self.json($0.connector, $0.layer) }), "next_cursor": nil,
                ])
            },
            Endpoint(
                .get,
                "/admin/v1/connectors/{connector}",
                operationID: "getConnector",
                summary: "The newest version of a connector",
                tags: ["Connectors"],
                access: .admin([]),
                responses: [ResponseSpec(200, "The connector with its document", schema: Self.schema)]
            ) { request in
                let name = try request.pathParameter("connector")
                let layer = try await layers.layer(.platform(name), scope: AdminCaller(request).scope)
                guard let layer else { throw Problem(.notFound, "there is no such connector") }
                guard case .object(var body) = try Self.json(name, layer) else {
                    throw Problem(.internalError, "not an object")
                }
                body["document"] = try JSONValue(parsing: Array(layer.document.utf8), policy: .vendor)
                return .json(.object(body))
            },
            Endpoint(
                .post,
                "/admin/v1/connectors/{connector}/versions",
                operationID: "applyConnector",
                summary: "Add a version of a connector",
                description: "The same document as the newest version's adds nothing and answers 200.",
                tags: ["Connectors"],
                access: .admin([.platform]),
                body: BodySpec(
                    schema: [
                        "type": "object", "required": ["document"],
                        "properties": ["document": ["type": "object"], "note": ["type": "string"]],
                    ],
                    bytesMax: 16 * 1024 * 1024
                ),
                responses: [
                    ResponseSpec(200, "Nothing has changed", schema: Self.schema),
                    ResponseSpec(201, "The new version", schema: Self.schema),
                ],
                handler: apply
            ),
            Endpoint(
                .post,
                "/admin/v1/connectors/{connector}/publish",
                operationID: "publishConnector",
                summary: "Put a version in force",
                tags: ["Connectors"],
                access: .admin([.platform]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["version"], "properties": ["version": ["type": "integer"]],
                ]),
                responses: [ResponseSpec(204, "It is in force")]
            ) { request in
                let caller = try AdminCaller(request)
                let wish: Publication = try request.decode()
                let name = try request.pathParameter("connector")
                guard try await layers.publish(wish.version, of: .platform(name), scope: caller.scope, by: caller.actor)
                else { throw Problem(.notFound, "there is no such version of the connector") }
                return .empty()
            },
        ]
    }

    private func apply(_ request: EndpointRequest) async throws -> EndpointResponse {
        let caller = try AdminCaller(request)
        let name = try request.pathParameter("connector")
        let wish: NewVersion = try request.decode()
        do {
            let document = try CompiledConnector(
                base: ConfigLayer(level: .platform, version: 1, document: wish.document)
            )
            guard document.name == name else {
                throw Problem(
                    .invalidRequest,
                    "the document is named \(document.name) and the path says \(name)",
                    failures: [.init(code: "mismatch", message: "must be \(name)", pointer: "/document/name")]
                )
            }
        } catch let error as ConnectorConfigError {
            throw LayerCheck.refused(error, under: "/document")
        }
        let text = wish.document.text()
        for _ in 0..<5 {
            let newest = try await layers.layer(.platform(name), scope: caller.scope)
            if let newest, newest.document == text { return .json(try Self.json(name, newest)) }
            let added = try await layers.append(
                text,
                to: .platform(name),
                after: newest?.version,
                note: wish.note,
                publish: false,
                scope: caller.scope,
                by: caller.actor
            )
            if let added { return .json(try Self.json(name, added), status: 201) }
        }
        throw Problem(.conflict, "others are changing this connector; try again")
    }

    private static func json(_ name: String, _ layer: LayerRow) throws -> JSONValue {
        let document = try JSONValue(parsing: Array(layer.document.utf8), policy: .vendor)
        return [
            "name": .string(name), "label": document["label"] ?? .string(name),
            "categories": document["categories"] ?? [], "version": .number(JSONNumber(layer.version)),
            "published": .bool(layer.isPublished), "created_at": .string(layer.createdAt.description),
        ]
    }
}

/// Whether a connector's layers fit together.
enum LayerCheck {
    static func refused(_ error: ConnectorConfigError, under prefix: String = "") -> Problem {
        Problem(
            .invalidRequest,
            "the document does not work: \(error)",
            failures: [.init(code: "invalid", message: error.message, pointer: prefix + error.pointer)]
        )
    }
}
