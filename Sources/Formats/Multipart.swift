/// Bodies of several parts (RFC 2046), above all `multipart/form-data` (RFC 7578).
package enum Multipart {
    /// One part: header fields and bytes.
    package struct Part: Sendable, Hashable {
        /// The header fields in order; names in any case.
        package var headers: [Header]
        /// The content.
        package var body: [UInt8]

        /// A part with given headers.
        package init(headers: [Header], body: [UInt8]) {
            self.headers = headers
            self.body = body
        }

        /// A field or file of a form.
        ///
        /// - Parameters:
        ///   - name: The field's name.
        ///   - filename: The file's name, for a file.
        ///   - contentType: The media type; a plain field needs none.
        ///   - body: The content.
        package init(name: String, filename: String? = nil, contentType: String? = nil, body: [UInt8]) {
            var disposition = "form-data; name=\"\(Multipart.quoted(name))\""
            if let filename { disposition += "; filename=\"\(Multipart.quoted(filename))\"" }
            headers = [Header(name: "Content-Disposition", value: disposition)]
            if let contentType { headers.append(Header(name: "Content-Type", value: contentType)) }
            self.body = body
        }

        /// The value of the header field `name`, whatever its case.
        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }

        /// The name of the form's field, from `Content-Disposition`.
        package var name: String? { header("content-disposition").flatMap { Multipart.parameter("name", of: $0) } }

        /// The name of the file, from `Content-Disposition`.
        package var filename: String? {
            header("content-disposition").flatMap { Multipart.parameter("filename", of: $0) }
        }
    }

    /// A header field of a part.
    package struct Header: Sendable, Hashable {
        /// The name as written.
        package let name: String
        /// The value without surrounding white space.
        package let value: String

        /// A header field.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// How much of a body is read.
    package struct Limits: Sendable, Hashable {
        /// Bytes of the whole body.
        package var bytesMax = 32 << 20
        /// Parts in a body.
        package var partsMax = 1_000
        /// Bytes of the header of a part.
        package var headerBytesMax = 16 << 10

        /// The limits above.
        package init() {}
    }

    /// A parameter of a header value, such as the `boundary` of a content type, with quotes taken off.
    ///
    /// - Parameters:
    ///   - name: The parameter's name, in any case.
    ///   - header: The value of `Content-Type` or `Content-Disposition`.
    /// - Returns: The parameter's value, nil when there is none.
    package static func parameter(_ name: String, of header: String) -> String? {
        var rest = Substring(header)
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            let key = rest.prefix { $0 != "=" && $0 != ";" }
            guard rest.dropFirst(key.count).first == "=" else { continue }
            rest = rest.dropFirst(key.count + 1)
            var value = ""
            if rest.first == "\"" {
                rest = rest.dropFirst()
                while let character = rest.first, character != "\"" {
                    rest = rest.dropFirst()
                    // Only a quote or a backslash is escaped; browsers write paths with plain backslashes.
                    if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                        value.append(next)
                        rest = rest.dropFirst()
                    } else {
                        value.append(character)
                    }
                }
            } else {
                value = String(rest.prefix { $0 != ";" && $0 != " " && $0 != "\t" })
            }
            if key.lowercased() == name.lowercased() { return value }
        }
        return nil
    }

    /// A name fit for quotes: as in browsers, quotes and line ends become `%22`, `%0D`, `%0A`; a backslash is doubled.
    private static func quoted(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "%22"
            case "\r": output += "%0D"
            case "\n": output += "%0A"
            case "\\": output += "\\\\"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
