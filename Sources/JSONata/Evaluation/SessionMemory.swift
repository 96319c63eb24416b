import JSONValue

/// What a session of a program leaves to the next one, so that a record that comes alone is not the first of its kind each
/// time: what `$sift` thinks of names, what a vendor's names are to the program, and where in their objects members stand.
///
/// One session at a time has what a program remembers; another one at the same time begins anew.
final class SessionMemory: @unchecked Sendable {  // Proof: one session or the program's lock has it.
    /// What is known of the names that texts of one kind have.
    private struct Names {
        let orders: NameOrders
        let table: UnsafeMutablePointer<TapeReader.Name>
    }

    /// Texts of so many kinds are told apart: a mapping mostly has the answers of a list and of a single record.
    private static let ordersMax = 4

    /// What `$sift` thinks of names; nil where it is not called, or functions come and go with `$eval`.
    let keyVerdicts: KeyVerdicts?
    /// Where in their objects the members of the program's names were found last.
    let memberPlaces: UnsafeMutablePointer<Int32>
    private var names: [Names] = []

    /// Remembers nothing yet.
    init(nameCount: Int, judgesNames: Bool) {
        keyVerdicts = judgesNames ? KeyVerdicts() : nil
        memberPlaces = .allocate(capacity: nameCount)
        memberPlaces.initialize(repeating: 0, count: nameCount)
    }

    deinit {
        keyVerdicts?.destroy()
        memberPlaces.deallocate()
        for names in names { names.table.deallocate() }
    }

    /// Whether it may be handed to the next session.
    var isWorthKeeping: Bool { keyVerdicts?.isWorthKeeping ?? true }

    /// The names of texts that have their names in `orders`, and no others; good as long as this object.
    func names(in orders: NameOrders) -> UnsafeMutablePointer<TapeReader.Name> {
        if let known = names.first(where: { $0.orders === orders }) { return known.table }
        if names.count == Self.ordersMax { names.removeFirst().table.deallocate() }
        let table = UnsafeMutablePointer<TapeReader.Name>.allocate(capacity: orders.count)
        for number in 0..<orders.count {
            let text = orders.name(number)
            let value = text.baseAddress.map { Value(string: $0, count: text.count) }
            (table + number).initialize(to: TapeReader.Name(text: value ?? .undefined))
        }
        names.append(Names(orders: orders, table: table))
        return table
    }
}
