import Foundation
import Testing

@Suite(.enabled(if: Installation.isRunning, "needs the installation that ops/test starts")) struct SDKTests {
    let installation: Installation
    let python: String

    init() throws {
        installation = try Installation.shared.get()
        python = ProcessInfo.processInfo.environment["TRIBUTARY_TEST_PYTHON"] ?? "python3"
    }

    private func check(_ script: String, _ environment: [String: String]) throws {
        let file = Installation.root.appendingPathComponent("ops/sdk-checks/\(script)").path
        let result = try Installation.run(python, [file], environment)
        #expect(result.status == 0 && result.output.contains("ok: "), "\(result.output)")
    }

    @Test(arguments: [false, true])
    func `simple-salesforce lists contacts, directly and through the proxy`(throughProxy: Bool) throws {
        let host =
            throughProxy
            ? installation["TRIBUTARY_API_TLS_URL"].replacing("https://", with: "") + "/proxy/@"
                + installation["ACCOUNT_SALESFORCE"]
            : installation["SANDBOX_SALESFORCE"].replacing("https://", with: "")
        try check(
            "salesforce.py",
            [
                "SDK_HOST": host, "SDK_TOKEN": throughProxy ? installation["TRIBUTARY_API_KEY"] : "sandbox-session",
                "REQUESTS_CA_BUNDLE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test(arguments: [false, true])
    func `hubspot-api-client lists contacts, directly and through the proxy`(throughProxy: Bool) throws {
        let url =
            throughProxy
            ? installation["TRIBUTARY_API_TLS_URL"] + "/proxy/@" + installation["ACCOUNT_HUBSPOT"]
            : installation["SANDBOX_HUBSPOT"]
        try check(
            "hubspot_contacts.py",
            [
                "SDK_URL": url, "SDK_TOKEN": throughProxy ? installation["TRIBUTARY_API_KEY"] : "pat-sandbox",
                "SDK_CA_FILE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test(arguments: [false, true])
    func `closeio reads and writes contacts, directly and through the proxy`(throughProxy: Bool) throws {
        try check(
            "closeio_contacts.py",
            [
                "SDK_URL": url("CLOSE", throughProxy) + "/api/v1/",
                "SDK_KEY": throughProxy ? installation["TRIBUTARY_API_KEY"] : "api_sandbox",
                "REQUESTS_CA_BUNDLE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test(arguments: [false, true])
    func `adpapi lists workers over mutual TLS, directly and through the proxy`(throughProxy: Bool) throws {
        let tls = Installation.root.appendingPathComponent(".tributary/tls")
        try check(
            "adp_workers.py",
            [
                "SDK_URL": url("ADP", throughProxy), "SDK_CLIENT_ID": "adp-sandbox-client",
                "SDK_CLIENT_SECRET": throughProxy ? installation["TRIBUTARY_API_KEY"] : "adp-sandbox-secret",
                "SDK_CERT": tls.appendingPathComponent("client.pem").path,
                "SDK_KEY": tls.appendingPathComponent("client.key").path,
                "REQUESTS_CA_BUNDLE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test(arguments: [false, true])
    func `personio-client lists persons, directly and through the proxy`(throughProxy: Bool) throws {
        try check(
            "personio_persons.py",
            [
                "SDK_URL": url("PERSONIO", throughProxy), "SDK_CLIENT_ID": "papi-sandbox-client",
                "SDK_CLIENT_SECRET": throughProxy ? installation["TRIBUTARY_API_KEY"] : "papi-sandbox-secret",
                "SSL_CERT_FILE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test(arguments: [false, true])
    func `PyBambooHR lists employees, directly and through the proxy`(throughProxy: Bool) throws {
        try check(
            "bamboohr_employees.py",
            [
                "SDK_URL": url("BAMBOOHR", throughProxy),
                "SDK_TOKEN": throughProxy ? installation["TRIBUTARY_API_KEY"] : "sandbox-api-key",
                "REQUESTS_CA_BUNDLE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test(arguments: [false, true])
    func `zeep lists workers, directly and through the proxy`(throughProxy: Bool) throws {
        try check(
            "workday_workers.py",
            [
                "SDK_URL": url("WORKDAY", throughProxy),
                "SDK_USER": throughProxy ? "anybody" : "ISU_Tributary@tributary",
                "SDK_PASSWORD": throughProxy ? installation["TRIBUTARY_API_KEY"] : "sandbox-s3cr&t<>",
                "SDK_CA_FILE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    @Test func `zeep shows a digest instead of its password`() throws {
        try check(
            "workday_workers.py",
            [
                "SDK_URL": installation["SANDBOX_WORKDAY"], "SDK_USER": "ISU_Tributary@tributary",
                "SDK_PASSWORD": "sandbox-s3cr&t<>", "SDK_DIGEST": "1",
                "SDK_CA_FILE": installation["TRIBUTARY_CA_FILE"],
            ]
        )
    }

    private func url(_ connector: String, _ throughProxy: Bool) -> String {
        throughProxy
            ? installation["TRIBUTARY_API_TLS_URL"] + "/proxy/@" + installation["ACCOUNT_\(connector)"]
            : installation["SANDBOX_\(connector)"]
    }
}
