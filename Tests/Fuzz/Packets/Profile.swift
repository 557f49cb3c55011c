import Board
import Broker
import FuzzSupport
import MQTT

/// The server of a run: small, so that a few packets reach each of its limits, or roomy.
struct Profile {
  let limits: Limits
  let policy: Policy
  /// Whether counters begin just before their wrap.
  let beginsLate: Bool

  /// - Parameter input: its first four bytes, all of them zero for what is usual: bit 0 of the first for
  ///   a small server, bit 7 of the third for counters that begin late, the others for policy.
  init(_ input: inout FuzzSupport.Input) {
    let (first, second, third, fourth) = (input.byte(), input.byte(), input.byte(), input.byte())
    limits = Profile.limits(isSmall: first & 1 != 0, shape: fourth)
    beginsLate = third & 128 != 0
    var policy = Policy.patient(limits)
    policy.setQueues(first)
    policy.setPackets(fourth)
    policy.setListeners(limits, second, third)
    self.policy = policy
  }

  private static func limits(isSmall: Bool, shape: UInt8) -> Limits {
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
    limits.receiveBlocks = limits.places + 2 * 1024 / 64
    limits.sendBlockBytes = 128
    limits.sendBlocks = 2 * limits.places + (isSmall ? 12 : 80)
    limits.sendBytes = 2048
    limits.logBytes = 2048
    limits.logAddresses = isSmall ? 1 : 4
    limits.users = 4
    limits.accessRules = 8
    limits.accessTextBytes = 400
    limits.accessDecisions = isSmall ? 4 : 64
    limits.owners = isSmall ? 2 : 40
    limits.turnWork = [262_144, 1024, 4096, 32_768][Int(shape >> 4 & 3)]
    limits.connectionWork = limits.turnWork / 128
    return limits
  }
}

extension Policy {
  /// One in which all that is kept goes after an hour at the latest.
  static func patient(_ limits: Limits) -> Policy {
    var policy = Policy()
    policy.maximumPacketSize = limits.packetBytes
    policy.persistentClientExpiration = 3600
    policy.retainExpiryInterval = 3600
    for index in policy.listeners.indices {
      policy.listeners[index].maximumConnections = limits.connections
      policy.listeners[index].maximumTopicAlias = UInt16(limits.topicAliases)
      policy.listeners[index].maximumTopicAliasOut = UInt16(limits.topicAliases)
    }
    return policy
  }

  /// - Parameter shape: bit 1 for `$SYS`, 2 and 3 what happens when a queue is full, 4 one in flight,
  ///   5 short queues, 6 and 7 two of their options.
  mutating func setQueues(_ shape: UInt8) {
    systemInterval = shape & 2 != 0 ? 10 : 0
    whenQueueIsFull = [.reject, .dropOldest, .dropNewest, .endSession][Int(shape >> 2 & 3)]
    maximumInFlight = shape & 16 != 0 ? 1 : 20
    maximumQueued = shape & 32 != 0 ? 2 : 1000
    queuesQoS0 = shape & 64 != 0
    upgradesOutgoingQoS = shape & 128 != 0
  }

  /// - Parameter shape: bits 0 and 1 the largest packet, 2 and 3 the largest Payload, 6 and 7 times.
  mutating func setPackets(_ shape: UInt8) {
    maximumPacketSize = [maximumPacketSize, 20, 64, 200][Int(shape & 3)]
    maximumPayloadSize = [Int.max, 0, 50, 200][Int(shape >> 2 & 3)]
    if shape & 64 != 0 { maximumKeepAlive = 3 }
    if shape & 128 != 0 {
      writeTimeout = 1000
      queueFullWait = 0
      maximumQueuedBytes = 200
    }
  }

  /// - Parameter second: bits 0 and 1 the highest QoS, 2 to 4 the versions that nobody may speak, 5 to 7
  ///   whose identifiers are taken, and whether messages are retained.
  /// - Parameter third: bits 0 to 3 Topic Aliases, 4 a mount point, 5 a prefix, 6 lines of the log as
  ///   messages.
  mutating func setListeners(_ limits: Limits, _ second: UInt8, _ third: UInt8) {
    var listener = listeners[0]
    listener.maximumQoS = [.exactlyOnce, .atLeastOnce, .atMostOnce, .exactlyOnce][Int(second & 3)]
    listener.acceptedVersions = VersionSet.none
    for (bit, version) in [ProtocolVersion.v3_1, .v3_1_1, .v5].enumerated() {
      if second >> (2 + bit) & 1 == 0 { listener.acceptedVersions.insert(version) }
    }
    listener.usesUserNameAsClientIdentifier = second & 32 != 0
    listener.allowsZeroLengthClientIdentifier = second & 64 == 0
    isRetainAvailable = second & 128 == 0
    let aliases = [UInt16(limits.topicAliases), 0, 1, 2]
    listener.maximumTopicAlias = aliases[Int(third & 3)]
    listener.maximumTopicAliasOut = aliases[Int(third >> 2 & 3)]
    if third & 16 != 0 { listener.mountPoint = keep("a/") }
    if third & 32 != 0 { listener.automaticIdentifierPrefix = keep("a-prefix-") }
    publishesLog = third & 64 != 0
    for index in listeners.indices { listeners[index] = listener }
  }

  private mutating func keep(_ text: String) -> PolicyText {
    let bytes = Array(text.utf8)
    return texts.keep(bytes.span) ?? .none
  }
}
