import ConnectorConfig
import ConnectorEngine
import Foundation
import HTTPExchange
import JSONValue
import VaultContract
import Vocabulary

/// A consent that the user gives on another page: the code is shown, and the vendor is asked until he has decided.
///
/// The code that tokens are asked for with lies in the vault, under the session's id, until the session is over.
extension ConnectFlow {
    /// What the page shows while the user has not decided.
    struct DevicePrompt: Sendable {
        let userCode: String
        let page: String
        let interval: Int
    }

    /// What a look at the vendor gives.
    enum DeviceLook: Sendable {
        /// There is nothing under way.
        case none
        case waiting(DevicePrompt)
        case connected(Outcome)
    }

    /// Asks the vendor for a code and keeps it.
    func beginDevice(_ session: ConnectSession, _ of: Configurations.OfIntegration, method: AuthMethod, input: Input)
        async throws
    {
        var session = session
        session.variables = input.variables
        let flow = try DeviceFlow(connector: of.connector.document, method: method.name, variables: session.variables)
        let material = try await material(
            session,
            of,
            method,
            values: input.secrets,
            client: try await client(of, method, session)
        )
        guard let code = try flow.code(in: try await send(flow.request(material), of)) else {
            throw UserError(
                message: "\(of.connector.document.label) does not accept this application."
                    + " Please tell your contact at the product.",
                field: nil
            )
        }
        try await sessions.remember(session, stateSHA256: nil)
        let moment = now().timeIntervalSince1970
        let interval = Int(code.interval / .seconds(1))
        try await keep(
            [
                "device_code": code.secret.reveal(), "user_code": code.userCode, "page": code.page,
                "interval": String(interval), "next": String(moment + Double(interval)),
                "end": String(moment + code.lifetime / .seconds(1)), "typed": Self.text(input.secrets),
            ],
            session
        )
    }

    /// Asks the vendor whether the user has decided, when it is time to.
    func lookAtDevice(_ session: ConnectSession, _ of: Configurations.OfIntegration, method: AuthMethod) async throws
        -> DeviceLook
    {
        guard method.device != nil,
            var kept = try await vault.credential(of: Self.owner(session), kind: .access)?.values,
            let code = kept["device_code"], let page = kept["page"], let userCode = kept["user_code"]
        else { return .none }
        let moment = now().timeIntervalSince1970
        let interval = kept["interval"].flatMap(Int.init) ?? 5
        let prompt = DevicePrompt(userCode: userCode, page: page, interval: interval)
        guard moment < kept["end"].flatMap(Double.init) ?? 0 else {
            try await vault.shred(Self.owner(session))
            throw UserError(message: "The code is no longer good. Please start again.", field: nil)
        }
        guard moment >= kept["next"].flatMap(Double.init) ?? 0 else { return .waiting(prompt) }
        let typed = Self.values(kept["typed"] ?? "")
        let material = try await material(
            session,
            of,
            method,
            values: typed,
            client: try await client(of, method, session)
        )
        let flow = try DeviceFlow(connector: of.connector.document, method: method.name, variables: session.variables)
        let source = try method.tokenSource(
            consent: flow.exchange(material, code: Secret(code)),
            connector: of.connector.document,
            variables: session.variables
        )
        let outcome: TokenOutcome
        do {
            outcome = try await exchange.outcome(of: source.attempt(material))
        } catch is ExchangeError {
            return .waiting(prompt)
        }
        switch outcome {
        case .granted(let grant):
            let account = try await connect(session, of, method: method, grant: grant, values: typed)
            try await vault.shred(Self.owner(session))
            return .connected(account)
        case .refused(let refusal):
            let waiting = refusal.code.flatMap(DeviceFlow.Waiting.init(rawValue:))
            guard waiting != nil || refusal.status >= 500 || refusal.status == 429 else {
                try await vault.shred(Self.owner(session))
                throw UserError(
                    message: refusal.code == "access_denied"
                        ? "You did not allow the connection. You can try again whenever you like."
                        : "\(of.connector.document.label) did not confirm the connection. Please try again.",
                    field: nil
                )
            }
            let pause = waiting == .slowDown ? interval + 5 : interval
            kept["interval"] = String(pause)
            kept["next"] = String(moment + Double(pause))
            try await keep(kept, session)
            return .waiting(DevicePrompt(userCode: userCode, page: page, interval: pause))
        }
    }

    /// Keeps what must not lie in the session.
    func keep(_ values: [String: String], _ session: ConnectSession) async throws {
        _ = try await vault.put(
            CredentialPut(
                tenantID: session.tenantID,
                environmentID: session.environmentID,
                values: values,
                expiresAt: nil
            ),
            for: Self.owner(session),
            kind: .access
        )
    }

    static func owner(_ session: ConnectSession) -> CredentialOwner {
        CredentialOwner(session: session.id.uuid, tenant: session.tenantID)
    }

    static func text(_ values: [String: String]) -> String {
        JSONValue.object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })).text()
    }

    static func values(_ text: String) -> [String: String] {
        guard let object = (try? JSONValue(parsing: text))?.object else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: object.compactMap { member in
                member.value.string.map { (member.key, $0) }
            }
        )
    }
}
