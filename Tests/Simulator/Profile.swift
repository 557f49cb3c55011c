import Board
import Broker

/// The size of the server and the temper of its clients.
struct Profile {
  let limits: Limits
  let policy: Policy
  let honestClients: Int
  /// Nothing is so small that an honest client meets its end.
  let isRoomy: Bool
  /// Hostile clients hold all they can get, and of each table as much is kept as all who may come cannot
  /// do without.
  let isBesieged: Bool
  /// How many connections there are at most when a hostile client opens one more than its own.
  ///
  /// Of few places none is kept for newcomers: there one address takes all that are left by others.
  var mostWithHostile: Int {
    limits.connections >= 176 || !isBesieged ? .max : limits.connections / 2
  }
  /// Whether a turn has work enough for all that it brings about.
  var answersAtOnce: Bool { limits.turnWork >= 262_144 && limits.connectionWork >= 2048 }

  /// - Parameter hasFiles: whether there are files of users and rules.
  init(from chance: inout Chance, hasFiles: Bool) {
    let isBoard = chance.oneIn(5)
    let isRoomy = chance.oneIn(2)
    honestClients = chance.within(2...6)
    var limits = Limits()
    limits.connections = honestClients + chance.within(0...6)
    limits.sessions = limits.connections + chance.within(0...6)
    limits.subscriptions = isRoomy ? 400 : chance.within(6...60)
    limits.topicNodes = isRoomy ? 1200 : chance.within(14...80)
    limits.topicLevels = 16
    limits.sharedGroups = isRoomy ? 40 : chance.within(1...4)
    limits.textBlocks = isRoomy ? 4000 : limits.sessions + chance.within(10...90)
    limits.topicBytes = 64
    limits.topicAliases = chance.within(1...4)
    limits.aliasTables = chance.within(1...limits.connections + 4)
    limits.messages = isRoomy ? 20_000 : chance.within(4...60)
    limits.messageBlockBytes = chance.pick([16, 32, 128])
    limits.messageBlocks = isRoomy ? 400_000 : chance.within(150...400)
    limits.retained = isRoomy ? 600 : chance.within(2...12)
    limits.retainedLevels = isRoomy ? 2400 : limits.retained + 1
    limits.deliveries = isRoomy ? 40_000 : chance.within(4...80)
    limits.unreleased = isRoomy ? 4000 : chance.within(2...20)
    limits.packetBytes = 2048
    limits.defaultPacketBytes = 2048
    limits.receiveBytes = chance.pick([16, 128, 1024])
    limits.receiveBlockBytes = chance.pick([16, 64, 256])
    let places = limits.places
    limits.receiveBlocks = places + 2 * 2048 / limits.receiveBlockBytes + chance.within(1...20)
    limits.sendBlockBytes = chance.pick([64, 256, 1024])
    limits.sendBlocks =
      2 * places
      + (isRoomy
        ? 200 : chance.within(2048 / limits.sendBlockBytes + 4...2048 / limits.sendBlockBytes + 60))
    limits.sendBytes = chance.pick([512, 4096, 65_536])
    limits.logBytes = 65_536
    limits.logAddresses = isRoomy ? 64 : 2
    // The names of users, and of those who retained something, must not keep honest clients out.
    if hasFiles && !isRoomy { limits.textBlocks += limits.sessions + 2 * limits.retained }
    limits.users = 16
    limits.accessRules = 64
    limits.accessTextBytes = 4096
    limits.accessDecisions = isRoomy ? 256 : 8
    // Logins overtake one another; where answers wait for later turns besides, nobody knows who came
    // in last.
    limits.turnWork = hasFiles ? 262_144 : chance.pick([1024, 8192, 262_144])
    limits.connectionWork = hasFiles ? 2048 : chance.pick([8, 64, 2048])
    isBesieged = !isBoard && !isRoomy && chance.oneIn(2)
    if isBesieged { limits.keepForEachWhatItNeeds(&chance) }
    self.limits = isBoard ? Limits() : limits
    self.isRoomy = isBoard ? Limits().messages > 10_000 : isRoomy
    policy = Policy(
      drawnFor: self.limits, isRoomy: self.isRoomy, isBesieged: isBesieged, hasFiles: hasFiles,
      from: &chance)
  }

  func habits(_ pace: Int, _ chance: inout Chance) -> Habits {
    Habits(
      topics: Habits.topics, filters: Habits.filters, cleanStarts: chance.pick([0, 2, 5, 10]),
      pause: 2 * pace, answerDelay: chance.pick([0, 0, 50, 1000, 30_000]),
      longestStall: chance.pick([100, 5000, 120_000]), window: chance.pick([1, 3, 10]),
      largestPayload: chance.pick([200, 600, 1200]),
      receiveMaximum: chance.oneIn(2) ? UInt32(chance.pick([1, 2, 7, 100])) : nil,
      maximumPacketSize: chance.oneIn(4) ? UInt32(chance.pick([200, 400])) : nil,
      aliases: UInt32(chance.pick([0, 0, 1, 3, 10])), refusals: chance.pick([0, 10, 50]),
      maximumQoS: policy.listeners[0].maximumQoS.rawValue, retains: policy.isRetainAvailable,
      lastIdentifier: chance.pick([0, 65_530]))
  }
}

extension Limits {
  /// A quarter of each table, which is kept for those who hold little, is what all of them need at least;
  /// there are more places than those few take who come from addresses of their own.
  fileprivate mutating func keepForEachWhatItNeeds(_ chance: inout Chance) {
    connections = chance.oneIn(2) ? chance.within(40...60) : chance.within(176...200)
    sessions = places + 40
    subscriptions = 4 * 2 * sessions
    topicNodes = 4 * 6 * sessions
    textBlocks = 4 * 16 * sessions
    topicBytes = 200
    deliveries = 4 * 4 * sessions
    messages = 4 * 4 * sessions
    messageBlocks = 4 * 8 * sessions
    unreleased = 4 * 2 * sessions
    retained = 4 * 4 * places
    retainedLevels = 4 * retained
    receiveBlockBytes = chance.pick([64, 256])
    receiveBlocks = places + 4 * 4 * places + 2 * 2048 / receiveBlockBytes
    sendBlocks = 2 * places + chance.within(1...60) + 2048 / sendBlockBytes
    owners = places + sessions
    aliasTables = chance.within(1...connections + 4)
  }
}
