package import ConnectorConfig
package import JSONValue
package import Vocabulary

/// How urgent a call is.
package enum TrafficPriority: String, Sendable, CaseIterable, Comparable {
    /// Somebody waits for the answer.
    case interactive
    /// Fetches what an event was about.
    case followUp = "follow-up"
    /// May take its time.
    case background

    package static func < (left: TrafficPriority, right: TrafficPriority) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .interactive: 0
        case .followUp: 1
        case .background: 2
        }
    }
}

/// Who makes a call, as far as budgets and fairness care.
package struct TrafficSubject: Sendable {
    /// Whose account it is.
    package var tenant: TenantID?
    /// Through which integration, that is: which OAuth application, the account was connected.
    package var integration: IntegrationID?
    /// How urgent the call is.
    package var priority: TrafficPriority

    /// Names a subject.
    package init(
        tenant: TenantID? = nil,
        integration: IntegrationID? = nil,
        priority: TrafficPriority = .interactive
    ) {
        self.tenant = tenant
        self.integration = integration
        self.priority = priority
    }
}

/// One native call before it is sent.
package struct TrafficCall: Sendable {
    /// The account's effective configuration.
    package let connector: ConnectorDocument
    /// The account.
    package let account: AccountID
    /// Who makes the call.
    package let subject: TrafficSubject
    /// Which budgets it counts against.
    package let rateClass: String?
    /// The account's variables.
    package let variables: JSONObject

    /// Describes a call.
    package init(
        connector: ConnectorDocument,
        account: AccountID,
        subject: TrafficSubject,
        rateClass: String? = nil,
        variables: JSONObject = JSONObject()
    ) {
        self.connector = connector
        self.account = account
        self.subject = subject
        self.rateClass = rateClass
        self.variables = variables
    }

    /// How long the call may wait in all.
    package var patience: Duration {
        subject.priority == .interactive ? connector.retry.maxWaitInteractive : connector.retry.maxWaitBackground
    }
}

/// How a call went.
package struct TrafficReport: Sendable {
    /// What the circuit breaker and the budgets learn from.
    package enum Outcome: Sendable {
        /// The vendor answered, be it with a refusal.
        case answered
        /// The vendor is not well.
        case failed
        /// The vendor refused because of its limit.
        case limited
        /// Nobody knows.
        case abandoned
    }

    /// How it went.
    package var outcome: Outcome
    /// What the answer told about limits.
    package var signal: RateSignal?

    /// Describes how a call went.
    package init(_ outcome: Outcome, signal: RateSignal? = nil) {
        self.outcome = outcome
        self.signal = signal
    }
}
