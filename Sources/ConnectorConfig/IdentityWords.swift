package import JSONValue

/// A connector, or a way of it, that is on its way out.
package struct Deprecation: Sendable {
    /// The day since when it is not recommended, `YYYY-MM-DD`.
    package let since: String?
    /// The day when it ends.
    package let sunset: String?
    /// The connector to use instead.
    package let successor: String?
    /// What people read.
    package let message: String?

    /// Reads `true`, or an object; nil for `false`.
    static func read(_ reader: DocumentReader?) throws(ConnectorConfigError) -> Deprecation? {
        guard let reader else { return nil }
        if case .bool(let flag) = reader.value {
            return flag ? Deprecation(since: nil, sunset: nil, successor: nil, message: nil) : nil
        }
        try reader.allow(["since", "sunset", "use", "message"])
        return Deprecation(
            since: try reader.child("since")?.day(),
            sunset: try reader.child("sunset")?.day(),
            successor: try reader.child("use")?.string(),
            message: try reader.child("message")?.string()
        )
    }
}

extension Deprecation {
    /// What is told of it; what is not said is left out.
    package var json: JSONValue {
        var json = JSONObject()
        json["since"] = since.map(JSONValue.string)
        json["sunset"] = sunset.map(JSONValue.string)
        json["use"] = successor.map(JSONValue.string)
        json["message"] = message.map(JSONValue.string)
        return .object(json)
    }
}

/// One of a vendor's regions, which settles some of an account's variables.
package struct RegionConfig: Sendable {
    /// The name, which the variable `region` holds.
    package let name: String
    /// What people read.
    package let label: String
    /// Values of variables for accounts of the region.
    package let variables: JSONObject

    static func all(reading reader: DocumentReader?) throws(ConnectorConfigError) -> [RegionConfig] {
        var regions: [RegionConfig] = []
        for (name, member) in try reader?.members() ?? [] {
            try member.allow(["label", "variables"])
            guard case .object(let variables) = try member.required("variables").value else {
                throw try member.required("variables").error("expected an object of values")
            }
            regions.append(
                RegionConfig(name: name, label: try member.child("label")?.string() ?? name, variables: variables)
            )
        }
        return regions
    }
}

extension ConnectorDocument {
    /// What an account's expressions see: its variables, with those of its region, the defaults of those that are
    /// missing, and those that are made of others.
    ///
    /// A derived variable whose expression gives nothing is not there.
    package func withDefaults(_ variables: JSONObject) -> JSONObject {
        var all = variables
        let asked = self.variables.first { $0.name == "region" }?.defaultValue
        if let name = (all["region"] ?? asked)?.string, let region = regions.first(where: { $0.name == name }) {
            for member in region.variables where all[member.key] == nil { all[member.key] = member.value }
        }
        for variable in self.variables where all[variable.name] == nil {
            if let value = variable.defaultValue { all[variable.name] = value }
        }
        for variable in self.variables where variable.source == .derived {
            let scope = ExpressionScope(["context": .object(all)])
            guard let value = try? variable.derived?.value(in: scope), !value.isNull else { continue }
            all[variable.name] = value
        }
        return all
    }
}

extension DocumentReader {
    /// A day, `YYYY-MM-DD`.
    func day() throws(ConnectorConfigError) -> String {
        let text = try string()
        guard VariableConfig.isDay(text) else { throw error("expected a day such as 2026-12-31") }
        return text
    }
}
