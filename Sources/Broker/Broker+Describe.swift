import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// The broker in words: for the log, `$SYS` and SIGUSR2.
extension Broker {
  /// The version of the program, as `$SYS/broker/version` and `--version` tell it.
  package static var version: StaticString { "swiftlet version 0.1.0" }

  /// How many pools may have a status.
  package static var poolCount: Int { SystemTopic.pools }

  /// The name of one of the Broker's own pools; nil for those of others.
  package static func poolName(_ number: Int) -> StaticString? {
    BrokerPool(rawValue: UInt8(truncatingIfNeeded: number))?.name
  }

  /// The most pools of others that can be told of.
  package static var foreignPoolCount: Int { ForeignPools.count }

  /// Takes the status of a pool that is not the Broker's own, to be told with the others.
  package mutating func setForeignPool(_ number: Int, _ status: PoolStatus) {
    system.foreignPools[number] = status
  }

  /// The status of one of the pools that clients can fill; nil where this board has none.
  package func pool(_ number: Int) -> PoolStatus? {
    guard let own = BrokerPool(rawValue: UInt8(truncatingIfNeeded: number)) else {
      return system.foreignPools[number - SystemTopic.ownPools]
    }
    return PoolStatus(name: own.name, occupancy: occupancy(of: own))
  }

  private func occupancy(of pool: BrokerPool) -> Occupancy {
    switch pool {
    case .connections: connections.occupancy
    case .sessions: sessions.occupancy
    case .subscriptions: subscriptions.occupancy
    case .topicLevels: subscriptions.levelOccupancy
    case .sharedGroups: subscriptions.groupOccupancy
    case .retainedMessages: retention.index.occupancy
    case .retainedLevels: retention.index.levelOccupancy
    case .messages: messages.messageOccupancy
    case .messageBlocks: messages.blockOccupancy
    case .deliveries: sessions.deliveryOccupancy
    case .textBlocks: texts.occupancy
    case .receiveBlocks: arrivals.blocks.occupancy
    case .unreleasedMessages: sessions.unreleasedOccupancy
    case .topicAliases: aliases.tables.occupancy
    case .sendBlocks: departures.blocks.occupancy
    case .owners: owners.occupancy
    }
  }

  /// Tells how full each pool is, as lines of the log.
  @inline(never)
  package mutating func report() {
    for number in 0..<Broker.poolCount {
      guard let pool = pool(number) else { continue }
      var line = Line()
      line.append(pool.name)
      line.append(": ")
      line.append(pool.occupancy.used)
      line.append(" of ")
      line.append(pool.occupancy.capacity)
      line.append(" used, at most ")
      line.append(pool.occupancy.peak)
      line.append(", refused ")
      line.append(pool.occupancy.refused)
      line.append(" times.")
      log.append(line, .information)
    }
  }

  /// Answers who wants everything saved.
  package mutating func save() {
    var line = Line()
    line.append("There is nothing to save: messages are held in memory alone.")
    log.append(line, .information)
  }
}
