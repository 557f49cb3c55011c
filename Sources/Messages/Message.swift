import Memory
import MQTT

/// One Application Message, held once for all who are owed it. [3.3]
///
/// Its bytes are a chain: Topic Name, the properties to forward, Payload.
package struct Message: BitwiseCopyable {
  var content: Chain
  /// How many hold it: deliveries, the retained table, a Will.
  var references: UInt32 = 1
  /// The halves of `expiry`, so that no gap is left before them.
  private var expiryLow: UInt32 = 0
  private var expiryHigh: UInt32 = 0
  package let topicCount: UInt16
  /// QoS it was published with.
  package let qos: QoS
  /// Whether it was published with RETAIN set.
  package let isRetained: Bool
  package let propertiesCount: UInt32

  fileprivate init(
    topicCount: Int, propertiesCount: Int, traits: MessageTraits, content: Chain
  ) {
    self.content = content
    self.topicCount = UInt16(truncatingIfNeeded: topicCount)
    self.propertiesCount = UInt32(truncatingIfNeeded: propertiesCount)
    qos = traits.qos
    isRetained = traits.isRetained
    expiry = traits.expiry
  }

  /// When it expires; `never` without a Message Expiry Interval.
  package fileprivate(set) var expiry: Instant {
    get { Instant(milliseconds: UInt64(expiryHigh) << 32 | UInt64(expiryLow)) }
    set {
      expiryLow = UInt32(truncatingIfNeeded: newValue.milliseconds)
      expiryHigh = UInt32(truncatingIfNeeded: newValue.milliseconds >> 32)
    }
  }

  /// Bytes of the Payload.
  package var payloadCount: Int { content.count - Int(topicCount) - Int(propertiesCount) }
  /// A cursor at the Topic Name.
  package var start: ChainCursor { ChainCursor(startOf: content) }
  /// Bytes of topic, properties and payload.
  package var byteCount: Int { content.count }

  /// Seconds left until it expires; nil without an expiry. What is left of a second counts as one: who
  /// is told zero takes the message for one that has expired. [3.3.2.3.3]
  package func remainingSeconds(at now: Instant) -> UInt32? {
    guard expiry != .never else { return nil }
    return UInt32(clamping: expiry.secondsBegun(since: now))
  }

  /// Whether its interval has passed. In the moment in which that ends it has not: so a message with an
  /// interval of zero goes to whoever can be sent it at once, with any QoS. [MQTT-3.3.2-5]
  package func isExpired(at now: Instant) -> Bool { expiry < now }
}

/// What is said of a message beside its bytes.
package struct MessageTraits: BitwiseCopyable {
  package var qos: QoS
  package var isRetained: Bool
  package var expiry: Instant

  package init(qos: QoS, isRetained: Bool, expiry: Instant) {
    self.qos = qos
    self.isRetained = isRetained
    self.expiry = expiry
  }
}

/// All Application Messages that the Server holds.
package struct MessageStore: ~Copyable {
  private let anchor = Anchor()
  private var messages: Pool<Message>
  private var chains: ByteChains

  package init(count: Int, blocks: Int, blockBytes: Int, in region: inout Region) {
    messages = Pool("messages", capacity: count, in: &region)
    chains = ByteChains("message blocks", count: blocks, blockBytes: blockBytes, in: &region)
  }

  package var messageOccupancy: Occupancy { messages.occupancy }
  package var blockOccupancy: Occupancy { chains.occupancy }
  /// Bytes that the blocks in use can hold.
  package var bytesInUse: Int { chains.occupancy.used * chains.blockBytes }

  package subscript(handle: Handle<Message>) -> Message { messages[handle] }

  /// Whether there is room for one more message of `byteCount` bytes.
  package func hasRoom(for byteCount: Int) -> Bool {
    messages.occupancy.free > 0
      && blocksNeeded(for: byteCount) <= chains.occupancy.free
  }

  /// How many blocks a message of so many bytes takes.
  package func blocksNeeded(for byteCount: Int) -> Int {
    chains.blocksNeeded(toAppend: byteCount, to: Chain())
  }

  /// How many blocks a message takes.
  package func blockCount(of handle: Handle<Message>) -> Int {
    chains.blockCount(of: messages[handle].content)
  }

  /// Counts a message that was turned away because `hasRoom` was false.
  package mutating func refuse() {
    if messages.occupancy.free == 0 { messages.refuse() } else { chains.refuse() }
  }

  /// Keeps a message with one reference; nil, and nothing kept, when there is no room.
  ///
  /// - Parameter properties: the encoded properties of the PUBLISH; what a Server does not forward
  ///   is left out here. [3.3.2.3]
  package mutating func keep(
    topic: Span<UInt8>, properties: Span<UInt8>, payload: Span<UInt8>, traits: MessageTraits
  ) -> Handle<Message>? {
    guard hasRoom(for: topic.count + properties.count + payload.count) else {
      refuse()
      return nil
    }
    var content = Chain()
    guard chains.append(topic, to: &content) else { return nil }
    let propertiesCount = appendForwarded(properties, to: &content)
    guard chains.append(payload, to: &content) else { return abandon(&content) }
    let message = Message(
      topicCount: topic.count, propertiesCount: propertiesCount, traits: traits, content: content)
    guard let handle = messages.claim(message) else { return abandon(&content) }
    return handle
  }

  /// Sets when the message expires, once it is known: that of a Will when it is published.
  package mutating func setExpiry(of handle: Handle<Message>, to expiry: Instant) {
    messages[handle].expiry = expiry
  }

  /// Holds the message once more.
  package mutating func retain(_ handle: Handle<Message>) {
    messages[handle].references += 1
  }

  /// Gives one reference up; with the last the message is gone.
  package mutating func release(_ handle: Handle<Message>) {
    messages[handle].references -= 1
    guard messages[handle].references == 0 else { return }
    chains.release(&messages[handle].content)
    messages.release(handle)
  }

  /// Whether the message has this Topic Name.
  package func hasTopic(_ handle: Handle<Message>, _ topic: Span<UInt8>) -> Bool {
    let message = messages[handle]
    guard Int(message.topicCount) == topic.count else { return false }
    return chains.startsWith(message.content, topic)
  }

  /// Copies the Topic Name to the front of `buffer` and returns how long it is.
  package func copyTopic(of handle: Handle<Message>, to buffer: inout Buffer) -> Int {
    let count = Int(messages[handle].topicCount)
    var cursor = messages[handle].start
    var target = buffer.mutableBytes(0..<count)
    chains.read(&cursor, into: &target)
    return count
  }

  /// Appends `count` bytes from the cursor on to a chain of `target`; all or nothing.
  package func append(
    _ count: Int, from cursor: inout ChainCursor, to chain: inout Chain,
    of target: inout ByteChains
  ) -> Bool {
    target.append(count, from: &cursor, of: chains, to: &chain)
  }

  /// Copies bytes from the cursor on into `target`, which it fills.
  package func read(_ cursor: inout ChainCursor, into target: inout MutableSpan<UInt8>) {
    chains.read(&cursor, into: &target)
  }

  /// Moves the cursor over `count` bytes.
  package func skip(_ count: Int, with cursor: inout ChainCursor) {
    chains.skip(count, with: &cursor)
  }

  private mutating func appendForwarded(_ properties: Span<UInt8>, to content: inout Chain) -> Int {
    guard !properties.isEmpty else { return 0 }
    let before = content.count
    var forwarded = ForwardedProperties()
    while let field = forwarded.next(in: properties) {
      guard chains.append(field.in(properties), to: &content) else { break }
    }
    return content.count - before
  }

  private mutating func abandon(_ content: inout Chain) -> Handle<Message>? {
    chains.release(&content)
    return nil
  }
}
