/// A statement with its bound values.
///
/// Write it as a string literal; each interpolated value becomes a bind parameter and never a part of the SQL text.
package struct Query: Sendable, ExpressibleByStringInterpolation {
    /// The text with `$1`, `$2`, ...
    ///
    /// where values stood.
    package let sql: String
    let binds: [PostgresBind]

    /// Collects the pieces of a literal.
    package struct StringInterpolation: StringInterpolationProtocol {
        var sql = ""
        var binds: [PostgresBind] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + interpolationCount * 3)
            binds.reserveCapacity(interpolationCount)
        }

        /// Adds SQL text.
        package mutating func appendLiteral(_ literal: String) {
            sql += literal
        }

        /// Binds a value.
        package mutating func appendInterpolation(_ value: some PostgresBindable) {
            binds.append(value.postgresBind)
            sql += "$\(binds.count)"
        }

        /// Binds a value, or NULL for nil.
        package mutating func appendInterpolation<Value: PostgresBindable>(_ value: Value?) {
            binds.append(value?.postgresBind ?? PostgresBind(type: Value.postgresType, value: nil))
            sql += "$\(binds.count)"
        }

        /// Adds another query with its binds, such as a shared condition.
        package mutating func appendInterpolation(_ query: Query) {
            // The other's $n are renumbered from the end, so that $1 does not touch $10.
            var text = query.sql
            for index in stride(from: query.binds.count, to: 0, by: -1) {
                text = text.replacing("$\(index)", with: "$\(binds.count + index)")
            }
            sql += text
            binds += query.binds
        }
    }

    package init(stringLiteral value: String) {
        sql = value
        binds = []
    }

    package init(stringInterpolation: StringInterpolation) {
        sql = stringInterpolation.sql
        binds = stringInterpolation.binds
    }
}
