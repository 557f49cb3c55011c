/// Watches what crosses between the server and the network, and says when a promise is broken.
///
/// It does not guess when the server does what it was asked: it knows when a packet was read and
/// when its answer left, and the truth lies between. What must hold is asked of what was there all
/// that time, what may hold of what was there at any moment of it.
package final class Oracle: Observer {
  unowned var world: World?
  /// Messages of honest clients.
  private(set) var messages: [UInt64: ModelMessage] = [:]
  private var views: [Int: ConnectionView] = [:]
  private(set) var sessions: [String: ModelSession] = [:]
  /// Retained messages of honest clients, by topic.
  var retained: [String: [ModelMessage]] = [:]
  /// The retained messages that are there for certain, by topic.
  var certainRetained: [String: ModelMessage] = [:]
  /// Topics of Wills that are to be retained.
  var retainedWills: Set<String> = []
  /// Messages that a group must be given, by its filter.
  var owedToGroups: [String: [UInt64: ModelMessage]] = [:]
  /// The step in which a member of a group was last known to be gone, by its filter.
  var groupsForgivenAt: [String: Int] = [:]
  /// Counts up with everything that is observed.
  private(set) var step = 0
  /// What the operator's files have said, in order; none when there are no files.
  var regimes: [Regime] = []
  /// Our Receive Maximum towards clients that set none.
  let sendQuota: Int
  package private(set) var counts = Counts()

  /// What was seen, to show that a run was worth it.
  package struct Counts {
    package var clientPackets = 0
    package var serverPackets = 0
    package var promised = 0
    package var arrived = 0
    package var duplicates = 0
    package var refused = 0
    package var wills = 0
  }

  /// Messages without a payload, by publisher and Packet Identifier.
  var emptyMessages: [String: ModelMessage] = [:]
  /// The filters of all Shared Subscriptions there ever were.
  var groups: Set<String> = []
  /// Wills that were sent in this turn, and the connections that left them.
  var hastyWills: [(view: ConnectionView, name: String)] = []
  /// Messages that were said in this turn to have no subscribers, and the connection of one: it may end
  /// in this very turn, before the message is looked at, and its close is seen after the answer.
  var hastyAnswers: [(view: ConnectionView, what: String)] = []
  /// Copies that came in this turn for a group that had its own: the session of a member may have ended.
  var hastyCopies: [(message: ModelMessage, what: String)] = []
  /// Wills that were promised lately, and when something was dropped last.
  var freshWills: [(session: ModelSession, number: UInt64, time: UInt64)] = []
  var lastDropAt: UInt64 = 0
  /// Whether a subscription to what may not be read is refused.
  let checksSubscriptions: Bool
  /// Whether a copy has the QoS of the subscription where that is higher.
  let upgradesQoS: Bool
  /// Whether retained messages go by themselves.
  let retainedExpire: Bool
  /// Milliseconds that a session outlives its connection at most: as long as a persistent one of 3.x.
  let expiryLimit: UInt64
  /// Milliseconds that a 3.x publisher waits for room at most.
  let queueFullWait: UInt64
  /// Nothing is so small that anybody meets its end.
  let isRoomy: Bool
  /// Whether a session ends whose queue is full.
  let endsSessions: Bool
  /// No hostile client is in the groups of honest ones, so that what those are given is promised.
  let knowsMembers: Bool

  init(_ profile: Profile, knowsMembers: Bool) {
    self.knowsMembers = knowsMembers
    let inFlight = Int(profile.policy.maximumInFlight)
    sendQuota = inFlight == 0 ? 65_535 : inFlight
    checksSubscriptions = profile.policy.checksSubscriptions
    upgradesQoS = profile.policy.upgradesOutgoingQoS
    retainedExpire = profile.policy.retainExpiryInterval > 0
    expiryLimit = UInt64(profile.policy.persistentClientExpiration) * 1000
    queueFullWait = profile.policy.queueFullWait
    isRoomy = profile.isRoomy
    endsSessions = !profile.isRoomy && profile.policy.whenQueueIsFull == .endSession
  }

  /// Connections that the server has not closed.
  var openViews: [ConnectionView] { Array(views.values) }

  /// The QoS of a copy, by the highest of the subscriptions.
  func qos(of message: ModelMessage, to highest: UInt8) -> UInt8 {
    upgradesQoS ? highest : min(highest, message.qos)
  }

  func fail(_ what: String) { world?.fail(what) }
  var now: UInt64 { world?.now ?? 0 }

  /// The operator has asked the server to stop.
  var isStopping = false
  /// The promise that is taken for broken.
  var breaksPromiseAt: Int?
  /// Whether a turn has work enough for all that it brings about.
  var answersAtOnce = true

  func countPromise() {
    counts.promised += 1
    if counts.promised == breaksPromiseAt {
      fail("promise \(counts.promised) was broken on purpose")
    }
  }
  /// How many jumps of the clock were seen.
  var seenJumps = 0

  func beginStep() { step += 1 }
  func countPackets(_ count: UInt64) { counts.clientPackets = Int(count) }
  func countRefusal() { counts.refused += 1 }
  func countWill() { counts.wills += 1 }
  func countDuplicate() { counts.duplicates += 1 }

  // MARK: What clients say of themselves

  /// Takes note of a message that a client is going to publish.
  func add(_ message: ModelMessage) {
    messages[message.number] = message
    if message.isRetained { retained[message.topic, default: []].append(message) }
  }

  /// Watches a connection of an honest client.
  func watch(_ view: ConnectionView) { views[view.wire.number] = view }

  func session(_ clientIdentifier: String) -> ModelSession {
    if let session = sessions[clientIdentifier] { return session }
    let session = ModelSession(clientIdentifier)
    sessions[clientIdentifier] = session
    return session
  }

  /// A message has arrived at a client, by one of its connections.
  func arrived(_ packet: Packet, on view: ConnectionView) {
    counts.arrived += 1
    guard let (session, message) = settle(packet, on: view) else { return }
    let number = message.number
    guard packet.qos == 2 && message.qos == 2 && !message.isRetained else { return }
    let shares = session.possible(message).count { $0.isShared }
    session.arrivedOnce[number, default: 0] += 1
    if session.arrivedOnce[number, default: 0] > 1 + shares {
      fail("\(session.clientIdentifier) got message \(number) of QoS 2 twice")
    }
  }

  /// A client does not want a message: nobody else of its group gets it. [MQTT-4.8.2-6]
  func declined(_ packet: Packet, on view: ConnectionView) { _ = settle(packet, on: view) }

  /// Whatever the client makes of a message, it has got it, maybe before it was acknowledged: it is
  /// owed nothing more. Nil for a message that is not ours, or came of a session that is over.
  private func settle(
    _ packet: Packet, on view: ConnectionView
  ) -> (session: ModelSession, message: ModelMessage)? {
    guard let number = ModelMessage.number(in: packet.payload), let message = messages[number],
      let session = view.session
    else { return nil }
    // Who is no member of a group has not taken what that was owed.
    for subscription in session.possible(message) where subscription.isShared {
      owedToGroups[subscription.filter]?[number] = nil
    }
    // What was under way when another connection began the session anew is of the old one.
    guard view.sessionNumber == session.number else { return nil }
    session.owed[number] = nil
    session.settled.insert(number)
    return (session, message)
  }

  /// What must arrive and has not arrived.
  ///
  /// - Parameter losses: how many messages the server says that it has dropped of a client's.
  func missing(
    losses: (String) -> Int
  ) -> [(session: ModelSession, message: ModelMessage)] {
    sessions.values.sorted { $0.clientIdentifier < $1.clientIdentifier }
      .flatMap { session in
        let owed = session.owed.count > losses(session.clientIdentifier) ? session.owed : [:]
        return (Array(owed.values) + session.owedReplays.values.flatMap(\.values))
          .sorted { $0.number < $1.number }.map { (session, $0) }
      }
  }

  // MARK: Observer

  func read(_ bytes: ArraySlice<UInt8>, on wire: Wire) {
    guard let view = views[wire.number] else { return }
    view.fromClient.append(bytes)
    do throws(Malformed) {
      while let packet = try view.fromClient.next() {
        step += 1
        receive(try Packet(fromClient: packet, version: view.version), on: view)
      }
    } catch { fail("the simulator wrote a malformed packet: \(error.why)") }
  }

  func sent(_ bytes: ArraySlice<UInt8>, on wire: Wire) {
    guard let view = views[wire.number] else { return }
    defer { noteFlow(of: view) }
    view.fromServer.append(bytes)
    do throws(Malformed) {
      while let bytes = try view.fromServer.next() {
        step += 1
        counts.serverPackets += 1
        if bytes.count > view.maximumPacketSize && view.connect != nil {
          fail("a packet of \(bytes.count) bytes to a client that takes \(view.maximumPacketSize)")
        }
        send(try Packet(fromServer: bytes, version: view.version), on: view)
      }
    } catch { fail("malformed packet on wire \(wire.number): \(error.why)") }
  }

  func lost(_ wire: Wire) {
    views[wire.number]?.isLost = true
    guard let view = views[wire.number], view.signedAt == nil else { return }
    step += 1
    view.signedAt = now
  }

  func closed(_ wire: Wire) {
    guard let view = views[wire.number] else { return }
    step += 1
    world?.trace.note(now, "wire \(wire.number) closed by the server")
    if view.signedAt == nil { view.signedAt = now }
    view.closedAt = now
    checkFarewell(of: view)
    settleEnd(of: view)
    oweWill(of: view)
    views[wire.number] = nil
  }
}
