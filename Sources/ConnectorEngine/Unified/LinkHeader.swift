import HTTPExchange
import HTTPTypes

/// The `Link` header (RFC 8288 section 3).
enum LinkHeader {
    /// The target of the link with a relation; nil when there is none.
    static func target(_ relation: String, in headers: HeaderFields) -> String? {
        guard let name = HTTPField.Name("Link") else { return nil }
        for text in headers[values: name] {
            for link in links(text) where link.relations.contains(relation) { return link.target }
        }
        return nil
    }

    private static func links(_ text: String) -> [(target: String, relations: [String])] {
        var links: [(target: String, relations: [String])] = []
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let target = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            let end = rest.firstIndex(of: "<") ?? rest.endIndex
            var relations: [String] = []
            for parameter in rest[..<end].split(whereSeparator: { $0 == ";" || $0 == "," }) {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, pair[0].filter({ $0 != " " }).lowercased() == "rel" else { continue }
                relations += pair[1].filter { $0 != "\"" }.split(separator: " ").map { $0.lowercased() }
            }
            links.append((target, relations))
            rest = rest[end...]
        }
        return links
    }
}
