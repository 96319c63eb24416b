import HTTPTypes
import JSONValue
import RegistryContract
import ServiceKit
import Vocabulary

/// Hands out slices of the budgets that several executors share; see `RegistryContract`.
struct RateBudgetRoutes {
    let budgets: RateBudgetStore

    private static let wishesMax = 100

    private struct Wishes: Decodable {
        let wishes: [RateSliceWish]
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post,
                "/internal/v1/rate-slices",
                operationID: "takeRateSlices",
                summary: "Take slices of shared rate budgets",
                tags: ["Internal"],
                access: .service([.executor]),
                body: BodySpec(schema: ["type": "object"]),
                responses: [ResponseSpec(200, "A slice for each wish", schema: ["type": "object"])]
            ) { request in
                let wishes = try request.decode(Wishes.self).wishes
                guard wishes.count <= Self.wishesMax, wishes.allSatisfy(Self.isSound) else {
                    throw Problem(
                        .invalidRequest,
                        "at most \(Self.wishesMax) wishes, each with a budget of at most 200 bytes and sound numbers"
                    )
                }
                let slices = try await budgets.slices(for: wishes)
                return .json(["result": .array(try slices.map { try JSONValueEncoder().encode($0) })])
            }
        ]
    }

    private static func isSound(_ wish: RateSliceWish) -> Bool {
        let numbers = [
            wish.amount, wish.used, wish.unused, wish.unusedSince ?? 0, wish.remaining ?? 0, wish.rule.amount,
            wish.rule.seconds, wish.rule.burst,
        ]
        return (1...200).contains(wish.budget.utf8.count) && wish.rule.seconds > 0
            && numbers.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= 1e15 }
    }
}
