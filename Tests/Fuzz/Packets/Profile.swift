import Board
import Broker

/// The server of a run: small, so that a few packets reach each of its limits, or roomy.
struct Profile {
  let limits: Limits
  let policy: Policy

  /// - Parameter byte: the first byte of the input; bit 0 for a small one, the others for policy.
  init(_ byte: UInt8) {
    limits = Profile.limits(isSmall: byte & 1 != 0)
    var policy = Policy()
    policy.systemInterval = byte & 2 != 0 ? 10 : 0
    policy.whenQueueIsFull = [.reject, .dropOldest, .dropNewest, .reject][Int(byte >> 2 & 3)]
    policy.maximumInFlight = byte & 16 != 0 ? 1 : 20
    policy.maximumQueued = byte & 32 != 0 ? 2 : 1000
    policy.queuesQoS0 = byte & 64 != 0
    policy.upgradesOutgoingQoS = byte & 128 != 0
    policy.maximumPacketSize = limits.packetBytes
    policy.persistentClientExpiration = 3600
    policy.retainExpiryInterval = 3600
    for index in policy.listeners.indices {
      policy.listeners[index].maximumConnections = limits.connections
      policy.listeners[index].maximumTopicAlias = UInt16(limits.topicAliases)
      policy.listeners[index].maximumTopicAliasOut = UInt16(limits.topicAliases)
    }
    self.policy = policy
  }

  private static func limits(isSmall: Bool) -> Limits {
    var limits = Limits()
    limits.connections = isSmall ? 4 : 8
    limits.sessions = isSmall ? 5 : 12
    limits.subscriptions = isSmall ? 6 : 60
    limits.topicNodes = isSmall ? 10 : 200
    limits.topicLevels = 12
    limits.sharedGroups = isSmall ? 2 : 12
    limits.textBlocks = isSmall ? 20 : 300
    limits.topicBytes = 200
    limits.topicAliases = 3
    limits.aliasTables = isSmall ? 3 : 16
    limits.messages = isSmall ? 8 : 200
    limits.messageBlocks = isSmall ? 40 : 600
    limits.messageBlockBytes = 32
    limits.retained = isSmall ? 3 : 40
    limits.retainedLevels = isSmall ? 4 : 80
    limits.deliveries = isSmall ? 10 : 300
    limits.unreleased = isSmall ? 3 : 60
    limits.packetBytes = 1024
    limits.defaultPacketBytes = 1024
    limits.receiveBytes = 512
    limits.receiveBlockBytes = 64
    limits.receiveBlocks = limits.connections + 4 + 1024 / 64 + 2
    limits.sendBlockBytes = 128
    limits.sendBlocks = 2 * (limits.connections + 4) + (isSmall ? 12 : 80)
    limits.sendBytes = 2048
    limits.logBytes = 2048
    limits.logAddresses = isSmall ? 1 : 4
    limits.users = 4
    limits.accessRules = 8
    limits.accessTextBytes = 400
    limits.accessDecisions = isSmall ? 4 : 64
    return limits
  }
}
