import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import VaultContract
import Vocabulary

/// What administrators deposit once for many accounts: an integration's OAuth client and client certificate, and the
/// certificate that the platform uses for a connector.
///
/// Write-only: what is stored can be replaced but never read again.
struct AppCredentialRoutes: Sendable {
    let registry: any RegistryClient
    let vault: any VaultClient
    let certificates: ClientCertificates
    let certificateReader: any CertificateReader
    let now: @Sendable () -> Date

    private struct Certificate: Decodable {
        let pem: String?
        let privateKeyPEM: String?
        let pfxBase64: String?
        let passphrase: String?

        enum CodingKeys: String, CodingKey {
            case pem, passphrase
            case privateKeyPEM = "private_key_pem"
            case pfxBase64 = "pfx_base64"
        }
    }

    private struct AppCredentials: Decodable {
        let clientID: String?
        let clientSecret: String?
        let privateKey: String?
        let keyID: String?
        let clientCertificate: Certificate?

        enum CodingKeys: String, CodingKey {
            case clientID = "client_id"
            case clientSecret = "client_secret"
            case privateKey = "private_key"
            case keyID = "key_id"
            case clientCertificate = "client_certificate"
        }
    }

    private struct PlatformCredentials: Decodable {
        let clientCertificate: Certificate

        enum CodingKeys: String, CodingKey {
            case clientCertificate = "client_certificate"
        }
    }

    private static let certificateSchema: JSONValue = [
        "description": "For mutual TLS: `pem` (with or without the key) and `private_key_pem`, or `pfx_base64`.",
        "type": "object",
        "properties": [
            "pem": ["type": "string"], "private_key_pem": ["type": "string"], "pfx_base64": ["type": "string"],
            "passphrase": ["type": "string"],
        ],
    ]

    private static let stored = ResponseSpec(
        200,
        "The certificate is stored; what may be told of it",
        schema: [
            "type": "object",
            "properties": [
                "client_certificate": [
                    "type": "object",
                    "properties": [
                        "subject": ["type": "string"], "issuer": ["type": "string"],
                        "expires_at": ["type": "string", "format": "date-time"], "sha256": ["type": "string"],
                    ],
                ]
            ],
        ]
    )

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .put,
                "/admin/v1/integrations/{integration_id}/credentials",
                operationID: "putIntegrationCredentials",
                summary: "Set the OAuth client and the client certificate of an integration",
                description: "Write-only: what is stored can be replaced but never read again.",
                tags: ["Integrations"],
                access: .admin([]),
                body: BodySpec(schema: [
                    "type": "object",
                    "properties": [
                        "client_id": ["type": "string"], "client_secret": ["type": "string"],
                        "private_key": [
                            "description": "In PEM; signs the proofs of clients, and assertions.",
                            "type": "string",
                        ],
                        "key_id": ["description": "What the vendor calls that key.", "type": "string"],
                        "client_certificate": Self.certificateSchema,
                    ],
                ]),
                responses: [ResponseSpec(204, "The client is stored"), Self.stored],
                handler: putIntegration
            ),
            Endpoint(
                .put,
                "/admin/v1/connectors/{connector}/credentials",
                operationID: "putConnectorCredentials",
                summary: "Set the client certificate that the platform uses for a connector",
                description: "For ways to connect whose `mutual_tls.level` is `platform`. Write-only.",
                tags: ["Connectors"],
                access: .admin([.platform]),
                body: BodySpec(schema: [
                    "type": "object", "required": ["client_certificate"],
                    "properties": ["client_certificate": Self.certificateSchema],
                ]),
                responses: [Self.stored],
                handler: putConnector
            ),
        ]
    }

    private func putIntegration(_ request: EndpointRequest) async throws -> EndpointResponse {
        let key = try request.apiKey()
        let id: IntegrationID = try request.identifier("integration_id")
        guard let integration = try await registry.configuration(of: id)?.integration,
            key.isPlatformAdmin || key.tenantID == integration.tenantID,
            key.environmentID == nil || key.environmentID == integration.environmentID
        else { throw Problem(.notFound, "there is no such integration") }
        let credentials: AppCredentials = try request.decode()
        let identity = try credentials.clientCertificate.map(identity)
        guard credentials.clientID != nil || identity != nil else {
            throw Problem(
                .missingRequiredField,
                "give 'client_id', 'client_certificate' or both",
                failures: [.init(code: "required", message: "this or 'client_certificate'", pointer: "/client_id")]
            )
        }
        var values = identity.map(ClientCertificates.values) ?? [:]
        values["client_id"] = credentials.clientID
        values["client_secret"] = credentials.clientSecret
        values["private_key"] = credentials.privateKey
        values["key_id"] = credentials.keyID
        _ = try await vault.put(
            CredentialPut(
                tenantID: integration.tenantID,
                environmentID: integration.environmentID,
                values: values,
                expiresAt: nil
            ),
            for: CredentialOwner(integration: id, tenant: integration.tenantID),
            kind: .app
        )
        return try Self.answer(identity)
    }

    private func putConnector(_ request: EndpointRequest) async throws -> EndpointResponse {
        let connector = try request.pathParameter("connector")
        let credentials: PlatformCredentials = try request.decode()
        let identity = try identity(credentials.clientCertificate)
        let owner = try certificates.platformOwner(of: connector)
        _ = try await vault.put(
            CredentialPut(
                tenantID: owner.tenantID,
                environmentID: EnvironmentID(owner.tenantID.uuid),
                values: ClientCertificates.values(of: identity),
                expiresAt: nil
            ),
            for: owner,
            kind: .app
        )
        return try Self.answer(identity)
    }

    private func identity(_ certificate: Certificate) throws -> ClientIdentity {
        var bytes = certificate.pem.map { Array($0.utf8) }
        if let text = certificate.pfxBase64 {
            guard let data = Data(base64Encoded: text) else {
                throw Self.unusable("it is not base64", "/client_certificate/pfx_base64")
            }
            bytes = [UInt8](data)
        }
        guard let bytes else { throw Self.unusable("give 'pem' or 'pfx_base64'", "/client_certificate") }
        do {
            return try certificateReader.identity(
                in: CertificateUpload(
                    certificate: Secret(bytes),
                    privateKey: certificate.privateKeyPEM.map { Secret(Array($0.utf8)) },
                    passphrase: certificate.passphrase.flatMap { $0.isEmpty ? nil : Secret($0) }
                ),
                requiresIssuer: false,
                now: now()
            )
        } catch {
            throw Self.unusable(error.message, "/client_certificate", code: error.reason.rawValue)
        }
    }

    private static func unusable(_ message: String, _ pointer: String, code: String = "invalid") -> Problem {
        Problem(
            .invalidRequest,
            "the client certificate cannot be used: \(message)",
            failures: [.init(code: code, message: message, pointer: pointer)]
        )
    }

    private static func answer(_ identity: ClientIdentity?) throws -> EndpointResponse {
        guard let identity else { return .empty() }
        let note = try JSONValueEncoder().encode(ClientCertificates.note(of: identity))
        return .json(["client_certificate": note], headers: [.cacheControl: "no-store"])
    }
}
