extension UnsafeMutablePointer<Node> {
    /// The nodes right below this one, in the order of the source.
    var children: [NodePointer] {
        var result: [NodePointer] = []
        for child in [pointee.left, pointee.right, pointee.third] {
            // What a variable means further out is no part of the source.
            if let child, pointee.operation != .variable { result.append(child) }
        }
        for index in 0..<pointee.list.count { result.append(pointee.list[index]) }
        for index in 0..<pointee.stages.count {
            if let predicate = pointee.stages[index].pointee.right { result.append(predicate) }
        }
        if let group = pointee.extras?.pointee.group {
            for index in 0..<group.pointee.list.count { result.append(group.pointee.list[index]) }
        }
        return result
    }
}

extension Program {
    /// The name of a global's slot.
    func globalName(_ node: NodePointer) -> String {
        if node.pointee.depth == 1 { return "$" }
        return globals[Int(node.pointee.slot)].text
    }
}
