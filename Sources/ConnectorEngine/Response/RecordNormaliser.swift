import ConnectorConfig
import JSONValue
import JSONata
import UnifiedModel

/// Brings a record that is a tree into the model's form, as ``RecordWriter`` does with what mappings give.
struct RecordNormaliser {
    let shape: FieldShape
    let enums: [EnumMap]
    /// Pointers of values that could not be read, or whose zone had to be assumed.
    private(set) var warnings: [(pointer: String, message: String)] = []

    init(shape: FieldShape, enums: [EnumMap]) {
        self.shape = shape
        self.enums = enums
    }

    /// `record` in the model's form.
    mutating func normalised(_ record: JSONObject) -> JSONObject {
        guard let document = try? JSONDocument(parsing: JSONValue.object(record).bytes(), policy: .vendor) else {
            return record
        }
        let shape = ModelShape(shape, enums: enums)
        var writer = RecordWriter(shape)
        let stack = JSONataStack([], form: shape.form)
        let text = try? stack.withSession(over: document, inputs: []) { session -> [UInt8] in
            var output = JSONByteWriter()
            let record = session.record(at: 0)
            guard session.write(record, needsID: false, to: &output, &writer) == .record else { return [] }
            writer.writeRemoteValues(to: &output)
            return output.finish()
        }
        warnings += writer.warnings
        return text.flatMap { try? JSONValue(parsing: $0, policy: .vendor) }?.object ?? record
    }
}
