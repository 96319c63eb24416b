import Formats
import HTTPExchange
import HTTPTypes
import ServiceKit
import Vocabulary

/// What a browser sent with a form: texts, and files where the form has some.
struct SubmittedForm: Sendable {
    /// Certificates and keys are small; anything larger is the wrong file.
    static let fileBytesMax = 64 * 1024
    /// The largest body: three files and their frame.
    static let bytesMax = 256 * 1024

    private(set) var texts: [String: String] = [:]
    /// All texts of each name, for choices of several.
    private(set) var lists: [String: [String]] = [:]
    private(set) var files: [String: Secret<[UInt8]>] = [:]

    /// Reads a body in either of the two encodings of HTML.
    ///
    /// - Throws: `Problem` (`invalid_request`) when it is no form.
    init(_ request: EndpointRequest) throws(Problem) {
        let type = request.headers[.contentType] ?? ""
        guard type.lowercased().hasPrefix("multipart/form-data") else {
            for item in try request.form().items { add(item.value, item.name) }
            return
        }
        var limits = Multipart.Limits()
        limits.bytesMax = Self.bytesMax
        limits.partsMax = 50
        let parts: [Multipart.Part]
        do {
            parts = try Multipart.parts(
                of: request.body,
                boundary: Multipart.parameter("boundary", of: type) ?? "",
                limits: limits
            )
        } catch {
            throw Problem(.invalidRequest, "the form cannot be read", underlying: error)
        }
        for part in parts {
            guard let name = part.name else { continue }
            if part.filename != nil {
                // Browsers send a nameless, empty file for an input that was left alone.
                if !part.body.isEmpty { files[name] = Secret(part.body) }
            } else {
                add(String(decoding: part.body, as: UTF8.self), name)
            }
        }
    }

    private mutating func add(_ text: String, _ name: String) {
        texts[name] = text
        lists[name, default: []].append(text)
    }

    /// The form with other answers to one question.
    func answering(_ name: String, _ answers: [String]) -> SubmittedForm {
        var form = self
        form.lists[name] = answers
        form.texts[name] = answers.last
        return form
    }

    /// A form of texts.
    init(texts: [String: String]) {
        self.texts = texts
        lists = texts.mapValues { [$0] }
    }
}
