import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

/// Real answers of vendors, each changed in every single place: what an answer that nobody has seen may look like.
@Suite(.enabled(if: VendorSamples.arePresent, "the vendors' samples are not beside the package"))
struct SampleVariantTests {
    /// Samples that a method of a connector reads.
    struct Shelf: Sendable, CustomTestStringConvertible {
        let resource: String
        let method: String
        let path: String

        var connector: String { String(path.prefix { $0 != "/" }) }
        var testDescription: String { "\(path) as \(resource) \(method)" }
    }

    static let shelves: [Shelf] = {
        var shelves: [Shelf] = []
        func put(_ resource: String, _ method: String, _ folder: String, _ names: [String]) {
            for name in names {
                shelves.append(Shelf(resource: resource, method: method, path: "\(folder)/\(name).json"))
            }
        }
        put(
            "crm/accounts",
            "list",
            "salesforce/samples",
            ["accounts.query.page1", "accounts.query.page2", "query.records"]
        )
        put("crm/accounts", "get", "salesforce/samples", ["account.get"])
        put("crm/contacts", "list", "salesforce/samples", ["contacts.query"])
        put("crm/opportunities", "list", "salesforce/samples", ["opportunities.query"])
        put("crm/users", "list", "salesforce/samples", ["users.query"])
        put("crm/users", "get", "salesforce/samples", ["user.get"])
        put("crm/accounts", "list", "hubspot/samples", ["companies.list", "companies.search"])
        put("crm/accounts", "get", "hubspot/samples", ["company.create", "company.update"])
        put("crm/contacts", "list", "hubspot/samples", ["contacts.list"])
        put("crm/contacts", "get", "hubspot/samples", ["contact.get", "contact.create", "contact.update"])
        put("crm/opportunities", "list", "hubspot/samples", ["deals.list", "deals.search"])
        put("crm/opportunities", "get", "hubspot/samples", ["deal.create", "deal.update"])
        put("crm/tasks", "list", "hubspot/samples", ["tasks.list"])
        put("crm/tasks", "get", "hubspot/samples", ["task.create"])
        put("crm/notes", "get", "hubspot/samples", ["note.create"])
        put("crm/users", "list", "hubspot/samples", ["owners.list"])
        put("crm/users", "get", "hubspot/samples", ["owner.get"])
        put("crm/pipelines", "list", "hubspot/samples", ["pipelines.deals"])
        put("crm/accounts", "list", "close/samples", ["leads.list"])
        put("crm/accounts", "get", "close/samples", ["lead.get", "lead.create"])
        put("crm/contacts", "list", "close/samples", ["contacts.list"])
        put("crm/contacts", "get", "close/samples", ["contact.get", "contact.create"])
        put("crm/opportunities", "list", "close/samples", ["opportunities.list"])
        put("crm/opportunities", "get", "close/samples", ["opportunity.create", "opportunity.update"])
        put("crm/pipelines", "list", "close/samples", ["pipelines.list"])
        put("crm/tasks", "list", "close/samples", ["tasks.list"])
        put("crm/tasks", "get", "close/samples", ["task.create", "task.update"])
        put("crm/notes", "get", "close/samples", ["note.create"])
        put("crm/users", "list", "close/samples", ["users.list"])
        put("crm/users", "get", "close/samples", ["user.get", "me"])
        put("crm/contacts", "list", "pipedrive/samples", ["persons.list-v1", "spec-v2.get-persons.200"])
        put(
            "crm/contacts",
            "get",
            "pipedrive/samples",
            ["person.get-v1", "person.create-v1", "spec-v2.get-persons-id.200"]
        )
        put("crm/accounts", "list", "pipedrive/samples", ["organizations.list-v1", "spec-v2.get-organizations.200"])
        put("crm/accounts", "get", "pipedrive/samples", ["organization.create-v1", "spec-v2.post-organizations.200"])
        put("crm/opportunities", "list", "pipedrive/samples", ["deals.list-v1", "spec-v2.get-deals.200"])
        put(
            "crm/opportunities",
            "get",
            "pipedrive/samples",
            ["deal.create-v1", "deal.get-v2", "spec-v2.get-deals-id.200"]
        )
        put("crm/pipelines", "list", "pipedrive/samples", ["pipelines.list-v1", "spec-v2.get-pipelines.200"])
        put("crm/stages", "list", "pipedrive/samples", ["stages.list-v1", "stages.list-v2", "spec-v2.get-stages.200"])
        put("crm/tasks", "list", "pipedrive/samples", ["activities.list-v1", "spec-v2.get-activities.200"])
        put("crm/tasks", "get", "pipedrive/samples", ["activity.create-v1", "spec-v2.get-activities-id.200"])
        put("crm/notes", "list", "pipedrive/samples", ["notes.list-v1"])
        put("crm/notes", "get", "pipedrive/samples", ["note.get-v1", "note.create-v1"])
        put("crm/users", "list", "pipedrive/samples", ["users.list-v1", "spec-v1.get-users.200"])
        put("crm/users", "get", "pipedrive/samples", ["user.get-v1", "spec-v1.get-users-me.200"])
        put(
            "hris/employees",
            "list",
            "adp/workers",
            [
                "workers-list", "workers-filter", "workers-page-top-skip", "workers-select-customFieldGroup",
                "demographics-list",
            ]
        )
        put("hris/employees", "get", "adp/workers", ["worker-single", "demographics-single"])
        put("hris/employments", "list", "adp/workers", ["workers-list"])
        put("hris/groups", "list", "adp/validation-tables", ["departments"])
        put("hris/locations", "list", "adp/validation-tables", ["locations"])
        put("hris/job_roles", "list", "adp/validation-tables", ["job-titles"])
        put("hris/timeoff_balances", "list", "adp/time-off", ["balances"])
        put("hris/timeoff_requests", "list", "adp/time-off", ["requests"])
        put("hris/employees", "list", "personio/v1", ["employees-list"])
        put("hris/employees", "get", "personio/v1", ["employee-single"])
        put("hris/employees", "list", "personio/v2", ["persons-page1", "persons-page2"])
        put("hris/employments", "list", "personio/v2", ["employments-of-person"])
        put("hris/timeoff_requests", "list", "personio/v1", ["time-offs-list"])
        put("hris/timeoff_balances", "list", "personio/v1", ["absences-balance"])
        for name in ["page1", "page2", "v25.1_example_worker"] {
            let path = "workday/soap/Get_Workers_Response_\(name).xml"
            shelves.append(Shelf(resource: "hris/employees", method: "list", path: path))
        }
        put("hris/employees", "list", "bamboohr/employees", ["directory", "custom-report"])
        put("hris/employees", "get", "bamboohr/employees", ["get-three-fields"])
        return shelves
    }()

    /// What is done to one place of a record.
    enum Change: String, CaseIterable {
        case missing, null, empty, strange

        /// The value in place of `value`; nil takes the member away.
        func replacement(of value: JSONValue) -> JSONValue? {
            switch (self, value) {
            case (.missing, _): nil
            case (.null, _): .null
            case (.empty, .array): []
            case (.empty, .object): [:]
            case (.empty, _): ""
            case (.strange, .string): "Something else"
            case (.strange, .number): -7
            case (.strange, .bool(let bool)): .bool(!bool)
            case (.strange, .array(let array)): array.first ?? []
            case (.strange, .object), (.strange, .null): [value]
            }
        }
    }

    @Test(arguments: shelves)
    func `a record with any of its values missing, null, empty or strange is still mapped, and valid`(
        shelf: Shelf
    ) throws {
        let trial = try Trial(shelf)
        let found = trial.records(of: trial.body)
        try #require(!found.isEmpty, "no records")
        for record in found { #expect(trial.schema.failures(of: record) == []) }
        for (place, native) in trial.natives {
            let whole = try #require(trial.record(native))
            let id = whole["id"]
            let variants = Self.variants(of: native).filter { !trial.carriesIdentity($0.pointer, of: native, id) }
            let together = trial.records(ofAll: variants.map(\.variant))
            for (index, (change, pointer, variant)) in variants.enumerated() {
                let what = "\(change) \(place)\(pointer)"
                guard let record = together?[index] ?? trial.record(variant) else {
                    Issue.record("\(what): \(trial.complaint(variant))")
                    continue
                }
                #expect(trial.schema.failures(of: record) == [], "\(what): \(record.text())")
                #expect(record["id"] == id, "\(what)")
                // A part of a native record has that part beside it.
                if !trial.isSplit { #expect(record["remote_data"] == variant, "\(what)") }
                if change != .strange {
                    let invented = Self.texts(record).subtracting(Self.texts(whole))
                        .filter { text in !Self.words(text).allSatisfy { variant.text().contains($0) } }
                    #expect(invented.isEmpty, "\(what): \(invented)")
                }
            }
        }
    }

    /// The words of a text: what is joined of native parts invents nothing.
    private static func words(_ text: String) -> [Substring] {
        text.split { !$0.isLetter && !$0.isNumber }
    }

    /// A record once for each place and change, with the place as a pointer.
    static func variants(of value: JSONValue) -> [(change: Change, pointer: String, variant: JSONValue)] {
        var all: [(Change, String, JSONValue)] = []
        func walk(_ value: JSONValue, _ pointer: String, _ rebuild: (JSONValue?) -> JSONValue) {
            if !pointer.isEmpty {
                for change in Change.allCases { all.append((change, pointer, rebuild(change.replacement(of: value)))) }
            }
            switch value {
            case .object(let object):
                for member in object {
                    walk(member.value, "\(pointer)/\(member.key)") { new in
                        var changed = object
                        changed[member.key] = new
                        return rebuild(.object(changed))
                    }
                }
            case .array(let array):
                for (index, element) in array.enumerated().prefix(3) {
                    walk(element, "\(pointer)/\(index)") { new in
                        var changed = array
                        if let new { changed[index] = new } else { changed.remove(at: index) }
                        return rebuild(.array(changed))
                    }
                }
            case .null, .bool, .number, .string: break
            }
        }
        walk(value, "") { $0 ?? .null }
        return all
    }

    /// The longer texts of a unified record, beside what is the vendor's own and the words of closed sets.
    private static func texts(_ record: JSONValue) -> Set<String> {
        var texts: Set<String> = []
        func walk(_ value: JSONValue) {
            switch value {
            case .string(let text):
                // Identifiers of parts are joined of two by a colon.
                for part in text.split(separator: ":").map(String.init) where part.utf8.count > 5 {
                    if !part.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x5F }) { texts.insert(part) }
                }
            case .array(let array): for element in array { walk(element) }
            case .object(let object):
                for member in object where member.key != "remote_data" { walk(member.value) }
            case .null, .bool, .number: break
            }
        }
        walk(record)
        return texts
    }
}

extension SampleVariantTests {
    /// One sample with the method that reads it.
    struct Trial {
        let body: JSONValue
        let schema: JSONSchema
        /// The native records, each with where it stands.
        private(set) var natives: [(place: String, record: JSONValue)] = []
        /// Whether a native record gives several unified ones, each with its part beside it.
        private(set) var isSplit = false
        private let shelf: Shelf
        private let preview: ConnectorPreview
        /// Where the list of records is.
        private var list: [String] = []

        init(_ shelf: Shelf) throws {
            self.shelf = shelf
            let parts = shelf.resource.split(separator: "/").map(String.init)
            schema = try #require(TestWorld.model().resource(parts[0], parts[1])).schema
            if shelf.path.hasSuffix(".xml") {
                (body, preview) = try Self.asJSON(shelf)
            } else {
                let sample = try VendorSamples.json(shelf.path)
                body = sample["response"] ?? sample["body"] ?? sample
                preview = try ConnectorFiles.preview(shelf.connector)
            }
            // Records of one sample are alike: the one that says most is enough.
            let own = records(of: body).compactMap { $0["remote_data"] }
            let richest = own.max { $0.bytes().count < $1.bytes().count }
            guard let richest else { return }
            if shelf.method == "list", let place = Self.place(of: richest, in: body) {
                list = Array(place.dropLast())
                natives = [(place.last ?? "", richest)]
            } else if shelf.method == "list", let place = Self.firstList(in: body) {
                isSplit = true
                list = place
                let whole = list.reduce(body as JSONValue?) { $0?[$1] }?.array ?? []
                natives = whole.prefix(1).map { ("0", $0) }
            } else {
                natives = [("", richest)]
            }
        }

        /// A body in XML as the JSON that mappings see, and a connector that reads it as such.
        private static func asJSON(_ shelf: Shelf) throws -> (body: JSONValue, preview: ConnectorPreview) {
            let file = VendorSamples.folder.appendingPathComponent(shelf.path)
            let parts = shelf.resource.split(separator: "/").map(String.init)
            let answer = try JSONValue(
                parsing: ConnectorFiles.preview(shelf.connector).map(
                    category: parts[0],
                    resource: parts[1],
                    method: shelf.method,
                    body: [UInt8](Data(contentsOf: file))
                )
            )
            var document = try ConnectorFiles.document(shelf.connector).overlaid(by: [
                "http": ["response_format": "json"]
            ])
            for resource in document["resources"]?.object ?? [:] {
                for method in resource.value.object ?? [:] where method.value["response_format"] != nil {
                    document = document.overlaid(
                        by: ["resources": .object([resource.key: .object([method.key: ["response_format": "json"]])])]
                    )
                }
            }
            let natives = (answer["result"]?.array ?? []).compactMap { $0["remote_data"] }
            let preview = ConnectorPreview(
                connector: try CompiledConnector(base: ConfigLayer(level: .platform, version: 1, document: document)),
                model: try TestWorld.model(),
                variables: [:]
            )
            return (["Get_Workers_Response": ["Response_Data": ["Worker": .array(natives)]]], preview)
        }

        /// Where the first list of objects is.
        private static func firstList(in value: JSONValue) -> [String]? {
            guard case .object(let object) = value else { return nil }
            for member in object where member.value[0]?.object != nil { return [member.key] }
            for member in object {
                if let place = firstList(in: member.value) { return [member.key] + place }
            }
            return nil
        }

        /// The unified records of a body; none when it cannot be mapped.
        func records(of body: JSONValue) -> [JSONValue] { (try? mapped(body)) ?? [] }

        /// The unified record of a native one, in its place in the sample.
        func record(_ native: JSONValue) -> JSONValue? { records(of: inPlace(native)).first }

        /// The unified records of native ones on one page; nil where that is not how they come, or one cannot be mapped.
        func records(ofAll natives: [JSONValue]) -> [JSONValue]? {
            guard shelf.method == "list", !isSplit else { return nil }
            let records = records(of: Self.replacing(list[...], in: body, by: .array(natives)))
            return records.count == natives.count ? records : nil
        }

        /// Why a native record cannot be mapped.
        func complaint(_ native: JSONValue) -> String {
            do { return "\(try mapped(inPlace(native)).count) records" } catch { return "\(error)" }
        }

        /// Whether a place holds, or is, what the record is named by.
        func carriesIdentity(_ pointer: String, of native: JSONValue, _ id: JSONValue?) -> Bool {
            // The kind of an identifier stands beside it.
            let names = pointer.split(separator: "/").dropLast(pointer.hasSuffix("/@type") ? 1 : 0)
            let value = names.reduce(native as JSONValue?) { value, name in
                Int(name).flatMap { value?[$0] } ?? value?[String(name)]
            }
            let parts = (id?.string ?? "").split(separator: ":").map(String.init)
            func holds(_ value: JSONValue) -> Bool {
                switch value {
                case .string(let text): parts.contains(text) || text == id?.string
                case .number(let number): parts.contains(number.text)
                case .array(let array): array.contains(where: holds)
                case .object(let object): object.contains { holds($0.value) }
                case .null, .bool: false
                }
            }
            return value.map(holds) ?? false
        }

        private func inPlace(_ native: JSONValue) -> JSONValue {
            guard shelf.method == "list" else {
                var whole = native
                if let place = Self.place(of: natives.first?.record ?? native, in: body) {
                    whole = Self.replacing(place[...], in: body, by: native)
                }
                return whole
            }
            return Self.replacing(list[...], in: body, by: [native])
        }

        private func mapped(_ body: JSONValue) throws -> [JSONValue] {
            let parts = shelf.resource.split(separator: "/").map(String.init)
            let answer = try JSONValue(
                parsing: preview.map(category: parts[0], resource: parts[1], method: shelf.method, body: body.bytes())
            )
            return shelf.method == "list" ? answer["result"]?.array ?? [] : [answer]
        }

        /// Where `native` stands in a body.
        private static func place(of native: JSONValue, in value: JSONValue) -> [String]? {
            if value == native { return [] }
            switch value {
            case .object(let object):
                for member in object {
                    if let place = place(of: native, in: member.value) { return [member.key] + place }
                }
            case .array(let array):
                for (index, element) in array.enumerated() {
                    if let place = place(of: native, in: element) { return [String(index)] + place }
                }
            case .null, .bool, .number, .string: break
            }
            return nil
        }

        private static func replacing(_ place: ArraySlice<String>, in value: JSONValue, by new: JSONValue) -> JSONValue
        {
            guard let name = place.first else { return new }
            switch value {
            case .object(var object):
                object[name] = replacing(place.dropFirst(), in: object[name] ?? .null, by: new)
                return .object(object)
            case .array(var array):
                if let index = Int(name), array.indices.contains(index) {
                    array[index] = replacing(place.dropFirst(), in: array[index], by: new)
                }
                return .array(array)
            case .null, .bool, .number, .string: return value
            }
        }
    }
}
