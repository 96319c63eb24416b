import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

struct ConnectorTests {
    @Test func `there are connectors`() {
        #expect(ConnectorFiles.names.count >= 3)
    }

    @Test(arguments: ConnectorFiles.names)
    func `a connector's folder compiles and serves what the model knows`(name: String) throws {
        let connector = try ConnectorFiles.connector(name)
        let model = try TestWorld.model()
        #expect(connector.name == name)
        for (category, resources) in connector.document.mappings {
            for (resource, methods) in resources {
                let known = try #require(model.resource(category, resource), "\(category)/\(resource)")
                for (method, mapping) in methods {
                    #expect(known.methods.contains(method), "\(category)/\(resource)/\(method)")
                    for filter in mapping.filters {
                        let allowed = known.filters[filter.field] ?? []
                        #expect(Set(filter.operators).isSubset(of: allowed), "\(resource) \(filter.field)")
                    }
                    #expect(Set(mapping.sort.keys).isSubset(of: known.sortKeys), "\(resource) sort")
                }
            }
        }
    }

    /// `examples/<category>.<resource>.<method>.<name>.native.<format>` and the answer it gives, `.unified.json`.
    @Test(arguments: ConnectorFiles.names)
    func `each example gives the answer beside it, valid in the model`(name: String) throws {
        let folder = ConnectorFiles.folder.appendingPathComponent("\(name)/examples")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.contains(".native.") }.sorted()
        #expect(!files.isEmpty)
        let preview = try ConnectorFiles.preview(name)
        for file in files {
            let parts = file.split(separator: ".").map(String.init)
            let native = [UInt8](try Data(contentsOf: folder.appendingPathComponent(file)))
            let answer = try JSONValue(
                parsing: preview.map(
                    category: parts[0],
                    resource: parts[1],
                    method: parts[2],
                    body: native,
                    query: [("ignore_remote_data", "true")]
                )
            )
            let name = file.split(separator: ".native.")[0]
            let golden = folder.appendingPathComponent("\(name).unified.json")
            if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
                try Data(answer.bytes(.pretty) + [10]).write(to: golden)
            }
            let expected = try JSONValue(parsing: [UInt8](Data(contentsOf: golden)))
            #expect(answer == expected, "\(file)")
            let schema = try #require(TestWorld.model().resource(parts[0], parts[1])).schema
            for record in answer["result"]?.array ?? [answer] {
                #expect(schema.failures(of: record) == [], "\(file)")
            }
        }
    }

    @Test(arguments: ConnectorFiles.names + ["_template"])
    func `each recorded call of a connector gives what it says`(name: String) async throws {
        let run = ConnectorTestRun(
            document: try ConnectorFiles.document(name),
            model: try TestWorld.model(),
            digests: ToyDigests()
        )
        for outcome in try await run.outcomes() { #expect(outcome.faults == [], "\(outcome.name)") }
    }

    private func schema() throws -> JSONSchema {
        let file = TestWorld.root.appendingPathComponent("openapi/connector.schema.json")
        return try JSONSchema(
            named: "connector.schema.json",
            in: ["connector.schema.json": JSONValue(parsing: [UInt8](Data(contentsOf: file)))]
        )
    }

    @Test(arguments: ConnectorFiles.names + ["_template"])
    func `each document is valid by the published schema and compiles`(name: String) throws {
        #expect(try schema().failures(of: ConnectorFiles.document(name)) == [])
        #expect(try !ConnectorFiles.connector(name).document.auth.isEmpty)
    }

    @Test func `the schema and the decoder refuse the same unknown words`() throws {
        let document = try ConnectorFiles.document("_template")
        let places: [[String]] = [
            [], ["http"], ["variables", "subdomain"], ["auth", "oauth2"], ["auth", "api_key", "verify"],
            ["resources", "people", "list"], ["resources", "people", "list", "pagination"],
            ["mappings", "crm", "contacts", "list"], ["mappings", "crm", "contacts", "list", "filters", "last_name"],
        ]
        for place in places {
            var patch: JSONValue = ["misspelt": true]
            for name in place.reversed() { patch = .object([name: patch]) }
            let wrong = document.overlaid(by: patch)
            #expect(try !schema().failures(of: wrong).isEmpty, "\(place)")
            #expect(throws: ConnectorConfigError.self, "\(place)") {
                try CompiledConnector(base: ConfigLayer(level: .platform, version: 1, document: wrong))
            }
        }
    }

    @Test func `a number keeps its digits on the way through a mapping`() throws {
        let record: JSONValue = .object([
            "Id": "001A", "Name": "A", "AnnualRevenue": .number(JSONNumber(uncheckedText: "10000000000000000999.10")),
        ])
        let answer = try ConnectorFiles.preview("salesforce").map(
            category: "crm",
            resource: "accounts",
            method: "get",
            body: record.bytes()
        )
        #expect(try JSONValue(parsing: answer)["annual_revenue"]?.number?.text == "10000000000000000999.10")
    }

    @Test func `an account's override adds a field, and its native name is asked for by itself`() throws {
        let override: JSONValue = [
            "mappings": [
                "crm": ["contacts": ["*": ["response_mapping": "response.{\"customer_tier\": Customer_Tier__c}"]]]
            ]
        ]
        let preview = try ConnectorFiles.preview(
            "salesforce",
            variables: ["instance_url": "https://acme.my.salesforce.com"],
            layers: [ConfigLayer(level: .account, version: 1, document: override)]
        )
        let body: JSONValue = [
            "done": true, "totalSize": 1,
            "records": [
                [
                    "Id": "003A", "LastName": "Ek", "Customer_Tier__c": "gold",
                    "SystemModstamp": "2026-05-01T07:25:37.000+0000",
                ]
            ],
        ]
        let answer = try JSONValue(
            parsing: preview.map(category: "crm", resource: "contacts", method: "list", body: body.bytes())
        )
        #expect(answer["result"]?[0]?["customer_tier"] == "gold")
        #expect(answer["result"]?[0]?["last_name"] == "Ek")
        #expect(answer["result"]?[0]?["custom_fields"] == ["Customer_Tier__c": "gold"])
        let request = try preview.request(category: "crm", resource: "contacts", method: "list")
        #expect(request["url"]?.string?.contains("Customer_Tier__c") == true)
        let plain = try ConnectorFiles.preview(
            "salesforce",
            variables: ["instance_url": "https://acme.my.salesforce.com"]
        ).request(category: "crm", resource: "contacts", method: "list")
        #expect(plain["url"]?.string?.contains("Customer_Tier__c") == false)
    }
}

/// Native requests of the connectors for unified queries.
struct ConnectorRequestTests {
    private func soql(_ query: [(name: String, value: String)], resource: String = "contacts") throws -> String {
        let request = try ConnectorFiles.preview(
            "salesforce",
            variables: ["instance_url": "https://acme.my.salesforce.com"]
        ).request(category: "crm", resource: resource, method: "list", query: query)
        let url = try #require(request["url"]?.string)
        let start = "https://acme.my.salesforce.com/services/data/v66.0/query?q="
        #expect(url.hasPrefix(start))
        return try #require(String(url.dropFirst(start.count)).removingPercentEncoding)
    }

    @Test func `a plain list names its columns and has a stable order`() throws {
        let text = try soql([])
        #expect(text.hasPrefix("SELECT Id, FirstName, LastName, "))
        #expect(text.hasSuffix(" FROM Contact ORDER BY Id ASC"))
    }

    @Test(arguments: [
        ("last_name", "O'Brien", "LastName = 'O\\'Brien'"),
        ("last_name", "\\' OR Name != '", "LastName = '\\\\\\' OR Name != \\''"),
        ("last_name", "a\nb", "LastName = 'a\\nb'"),
        ("last_name[contains]", "50%_'x", "LastName LIKE '%50\\\\%\\\\_\\'x%'"),
        ("id[in]", "003A,003B", "Id IN ('003A', '003B')"), ("id[in][]", "003A", "Id IN ('003A')"),
        ("account[id]", "001A", "AccountId = '001A'"),
        ("email_addresses[email]", "a@b.example", "Email = 'a@b.example'"),
        ("updated_after", "2026-05-01T00:00:00+02:00", "SystemModstamp > 2026-04-30T22:00:00Z"),
        ("created_at[lte]", "2026-05-01T00:00:00Z", "CreatedDate <= 2026-05-01T00:00:00Z"),
        ("search", "O'Neil", "Name LIKE '%O\\'Neil%'"),
    ])
    func `a filter is a condition with its text escaped`(name: String, value: String, condition: String) throws {
        #expect(try soql([(name, value)]).contains(" WHERE \(condition) ORDER BY Id ASC"))
    }

    @Test func `filters are joined and an order comes before the stable one`() throws {
        let text = try soql([("first_name", "A"), ("title", "B"), ("sort_by[updated_at]", "desc")])
        #expect(
            text.hasSuffix(" WHERE FirstName = 'A' AND Title = 'B' ORDER BY SystemModstamp DESC NULLS LAST, Id ASC")
        )
        #expect(
            try soql([("number_of_employees[gte]", "100")], resource: "accounts").contains("NumberOfEmployees >= 100")
        )
        #expect(throws: Problem.self) { try soql([("number_of_employees[gte]", "1 OR 1=1")], resource: "accounts") }
    }

    @Test func `a page's size is told in the vendor's own bounds`() throws {
        let preview = try ConnectorFiles.preview(
            "salesforce",
            variables: ["instance_url": "https://a.my.salesforce.com"]
        )
        for (limit, size) in [("2", 200), ("500", 500), ("1000", 1000)] {
            let request = try preview.request(
                category: "crm",
                resource: "contacts",
                method: "list",
                query: [("limit", limit)]
            )
            #expect(request["headers"]?["Sforce-Query-Options"] == .string("batchSize=\(size)"))
        }
    }

    private func search(_ query: [(name: String, value: String)]) throws -> JSONValue {
        try ConnectorFiles.preview("hubspot").request(
            category: "crm",
            resource: "contacts",
            method: "list",
            query: query
        )
    }

    @Test func `a list without conditions is the plain one, with one that is a search`() throws {
        let plain = try search([("limit", "150")])
        #expect(plain["method"] == "GET")
        #expect(plain["url"]?.string?.hasPrefix("https://api.hubapi.com/crm/v3/objects/contacts?properties=") == true)
        #expect(plain["url"]?.string?.hasSuffix("&limit=100") == true)
        let found = try search([("last_name", "Ek"), ("limit", "150")])
        #expect(found["method"] == "POST")
        #expect(found["url"] == "https://api.hubapi.com/crm/v3/objects/contacts/search")
        #expect(found["body"]?["limit"] == 150)
        #expect(
            found["body"]?["filterGroups"] == [
                ["filters": [["propertyName": "lastname", "operator": "EQ", "value": "Ek"]]]
            ]
        )
        #expect(found["body"]?["sorts"] == [])
        #expect(found["body"]?["properties"]?.array?.contains("email") == true)
    }

    @Test func `each operator has its word in the search`() throws {
        let body = try search([
            ("email_addresses[email][in]", "A@B.example,c@d.example"), ("title[contains]", "eng"),
            ("updated_after", "2026-05-01T00:00:00Z"), ("sort_by[updated_at]", "desc"), ("search", "acme"),
        ])["body"]
        #expect(
            body?["filterGroups"]?[0]?["filters"] == [
                ["propertyName": "email", "operator": "IN", "values": ["a@b.example", "c@d.example"]],
                ["propertyName": "jobtitle", "operator": "CONTAINS_TOKEN", "value": "*eng*"],
                ["propertyName": "lastmodifieddate", "operator": "GT", "value": "2026-05-01T00:00:00Z"],
            ]
        )
        #expect(body?["sorts"] == [["propertyName": "lastmodifieddate", "direction": "DESCENDING"]])
        #expect(body?["query"] == "acme")
        #expect(throws: Problem.self) {
            try search([("sort_by[updated_at]", "desc"), ("sort_by[first_name]", "asc")])
        }
    }

    @Test func `the company's name is in the address, and nothing else fits there`() throws {
        let request = try ConnectorFiles.preview("bamboohr", variables: ["subdomain": "acme"]).request(
            category: "hris",
            resource: "employees",
            method: "get",
            id: "42"
        )
        #expect(
            request["url"]?.string?.hasPrefix("https://acme.bamboohr.com/api/v1/employees/42?fields=employeeNumber%2C")
                == true
        )
        #expect(request["headers"]?["Accept"] == "application/json")
        for hostile in ["evil.example/", "evil.example#", "a.evil.example:80/", "x@evil.example/"] {
            #expect(throws: Problem.self) {
                try ConnectorFiles.preview("bamboohr", variables: ["subdomain": .string(hostile)]).request(
                    category: "hris",
                    resource: "employees",
                    method: "list"
                )
            }
        }
    }
}

/// Every real answer that is at hand, through the mapping and against the model.
@Suite(.enabled(if: VendorSamples.arePresent, "the vendors' samples are not beside the package"))
struct VendorSampleTests {
    private func check(
        _ connector: String,
        _ category: String,
        _ resource: String,
        _ method: String,
        _ body: JSONValue,
        _ source: String
    ) throws -> [JSONValue] {
        let answer = try JSONValue(
            parsing: ConnectorFiles.preview(connector).map(
                category: category,
                resource: resource,
                method: method,
                body: body.bytes()
            )
        )
        let records = method == "list" ? answer["result"]?.array ?? [] : [answer]
        let schema = try #require(TestWorld.model().resource(category, resource)).schema
        for record in records {
            #expect(schema.failures(of: record) == [], "\(source)")
        }
        return records
    }

    @Test func `contacts and accounts that are asked for in a query language`() throws {
        for path in VendorSamples.paths("salesforce/samples", where: { $0.hasSuffix(".json") }) {
            let sample = try VendorSamples.json(path)
            guard let body = sample["response"], let native = body["records"]?[0]?["attributes"]?["type"]?.string else {
                continue
            }
            guard let resource = ["Contact": "contacts", "Account": "accounts"][native] else { continue }
            let records = try check("salesforce", "crm", resource, "list", body, path)
            #expect(records.count == body["records"]?.array?.count, "\(path)")
            for (record, native) in zip(records, body["records"]?.array ?? []) {
                #expect(record["remote_data"] == native, "\(path)")
                #expect(record["id"] == native["Id"], "\(path)")
            }
        }
        let account = try VendorSamples.json("salesforce/samples/account.get.json")["response"] ?? .null
        let record = try check("salesforce", "crm", "accounts", "get", account, "account.get")[0]
        #expect(record["annual_revenue"] == 139_000_000)
        #expect(record["updated_at"] == "2026-05-01T07:25:37.000Z")
        #expect(record["custom_fields"]?["SLA__c"] == "Silver")
        #expect(record["addresses"]?[0]?["street_2"] == "Austin, TX 78767, USA")
    }

    @Test func `contacts and companies whose fields are nested`() throws {
        for path in VendorSamples.paths("hubspot/samples", where: { $0.hasSuffix(".json") }) {
            let name = path.split(separator: "/").last ?? ""
            let resource: String? =
                name.hasPrefix("contact") || name.hasPrefix("docs.contacts.03")
                ? "contacts"
                : name.hasPrefix("compan") || name.hasPrefix("docs.search.04") ? "accounts" : nil
            let sample = try VendorSamples.json(path)
            guard let resource, let body = sample["response"] ?? sample["body"] else { continue }
            if body["results"]?.array != nil {
                let records = try check("hubspot", "crm", resource, "list", body, path)
                #expect(records.count == body["results"]?.array?.count, "\(path)")
            } else if body["id"] != nil, body["properties"] != nil {
                _ = try check("hubspot", "crm", resource, "get", body, path)
            }
        }
    }

    @Test func `employees of a directory and of a report`() throws {
        let directory = try VendorSamples.json("bamboohr/employees/directory.json")
        let listed = try check("bamboohr", "hris", "employees", "list", directory, "directory")
        #expect(listed.count == directory["employees"]?.array?.count)
        #expect(listed.allSatisfy { $0["employment_status"] == "active" })
        for employee in try VendorSamples.json("bamboohr/employees/custom-report.json")["employees"]?.array ?? [] {
            let record = try check("bamboohr", "hris", "employees", "get", employee, "custom-report")[0]
            #expect(record["employment_type"] == "full_time")
            #expect(record["custom_fields"]?["payRate"] == employee["payRate"])
        }
        let short = try VendorSamples.json("bamboohr/employees/get-three-fields.json")
        #expect(try check("bamboohr", "hris", "employees", "get", short, "three fields")[0]["id"] == "8")
    }
}
