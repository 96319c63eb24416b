import JSONValue
import Testing

/// The classes of nst/JSONTestSuite, written as tables: what a parser must accept (y), must refuse (n), and what RFC 8259
/// leaves to it (i) with the answer chosen here.
@Suite struct JSONTestSuiteTests {
    @Test(arguments: JSONTestSuiteCases.accepted)
    func `text that a parser must accept is accepted`(_ item: JSONTestSuiteCases.Item) throws {
        _ = try JSONValue(parsing: item.bytes, policy: .api)
        _ = try JSONValue(parsing: item.bytes, policy: .vendor)
        _ = try JSONValue(parsing: item.bytes, policy: .command)
    }

    @Test(arguments: JSONTestSuiteCases.refused)
    func `text that a parser must refuse is refused under every policy`(_ item: JSONTestSuiteCases.Item) {
        for policy in [JSONParsePolicy.api, .vendor, .command] {
            #expect(throws: JSONParseError.self, "\(item)") { try JSONValue(parsing: item.bytes, policy: policy) }
        }
    }

    @Test func `nesting of one hundred thousand arrays is refused and does not overflow the stack`() {
        for unit in ["[", "[{\"\":", "{\"a\":"] {
            let bytes = Array(String(repeating: unit, count: 100_000).utf8)
            for policy in [JSONParsePolicy.api, .vendor, .command] {
                let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes, policy: policy) }
                #expect(error?.code == .tooDeep)
            }
        }
    }

    @Test(arguments: JSONTestSuiteCases.chosen)
    func `text that RFC 8259 leaves open has the documented answer`(_ item: JSONTestSuiteCases.Chosen) {
        let strict = try? JSONValue(parsing: item.bytes, policy: .api)
        let vendor = try? JSONValue(parsing: item.bytes, policy: .vendor)
        #expect(strict == item.strict.map(JSONValue.array), "\(item)")
        #expect(vendor == item.vendor.map(JSONValue.array), "\(item)")
    }

    @Test func `five hundred nested arrays are too deep for the API and fine from a vendor`() throws {
        let bytes = Array((String(repeating: "[", count: 500) + String(repeating: "]", count: 500)).utf8)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes, policy: .api) }
        #expect(error?.code == .tooDeep)
        #expect(try JSONValue(parsing: bytes, policy: .vendor).bytes() == bytes)
    }

    @Test func `the deepest value that any policy allows is read, compared, hashed, written and decoded`() throws {
        let policy = JSONParsePolicy(duplicateKeys: .lastWins, invalidText: .keep, depthMax: .max, bytesMax: .max)
        let levels = JSONParsePolicy.depthCeiling
        let text = String(repeating: "[{\"a\":", count: levels / 2) + "1" + String(repeating: "}]", count: levels / 2)
        let value = try JSONValue(parsing: text, policy: policy)
        #expect(value.text() == text)
        #expect(try value == JSONValue(parsing: value.bytes(.pretty), policy: policy))
        #expect(Set([value, value]).count == 1)
        #expect(try JSONValueDecoder().decode(JSONValue.self, from: value) == value)
        let error = #expect(throws: JSONParseError.self) { try JSONValue(parsing: "[\(text)]", policy: policy) }
        #expect(error?.code == .tooDeep)
    }

    @Test func `an empty object with a byte order mark is refused from a caller and read from a vendor`() throws {
        let bytes: [UInt8] = [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]
        #expect(throws: JSONParseError.self) { try JSONValue(parsing: bytes, policy: .api) }
        #expect(try JSONValue(parsing: bytes, policy: .vendor) == [:])
    }
}
