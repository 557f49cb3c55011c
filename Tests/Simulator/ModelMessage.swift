/// An Application Message as the oracle knows it.
final class ModelMessage {
  let number: UInt64
  let publisher: String
  let topic: String
  /// Which of the topics of all clients that is.
  let topicNumber: Int
  let levels: [String]
  let qos: UInt8
  let isRetained: Bool
  let isEmpty: Bool
  let isWill: Bool
  /// Seconds; nil for ever.
  let expiry: UInt32?
  /// Bytes of topic and payload.
  let size: Int

  /// Steps of the oracle: when the server first and last read it, and acknowledged it.
  var firstGiven: Int?
  var firstGivenAt: UInt64 = 0
  var givenCount = 0
  var answerCount = 0
  var firstAcknowledged: Int?
  var lastAnswered = 0
  var lastAnsweredAt: UInt64 = 0
  /// Whether it was published with a User Property.
  var hasUserProperty = false
  /// Copies that groups of Shared Subscriptions have got.
  var groupCopies = 0
  /// A Will that must not be published any more.
  var isDiscarded = false
  /// It was answered with an error, and never with success.
  var isRefused = false
  /// It was acknowledged to a 3.x client that maybe may not publish it.
  var isDoubtful = false
  /// The connection that left it as its Will.
  weak var willOf: ConnectionView?

  init(
    number: UInt64, publisher: String, topic: String, qos: UInt8, isRetained: Bool, isEmpty: Bool,
    isWill: Bool, expiry: UInt32?, size: Int
  ) {
    self.number = number
    self.publisher = publisher
    self.topic = topic
    topicNumber = Habits.topics.firstIndex(of: topic) ?? 0
    levels = TopicMatching.levels(topic)
    self.qos = qos
    self.isRetained = isRetained
    self.isEmpty = isEmpty
    self.isWill = isWill
    self.expiry = expiry
    self.size = size
  }

  /// It was refused each time it was published: of one that went without an answer nobody knows.
  var isGone: Bool { isRefused && givenCount == answerCount }

  /// The last step at which the server can have taken it.
  var lastPossible: Int {
    !isWill && answerCount >= givenCount && givenCount > 0 ? lastAnswered : Int.max
  }

  /// A payload that names the message and can be checked to the last byte.
  static func payload(of number: UInt64, count: Int) -> [UInt8] {
    var bytes: [UInt8] = [0x53, 0x57]
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
    for index in 0..<max(0, count - bytes.count) {
      bytes.append(UInt8(truncatingIfNeeded: number &* 31 &+ UInt64(index)))
    }
    return bytes
  }

  /// Whether a payload begins as those of honest clients do.
  static func isOurs(_ payload: [UInt8]) -> Bool { payload.starts(with: [0x53, 0x57]) }

  /// The number in a payload; nil when it is not one of ours, or was altered.
  static func number(in payload: [UInt8]) -> UInt64? {
    guard payload.count >= 10, isOurs(payload) else { return nil }
    let number = payload[2..<10].reduce(0) { $0 << 8 | UInt64($1) }
    return ModelMessage.payload(of: number, count: payload.count) == payload ? number : nil
  }
}

/// A subscription as the oracle knows it: between which steps it may and must have been there.
struct ModelSubscription {
  /// The client identifier of the session.
  let session: String
  let filter: String
  private let levels: [String]
  let isShared: Bool
  var request: Packet.Request
  /// Its Subscription Identifier, or all it had.
  var identifiers: Set<UInt32>
  var given: Int
  /// How often the retained messages may have been sent for it.
  var replays: Int
  var acknowledged: Int?
  /// The connection and the Packet Identifier of its SUBSCRIBE: only that one's SUBACK is its own.
  let wire: Int
  let packetIdentifier: UInt16
  /// An UNSUBSCRIBE, or a SUBSCRIBE in its place, was read.
  var endGiven: Int?
  var endAcknowledged: Int?

  init(
    _ request: Packet.Request, of packet: Packet, on wire: Int, session: String, at step: Int
  ) {
    self.session = session
    self.wire = wire
    packetIdentifier = packet.identifier
    self.request = request
    filter = request.filter
    levels = TopicMatching.levels(request.filter)
    isShared = TopicMatching.isShared(request.filter)
    identifiers = [packet.number(PropertyName.subscriptionIdentifier) ?? 0]
    given = step
    replays = isShared || request.retainHandling == 2 ? 0 : 1
  }

  /// Whether it may have been there when the server took the message.
  func mayMatch(_ message: ModelMessage) -> Bool {
    // No Local is asked when a message is published, not when a retained one is sent later.
    if request.isNoLocal && message.publisher == session && !message.isRetained { return false }
    if let endAcknowledged, let first = message.firstGiven, endAcknowledged < first { return false }
    // A retained message also goes to those who subscribe later, and so does one that was given to a
    // member of a group whose session has ended.
    guard message.isRetained || isShared || given <= message.lastPossible else { return false }
    return TopicMatching.matches(levels, message.levels)
  }

  /// The same for a Shared Subscription.
  func mustMatchAsMember(_ message: ModelMessage) -> Bool {
    guard let acknowledged, let first = message.firstGiven, acknowledged < first, endGiven == nil,
      isShared
    else { return false }
    return TopicMatching.matches(levels, message.levels)
  }

  /// Whether its filter brings the message when that is retained.
  func mayReplay(_ message: ModelMessage) -> Bool {
    TopicMatching.matches(levels, message.levels)
  }

  /// Whether it was there all the time in which the server can have taken the message.
  func mustMatch(_ message: ModelMessage) -> Bool {
    guard let acknowledged, let first = message.firstGiven, acknowledged < first, endGiven == nil,
      !isShared, !(request.isNoLocal && message.publisher == session)
    else { return false }
    return TopicMatching.matches(levels, message.levels)
  }
}
