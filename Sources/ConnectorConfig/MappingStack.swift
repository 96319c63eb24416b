package import JSONValue
import Synchronization
package import Vocabulary

/// The mappings of one slot, such as `response_mapping`, from the weakest level to the strongest.
///
/// Each level's object is laid over the result of the levels below, so that an override that adds a field need not
/// repeat the base mapping.
package final class MappingStack: Sendable {
    /// How a level's mapping meets the result of the levels below.
    package enum Mode: String, Sendable, CaseIterable {
        /// Its object is merged deeply over the result below; a result that is no object replaces it.
        case extend
        /// The levels below are not asked.
        case replace
        /// There is no mapping, neither here nor below.
        case remove
    }

    /// What one level says.
    package struct Stage: Sendable {
        /// Who says it.
        package let level: OverrideLevel
        /// The mapping.
        package let expression: Expression
        /// Where it is written.
        package let pointer: String
    }

    /// Stages, weakest first.
    package let stages: [Stage]
    /// Whether an expression speaks of the whole page, not of one record alone.
    package let mentionsPage: Bool
    /// What the engine makes of the mapping, once for all calls.
    package let prepared = Prepared()

    convenience init(reading reader: DocumentReader) throws(ConnectorConfigError) {
        guard let stack = reader.value[LayerMerge.stackKey] else {
            self.init(
                stages: [Stage(level: .platform, expression: try Self.expression(reader), pointer: reader.pointer)])
            return
        }
        var stages: [Stage] = []
        for entry in stack.array ?? [] {
            guard let level = entry["level"]?.string.flatMap(OverrideLevel.init), let mapping = entry["mapping"] else {
                throw reader.error("'\(LayerMerge.stackKey)' is written by the merge, not by hand")
            }
            let inner = DocumentReader(value: mapping, pointer: reader.pointer, compiler: reader.compiler)
            do {
                stages.append(
                    Stage(level: level, expression: try Self.expression(inner), pointer: reader.pointer)
                )
            } catch {
                throw ConnectorConfigError(error.message, at: error.pointer, level: level)
            }
        }
        self.init(stages: stages)
    }

    private init(stages: [Stage]) {
        self.stages = stages
        mentionsPage = SourceWords(stages.flatMap(\.expression.sources)).contains("page")
    }

    /// The member names that stand in the mapping's text, such as `first_name` for `{"first_name": ...}`.
    ///
    /// nil when a function makes the record, so that the text does not show what it gives.
    package var namedMembers: Set<String>? {
        var names: Set<String> = []
        for stage in stages {
            if case .object(let members) = stage.expression { names.formUnion(members.map(\.name)) }
            if case .literal(.object(let object)) = stage.expression { names.formUnion(object.keys) }
            for source in stage.expression.sources {
                guard !source.contains("response)") else { return nil }
                for quote in ["\"", "'"] { names.formUnion(source.split(separator: quote).map(String.init)) }
            }
        }
        // Every record has an id; a text that does not name it leaves the record to a function.
        return names.contains("id") ? names : nil
    }

    /// The JSONata sources of all stages.
    var sources: [String] { stages.flatMap(\.expression.sources) }

    /// The merged value in a scope; nil when no level gives one.
    package func value(in scope: ExpressionScope) throws(ExpressionError) -> JSONValue? {
        var result: JSONValue?
        for stage in stages {
            guard let value = try stage.expression.value(in: scope) else { continue }
            result = result.map { $0.overlaid(by: value) } ?? value
        }
        return result
    }

    /// A mapping that is written as text is JSONata: text alone could never be a mapping's result.
    private static func expression(_ reader: DocumentReader) throws(ConnectorConfigError) -> Expression {
        if case .string(let source) = reader.value {
            return .jsonata(try reader.compiler.compiled(source, at: reader.pointer))
        }
        return try reader.expression()
    }
}

/// Keeps one thing that is made from a configuration when it is first wanted.
package final class Prepared: Sendable {
    private let value = Mutex<(any AnyObject & Sendable)?>(nil)

    /// Nothing is made yet.
    package init() {}

    /// The thing, made by `make` when it is not there yet.
    ///
    /// All callers must want the same type; another one makes its own each time.
    package func value<Value: AnyObject & Sendable>(_ make: () -> Value) -> Value {
        // Cast outside of the lock: an optional of a type that is not known here costs a search for its metadata.
        let kept = value.withLock { $0 }
        if let known = kept as? Value { return known }
        let made = make()
        value.withLock { $0 = made }
        return made
    }
}
