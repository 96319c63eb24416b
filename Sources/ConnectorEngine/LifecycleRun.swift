package import ConnectorConfig
package import HTTPExchange
package import JSONValue
package import Vocabulary

/// Does the steps of a connector at one moment of an account's life, before there is anybody who calls for it.
package struct LifecycleRun: Sendable {
    private let connector: CompiledConnector
    private let sender: any HTTPSender
    private let tools: SigningTools
    private let traffic: TrafficControl
    private let clock: EngineClock

    /// Makes a run.
    ///
    /// - Parameters:
    ///   - connector: the account's effective configuration.
    ///   - sender: speaks HTTP.
    ///   - digests: signs.
    ///   - traffic: the gate that calls to vendors go through.
    ///   - clock: time, for waiting and for credentials that hold one.
    package init(
        connector: CompiledConnector,
        sender: any HTTPSender,
        digests: any Digests,
        traffic: TrafficControl = TrafficControl(),
        clock: EngineClock = .system
    ) {
        self.connector = connector
        self.sender = sender
        tools = SigningTools(digests: digests, now: clock.now)
        self.traffic = traffic
        self.clock = clock
    }

    /// The variables that the steps give.
    ///
    /// - Parameters:
    ///   - hook: what is done.
    ///   - account: whose connections are used.
    ///   - variables: the account's variables.
    ///   - access: its credentials.
    /// - Returns: values by name; those without a value are left out.
    /// - Throws: `Problem` of the step that failed, unless the hook passes failures over.
    package func variables(
        of hook: LifecycleHook,
        account: AccountID,
        variables: JSONObject,
        access: any AccessSource
    ) async throws -> JSONObject {
        do {
            let scope = try await pipeline(account, variables, access, calls: hook.callBudget)
                .run(hook.steps, in: scope(variables))
            var given = JSONObject()
            for variable in hook.variables {
                do { given[variable.name] = try variable.expression.value(in: scope) } catch {
                    throw ExpressionProblem.problem(error)
                }
            }
            return given
        } catch let problem as Problem where hook.ignoresFailure && problem.code != .internalError {
            return [:]
        }
    }

    private func scope(_ variables: JSONObject) -> ExpressionScope {
        ExpressionScope(["context": .object(connector.document.withDefaults(variables))])
    }

    private func pipeline(
        _ account: AccountID,
        _ variables: JSONObject,
        _ access: any AccessSource,
        calls: Int
    ) -> Pipeline {
        Pipeline(
            connector: connector,
            exchange: VendorExchange(
                connector: connector.document,
                variables: connector.document.withDefaults(variables),
                access: access,
                sender: sender,
                traffic: traffic,
                account: account,
                subject: TrafficSubject(),
                tools: tools
            ),
            lookups: LookupCache(),
            clock: clock,
            budget: CallBudget(calls),
            account: account
        )
    }
}
