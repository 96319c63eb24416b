import JSONValue
package import Vocabulary

extension MappingStack {
    /// Which level gave each field of the result, the strongest that spoke of it; for explanations, not for each call.
    ///
    /// `scope`: the scope the mapping runs in.
    /// Returns: the result's fields in their order with their levels; none when the result is no object.
    package func levels(in scope: ExpressionScope) throws(ExpressionError) -> [(field: String, level: OverrideLevel)] {
        var levels: [(field: String, level: OverrideLevel)] = []
        for stage in stages {
            guard let value = try stage.expression.value(in: scope) else { continue }
            guard case .object(let members) = value else {
                levels.removeAll()
                continue
            }
            for member in members {
                if let place = levels.firstIndex(where: { $0.field == member.key }) {
                    levels[place].level = stage.level
                } else {
                    levels.append((member.key, stage.level))
                }
            }
        }
        return levels
    }
}
