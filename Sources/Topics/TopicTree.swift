import Memory
import MQTT

/// One level of one or more Topic Filters.
package struct TopicNode: BitwiseCopyable {
  /// The level above; null for the first level.
  let parent: Handle<TopicNode>
  let hash: UInt32
  var text: Chain
  /// The children `+` and `#`, found without a search.
  var anyLevel: Handle<TopicNode> = .null
  var anyRest: Handle<TopicNode> = .null
  /// Subscriptions whose filter ends here, those of Shared Subscriptions excepted.
  var firstSubscription: Handle<Subscription> = .null
  var firstGroup: Handle<SharedGroup> = .null
  /// How many nodes, subscriptions and groups hang on it; with the last the node goes.
  var holders: UInt32 = 0
}

/// The levels of all Topic Filters as a tree: what two filters begin with is held once.
package struct TopicTree: ~Copyable {
  private let anchor = Anchor()
  private var nodes: Pool<TopicNode>
  private var index: HashIndex
  private let hash: SeededHash
  private let deepest: Int
  /// The first-level nodes `+` and `#`.
  private var anyFirstLevel: Handle<TopicNode> = .null
  private var anyTopic: Handle<TopicNode> = .null

  package init(nodes count: Int, levels: Int, hash: SeededHash, in region: inout Region) {
    nodes = Pool("topic levels", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    self.hash = hash
    deepest = levels
  }

  package var occupancy: Occupancy { nodes.occupancy }

  subscript(node: Handle<TopicNode>) -> TopicNode {
    _read { yield nodes[node] }
    _modify { yield &nodes[node] }
  }

  /// The node where `filter` ends, made if need be; nil, and nothing made, when something is full.
  mutating func insert(
    _ filter: Span<UInt8>, texts: inout ByteChains, forgottenBy walk: inout TopicWalk
  ) -> Handle<TopicNode>? {
    guard levelCount(of: filter) <= deepest else {
      nodes.refuse()
      return nil
    }
    var node = Handle<TopicNode>.null
    var levels = TopicLevels(filter)
    while let level = levels.next() {
      let text = level.in(filter)
      guard let next = child(of: node, text, texts: texts) ?? add(text, below: node, texts: &texts)
      else {
        removeIfUnused(node, texts: &texts, forgottenBy: &walk)
        return nil
      }
      node = next
    }
    return node
  }

  /// The node where `filter` ends, if any filter has these levels.
  func find(_ filter: Span<UInt8>, texts: borrowing ByteChains) -> Handle<TopicNode>? {
    var node = Handle<TopicNode>.null
    var levels = TopicLevels(filter)
    while let level = levels.next() {
      guard let next = child(of: node, level.in(filter), texts: texts) else { return nil }
      node = next
    }
    return node
  }

  /// What the levels down to a node take, as if nobody else had any of them.
  func cost(of node: Handle<TopicNode>, blockBytes: Int) -> (levels: Int, blocks: Int) {
    var (levels, blocks) = (0, 0)
    var current = node
    while !current.isNull {
      levels += 1
      blocks += max(1, (nodes[current].text.count + blockBytes - 1) / blockBytes)
      current = nodes[current].parent
    }
    return (levels, blocks)
  }

  /// Adds one to what hangs on the node.
  mutating func hold(_ node: Handle<TopicNode>) {
    nodes[node].holders += 1
  }

  /// Takes one from what hangs on the node, and removes it and those above that nothing needs; a walk
  /// that is under way forgets them.
  mutating func drop(
    _ node: Handle<TopicNode>, texts: inout ByteChains, forgottenBy walk: inout TopicWalk
  ) {
    nodes[node].holders -= 1
    removeIfUnused(node, texts: &texts, forgottenBy: &walk)
  }

  /// The next node of the walk whose filter matches; each matching filter's node comes once. Nil when
  /// there is none, or no work left.
  ///
  /// Every node is visited at most once in a walk, however many wildcards there are.
  func nextMatch(
    of topic: Span<UInt8>, on walk: inout TopicWalk, texts: borrowing ByteChains,
    _ work: inout Work
  ) -> Handle<TopicNode>? {
    while !work.isSpent, let step = walk.next() {
      if step.isMatch {
        work.pay()
        return step.node
      }
      if let node = descend(from: step, in: topic, on: &walk, texts: texts, &work) { return node }
    }
    return nil
  }

  /// Writes the filter that ends at `node` into the end of `buffer`; returns where it lies.
  func text(of node: Handle<TopicNode>, texts: borrowing ByteChains, in buffer: inout Buffer)
    -> Range<Int>
  {
    var start = buffer.capacity
    var current = node
    while !current.isNull {
      let level = nodes[current].text
      start -= level.count
      var cursor = ChainCursor(startOf: level)
      var target = buffer.mutableBytes(start..<start + level.count)
      texts.read(&cursor, into: &target)
      current = nodes[current].parent
      guard !current.isNull else { break }
      start -= 1
      var separator = buffer.mutableBytes(start..<start + 1)
      separator[0] = UInt8(ascii: "/")
    }
    return start..<buffer.capacity
  }

  /// Goes straight down by the levels of the name, to the node where it ends; nil when there is none, or
  /// no work left. The wildcards beside the way are visited later.
  private func descend(
    from step: PendingNode, in topic: Span<UInt8>, on walk: inout TopicWalk,
    texts: borrowing ByteChains, _ work: inout Work
  ) -> Handle<TopicNode>? {
    var (node, offset) = (step.node, step.offset)
    while offset <= topic.count {
      let end = endOfLevel(in: topic, from: offset)
      // Wildcards in the first level do not match names that begin with $. [MQTT-4.7.2-1]
      if offset > 0 || !step.isReserved {
        walk.push(anyRest(below: node), asMatch: true)
        walk.push(anyLevel(below: node), offset: end + 1)
      }
      let level = topic.extracting(offset..<end)
      work.pay(2 + level.count >> 5)
      guard let exact = child(of: node, level, texts: texts) else { return nil }
      (node, offset) = (exact, end + 1)
      guard !work.isSpent else {
        walk.push(node, offset: offset)
        return nil
      }
    }
    work.pay()
    // The name ends here: filters that end here match, and so does `#` below. [4.7.1.2]
    walk.push(anyRest(below: node), asMatch: true)
    return node
  }

  private func endOfLevel(in topic: Span<UInt8>, from offset: Int) -> Int {
    var end = offset
    while end < topic.count && topic[end] != UInt8(ascii: "/") { end += 1 }
    return end
  }

  private func anyRest(below node: Handle<TopicNode>) -> Handle<TopicNode> {
    node.isNull ? anyTopic : nodes[node].anyRest
  }

  private func anyLevel(below node: Handle<TopicNode>) -> Handle<TopicNode> {
    node.isNull ? anyFirstLevel : nodes[node].anyLevel
  }

  /// How many levels a filter has.
  func levelCount(of filter: Span<UInt8>) -> Int {
    var count = 1
    for index in filter.indices where filter[index] == UInt8(ascii: "/") { count += 1 }
    return count
  }

  private func child(
    of parent: Handle<TopicNode>, _ text: Span<UInt8>, texts: borrowing ByteChains
  ) -> Handle<TopicNode>? {
    let wanted = hash(text, after: parent.raw)
    var slot = index.first(wanted)
    while let candidate = slot {
      if let node = nodes.handle(at: candidate), nodes[node].hash == wanted,
        nodes[node].parent == parent, texts.equals(nodes[node].text, text)
      {
        return node
      }
      slot = index.next(candidate)
    }
    return nil
  }

  private mutating func add(
    _ text: Span<UInt8>, below parent: Handle<TopicNode>, texts: inout ByteChains
  ) -> Handle<TopicNode>? {
    var chain = Chain()
    guard texts.append(text, to: &chain) else { return nil }
    let wanted = hash(text, after: parent.raw)
    guard let node = nodes.claim(TopicNode(parent: parent, hash: wanted, text: chain)) else {
      texts.release(&chain)
      return nil
    }
    index.insert(node.index, hash: wanted)
    setWildcard(text, below: parent, to: node)
    if !parent.isNull { nodes[parent].holders += 1 }
    return node
  }

  private mutating func removeIfUnused(
    _ node: Handle<TopicNode>, texts: inout ByteChains, forgottenBy walk: inout TopicWalk
  ) {
    var current = node
    while !current.isNull && nodes[current].holders == 0 {
      if !walk.isEmpty { walk.forget(current) }
      let parent = nodes[current].parent
      clearWildcard(current, below: parent)
      index.remove(current.index, hash: nodes[current].hash)
      texts.release(&nodes[current].text)
      nodes.release(current)
      if !parent.isNull { nodes[parent].holders -= 1 }
      current = parent
    }
  }

  private mutating func setWildcard(
    _ text: Span<UInt8>, below parent: Handle<TopicNode>, to node: Handle<TopicNode>
  ) {
    guard text.count == 1 else { return }
    switch (text[0], parent.isNull) {
    case (UInt8(ascii: "+"), true): anyFirstLevel = node
    case (UInt8(ascii: "+"), false): nodes[parent].anyLevel = node
    case (UInt8(ascii: "#"), true): anyTopic = node
    case (UInt8(ascii: "#"), false): nodes[parent].anyRest = node
    default: break
    }
  }

  private mutating func clearWildcard(_ node: Handle<TopicNode>, below parent: Handle<TopicNode>) {
    guard !parent.isNull else {
      if anyFirstLevel == node { anyFirstLevel = .null }
      if anyTopic == node { anyTopic = .null }
      return
    }
    if nodes[parent].anyLevel == node { nodes[parent].anyLevel = .null }
    if nodes[parent].anyRest == node { nodes[parent].anyRest = .null }
  }
}
