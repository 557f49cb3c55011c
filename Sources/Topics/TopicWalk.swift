import MQTT
import Memory

/// The nodes that have still to be visited while a Topic Name is matched.
package struct TopicWalk: ~Copyable {
  private var pending: FixedList<PendingNode>

  init(_ name: StaticString, levels: Int, in region: inout Region) {
    pending = FixedList(name, capacity: 2 * levels + 4, in: &region)
  }

  var isEmpty: Bool { pending.count == 0 }

  /// Begins at the root.
  mutating func begin(_ topic: Span<UInt8>) {
    pending.removeAll()
    let isReserved = topic[0] == UInt8(ascii: "$")
    _ = pending.append(PendingNode(node: .null, offset: 0, isReserved: isReserved))
  }

  /// Visits nothing more.
  mutating func end() { pending.removeAll() }

  /// Takes out the node to visit next; nil when there is none.
  mutating func next() -> PendingNode? { pending.count > 0 ? pending.removeLast() : nil }

  /// There is always room: each level of the tree leaves at most two nodes behind while the walk
  /// goes down a third.
  mutating func push(_ node: Handle<TopicNode>, offset: Int = 0, asMatch: Bool = false) {
    guard !node.isNull else { return }
    let isPushed = pending.append(PendingNode(node: node, offset: offset, isMatch: asMatch))
    precondition(isPushed)
  }

  /// Says that a node is removed.
  mutating func forget(_ node: Handle<TopicNode>) {
    var kept = 0
    for place in 0..<pending.count where pending[place].node != node {
      pending[kept] = pending[place]
      kept += 1
    }
    while pending.count > kept { _ = pending.removeLast() }
  }
}

/// A node that a walk has still to visit, and where its children's level begins in the name.
struct PendingNode: BitwiseCopyable {
  let node: Handle<TopicNode>
  private let place: UInt32
  let isMatch: Bool
  let isReserved: Bool

  init(node: Handle<TopicNode>, offset: Int, isMatch: Bool = false, isReserved: Bool = false) {
    self.node = node
    place = UInt32(offset)
    self.isMatch = isMatch
    self.isReserved = isReserved
  }

  var offset: Int { Int(place) }
}
