import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

/// Real answers about people, through the mappings and against the model.
@Suite(.enabled(if: VendorSamples.arePresent, "the vendors' samples are not beside the package"))
struct PeopleSampleTests {
    private func records(_ resource: String, _ method: String, _ path: String) throws -> [JSONValue] {
        let connector = String(path.prefix { $0 != "/" })
        let answer = try JSONValue(
            parsing: ConnectorFiles.preview(connector).map(
                category: "hris",
                resource: resource,
                method: method,
                body: VendorSamples.json(path).bytes()
            )
        )
        let records = method == "list" ? answer["result"]?.array ?? [] : [answer]
        let schema = try #require(TestWorld.model().resource("hris", resource)).schema
        for record in records { #expect(schema.failures(of: record) == [], "\(path)") }
        return records
    }

    @Test(arguments: [
        ("workers-list", 12), ("workers-filter", 1), ("workers-page-top-skip", 4),
        ("workers-select-baseRemuneration", 15), ("workers-select-customFieldGroup", 6), ("demographics-list", 6),
    ])
    func `every worker of a page becomes an employee with the vendor's own beside it`(file: String, count: Int) throws {
        let path = "adp/workers/\(file).json"
        let found = try records("employees", "list", path)
        let native = try #require(VendorSamples.json(path)["workers"]?.array)
        #expect(found.count == count)
        #expect(found.map { $0["remote_data"] } == native)
        for (record, worker) in zip(found, native) where worker["associateOID"] != nil {
            #expect(record["id"] == worker["associateOID"])
        }
    }

    @Test func `of concurrent positions the primary one counts, wherever it stands`() throws {
        let found = try records("employees", "list", "adp/workers/workers-list.json")
        let double = try #require(found.first { $0["id"] == "G39P8HJJ3AE0YZQ8" })
        #expect(double["job_title"] == "Administrative Assistant")
        #expect(double["manager"]?["id"] == "G30K404TED759H96")
        #expect(double["employments"]?.array?.map { $0["is_primary"] } == [false, true])
        let assignments = try records("employments", "list", "adp/workers/workers-list.json")
        #expect(assignments.count == 13)
        #expect(assignments.allSatisfy { $0["id"]?.string?.contains(":") == true })
    }

    @Test func `custom fields of each type are named by their codes`() throws {
        let worker = try records("employees", "get", "adp/workers/worker-single.json")[0]
        #expect(worker["custom_fields"]?["T-Shirt Size"] == "L - Large")
        #expect(worker["custom_fields"]?["Shoe Size"]?.number?.text == "9.5")
    }

    @Test(arguments: [("groups", "departments", 20), ("locations", "locations", 7), ("job_roles", "job-titles", 8)])
    func `tables of codes become groups, locations and roles`(resource: String, file: String, count: Int) throws {
        #expect(try records(resource, "list", "adp/validation-tables/\(file).json").count == count)
    }

    @Test func `time off of a worker is read per policy and per request`() throws {
        let balances = try records("timeoff_balances", "list", "adp/time-off/balances.json")
        #expect(balances.map { $0["type"] } == ["sick", "personal", "sick", "vacation", "jury_duty"])
        #expect(balances[0]["balance"] == 44)
        #expect(balances[4]["balance"] == nil)
        let requests = try records("timeoff_requests", "list", "adp/time-off/requests.json")
        #expect(requests.allSatisfy { $0["employee"]?["id"] == "G3H06R596NKXDHZD" && $0["status"] == "approved" })
    }

    @Test func `both generations of a person are employees`() throws {
        let first = try records("employees", "list", "personio/v1/employees-list.json")[0]
        #expect(first["job_title"] == "CTO")
        #expect(first["hire_date"] == "2014-11-09")
        #expect(first["updated_at"] == "2020-11-18T16:33:55Z")
        #expect(first["custom_fields"]?["dynamic_24407"] == "Dr")
        #expect(first["groups"]?.array?.map { $0["type"] } == ["department", "team", "cost_center"])
        #expect(try records("employees", "get", "personio/v1/employee-single.json")[0]["id"] == "1")
        let persons = try records("employees", "list", "personio/v2/persons-page1.json")
        #expect(persons.map { $0["custom_fields"]?["city"] } == ["Essen", "Essen"])
        let last = try records("employees", "list", "personio/v2/persons-page2.json")
        #expect(last.count == 1)
        #expect(last[0]["custom_fields"]?["city"] == nil)
    }

    @Test func `employments, time off and balances of a person are read`() throws {
        let employments = try records("employments", "list", "personio/v2/employments-of-person.json")
        #expect(employments.map { $0["fte"]?.number?.double } == [1, 0.5])
        #expect(employments[0]["end_reason"] == "New job")
        let request = try records("timeoff_requests", "list", "personio/v1/time-offs-list.json")[0]
        #expect(request["amount"] == 3)
        #expect(request["remote_values"]?["/type"] == "offsite_work")
        #expect(try records("timeoff_balances", "list", "personio/v1/absences-balance.json").count == 2)
    }
}

/// What the connectors ask these vendors for.
struct PeopleRequestTests {
    private func url(_ connector: String, _ resource: String, _ query: [(name: String, value: String)]) throws -> String
    {
        let request = try ConnectorFiles.preview(connector).request(
            category: "hris",
            resource: resource,
            method: "list",
            query: query
        )
        return try #require(request["url"]?.string?.removingPercentEncoding)
    }

    @Test func `texts of a filter are quoted, and several conditions joined`() throws {
        #expect(
            try url("adp", "employees", [("last_name", "O'Brien"), ("employment_status[in]", "active,on_leave")])
                .contains(
                    "$filter=workers/person/legalName/familyName1 eq 'O''Brien' and "
                        + "(workers/workAssignments/assignmentStatus/statusCode/codeValue eq 'A' or "
                        + "workers/workAssignments/assignmentStatus/statusCode/codeValue eq 'L')"
                )
        )
        #expect(try url("adp", "employees", [("limit", "500")]).contains("$top=100"))
        #expect(throws: Problem.self) { try url("adp", "employees", [("updated_after", "2026-01-01T00:00:00Z")]) }
    }

    @Test func `each filter goes to the generation that has it`() throws {
        #expect(try url("personio", "employees", []).hasPrefix("https://api.personio.de/v1/company/employees?"))
        #expect(
            try url("personio", "employees", [("updated_after", "2026-03-01T10:00:00Z")])
                .contains("/v1/company/employees?updated_since=2026-03-01T10:00:00")
        )
        let persons = try url("personio", "employees", [("created_at[gte]", "2026-03-01T10:00:00Z"), ("id", "7")])
        #expect(persons.hasPrefix("https://api.personio.de/v2/persons?"))
        #expect(persons.contains("created_at.gte=2026-03-01T10:00:00Z"))
        #expect(persons.contains("id=7"))
        #expect(try url("personio", "employments", [("employee[id]", "7")]).contains("/v2/persons/7/employments"))
    }
}
