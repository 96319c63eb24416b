/// The functions of the library.
///
/// The raw value is the name after `$`.
enum Builtin: String, CaseIterable, BitwiseCopyable {
    // Aggregation and numbers
    case sum, count, max, min, average
    case number, abs, floor, ceil, round, power, sqrt, random
    case formatNumber, formatBase, formatInteger, parseInteger
    // Strings
    case string, length, substring, substringBefore, substringAfter, lowercase, uppercase, trim, pad
    case contains, split, join, match, replace
    case base64encode, base64decode, encodeUrlComponent, encodeUrl, decodeUrlComponent, decodeUrl
    // Logic
    case boolean, not, exists, type
    // Arrays and objects
    case append, sort, reverse, shuffle, distinct, zip
    case keys, lookup, spread, merge, sift, each, error, assert, clone
    // Higher-order functions
    case map, filter, single, reduce
    // Time and evaluation
    case now, millis, toMillis, fromMillis, eval
    // Integration functions
    case firstNonEmpty, removeEmpty, removeEmptyItems, mapValues, jsonParse, toNumber, compact
    case pick, omit, values, groupBy, keyBy, orderBy, find, lofilter, chunk, difference
    case flatten, flattenDeep, flattenDepth, wrap
    case parseUrl, parseQuery, stringifyQuery, digest, hmac, sign, uuid
    case dtFromIso, dtFromFormat, dtToFormat, dtToIso, dtPlus, dtStartOf, dtSetZone
    case xmlToJs, jsToXml, csvParse, csvStringify, zipSqlResponse, convertQueryToSql
    case convertCurrencyToSubunit, convertCurrencyFromSubunit

    /// The signature that arguments are checked against; empty for none.
    var signature: StaticString {
        switch self {
        case .sum, .max, .min, .average: "<a<n>:n>"
        case .count: "<a:n>"
        case .number: "<(nsb)-:n>"
        case .abs, .floor, .ceil, .sqrt: "<n-:n>"
        case .round: "<n-n?:n>"
        case .power: "<n-n:n>"
        case .random: "<:n>"
        case .formatNumber: "<n-so?:s>"
        case .formatBase: "<n-n?:s>"
        case .formatInteger: "<n-s:s>"
        case .parseInteger: "<s-s:n>"
        case .string: "<x-b?:s>"
        case .length: "<s-:n>"
        case .substring: "<s-nn?:s>"
        case .substringBefore, .substringAfter: "<s-s:s>"
        case .lowercase, .uppercase, .trim: "<s-:s>"
        case .pad: "<s-ns?:s>"
        case .contains: "<s-(sf):b>"
        case .split: "<s-(sf)n?:a<s>>"
        case .join: "<a<s>s?:s>"
        case .match: "<s-f<s:o>n?:a<o>>"
        case .replace: "<s-(sf)(sf)n?:s>"
        case .base64encode, .base64decode, .encodeUrlComponent, .encodeUrl, .decodeUrlComponent, .decodeUrl: "<s-:s>"
        case .boolean, .not: "<x-:b>"
        case .exists: "<x:b>"
        case .type: "<x:s>"
        case .append: "<xx:a>"
        case .sort: "<af?:a>"
        case .reverse, .shuffle: "<a:a>"
        case .distinct: "<x:x>"
        case .zip: "<a+>"
        case .keys: "<x-:a<s>>"
        case .lookup: "<x-s:x>"
        case .spread: "<x-:a<o>>"
        case .merge: "<a<o>:o>"
        case .sift: "<o-f?:o>"
        case .each: "<o-f:a>"
        case .error: "<s?:x>"
        case .assert: "<bs?:x>"
        case .clone: "<(oa)-:o>"
        case .map, .filter: "<af>"
        case .single: "<af?>"
        case .reduce: "<afj?:j>"
        case .now: "<s?s?:s>"
        case .millis: "<:n>"
        case .toMillis: "<s-s?:n>"
        case .fromMillis: "<n-s?s?:s>"
        case .eval: "<sx?:x>"
        default: ""
        }
    }

    /// How many arguments a higher-order function hands to it.
    var arity: Int32 {
        switch self {
        case .zip, .millis, .random, .uuid, .firstNonEmpty: 0
        case .substring, .pad, .formatNumber, .split, .match, .fromMillis, .reduce: 3
        case .replace: 4
        case .contains, .append, .lookup, .power, .round, .formatBase, .formatInteger, .parseInteger, .join, .toMillis,
            .each, .assert, .sort, .eval, .sift, .filter, .map, .single, .substringBefore, .substringAfter, .now:
            2
        default: 1
        }
    }
}

/// What all evaluations share about the library: made once, never changed, never freed.
struct BuiltinTable: @unchecked Sendable {  // Proof: written by the initialiser only.
    private let functions: UnsafeMutablePointer<FunctionHeader>
    private let names: ObjectPointer

    static let shared = BuiltinTable()

    private init() {
        let arena = Arena(firstChunk: 64 * 1024)
        let all = Builtin.allCases
        functions = arena.allocate(FunctionHeader.self, count: all.count)
        names = arena.object(capacity: all.count)
        for (index, builtin) in all.enumerated() {
            var header = FunctionHeader(form: .builtin, builtin: builtin, arity: builtin.arity)
            let text = UnsafeBufferPointer(
                start: builtin.signature.utf8Start,
                count: builtin.signature.utf8CodeUnitCount
            )
            if !text.isEmpty, case .signature(let signature) = Signature.parse(text, arena) {
                header.signature = signature
            }
            (functions + index).initialize(to: header)
            arena.append(Value(functions + index), for: arena.string(builtin.rawValue).keyed, to: names)
        }
    }

    /// The function of this name (in key form), or undefined.
    func function(named name: Value) -> Value { names.value(for: name) }

    /// The header of a function.
    func header(of builtin: Builtin) -> FunctionPointer {
        functions + Int(unsafeBitCast(builtin, to: UInt8.self))
    }
}

extension Builtin {
    /// The function of a name.
    static func named(_ name: Value) -> Builtin? {
        let found = BuiltinTable.shared.function(named: name.keyed)
        return found.isFunction ? found.function.pointee.builtin : nil
    }
}

/// What the library holds.
package enum JSONataLibrary {
    /// The names of the functions beyond the language, without the `$`.
    package static var integrationFunctions: [String] {
        Builtin.allCases.drop { $0 != .firstNonEmpty }.map(\.rawValue)
    }
}
