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
/// matched at once goes to as many as a 32nd of the budget has copies for.
struct TurnLimits {
  private let limits: Limits
  /// Messages that one client may be sent before it acknowledges any.
  private let inFlight: Int
  /// Rules that are looked at for one topic.
  private let rules: Int

  init(_ profile: Profile, hasRules: Bool) {
    limits = profile.limits
    let most = Int(profile.policy.maximumInFlight)
    inFlight = min(profile.limits.deliveries, most == 0 ? 65_535 : most)
    rules = hasRules ? profile.limits.accessRules : 0
  }

  /// The last step of each phase, in their order.
  private var steps: [Int] {
    [
      login, WorkPrice.connection, limits.connectionWork + packet, tending, sending,
      WorkPrice.connection,
    ]
  }

  /// The most that a turn takes.
  var most: Int { limits.turnWork + courtesy + steps.reduce(0, +) }

  /// The most that one of its phases takes beyond its part.
  var largestStep: Int { steps.max() ?? 0 }

  /// What is wrong with what a turn has cost; nil when nothing is.
  func complaint(
    about cost: Int, overdraft: Int, _ counted: TurnCount, _ calls: NetworkCalls
  ) -> String? {
    let (most, step) = (most, largestStep)
    if cost > most { return "a turn took \(cost) units of work, \(most) at most are allowed" }
    if overdraft > step {
      return "a phase took \(overdraft) units beyond its part, the largest step takes \(step)"
    }
    let least =
      WorkPrice.systemCall * calls.transfers
      + WorkPrice.connection * (calls.accepts + calls.closes)
      + WorkPrice.packet * counted.packets + WorkPrice.copy * counted.copies
    return cost < least ? "a turn took \(cost) units of work for what costs \(least)" : nil
  }

  // MARK: Last steps

  /// A password is looked up, and its hash begun.
  private var login: Int {
    guard rules > 0 else { return 0 }
    return WorkPrice.packet + WorkPrice.reading(limits.packetBytes)
      + WorkPrice.hashIteration * (5 + limits.packetBytes / 256)
  }

  /// A packet is read, completed and done; at worst a PUBLISH, or the CONNECT of a client that is sent
  /// again what it has not acknowledged.
  private var packet: Int {
    WorkPrice.systemCall + WorkPrice.packet + 2 * WorkPrice.session + 2 * inFlight
      + 2 * WorkPrice.copying(limits.packetBytes + limits.receiveBytes)
      + 2 * WorkPrice.reading(limits.packetBytes) + 2 * limits.topicLevels + publication
  }

  /// A message is matched at once, judged, and given to all.
  private var publication: Int {
    let recipients = min(
      limits.pieceWork / WorkPrice.copy,
      max(limits.sessions + limits.sharedGroups, limits.subscriptions))
    return limits.pieceWork + WorkPrice.reading(limits.topicBytes) + 2 * rules + 1
      + recipients * (1 + 2 * WorkPrice.copy)
  }

  /// The last steps of what is done by and by: a session ends, a topic of `$SYS` is published, a message
  /// goes to one of many, somebody is woken.
  private var tending: Int {
    WorkPrice.packet + WorkPrice.session + limits.topicLevels + publication
      + WorkPrice.systemTopic + copy + WorkPrice.packet
  }

  /// One who gets a message that goes to many is found, judged and given it.
  private var copy: Int { 2 * rules + 3 * WorkPrice.copy + WorkPrice.reading(limits.topicBytes) }

  /// A message is written, or a topic of `$SYS`, and all that waits leaves.
  private var sending: Int {
    WorkPrice.systemCall + 2 * WorkPrice.copy + WorkPrice.systemTopic + limits.topicBytes / 16
      + 2 * rules + WorkPrice.copying(limits.packetBytes) + WorkPrice.copying(limits.sendBytes) + 2
  }

  /// Wills are published and sessions dismantled at once as far as a 32nd of the budget goes; each
  /// that ends beyond that costs what is looked at before it is put off. What ends one costs a packet.
  private var courtesy: Int {
    let ends = min(limits.sessions, limits.turnWork / 2 / WorkPrice.packet + 4)
    return limits.pieceWork + publication + ends * (WorkPrice.session + rules)
  }

  // MARK: Waiting

  /// The most turns that somebody waits for an answer who reads what it is sent.
  ///
  /// All connections that are there have their turns before one that has come, once for each part of
  /// the budget that its own packet takes, and so have those of the other kind, who go on or have just
  /// come; then all may be sent something before it. A message for which there is not enough work waits
  /// until those that came before have gone to all.
  var longestWait: Int {
    let own = 4 * WorkPrice.systemCall + packet
    let rounds = 2 + own / limits.connectionWork
    return 2 * (rounds + 1) * limits.places + lane
  }

  /// Turns until all messages are through that can wait to go to many, at a sixteenth of the budget.
  private var lane: Int {
    let places = limits.places + limits.sessions + 64
    let matches = limits.sessions + limits.sharedGroups
    let cost =
      3 * limits.topicNodes + limits.subscriptions * (1 + WorkPrice.copy) + matches * (2 + copy)
    return places * (1 + cost / max(1, limits.turnWork / 32))
  }
}

/// What the broker has counted in one turn.
struct TurnCount {
  let packets: Int
  let copies: Int
}

/// Watches that nobody who had more than could be read is read again while somebody waits to be read at
/// all.
struct FairnessCheck {
  private var place: Int?
  private var hasBegun = false
  /// Who had more than could be read, and is behind him.
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

  /// Whether the server reads somebody again who has had his turn before it has read who waits.
  mutating func isOvertaken(byReading other: Int) -> Bool {
    guard hasBegun else { return false }
    if other == place { self = FairnessCheck() }
    return others.contains(other)
  }

  /// Somebody was read, and had as much as could be read.
  mutating func note(moreOf other: Int) { if hasBegun { others.insert(other) } }

  /// A connection is closed: its place may be another's next.
  mutating func forget(_ closed: Int) {
    if closed == place { self = FairnessCheck() }
    others.remove(closed)
  }
}
