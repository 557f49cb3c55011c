import Board
import Broker
import Server

/// What a turn has asked of the network.
struct NetworkCalls {
  /// Reads and writes.
  var transfers = 0
  var accepts = 0
  var closes = 0
}

/// What one turn may cost whatever its clients do, and what it cannot cost less than.
///
/// A turn has its budget, `Limits.turnWork`, in parts for its phases. Each phase ends with the step that
/// spends its part, so what is beyond the budget are the last steps of the phases and nothing that grows
/// with what clients hold: a packet is read to its end (`Limits.packetBytes`), and a message that is
/// matched at once goes to as many as an eighth of the budget has copies for.
struct TurnLimits {
  private let limits: Limits
  /// The most that a turn takes.
  let most: Int
  /// The most turns that somebody waits for an answer who reads what it is sent.
  let longestWait: Int

  init(_ limits: Limits) {
    self.limits = limits
    let steps = [
      TurnLimits.login(limits), WorkPrice.connection, TurnLimits.packet(limits),
      WorkPrice.packet + WorkPrice.session + limits.topicLevels,
      TurnLimits.publication(limits) + WorkPrice.systemTopic, TurnLimits.copy(limits),
      WorkPrice.packet, TurnLimits.sending(limits), WorkPrice.connection,
      TurnLimits.courtesy(limits),
    ]
    most = limits.turnWork + limits.connectionWork + steps.reduce(0, +)
    longestWait = TurnLimits.wait(limits)
  }

  /// What is wrong with what a turn has cost; nil when nothing is.
  func complaint(about cost: Int, _ counted: TurnCount, _ calls: NetworkCalls) -> String? {
    if cost > most { return "a turn took \(cost) units of work, \(most) at most are allowed" }
    let least =
      WorkPrice.systemCall * calls.transfers
      + WorkPrice.connection * (calls.accepts + calls.closes)
      + WorkPrice.packet * counted.packets + WorkPrice.copy * counted.copies
    return cost < least ? "a turn took \(cost) units of work for what costs \(least)" : nil
  }

  // MARK: Last steps

  /// A password is looked up, and its hash begun.
  private static func login(_ limits: Limits) -> Int {
    WorkPrice.packet + WorkPrice.reading(limits.packetBytes)
      + WorkPrice.hashIteration * (5 + limits.packetBytes / 256)
  }

  /// The rules are asked, all of them, for one topic.
  private static func decision(_ limits: Limits) -> Int { limits.accessRules }

  /// A packet is read, completed and done.
  private static func packet(_ limits: Limits) -> Int {
    WorkPrice.systemCall + WorkPrice.packet + 2 * WorkPrice.session
      + 2 * WorkPrice.copying(limits.packetBytes + limits.receiveBytes)
      + 2 * WorkPrice.reading(limits.packetBytes) + 2 * limits.topicBytes
      + 2 * limits.deliveries(ofOne: 65_535) + publication(limits)
  }

  /// A message is matched at once, and given to all.
  private static func publication(_ limits: Limits) -> Int {
    let recipients = min(
      limits.turnWork / 8 / WorkPrice.copy, limits.sessions + limits.sharedGroups)
    return limits.turnWork / 8 + limits.topicBytes + 2 * decision(limits)
      + recipients * (1 + 2 * WorkPrice.copy)
  }

  /// One who gets a message that goes to many is found, judged and given it.
  private static func copy(_ limits: Limits) -> Int {
    2 * decision(limits) + 3 * WorkPrice.copy + limits.topicBytes
  }

  /// A message is written, and all that waits leaves.
  private static func sending(_ limits: Limits) -> Int {
    WorkPrice.systemCall + 2 * WorkPrice.copy + limits.topicBytes + 2 * decision(limits)
      + WorkPrice.copying(limits.packetBytes) + WorkPrice.copying(limits.sendBytes)
      + WorkPrice.systemTopic
  }

  /// Wills are published and sessions dismantled as far as an eighth of the budget goes.
  private static func courtesy(_ limits: Limits) -> Int {
    limits.turnWork / 8 + publication(limits) + WorkPrice.session + limits.topicLevels
      + limits.sessions * decision(limits)
  }

  // MARK: Waiting

  /// All connections that are there have their turns before one that has come, once for each part of the
  /// budget that its own packet takes; then all may be sent something before it. A message for which
  /// there is not enough work waits until those that came before have gone to all.
  private static func wait(_ limits: Limits) -> Int {
    let own = 4 * WorkPrice.systemCall + packet(limits)
    let rounds = 2 + own / limits.connectionWork
    return (rounds + 1) * limits.places + lane(limits)
  }

  /// Turns until all messages are through that can wait to go to many.
  private static func lane(_ limits: Limits) -> Int {
    let places = limits.places + limits.sessions + 64
    let matches = limits.sessions + limits.sharedGroups
    let cost =
      3 * limits.topicNodes + limits.subscriptions
      + matches * (2 + 2 * WorkPrice.copy + decision(limits)) + limits.subscriptions
      * WorkPrice.copy
    return places * (1 + cost / max(1, limits.turnWork / 8))
  }
}

extension Limits {
  /// How many deliveries one session may have under way.
  fileprivate func deliveries(ofOne most: Int) -> Int { min(deliveries, most) }
}

/// What the broker has counted in one turn.
struct TurnCount {
  let packets: Int
  let copies: Int
}

/// Watches that nobody is read twice while somebody waits to be read at all.
struct FairnessCheck {
  private var place: Int?
  private var hasBegun = false
  private var others: Set<Int> = []

  /// Somebody new has this place.
  mutating func watch(_ place: Int) {
    self = FairnessCheck()
    self.place = place
  }

  /// From the turn on in which it is found ready, it stands in the queue.
  mutating func begin(with ready: [Readiness]) {
    guard let place, !hasBegun else { return }
    hasBegun = ready.contains { $0.place == place && $0.isReadable }
  }

  /// Whether the server reads somebody a second time before it has read who waits.
  mutating func isOvertaken(byReading other: Int) -> Bool {
    guard hasBegun else { return false }
    guard other != place else {
      self = FairnessCheck()
      return false
    }
    return !others.insert(other).inserted
  }

  /// A connection is closed: its place may be another's next.
  mutating func forget(_ closed: Int) {
    if closed == place { self = FairnessCheck() }
    others.remove(closed)
  }
}
