import ConnectorConfig
import ConnectorEngine
import Foundation
import JSONValue
import Testing
import Vocabulary

/// Native requests for unified queries of the resources beside contacts and accounts.
struct CRMRequestTests {
    private func statement(_ resource: String, _ query: [(name: String, value: String)]) throws -> String {
        let request = try ConnectorFiles.preview(
            "salesforce",
            variables: ["instance_url": "https://acme.my.salesforce.com"]
        ).request(category: "crm", resource: resource, method: "list", query: query)
        let text = try #require(request["url"]?.string?.removingPercentEncoding)
        let start = try #require(text.range(of: "/query?q="))
        return String(text[start.upperBound...])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let resource: String
        let query: [[String]]
        let condition: String
        var testDescription: String { "\(resource) \(query)" }
    }

    @Test(arguments: [
        Case(resource: "opportunities", query: [["status", "open"]], condition: "IsClosed = false"),
        Case(
            resource: "opportunities",
            query: [["status[in]", "won,lost"], ["close_date[gte]", "2026-05-01"]],
            condition: "(IsWon = true OR (IsClosed = true AND IsWon = false)) AND CloseDate >= 2026-05-01"
        ),
        Case(resource: "opportunities", query: [["status", "abandoned"]], condition: "Id = null"),
        Case(resource: "opportunities", query: [["pipeline[id]", "default"]], condition: "Id != null"),
        Case(resource: "opportunities", query: [["pipeline[id]", "'x"]], condition: "Id = null"),
        Case(resource: "opportunities", query: [["amount[gt]", "1000.5"]], condition: "Amount > 1000.5"),
        Case(resource: "opportunities", query: [["stage[id]", "Won't"]], condition: "StageName = 'Won\\'t'"),
        Case(resource: "notes", query: [["contacts[id]", "003A"]], condition: "ParentId = '003A'"),
        Case(
            resource: "users",
            query: [["email", "a@b.example"], ["is_active", "true"]],
            condition: "Email = 'a@b.example' AND IsActive = true"
        ),
    ])
    func `a filter is a condition of the statement`(of: Case) throws {
        let text = try statement(of.resource, of.query.map { ($0[0], $0[1]) })
        #expect(text.hasSuffix(" WHERE \(of.condition) ORDER BY Id ASC"), "\(text)")
    }

    @Test(arguments: [
        ("due_date[gte]", "2026-05-02T00:00:00Z", "ActivityDate >= 2026-05-02"),
        ("due_date[lt]", "2026-05-02T00:00:00Z", "ActivityDate < 2026-05-02"),
        // The day's midnight lies before ten o'clock: it is in for `lt`, out for `gte`.
        ("due_date[lt]", "2026-05-02T10:00:00Z", "ActivityDate <= 2026-05-02"),
        ("due_date[gte]", "2026-05-02T10:00:00Z", "ActivityDate > 2026-05-02"),
        ("status", "waiting", "Status IN ('Waiting on someone else', 'Deferred')"),
        ("priority[in]", "high,low", "(Priority = 'High' OR Priority = 'Low')"),
        ("opportunities[id]", "006A", "WhatId = '006A'"),
    ])
    func `tasks leave out calls and mails`(name: String, value: String, condition: String) throws {
        let text = try statement("tasks", [(name, value)])
        let base = "(TaskSubtype = null OR TaskSubtype NOT IN ('Call', 'Email', 'ListEmail'))"
        #expect(text.hasSuffix(" FROM Task WHERE \(base) AND \(condition) ORDER BY Id ASC"), "\(text)")
    }

    private func search(_ resource: String, _ query: [(name: String, value: String)]) throws -> JSONValue {
        try ConnectorFiles.preview("hubspot").request(
            category: "crm",
            resource: resource,
            method: "list",
            query: query
        )
    }

    @Test func `values of a closed set that need several filters make groups of their own`() throws {
        let body = try search("opportunities", [("status[in]", "won,lost"), ("stage[id]", "s")])["body"]
        let stage: JSONValue = ["propertyName": "dealstage", "operator": "EQ", "value": "s"]
        let closed: JSONValue = ["propertyName": "hs_is_closed", "operator": "EQ", "value": "true"]
        #expect(
            body?["filterGroups"] == [
                ["filters": [["propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"], stage]],
                [
                    "filters": [
                        closed, ["propertyName": "hs_is_closed_won", "operator": "NEQ", "value": "true"], stage,
                    ]
                ],
            ]
        )
    }

    @Test func `a day is compared from its first to its last moment`() throws {
        func filters(_ name: String) throws -> JSONValue? {
            try search("opportunities", [(name, "2026-05-01")])["body"]?["filterGroups"]?[0]?["filters"]
        }
        func filter(_ word: String, _ time: String) -> JSONValue {
            ["propertyName": "closedate", "operator": .string(word), "value": .string("2026-05-01T" + time)]
        }
        let first = "00:00:00.000Z"
        let last = "23:59:59.999Z"
        #expect(try filters("close_date") == [filter("GTE", first), filter("LTE", last)])
        #expect(try filters("close_date[gt]") == [filter("GT", last)])
        #expect(try filters("close_date[gte]") == [filter("GTE", first)])
        #expect(try filters("close_date[lt]") == [filter("LT", first)])
        #expect(try filters("close_date[lte]") == [filter("LTE", last)])
    }

    @Test func `linked records are searched by their type, and lists of enumerations keep their case`() throws {
        let body = try search("tasks", [("contacts[id][in]", "5,6"), ("status", "waiting")])["body"]
        #expect(
            body?["filterGroups"]?[0]?["filters"] == [
                ["propertyName": "associations.contact", "operator": "IN", "values": ["5", "6"]],
                ["propertyName": "hs_task_status", "operator": "IN", "values": ["WAITING", "DEFERRED"]],
            ]
        )
    }

    @Test func `people who have records are found by address and by whether they are active`() throws {
        let request = try search("users", [("email", "a@b.example"), ("is_active", "false")])
        #expect(
            request["url"] == "https://api.hubapi.com/crm/v3/owners?email=a%40b.example&archived=true&limit=50"
        )
        #expect(throws: Problem.self) { try search("users", [("name", "Ek")]) }
    }

    // MARK: Writes

    private func written(
        _ connector: String,
        _ resource: String,
        _ method: String,
        _ body: JSONValue
    ) throws -> JSONValue? {
        try ConnectorFiles.preview(connector, variables: ["instance_url": "https://acme.my.salesforce.com"])
            .request(category: "crm", resource: resource, method: method, body: body)["body"]
    }

    private static let contact: JSONValue = [
        "first_name": "Ada", "last_name": "Ek", "title": nil, "account": "1A", "owner": ["id": "2B"],
        "email_addresses": [["email": "a@b.example", "is_primary": true]],
        "phone_numbers": [["number": "1"], ["number": "2", "type": "mobile"]],
        "addresses": [["street_1": "1 Road", "street_2": "Floor 2", "city": "Lyon"]],
    ]

    @Test func `a contact is written in the columns of one vendor`() throws {
        let body = try #require(try written("salesforce", "contacts", "create", Self.contact)?.object)
        let expected: JSONObject = [
            "FirstName": "Ada", "LastName": "Ek", "Title": nil, "AccountId": "1A", "OwnerId": "2B",
            "Email": "a@b.example", "Phone": "1", "MobilePhone": "2", "MailingStreet": "1 Road\nFloor 2",
            "MailingCity": "Lyon", "MailingCountry": nil,
        ]
        for member in expected { #expect(body[member.key] == member.value, "\(member.key)") }
        #expect(body["Department"] == nil, "what is not given is not sent")
    }

    @Test func `and in the properties and links of the other`() throws {
        let body = try #require(try written("hubspot", "contacts", "create", Self.contact))
        let expected: JSONObject = [
            "firstname": "Ada", "lastname": "Ek", "jobtitle": "", "hubspot_owner_id": "2B", "email": "a@b.example",
            "phone": "1", "mobilephone": "2", "address": "1 Road, Floor 2", "city": "Lyon", "country": "",
        ]
        for member in expected { #expect(body["properties"]?[member.key] == member.value, "\(member.key)") }
        #expect(
            body["associations"] == [
                ["to": ["id": "1A"], "types": [["associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279]]]
            ]
        )
        let change = try written("hubspot", "contacts", "update", ["title": "x", "custom_fields": ["tier": "gold"]])
        #expect(change == ["properties": ["jobtitle": "x", "tier": "gold"]])
    }

    @Test func `closed sets are written in the vendor's words, and remote_data wins`() throws {
        let task: JSONValue = [
            "subject": "S", "status": "waiting", "priority": "normal", "due_date": "2026-05-01T10:00:00Z",
            "contacts": ["3"], "opportunities": [["id": "6"]], "remote_data": ["Subject": "T"],
        ]
        #expect(
            try written("salesforce", "tasks", "create", task) == [
                "Subject": "T", "Status": "Waiting on someone else", "Priority": "Normal", "ActivityDate": "2026-05-01",
                "WhoId": "3", "WhatId": "6",
            ]
        )
        let other = try #require(try written("hubspot", "tasks", "create", task.overlaid(by: ["remote_data": nil])))
        #expect(other["properties"]?["hs_task_status"] == "WAITING")
        #expect(other["properties"]?["hs_task_priority"] == "MEDIUM")
        #expect(other["properties"]?["hs_timestamp"] == "2026-05-01T10:00:00Z")
        #expect(other["associations"]?.array?.map { $0["types"]?[0]?["associationTypeId"] } == [204, 216])
    }

    @Test func `a move names the stage alone`() throws {
        let move: JSONValue = ["stage": ["id": "next"]]
        #expect(try written("salesforce", "opportunities", "update", move) == ["StageName": "next"])
        #expect(try written("hubspot", "opportunities", "update", move) == ["properties": ["dealstage": "next"]])
    }

    @Test(arguments: ["salesforce", "hubspot"])
    func `what the vendor cannot hold is refused before it is sent`(connector: String) throws {
        for body: JSONValue in [
            ["birthday": 5, "last_name": "x"], ["last_name": "x", "created_at": "2026-05-01T00:00:00Z"],
        ] {
            #expect(throws: Problem.self) { try written(connector, "contacts", "create", body) }
        }
        #expect(throws: Problem.self) { try written(connector, "opportunities", "create", ["amount": 1]) }
    }

    // MARK: Engagements

    @Test func `calls and mails are asked for as tasks, meetings as events`() throws {
        let calls = try statement("engagements", [("type", "call"), ("direction", "inbound"), ("contacts[id]", "3")])
        let base = "TaskSubtype IN ('Call', 'Email', 'ListEmail')"
        #expect(
            calls.hasSuffix(
                " FROM Task WHERE \(base) AND TaskSubtype = 'Call' AND CallType = 'Inbound' AND WhoId = '3' ORDER BY Id ASC"
            ),
            "\(calls)"
        )
        let meetings = try statement(
            "engagements",
            [("type", "meeting"), ("start_time[gte]", "2026-05-01T10:00:00Z")]
        )
        #expect(
            meetings.hasSuffix(
                " FROM Event WHERE Id != null AND StartDateTime >= 2026-05-01T10:00:00Z ORDER BY Id ASC"
            ),
            "\(meetings)"
        )
    }

    @Test func `each type of record is listed as it is and searched by its own names`() throws {
        let plain = try search("engagements", [("type", "call")])
        #expect(plain["method"] == "GET")
        #expect(plain["url"]?.string?.contains("/crm/v3/objects/calls?associations=") == true)
        let found = try search(
            "engagements",
            [("type", "email"), ("subject[contains]", "offer"), ("status", "planned")]
        )
        #expect(found["url"] == "https://api.hubapi.com/crm/v3/objects/emails/search")
        #expect(
            found["body"]?["filterGroups"]?[0]?["filters"] == [
                ["propertyName": "hs_email_subject", "operator": "CONTAINS_TOKEN", "value": "*offer*"],
                ["propertyName": "hs_email_status", "operator": "IN", "values": ["SCHEDULED", "SENDING"]],
            ]
        )
    }

    @Test func `a call is a task of a subtype for one vendor and a record of its own for the other`() throws {
        let call: JSONValue = [
            "type": "call", "subject": "S", "direction": "outbound", "status": "completed", "duration_seconds": 90,
            "start_time": "2026-05-01T10:00:00Z", "contacts": ["3"], "outcome": "Busy",
        ]
        #expect(
            try written("salesforce", "engagements", "create", call) == [
                "TaskSubtype": "Call", "Subject": "S", "CallType": "Outbound", "Status": "Completed",
                "ActivityDate": "2026-05-01", "CallDurationInSeconds": 90, "CallDisposition": "Busy", "WhoId": "3",
            ]
        )
        let body = try #require(try written("hubspot", "engagements", "create", call))
        #expect(
            body["properties"] == [
                "hs_call_title": "S", "hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED",
                "hs_call_duration": 90000, "hs_call_disposition": "9d9162e7-6cf3-4944-bf63-4dff82258764",
                "hs_timestamp": "2026-05-01T10:00:00Z",
            ]
        )
        #expect(body["associations"]?[0]?["types"]?[0]?["associationTypeId"] == 194)
    }
}
