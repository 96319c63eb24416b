import JSONValue
import Testing

@Suite struct JSONCodableTests {
    struct Person: Codable, Equatable {
        enum Kind: String, Codable { case employee, contractor }

        struct Address: Codable, Equatable {
            var city: String
            var lines: [String]
        }

        var firstName: String
        var age: Int
        var score: Double?
        var kind: Kind
        var address: Address?
        var tags: [String: Bool]
        var extra: JSONValue?

        enum CodingKeys: String, CodingKey {
            case firstName = "first_name"
            case age, score, kind, address, tags, extra
        }
    }

    static let person: JSONValue = [
        "first_name": "Ada", "age": 36, "score": 1.5, "kind": "employee",
        "address": ["city": "London", "lines": ["1 St James's Square"]], "tags": ["x": true], "extra": ["z": nil],
    ]

    @Test func `a value goes through a type and back unchanged, members in the type's order`() throws {
        let person = try JSONValueDecoder(rejectsUnknownKeys: true).decode(Person.self, from: Self.person)
        #expect(person.address?.city == "London")
        #expect(person.extra == ["z": nil])
        #expect(try JSONValueEncoder().encode(person).text() == Self.person.text())
    }

    @Test(
        arguments: [
            ("/age", "36", "/age: expected an integer, found a string"),
            ("/age", 1.5, "/age: expected an integer, found another number"),
            ("/age", nil, "/age: expected an integer, found null"),
            ("/address/lines/0", 5, "/address/lines/0: expected a string, found a number"),
            ("/address/lines", [:], "/address/lines: expected an array, found an object"),
            ("/address", [], "/address: expected an object, found an array"),
            ("/tags/x", "yes", "/tags/x: expected a boolean, found a string"),
        ] as [(String, JSONValue, String)]
    )
    func `an error names the pointer, what was expected and what was found`(
        pointer: String,
        value: JSONValue,
        message: String
    ) throws {
        let changed = try Self.person.setting(try #require(JSONPointer(pointer)), to: value)
        let error = #expect(throws: JSONDecodeError.self) { try JSONValueDecoder().decode(Person.self, from: changed) }
        #expect(error?.description == message)
    }

    @Test func `a value outside an enumeration is named in lower case with its place`() throws {
        let changed = try Self.person.setting("/kind", to: "intern")
        let error = #expect(throws: JSONDecodeError.self) { try JSONValueDecoder().decode(Person.self, from: changed) }
        #expect(error?.code == .invalidValue)
        #expect(error?.pointer == "/kind")
        #expect(error?.message.first?.isLowercase == true)
    }

    @Test func `a missing member is named`() {
        let error = #expect(throws: JSONDecodeError.self) {
            try JSONValueDecoder(rejectsUnknownKeys: true).decode(
                Person.self,
                from: Self.person.removing("/first_name")
            )
        }
        #expect(error?.code == .missing)
        #expect(error?.description == "/first_name: required, but missing")
    }

    @Test func `an unknown member is ignored, or refused with a suggestion`() throws {
        let optional = try Self.person.removing("/score").setting("/scroe", to: 1)
        _ = try JSONValueDecoder().decode(Person.self, from: optional)
        let first = #expect(throws: JSONDecodeError.self) {
            try JSONValueDecoder(rejectsUnknownKeys: true).decode(Person.self, from: optional)
        }
        #expect(first?.description == "/scroe: unknown key 'scroe'; did you mean 'score'?")

        let required = try Self.person.removing("/address/city").setting("/address/citty", to: "Paris")
        let second = #expect(throws: JSONDecodeError.self) {
            try JSONValueDecoder(rejectsUnknownKeys: true).decode(Person.self, from: required)
        }
        #expect(second?.description == "/address/citty: unknown key 'citty'; did you mean 'city'?")

        let far = try Self.person.setting("/zzzzzz", to: 1)
        let third = #expect(throws: JSONDecodeError.self) {
            try JSONValueDecoder(rejectsUnknownKeys: true).decode(Person.self, from: far)
        }
        #expect(third?.description == "/zzzzzz: unknown key 'zzzzzz'")
    }

    @Test func `digits and order survive where a type holds JSON`() throws {
        struct Holder: Codable { var amount: JSONNumber, object: JSONObject }
        let value = try JSONValue(parsing: #"{"amount":10.00,"object":{"b":1e2,"a":0.10}}"#)
        let holder = try JSONValueDecoder().decode(Holder.self, from: value)
        #expect(holder.amount.text == "10.00")
        #expect(try JSONValueEncoder().encode(holder).text() == value.text())
    }

    @Test func `integers of every width keep to their range`() throws {
        #expect(try JSONValueDecoder().decode(UInt64.self, from: JSONValue(parsing: "18446744073709551615")) == .max)
        #expect(try JSONValueDecoder().decode([Int8].self, from: [1, -128, 1e2]) == [1, -128, 100])
        let error = #expect(throws: JSONDecodeError.self) { try JSONValueDecoder().decode([Int8].self, from: [128]) }
        #expect(error?.description == "/0: expected an integer from -128 to 127, found another number")
    }

    @Test func `infinities cannot be written`() {
        #expect(throws: JSONDecodeError.self) { try JSONValueEncoder().encode([Double.infinity]) }
    }

    @Test func `optionals, nested containers and enumerations with values round-trip`() throws {
        enum Shape: Codable, Equatable {
            case circle(radius: Double)
            case point
        }
        let shapes: [Shape?] = [.circle(radius: 2.5), nil, .point]
        let value = try JSONValueEncoder().encode(shapes)
        #expect(value == [["circle": ["radius": 2.5]], nil, ["point": [:]]])
        #expect(try JSONValueDecoder(rejectsUnknownKeys: true).decode([Shape?].self, from: value) == shapes)
    }

    @Test func `the nearest name is suggested only when it is near`() {
        #expect(SpellingSuggestion.nearest(to: "pagination", among: ["paging", "path"]) == nil)
        #expect(SpellingSuggestion.nearest(to: "metod", among: ["method", "path"]) == "method")
        #expect(SpellingSuggestion.nearest(to: "Path", among: ["method", "path"]) == "path")
        #expect(SpellingSuggestion.nearest(to: "htap", among: []) == nil)
    }
}
