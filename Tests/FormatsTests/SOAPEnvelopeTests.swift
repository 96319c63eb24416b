import Formats
import JSONValue
import Testing

struct SOAPEnvelopeTests {
    private func replaced(_ text: String, block: String = "<N/>") throws -> String {
        String(
            decoding: try SOAPEnvelope.replacing(header: "Security", by: Array(block.utf8), in: Array(text.utf8)),
            as: UTF8.self
        )
    }

    @Test(arguments: [
        // No header, an empty one, one with other blocks, one with the block, two of them.
        (
            "<s:Envelope xmlns:s='u'>\n <s:Body><a/></s:Body></s:Envelope>",
            "<s:Envelope xmlns:s='u'>\n <s:Header><N/></s:Header><s:Body><a/></s:Body></s:Envelope>"
        ),
        (
            "<Envelope xmlns='u'><Header a='1'/><Body/></Envelope>",
            "<Envelope xmlns='u'><Header a='1'><N/></Header><Body/></Envelope>"
        ),
        (
            "<s:Envelope xmlns:s='u'><s:Header ><t:T xmlns:t='x'>1</t:T></s:Header><s:Body/></s:Envelope>",
            "<s:Envelope xmlns:s='u'><s:Header ><N/><t:T xmlns:t='x'>1</t:T></s:Header><s:Body/></s:Envelope>"
        ),
        (
            "<s:Envelope xmlns:s='u'><s:Header><w:Security xmlns:w='w'><w:P>key</w:P></w:Security><T/></s:Header><s:Body/></s:Envelope>",
            "<s:Envelope xmlns:s='u'><s:Header><N/><T/></s:Header><s:Body/></s:Envelope>"
        ),
        (
            "<s:Envelope xmlns:s='u'><s:Header><Security/><T/><x:Security a='>'>k</x:Security></s:Header><s:Body/></s:Envelope>",
            "<s:Envelope xmlns:s='u'><s:Header><N/><T/></s:Header><s:Body/></s:Envelope>"
        ),
        // What only looks like a block stays.
        (
            "<s:Envelope xmlns:s='u'><!-- <s:Header><Security/> --><s:Body><Security>k</Security><![CDATA[<s:Header>]]></s:Body></s:Envelope>",
            "<s:Envelope xmlns:s='u'><!-- <s:Header><Security/> --><s:Header><N/></s:Header><s:Body><Security>k</Security><![CDATA[<s:Header>]]></s:Body></s:Envelope>"
        ),
        (
            "<?xml version='1.0'?><s:Envelope xmlns:s='u'><s:Header><T><Security/></T></s:Header><s:Body/></s:Envelope>",
            "<?xml version='1.0'?><s:Envelope xmlns:s='u'><s:Header><N/><T><Security/></T></s:Header><s:Body/></s:Envelope>"
        ),
        // A second header could hide credentials.
        (
            "<s:Envelope xmlns:s='u'><s:Header/><s:Header><Security>k</Security></s:Header><s:Body/></s:Envelope>",
            "<s:Envelope xmlns:s='u'><s:Header><N/></s:Header><s:Header></s:Header><s:Body/></s:Envelope>"
        ),
    ])
    func `the block replaces all of its name and nothing else changes`(text: String, expected: String) throws {
        #expect(try replaced(text) == expected)
    }

    @Test(arguments: [
        "", "{}", "<a/>", "<Envelope>", "<Envelope/>", "<!DOCTYPE x><Envelope><Body/></Envelope>",
        "<Envelope><Header></Envelope>",
    ])
    func `what is no envelope is refused`(text: String) {
        #expect(throws: FormatError.self) { try replaced(text) }
    }

    @Test func `an envelope in UTF-16 is refused, one with other letters is kept byte by byte`() throws {
        var wide: [UInt8] = [0xFF, 0xFE]
        for unit in "<Envelope><Body/></Envelope>".utf16 { wide += [UInt8(unit & 255), UInt8(unit >> 8)] }
        #expect(throws: FormatError.self) {
            try SOAPEnvelope.replacing(header: "Security", by: Array("<N/>".utf8), in: wide)
        }
        let latin =
            Array("<?xml version='1.0' encoding='iso-8859-1'?><Envelope><Body>".utf8) + [0xE4]
            + Array("</Body></Envelope>".utf8)
        let changed = try SOAPEnvelope.replacing(header: "Security", by: Array("<N/>".utf8), in: latin)
        #expect(changed.contains(0xE4))
        #expect(changed.count == latin.count + "<Header><N/></Header>".utf8.count)
    }
}
