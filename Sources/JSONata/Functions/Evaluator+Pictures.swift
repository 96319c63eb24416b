extension Evaluator {
    func pictured(_ builtin: Builtin, _ a: Arguments) throws(Fault) -> Value { .undefined }
    func integrate(_ builtin: Builtin, _ a: Arguments, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        .undefined
    }
}
