import ConnectorConfig
import ConnectorEngine
import Formats
import Foundation
import HTTPExchange
import HTTPTypes
import JSONValue
import Testing
import UnifiedModel
import Vocabulary

/// Workers through SOAP: what is sent, how pages are read, and what faults mean.
struct WorkdayTests {
    private static let variables: JSONObject = ["host": "wd2-impl-services1.workday.com", "tenant": "quillfern"]

    private func body(_ query: [(name: String, value: String)], resource: String = "employees") throws -> String {
        let request = try ConnectorFiles.preview("workday", variables: Self.variables).request(
            category: "hris",
            resource: resource,
            method: "list",
            query: query
        )
        #expect(
            request["url"]
                == "https://wd2-impl-services1.workday.com/ccx/service/quillfern/Human_Resources/v45.2"
        )
        return try #require(request["body"]?.string)
    }

    @Test func `a list asks for a page in the order of the schema`() throws {
        let text = try body([("limit", "30")])
        #expect(
            text.contains(
                #"<soapenv:Body><wd:Get_Workers_Request wd:version="v45.2"><wd:Response_Filter><wd:Page>1</wd:Page>"#
                    + "<wd:Count>30</wd:Count></wd:Response_Filter><wd:Response_Group>"
                    + "<wd:Include_Reference>true</wd:Include_Reference>"
            )
        )
        #expect(text.contains(#"xmlns:wd="urn:com.workday/bsvc""#))
    }

    @Test func `filters become references and criteria`() throws {
        let named = try body([("id[in]", "aa,b<b"), ("employee_number", "31001")])
        #expect(
            named.contains(
                #"<wd:Request_References wd:Skip_Non_Existing_Instances="true">"#
                    + #"<wd:Worker_Reference><wd:ID wd:type="WID">aa</wd:ID></wd:Worker_Reference>"#
                    + #"<wd:Worker_Reference><wd:ID wd:type="WID">b&lt;b</wd:ID></wd:Worker_Reference>"#
                    + #"<wd:Worker_Reference><wd:ID wd:type="Employee_ID">31001</wd:ID></wd:Worker_Reference>"#
                    + "</wd:Request_References><wd:Response_Filter>"
            )
        )
        let changed = try body([
            ("updated_after", "2026-10-01T00:00:00Z"), ("updated_before", "2026-11-01T00:00:00Z"), ("groups[id]", "gg"),
        ])
        #expect(
            changed.contains(
                "<wd:Request_Criteria><wd:Transaction_Log_Criteria_Data><wd:Transaction_Date_Range_Data>"
                    + "<wd:Updated_From>2026-10-01T00:00:00Z</wd:Updated_From>"
                    + "<wd:Updated_Through>2026-11-01T00:00:00Z</wd:Updated_Through></wd:Transaction_Date_Range_Data>"
                    + #"</wd:Transaction_Log_Criteria_Data><wd:Organization_Reference><wd:ID wd:type="WID">gg</wd:ID>"#
                    + "</wd:Organization_Reference><wd:Exclude_Inactive_Workers>false</wd:Exclude_Inactive_Workers>"
            )
        )
        let jobs = try body([("employee[id]", "aa")], resource: "employments")
        #expect(jobs.contains(">aa</wd:ID></wd:Worker_Reference>"))
    }

    private func page(_ number: Int, of pages: Int, ids: [String]) -> InboundResponse {
        let workers = ids.map {
            #"<wd:Worker><wd:Worker_Reference><wd:ID wd:type="WID">\#($0)</wd:ID></wd:Worker_Reference>"#
                + "<wd:Worker_Data><wd:Worker_ID>\($0)</wd:Worker_ID></wd:Worker_Data></wd:Worker>"
        }
        let text = """
            <env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>\
            <wd:Get_Workers_Response xmlns:wd="urn:com.workday/bsvc" wd:version="v45.2">\
            <wd:Response_Filter><wd:As_Of_Entry_DateTime>2026-11-01T00:00:00.000Z</wd:As_Of_Entry_DateTime>\
            <wd:Page>\(number)</wd:Page><wd:Count>2</wd:Count></wd:Response_Filter>\
            <wd:Response_Results><wd:Total_Results>5</wd:Total_Results><wd:Total_Pages>\(pages)</wd:Total_Pages>\
            <wd:Page>\(number)</wd:Page></wd:Response_Results>\
            <wd:Response_Data>\(workers.joined())</wd:Response_Data></wd:Get_Workers_Response></env:Body></env:Envelope>
            """
        return InboundResponse(status: 200, headers: [.contentType: "text/xml;charset=UTF-8"], body: Array(text.utf8))
    }

    private func call(
        _ sender: ScriptedSender,
        method: String = "list",
        query: [(name: String, value: String)] = []
    ) async throws -> JSONValue {
        let result = try await TestWorld.engine(sender).execute(
            UnifiedCall(
                category: "hris",
                resource: "employees",
                method: method,
                id: method == "list" ? nil : "aa",
                query: query,
                account: TestWorld.account
            ),
            connector: try ConnectorFiles.connector("workday"),
            variables: Self.variables,
            access: FixedAccess(
                UsableAccess(
                    method: "isu",
                    values: ["username": Secret("ISU_Test"), "password": Secret("pass<&é")]
                )
            )
        )
        return try JSONValue(parsing: result.body)
    }

    @Test func `pages follow one another, across calls too`() async throws {
        let sender = ScriptedSender { (_, index) in
            self.page(index + 1, of: 3, ids: [["1", "2"], ["3", "4"], ["5"]][min(index, 2)])
        }
        let first = try await call(sender, query: [("limit", "2")])
        func next(_ page: JSONValue) async throws -> JSONValue {
            try await call(sender, query: [("limit", "2"), ("next_cursor", page["next_cursor"]?.string ?? "")])
        }
        let second = try await next(first)
        let third = try await next(second)
        #expect(first["total_count"] == 5)
        let ids = [first, second, third].flatMap { $0["result"]?.array ?? [] }.compactMap { $0["id"]?.string }
        #expect(ids == ["1", "2", "3", "4", "5"])
        #expect(third["next_cursor"] == .null)
        let bodies = sender.requests.map { String(decoding: $0.body ?? [], as: UTF8.self) }
        #expect(bodies.count == 3)
        for (body, number) in zip(bodies, 1...) {
            // Later pages are of the moment that the first one told.
            let filter = "<wd:Page>\(number)</wd:Page><wd:Count>2</wd:Count></wd:Response_Filter>"
            #expect(body.contains(filter))
            #expect(body.contains("<wd:Response_Filter><wd:As_Of_Entry_DateTime>") == (number > 1))
        }
    }

    @Test func `the envelope carries the user of the tenant, and nothing else shows the password`() async throws {
        let sender = ScriptedSender(page(1, of: 1, ids: ["1"]))
        let answer = try await call(sender, query: [("explain", "true")])
        let sent = try #require(sender.requests.first)
        let body = try XMLReader.value(of: sent.body ?? [], form: .stripped)
        let security = body["Envelope"]?["Header"]?["Security"]
        #expect(security?["@mustUnderstand"] == "1")
        #expect(security?["UsernameToken"]?["Username"] == "ISU_Test@quillfern")
        #expect(security?["UsernameToken"]?["Password"]?["#text"] == "pass<&é")
        #expect(security?["UsernameToken"]?["Password"]?["@Type"]?.string?.hasSuffix("#PasswordText") == true)
        #expect(sent.headers[try #require(HTTPField.Name("SOAPAction"))] == "\"\"")
        #expect(!answer.text().contains("pass"))
        #expect(sent.replay == .allowed)
    }

    private func fault(_ code: String, _ words: String, _ detail: String = "") -> InboundResponse {
        let text = """
            <SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wd="urn:com.workday/bsvc">\
            <SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>SOAP-ENV:\(code)</faultcode><faultstring>\(words)</faultstring>\
            \(detail)</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>
            """
        return InboundResponse(status: 500, headers: [.contentType: "text/xml"], body: Array(text.utf8))
    }

    @Test(arguments: [
        ("Client.authenticationError", "invalid username or password", ErrorCode.accountNeedsReauth),
        (
            "Server.processingError", "Processing error occurred. The task submitted is not authorized.",
            .remoteForbidden
        ),
        ("Server.processingError", "Processing error occurred.", .remoteUnavailable),
        ("Client.validationError", "Validation error occurred. Invalid ID value.", .remoteValidationFailed),
        ("Client.validationError", "'x' is not a valid ID value for type = 'WID'", .remoteNotFound),
        ("Client", "The web service or version is invalid for the requested operation", .remoteValidationFailed),
    ])
    func `a fault with status 500 is told by its code and words`(code: String, words: String, means: ErrorCode) async {
        do {
            _ = try await call(ScriptedSender(fault(code, words)), method: "get")
            Issue.record("an error was expected")
        } catch {
            #expect((error as? Problem)?.code == means)
            #expect((error as? Problem)?.remote?.code == code)
            #expect((error as? Problem)?.remote?.status == 500)
        }
    }

    @Test func `what is wrong with a request is told`() async {
        let detail =
            "<detail><wd:Validation_Fault><wd:Validation_Error><wd:Message>The page is wrong.</wd:Message>"
            + "<wd:Detail_Message/></wd:Validation_Error></wd:Validation_Fault></detail>"
        do {
            _ = try await call(ScriptedSender(fault("Client.validationError", "No.", detail)))
            Issue.record("an error was expected")
        } catch {
            let failures = (error as? Problem)?.failures ?? []
            #expect(failures == [.init(code: "validation", message: "The page is wrong.", pointer: "")])
        }
    }

    @Test func `an empty answer is an empty list and no record`() async throws {
        let text =
            #"<e:Envelope xmlns:e="u"><e:Body><Get_Workers_Response><Response_Data/></Get_Workers_Response>"#
            + "</e:Body></e:Envelope>"
        let empty = InboundResponse(status: 200, headers: [.contentType: "text/xml"], body: Array(text.utf8))
        #expect(try await call(ScriptedSender(empty))["result"] == [])
        await #expect(throws: Problem.self) { try await call(ScriptedSender(empty), method: "get") }
    }

    @Test(.enabled(if: VendorSamples.arePresent, "the samples lie beside the package"))
    func `each sample of workers gives valid employees and employments, and loses nothing`() throws {
        let paths = VendorSamples.paths("workday/soap") { $0.hasPrefix("Get_Workers_Response") }
        #expect(!paths.isEmpty)
        for path in paths {
            let bytes = [UInt8](try Data(contentsOf: VendorSamples.folder.appendingPathComponent(path)))
            let native = try XMLReader.value(of: bytes, form: .stripped)
            let workers = native["Envelope"]?["Body"]?["Get_Workers_Response"]?["Response_Data"]?["Worker"]
            let count = workers?.array?.count ?? (workers == nil ? 0 : 1)
            for resource in ["employees", "employments"] {
                let answer = try JSONValue(
                    parsing: ConnectorFiles.preview("workday").map(
                        category: "hris",
                        resource: resource,
                        method: "list",
                        body: bytes
                    )
                )
                let records = answer["result"]?.array ?? []
                if resource == "employees" { #expect(records.count == count, "\(path)") }
                let schema = try #require(TestWorld.model().resource("hris", resource)).schema
                for record in records { #expect(schema.failures(of: record) == [], "\(path) \(resource)") }
            }
        }
    }

    @Test(.enabled(if: VendorSamples.arePresent, "the samples lie beside the package"))
    func `concurrent positions of a sample are records of their own`() throws {
        let path = VendorSamples.folder.appendingPathComponent("workday/soap/Get_Workers_Response_page1.xml")
        let answer = try JSONValue(
            parsing: ConnectorFiles.preview("workday").map(
                category: "hris",
                resource: "employments",
                method: "list",
                body: [UInt8](Data(contentsOf: path))
            )
        )
        let records = answer["result"]?.array ?? []
        #expect(records.map { $0["is_primary"] } == [true, true, false])
        #expect(records.last?["job_title"] == "Trainer (second job)")
        #expect(records.last?["fte"]?.number?.double == 0.2)
        #expect(Set(records.compactMap { $0["id"]?.string }).count == 3)
    }
}
