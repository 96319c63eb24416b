/// How XML and JSON correspond, and how much XML is read.
///
/// An element is a member named like it. Its value is its text when it has neither attributes nor child elements, else an
/// object with its attributes (`@name`), its child elements, and its text (`#text`) unless that is only white space. Child
/// elements of one name become an array; one alone does not, unless `arrayElements` names it. Where text and elements are
/// mixed, their order is lost.
package struct XMLForm: Sendable, Hashable {
    /// What becomes of `prefix:name`.
    package enum Namespaces: Sendable, Hashable {
        /// Names stay as written, and so do the declarations (`@xmlns:wd`).
        case keep
        /// Prefixes are cut off and declarations dropped; attributes that then share a name keep the first.
        case strip
    }

    /// Put before the names of attributes; not empty.
    package var attributePrefix = "@"
    /// The name of the text beside attributes or child elements.
    package var textName = "#text"
    /// What becomes of prefixes.
    package var namespaces = Namespaces.keep
    /// Elements that are always arrays: names, or paths from the root such as `Envelope/Body/Worker`.
    package var arrayElements: Set<String> = []
    /// Whether white space at both ends of a text is cut off.
    package var trimsText = true
    /// How many bytes are read.
    package var bytesMax = 32 << 20
    /// How deep elements may be nested; 512 at most.
    package var depthMax = 128
    /// How many attributes an element may have.
    package var attributesMax = 128

    /// The form described above.
    package init() {}

    /// Elements as written, with prefixes cut off.
    package static var stripped: XMLForm {
        var form = XMLForm()
        form.namespaces = .strip
        return form
    }
}

/// The characters of XML 1.0 (fifth edition).
enum XMLCharacters {
    /// Section 2.2.
    static func isChar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// Section 2.3.
    static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3A, 0x41...0x5A, 0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D,
            0x37F...0x1FFF, 0x200C...0x200D, 0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF,
            0xFDF0...0xFFFD, 0x10000...0xEFFFF:
            true
        default: false
        }
    }

    /// Section 2.3.
    static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2D, 0x2E, 0x30...0x39, 0xB7, 0x300...0x36F, 0x203F...0x2040: true
        default: isNameStart(scalar)
        }
    }

    /// Whether `name` is a name of section 2.3.
    static func isName(_ name: String) -> Bool {
        guard let first = name.unicodeScalars.first, isNameStart(first) else { return false }
        return name.unicodeScalars.dropFirst().allSatisfy(isNamePart)
    }
}
