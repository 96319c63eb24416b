import ConnectorConfig
import JSONata
import UnifiedModel

/// The shape of a unified record, flattened for writing: what each field holds, by number, with its closed set and the
/// connector's counterparts beside it.
///
/// Made once per mapping.
final class ModelShape: Sendable {
    /// What is done to a value that a node does not take as it is.
    enum Kind: Sendable {
        case any, text, link, currency, timestamp, date, integer, boolean
        /// A number within bounds.
        case number(ClosedRange<Double>)
        /// One of a group of names; `map` is a place in `maps`, or -1.
        case choice(allowed: Int, map: Int)
        case array, object
        /// The vendor's values that have no counterpart; they are written last.
        case remoteValues
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

    /// The nodes by number; the first one is that of a record.
    let nodes: [Kind]
    let maps: [Map]
    /// All groups of names.
    let groups: [[String]]
    /// The same to write with.
    let form: JSONataForm

    init(_ shape: FieldShape, enums: [EnumMap]) {
        var builder = Builder()
        _ = builder.add(shape, enums.map { ($0, $0.path[...]) })
        builder.addOwn()
        nodes = builder.kinds
        maps = builder.maps
        groups = builder.groups
        form = JSONataForm(builder.nodes, groups: builder.groups)
    }

    private struct Builder {
        var kinds: [Kind] = []
        var nodes: [JSONataForm.Node] = []
        var groups: [[String]] = []
        var maps: [Map] = []

        /// `enums`: those whose path leads here or further, with what is left of the path.
        mutating func add(_ shape: FieldShape, _ enums: [(map: EnumMap, path: ArraySlice<String>)]) -> Int {
            let number = add(.any, JSONataForm.Node(.any))
            (kinds[number], nodes[number]) = node(shape, enums)
            return number
        }

        private mutating func add(_ kind: Kind, _ node: JSONataForm.Node) -> Int {
            kinds.append(kind)
            nodes.append(node)
            return nodes.count - 1
        }

        private mutating func node(
            _ shape: FieldShape,
            _ enums: [(map: EnumMap, path: ArraySlice<String>)]
        ) -> (Kind, JSONataForm.Node) {
            var node = JSONataForm.Node(.adjusted)
            switch shape {
            case .any: return (.any, JSONataForm.Node(.any))
            case .identifier, .string: return (.text, JSONataForm.Node(.text))
            case .timestamp: return (.timestamp, JSONataForm.Node(.instant))
            case .date: return (.date, node)
            case .integer: return (.integer, node)
            case .link: return (.link, JSONataForm.Node(.link))
            case .currency: return (.currency, JSONataForm.Node(.currency))
            case .number(let bounds):
                let isBounded = bounds.lowerBound > -.infinity || bounds.upperBound < .infinity
                return (.number(bounds), isBounded ? node : JSONataForm.Node(.number))
            case .boolean: return (.boolean, JSONataForm.Node(.boolean))
            case .choice(let allowed):
                let map = enums.first { $0.path.isEmpty }?.map
                node.group = group(allowed)
                // With counterparts, even an allowed value may become another one.
                if map == nil { node.kind = .choice }
                return (.choice(allowed: node.group, map: map.map { add($0, allowed) } ?? -1), node)
            case .array(let element):
                node.kind = .array
                node.element = add(element, enums.filter { $0.path.first == "*" }.map(Self.below))
                return (.array, node)
            case .object(let members, let needs):
                let names = members.keys.sorted()
                node.kind = .object
                node.group = group(names)
                node.fields = names.map { name in
                    add(members[name] ?? .any, enums.filter { $0.path.first == name }.map(Self.below))
                }
                node.needs = needs
                return (.object, node)
            }
        }

        /// The fields of a record that are not written as they come, or looked at.
        mutating func addOwn() {
            guard case .object = nodes[0].kind else { return }
            // A record without an identifier is refused, not left out.
            nodes[0].needs = []
            own("remote_data") { $0.isOmitted = true }
            let remoteValues = own("remote_values") {
                $0.isOmitted = true
                $0.isNoted = true
            }
            kinds[remoteValues] = .remoteValues
            own("etag") { $0.isNoted = true }
        }

        @discardableResult
        private mutating func own(_ name: String, _ change: (inout JSONataForm.Node) -> Void) -> Int {
            let group = nodes[0].group
            if let index = groups[group].firstIndex(of: name) {
                change(&nodes[nodes[0].fields[index]])
                return nodes[0].fields[index]
            }
            let number = add(.any, JSONataForm.Node(.any))
            change(&nodes[number])
            groups[group].append(name)
            nodes[0].fields.append(number)
            return number
        }

        private static func below(
            _ entry: (map: EnumMap, path: ArraySlice<String>)
        ) -> (map: EnumMap, path: ArraySlice<String>) {
            (entry.map, entry.path.dropFirst())
        }

        private mutating func group(_ names: [String]) -> Int {
            groups.append(names)
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
