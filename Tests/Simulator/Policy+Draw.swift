import Board
import Broker
import MQTT

// Every key of the configuration that the broker reads, drawn at random: but those that keep clients of
// some version, name or Keep Alive out altogether, of whom nothing could be said then.
extension Policy {
  init(
    drawnFor limits: Limits, isRoomy: Bool, isBesieged: Bool, hasFiles: Bool,
    from chance: inout Chance
  ) {
    self.init()
    drawQueues(isRoomy: isRoomy, &chance)
    drawTimes(&chance)
    drawLimits(limits, isRoomy: isRoomy, &chance)
    // In the end all honest clients have a session at the same time.
    if !isBesieged && limits.sessions > 8 && chance.oneIn(4) {
      maximumSessions = limits.sessions - 1
    }
    logsConnections = !chance.oneIn(4)
    publishesLog = chance.oneIn(4)
    checksSubscriptions = chance.oneIn(2)
    let prefix = chance.oneIn(3) ? texts.keep("auto-".utf8.span) : nil
    // Files of rules have the names as they are.
    let mount = !hasFiles && chance.oneIn(5) ? texts.keep("at/home/".utf8.span) : nil
    for index in listeners.indices {
      listeners[index].automaticIdentifierPrefix = prefix ?? .none
      listeners[index].mountPoint = mount ?? .none
    }
  }

  private mutating func drawQueues(isRoomy: Bool, _ chance: inout Chance) {
    maximumQueued = isRoomy ? 10_000 : chance.within(2...30)
    if !isRoomy && chance.oneIn(3) { maximumQueuedBytes = chance.pick([1300, 3000, 20_000]) }
    // The oracle counts copies by session.
    allowsDuplicates = false
    queuesQoS0 = chance.oneIn(2)
    upgradesOutgoingQoS = chance.oneIn(5)
    whenQueueIsFull = chance.pick(
      [.dropNewest, .dropNewest, .dropOldest, .endSession, .reject, .reject])
    queueFullWait = UInt64(chance.pick([100, 2000, 10_000]))
    if chance.oneIn(4) { maximumInFlightBytes = chance.pick([1, 300, 2000]) }
    maximumInFlight = UInt16(chance.pick([0, 1, 2, 5, 20]))
  }

  private mutating func drawTimes(_ chance: inout Chance) {
    systemInterval = chance.pick([0, 0, 10, 60])
    persistentClientExpiration = chance.pick([600, 3600])
    retainExpiryInterval = chance.pick([0, 0, 0, 1, 60])
    writeTimeout = UInt64(chance.pick([0, 150_000]))
    connectTimeout = UInt64(chance.pick([8000, 10_000, 10_000, 30_000]))
  }

  private mutating func drawLimits(_ limits: Limits, isRoomy: Bool, _ chance: inout Chance) {
    maximumPacketSize = min(chance.pick([1500, 2048, 2048]), limits.packetBytes)
    if chance.oneIn(4) { maximumPayloadSize = 1200 }
    isRetainAvailable = !chance.oneIn(6)
    let maximumQoS = chance.oneIn(6) ? QoS.atLeastOnce : .exactlyOnce
    let allowsEmpty = !chance.oneIn(4)
    let aliases = UInt16(chance.within(0...limits.topicAliases))
    for index in listeners.indices {
      listeners[index].maximumConnections = limits.connections
      listeners[index].maximumTopicAlias = aliases
      listeners[index].maximumTopicAliasOut = UInt16(chance.within(0...limits.topicAliases))
      listeners[index].maximumQoS = maximumQoS
      listeners[index].allowsZeroLengthClientIdentifier = allowsEmpty
    }
  }
}
