import JSONValue
import Vocabulary

/// Requests that are signed by OAuth 1.0 (RFC 5849) with shared secrets: whose signatures are good.
struct SandboxSignature: Sendable {
    private let consumerKey: String
    private let consumerSecret: String
    private let token: String
    private let tokenSecret: String
    /// What the header must name as realm, if anything.
    private let realm: String?
    /// How far a time stamp may be from now, in seconds.
    private let maxAge: Double
    private let methods: [String: DigestAlgorithm]

    init(_ document: JSONValue) throws {
        func text(_ key: String) throws -> String {
            guard let text = document[key]?.string else {
                throw SandboxCatalog.Failure(description: "signature: '\(key)' is missing")
            }
            return text
        }
        consumerKey = try text("consumer_key")
        consumerSecret = try text("consumer_secret")
        token = try text("token")
        tokenSecret = try text("token_secret")
        realm = document["realm"]?.string
        maxAge = Double(document["max_age"]?.int ?? 300)
        let known: [String: DigestAlgorithm] = ["HMAC-SHA1": .sha1, "HMAC-SHA256": .sha256]
        let names = document["methods"]?.array?.compactMap(\.string) ?? ["HMAC-SHA256"]
        methods = known.filter { names.contains($0.key) }
        guard methods.count == names.count else {
            throw SandboxCatalog.Failure(description: "signature: methods are HMAC-SHA1 and HMAC-SHA256")
        }
    }

    /// Why a request is not let in; nothing when its signature is good.
    ///
    /// `isNew`: whether a nonce was not seen before; it is asked last, for requests that are good else.
    func flaw(
        of request: SandboxRequest,
        now: Double,
        digests: any Digests,
        isNew: (String) -> Bool
    ) -> String? {
        let given = Self.parameters(request.header("authorization") ?? "")
        if let realm, given["realm"] != realm { return "realm" }
        guard let algorithm = methods[given["oauth_signature_method"] ?? ""] else { return "method" }
        guard given["oauth_consumer_key"] == consumerKey else { return "consumer_key" }
        guard given["oauth_token"] == token else { return "token" }
        guard ["1.0", nil].contains(given["oauth_version"]) else { return "version" }
        guard let stamp = given["oauth_timestamp"].flatMap(Double.init), abs(stamp - now) <= maxAge else {
            return "timestamp"
        }
        guard let nonce = given["oauth_nonce"], !nonce.isEmpty else { return "nonce" }
        let signed = given.filter { $0.key != "realm" && $0.key != "oauth_signature" }.map { ($0.key, $0.value) }
        let base = Self.base(request, signed)
        let key = FormText.encoded(consumerSecret) + "&" + FormText.encoded(tokenSecret)
        guard let signature = given["oauth_signature"].flatMap(Base64Text.decode),
            let expected = try? digests.hmac(algorithm, of: Array(base.utf8), key: Array(key.utf8)),
            digests.constantTimeEqual(signature, expected)
        else { return "signature" }
        return isNew("\(Int(stamp))/\(nonce)") ? nil : "nonce"
    }

    /// The parameters of the header field (section 3.5.1); the realm is quoted as it is.
    private static func parameters(_ header: String) -> [String: String] {
        guard header.lowercased().hasPrefix("oauth ") else { return [:] }
        var parameters: [String: String] = [:]
        for part in header.dropFirst("oauth ".count).split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\"" } }
            guard sides.count == 2 else { continue }
            parameters[sides[0]] = sides[0] == "realm" ? sides[1] : FormText.decoded(sides[1], plusIsSpace: false)
        }
        return parameters
    }

    /// The text that is signed (section 3.4.1).
    private static func base(_ request: SandboxRequest, _ parameters: [(name: String, value: String)]) -> String {
        let isForm = request.header("content-type")?.hasPrefix("application/x-www-form-urlencoded") == true
        let all = request.query + parameters + (isForm ? FormText.items(request.body) : [])
        let pairs = all.map { (FormText.encoded($0.name), FormText.encoded($0.value)) }
            .sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }
            .map { "\($0.0)=\($0.1)" }
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false)
        let path = segments.map { FormText.encoded(String($0)) }.joined(separator: "/")
        let host = (request.header("host") ?? "").lowercased()
        let place = "https://" + (host.hasSuffix(":443") ? String(host.dropLast(4)) : host) + path
        return [request.method.uppercased(), FormText.encoded(place), FormText.encoded(pairs.joined(separator: "&"))]
            .joined(separator: "&")
    }
}
