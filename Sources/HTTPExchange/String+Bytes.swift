extension String {
    /// The text that bytes are as UTF-8; nil when they are not.
    package init?(utf8 bytes: Span<UInt8>) {
        do {
            self.init(copying: try UTF8Span(validating: bytes))
        } catch {
            return nil
        }
    }
}
