package import FoundationEssentials

/// An opaque identifier of one kind of thing, so that an account id can never be passed where a tenant id is asked for.
///
/// The text form is the canonical lower-case form of RFC 9562. Any other spelling (upper case, braces, Unicode
/// look-alikes) is refused, so that one thing has exactly one name in caches, logs and addresses.
package struct Identifier<Kind>: Hashable, Sendable, CustomStringConvertible {
    // Two numbers, which caches hash and compare faster than sixteen bytes.
    private let high: UInt64
    private let low: UInt64

    /// The value, as Postgres stores it.
    package var uuid: UUID {
        func byte(_ half: UInt64, _ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: half >> (56 - 8 * index)) }
        return UUID(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            )
        )
    }

    /// Wraps a value read from a store.
    package init(_ uuid: UUID) {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid.uuid
        high = [a, b, c, d, e, f, g, h].reduce(0) { $0 << 8 | UInt64($1) }
        low = [i, j, k, l, m, n, o, p].reduce(0) { $0 << 8 | UInt64($1) }
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
        (high, low) = halves
    }

    /// A new random identifier (version 4).
    package static func random() -> Self {
        Self(UUID())
    }

    package var description: String { Hexadecimal.hyphened(high, low) }
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
