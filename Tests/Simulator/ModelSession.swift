/// A session as the oracle knows it.
final class ModelSession {
  /// A PUBLISH of QoS 1 or 2 that the server sent and that is not yet acknowledged.
  struct Outstanding {
    let identifier: UInt16
    /// Nil for a message of nobody the oracle knows.
    let message: ModelMessage?
    let qos: UInt8
    var isReleased = false
    /// Its PUBREL was seen.
    var isReleaseSent = false
    /// It was first seen as a duplicate, so nobody knows before which others it was sent.
    var isLate = false
  }

  /// What stays in order. [4.6]
  struct Lane: Hashable {
    let publisher: String
    let topic: String
    let publishedQoS: UInt8
    let qos: UInt8
  }

  let clientIdentifier: String
  /// The User Name with which its client connects; nil for none.
  var user: String?
  /// Counts up when it begins anew.
  private(set) var number = 0
  /// The connection that has it, or had it last.
  var view: ConnectionView?
  /// Whether it was there after the last CONNACK.
  var exists = false
  /// Milliseconds it outlives its connection, at least and at most; nil for ever.
  var shortestExpiry: UInt64? = 0
  var longestExpiry: UInt64? = 0
  /// The server may have begun another session than the client knows of: it must start clean.
  var isInDoubt = false
  /// What the last CONNACK said leaves open whether it goes on.
  var isUnknown = false
  /// What the last CONNACK said, also where the version cannot say it.
  var wasPresent = false

  var subscriptions: [ModelSubscription] = []
  var outstanding: [Outstanding] = []
  /// Messages that must still arrive.
  var owed: [UInt64: ModelMessage] = [:]
  /// What was acknowledged last with each Packet Identifier, as far as the server has read it.
  var acknowledged: [UInt16: ModelMessage] = [:]
  /// The same, where the server has certainly looked at it.
  var completed: [UInt16: ModelMessage] = [:]
  /// Messages that the client has got, taken or refused.
  var settled: Set<UInt64> = []
  /// How often each arrived with QoS 2.
  var arrivedOnce: [UInt64: Int] = [:]
  /// How often each was sent for the first time, so without DUP: with RETAIN, and without.
  var firstSent: [UInt64: Int] = [:]
  var firstSentLive: [UInt64: Int] = [:]
  /// Retained messages that a new subscription must bring, by filter.
  var owedReplays: [String: [UInt64: ModelMessage]] = [:]
  var lastInLane: [Lane: UInt64] = [:]
  /// The newest message that was not sent as a retained one, by connection, publisher,
  /// QoS and topic.
  var newest: [String: ModelMessage] = [:]
  var connectionCount = 0
  /// How many CONNECT packets were read.
  var connectCount = 0
  /// A connection ended while something was on its way.
  var mayHaveSentUnseen = false

  init(_ clientIdentifier: String) {
    self.clientIdentifier = clientIdentifier
  }

  /// Forgets everything: a new session begins.
  func begin() {
    subscriptions = []
    outstanding = []
    acknowledged = [:]
    completed = [:]
    owed = [:]
    number += 1
    settled = []
    arrivedOnce = [:]
    firstSent = [:]
    firstSentLive = [:]
    owedReplays = [:]
    mayHaveSentUnseen = false
    lastInLane = [:]
    newest = [:]
    connectionCount = 0
  }

  /// Nobody can say whether it goes on or another has begun: what is asked of it may still be, but
  /// need not.
  func weaken() {
    owed = [:]
    owedReplays = [:]
    completed = [:]
    mayHaveSentUnseen = true
    for index in subscriptions.indices { subscriptions[index].acknowledged = nil }
  }

  /// Makes one of the oldest subscriptions of a filter that have ended: it may match more, and
  /// need not match anything, so what is asked of it stays right.
  func condense(_ filter: String) {
    let ended = subscriptions.indices.filter {
      subscriptions[$0].filter == filter && subscriptions[$0].endAcknowledged != nil
    }
    guard ended.count > 6 else { return }
    let older = subscriptions.remove(at: ended[0])
    let index = ended[1] - 1
    subscriptions[index].given = min(older.given, subscriptions[index].given)
    // One that was refused ended before the one that it did not replace.
    subscriptions[index].endAcknowledged = max(
      older.endAcknowledged ?? 0, subscriptions[index].endAcknowledged ?? 0)
    subscriptions[index].identifiers.formUnion(older.identifiers)
    subscriptions[index].replays += older.replays
    var options = max(older.request.qos, subscriptions[index].request.qos)
    if older.request.isNoLocal && subscriptions[index].request.isNoLocal { options |= 4 }
    if older.request.isRetainAsPublished || subscriptions[index].request.isRetainAsPublished {
      options |= 8
    }
    subscriptions[index].request.options = options
  }

  /// Subscriptions by which the message may come.
  func possible(_ message: ModelMessage) -> [ModelSubscription] {
    subscriptions.filter { $0.mayMatch(message) }
  }

  /// Whether there was certainly no subscription with the same filter before.
  func isFirst(_ subscription: ModelSubscription) -> Bool {
    subscriptions.allSatisfy {
      $0.filter != subscription.filter || $0.given == subscription.given
        || ($0.endAcknowledged ?? Int.max) < subscription.given
    }
  }

  /// How often the message may be sent as a retained one, whatever became of the subscriptions: the
  /// one in whose place another comes goes on with what it had begun.
  func replays(of message: ModelMessage) -> Int {
    subscriptions.reduce(0) { $0 + ($1.mayReplay(message) ? $1.replays : 0) }
  }

  /// Subscriptions by which the message must come.
  func certain(_ message: ModelMessage) -> [ModelSubscription] {
    subscriptions.filter { $0.mustMatch(message) }
  }

  /// The highest QoS of the subscriptions by which the message must come; nil when there is none.
  func certainQoS(_ message: ModelMessage) -> UInt8? {
    subscriptions.filter { $0.mustMatch(message) }.map(\.request.qos).max()
  }
}

/// A PUBLISH that was read in a step and has to be answered.
struct Awaited {
  let identifier: UInt16
  /// Nil for a message of nobody the oracle knows.
  let message: ModelMessage?
  let step: Int
}

/// What the oracle knows of one connection: both streams as the server saw and made them.
final class ConnectionView {
  let wire: Wire
  let version: UInt8
  var fromClient = PacketStream()
  var fromServer = PacketStream()
  var session: ModelSession?
  /// Which of the sessions of its client it has had.
  var sessionNumber = 0
  var connect: Packet?
  var connectReadAt: UInt64 = 0
  var connectStep = 0
  /// The versions of its password by which its client can have been let in; nil before it was.
  var admissions: Set<Int>?
  /// The files changed, and the client may, or must, be sent away.
  var mayGo = false
  var mustGo = false
  /// Its login was refused.
  var isRefused = false
  /// An earlier CONNECT may have begun or ended a session without anybody hearing of it.
  var followsDoubt = false
  var isAccepted = false
  /// When that was, as steps are counted.
  var acceptedStep = 0
  /// The server has said that nothing follows.
  var isOver = false
  /// When the server could first know of the end, and when it closed.
  var signedAt: UInt64?
  var closedAt: UInt64?
  var isDisconnectRead = false
  var disconnect: Packet?
  /// The turn of the server in which its DISCONNECT was read.
  var disconnectTurn = 0
  /// The network told the server that it is no more.
  var isLost = false
  /// Which of its client's connections it is.
  var connectNumber = 0
  /// When all that was to be sent had left; what follows was made later.
  var cleanAt: UInt64 = 0
  var cleanStep = 0
  /// It was always sent all there was.
  var wasNeverBlocked: Bool { !wire.wasBlocked }
  /// Since when nothing was known of it that could keep the server from reading it.
  var quietSince: UInt64 = 0
  var wasHeldUp = false
  /// When the server last sent something.
  var lastFlowAt: UInt64 = 0
  /// When the server last read or answered a packet of it.
  var lastHeardAt: UInt64 = 0
  var lastAnsweredAt: UInt64 = 0

  /// What has to be answered, in order. [MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT-4.6.0-4]
  var pubacks: [Awaited] = []
  var pubrecs: [Awaited] = []
  var pubcomps: [UInt16] = []
  var subacks: [Packet] = []
  /// Each with the step in which it was read.
  var unsubacks: [(packet: Packet, step: Int)] = []
  /// The steps in which they were read.
  var pings: [Int] = []
  /// What the client acknowledged for good, and the step in which that was read.
  var completions: [(identifier: UInt16, message: ModelMessage, step: Int)] = []
  /// Packet Identifiers whose PUBREL has to be sent again.
  var releases: Set<UInt16> = []

  var aliases: [UInt32: String] = [:]
  /// Packet Identifiers whose PUBLISH was sent on this connection.
  var sentIdentifiers: Set<UInt16> = []
  /// What has to come again on this connection, in this order, as far as it comes.
  var resends: [UInt16] = []
  var will: ModelMessage?
  let receiveMaximum: Int
  let maximumPacketSize: Int

  init(wire: Wire, version: UInt8, receiveMaximum: Int, maximumPacketSize: Int) {
    self.wire = wire
    self.version = version
    self.receiveMaximum = receiveMaximum
    self.maximumPacketSize = maximumPacketSize
  }
}
