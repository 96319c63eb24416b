import ConnectorConfig
import JSONata
import UnifiedModel

/// The shape of a unified record, flattened for writing: what each field holds, by number, with its closed set and the
/// connector's counterparts beside it.
///
/// Made once per mapping.
final class ModelShape: Sendable {
    /// What is done to a value.
    enum Kind: Sendable {
        case any, text, timestamp, date, integer, number, boolean
        /// One of a group of names; `map` is a place in `maps`, or -1.
        case choice(allowed: Int, map: Int)
        /// A list whose elements are of the node `element`.
        case array(element: Int)
        /// Fields named by a group, whose nodes stand in `fields`.
        ///
        /// With `needsID` the object is nothing without an identifier.
        case object(group: Int, needsID: Bool)
    }

    /// Counterparts of a vendor's values.
    struct Map: Sendable {
        /// The group of native values.
        let natives: Int
        /// The unified value for each of them.
        let values: [String]
        /// What becomes of others; nil for null.
        let fallback: String?
    }

    /// The group that holds nothing but `id`.
    static let idGroup = 0
    /// The group of the fields that are not written as they come, or looked at.
    static let ownGroup = 1

    let nodes: [Kind]
    /// The nodes of an object's fields, by the number of its group.
    let fields: [[Int]]
    let maps: [Map]
    /// All groups of names.
    let groups: [[String]]
    /// The same, to be looked up in.
    let names: JSONataNames
    /// The node of a record.
    let root: Int

    init(_ shape: FieldShape, enums: [EnumMap]) {
        var builder = Builder()
        root = builder.add(shape, enums.map { ($0, $0.path[...]) })
        nodes = builder.nodes
        fields = builder.fields
        maps = builder.maps
        groups = builder.groups
        names = JSONataNames(builder.groups)
    }

    private struct Builder {
        var nodes: [Kind] = []
        var groups = [["id"], ["remote_data", "remote_values", "etag"]]
        var fields: [[Int]] = [[], []]
        var maps: [Map] = []

        /// `enums`: those whose path leads here or further, with what is left of the path.
        mutating func add(_ shape: FieldShape, _ enums: [(map: EnumMap, path: ArraySlice<String>)]) -> Int {
            let node = nodes.count
            nodes.append(.any)
            nodes[node] = kind(shape, enums)
            return node
        }

        private mutating func kind(
            _ shape: FieldShape,
            _ enums: [(map: EnumMap, path: ArraySlice<String>)]
        ) -> Kind {
            switch shape {
            case .any: return .any
            case .identifier, .string: return .text
            case .timestamp: return .timestamp
            case .date: return .date
            case .integer: return .integer
            case .number: return .number
            case .boolean: return .boolean
            case .choice(let allowed):
                let map = enums.first { $0.path.isEmpty }?.map
                return .choice(allowed: group(allowed), map: map.map { add($0, allowed) } ?? -1)
            case .array(let element):
                return .array(element: add(element, enums.filter { $0.path.first == "*" }.map(Self.below)))
            case .object(let members):
                let names = members.keys.sorted()
                let number = group(names)
                fields[number] = names.map { name in
                    add(members[name] ?? .any, enums.filter { $0.path.first == name }.map(Self.below))
                }
                var needsID = false
                if case .identifier? = members["id"] { needsID = true }
                return .object(group: number, needsID: needsID)
            }
        }

        private static func below(
            _ entry: (map: EnumMap, path: ArraySlice<String>)
        ) -> (map: EnumMap, path: ArraySlice<String>) {
            (entry.map, entry.path.dropFirst())
        }

        private mutating func group(_ names: [String]) -> Int {
            groups.append(names)
            fields.append([])
            return groups.count - 1
        }

        private mutating func add(_ map: EnumMap, _ allowed: [String]) -> Int {
            let natives = map.values.keys.sorted()
            maps.append(
                Map(
                    natives: group(natives),
                    values: natives.map { map.values[$0] ?? "" },
                    fallback: allowed.contains(map.fallback) ? map.fallback : nil
                )
            )
            return maps.count - 1
        }
    }
}
