package import FoundationEssentials

/// An opaque identifier of one kind of thing, so that an account id can never be passed where a tenant id is asked for.
///
/// The text form is the canonical lower-case form of RFC 9562. Any other spelling (upper case, braces, Unicode
/// look-alikes) is refused, so that one thing has exactly one name in caches, logs and addresses.
package struct Identifier<Kind>: Hashable, Sendable, CustomStringConvertible {
    /// The value, as Postgres stores it.
    package let uuid: UUID

    /// Wraps a value read from a store.
    package init(_ uuid: UUID) {
        self.uuid = uuid
    }

    /// Reads the canonical text form.
    ///
    /// Nil when `text` is spelt in any other way.
    ///
    /// - Parameter text: 36 characters, lower-case hexadecimal with hyphens.
    package init?(_ text: String) {
        let digits = text.utf8Span.span
        guard digits.count == 36 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for index in 0..<36 {
            switch index {
            case 8, 13, 18, 23: guard digits[index] == UInt8(ascii: "-") else { return nil }
            default:
                guard let value = Hexadecimal.value(digits[index]) else { return nil }
                if index < 18 {
                    halves.high = halves.high << 4 | UInt64(value)
                } else {
                    halves.low = halves.low << 4 | UInt64(value)
                }
            }
        }
        func byte(_ half: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: half >> (56 - 8 * index)) }
        uuid = UUID(
            uuid: (
                byte(halves.high, 0), byte(halves.high, 1), byte(halves.high, 2), byte(halves.high, 3),
                byte(halves.high, 4), byte(halves.high, 5), byte(halves.high, 6), byte(halves.high, 7),
                byte(halves.low, 0), byte(halves.low, 1), byte(halves.low, 2), byte(halves.low, 3),
                byte(halves.low, 4), byte(halves.low, 5), byte(halves.low, 6), byte(halves.low, 7)
            )
        )
    }

    /// A new random identifier (version 4).
    package static func random() -> Self {
        Self(UUID())
    }

    package var description: String {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid.uuid
        return Hexadecimal.hyphened([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a lower-case UUID: \(text.prefix(64))")
            )
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The kinds of identifiers; never instantiated.
package enum IdentifierKind {
    /// A customer of this installation.
    package enum Tenant {}
    /// A tenant's separate world: production, staging.
    package enum Environment {}
    /// A key with which a product's backend calls the API.
    package enum APIKey {}
    /// A connector that an environment uses.
    package enum Integration {}
    /// One end user's connection to one vendor.
    package enum Account {}
    /// Accounts over which a list can be asked for at once.
    package enum AccountGroup {}
    /// A one-time ticket that starts a connect flow.
    package enum LinkToken {}
    /// One run of a connect flow.
    package enum ConnectSession {}
}

/// Identifies a tenant.
package typealias TenantID = Identifier<IdentifierKind.Tenant>
/// Identifies an environment of a tenant.
package typealias EnvironmentID = Identifier<IdentifierKind.Environment>
/// Identifies an API key (never the key itself).
package typealias APIKeyID = Identifier<IdentifierKind.APIKey>
/// Identifies a connector enabled in an environment.
package typealias IntegrationID = Identifier<IdentifierKind.Integration>
/// Identifies an integrated account.
package typealias AccountID = Identifier<IdentifierKind.Account>
/// Identifies a group of accounts.
package typealias AccountGroupID = Identifier<IdentifierKind.AccountGroup>
/// Identifies a link token (never the token itself).
package typealias LinkTokenID = Identifier<IdentifierKind.LinkToken>
/// Identifies a connect session.
package typealias ConnectSessionID = Identifier<IdentifierKind.ConnectSession>
