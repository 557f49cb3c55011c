import Board
import Broker
import Configuration
import MQTT

extension Policy {
  /// What the settings mean to the broker.
  package init(_ settings: Settings) {
    self.init()
    connectTimeout = UInt64(settings.connectTimeoutSeconds) * 1000
    maximumKeepAlive = settings.maximumKeepAliveSeconds
    maximumPacketSize = Int(settings.maximumPacketBytes)
    maximumPayloadSize = Policy.orNoLimit(settings.maximumPayloadBytes)
    maximumInFlight = settings.maximumInflightMessages
    maximumInFlightBytes = Policy.orNoLimit(settings.maximumInflightBytes)
    maximumQueued = Policy.orNoLimit(settings.maximumQueuedMessages)
    maximumQueuedBytes = Policy.orNoLimit(settings.maximumQueuedBytes)
    allowsDuplicates = settings.allowsDuplicates
    queuesQoS0 = settings.queuesQoS0Messages
    upgradesOutgoingQoS = settings.upgradesOutgoingQoS
    whenQueueIsFull = WhenQueueIsFull(settings.queueFull)
    queueFullWait = UInt64(settings.queueFullWaitSeconds) * 1000
    writeTimeout = UInt64(settings.writeTimeoutSeconds) * 1000
    isRetainAvailable = settings.isRetainAvailable
    retainExpiryInterval = settings.retainExpirySeconds
    persistentClientExpiration = settings.maximumSessionExpirySeconds
    systemInterval = UInt32(settings.sysIntervalSeconds)
    logsConnections = settings.logsConnections
    publishesLog = settings.logDestinations.isTopicUsed
    checksRetainSource = settings.checksRetainSource
    checksSubscriptions = settings.checksSubscriptions
    if settings.maximumClients > 0 { maximumSessions = Int(settings.maximumClients) }
    if settings.maximumTotalConnections > 0 {
      maximumConnections = Int(settings.maximumTotalConnections)
    }
    clientIdentifierPrefix = keep(settings.clientIdentifierPrefix, of: settings)
    for index in 0..<settings.listenerCount { take(settings.listener(at: index), index, settings) }
  }

  private mutating func take(_ listener: Listener, _ index: Int, _ settings: Settings) {
    var policy = ListenerPolicy(listener)
    policy.security = settings.usesListenerSettings ? UInt8(truncatingIfNeeded: index) : 0
    policy.mountPoint = keep(listener.mountPoint, of: settings)
    policy.automaticIdentifierPrefix = keep(
      listener.security.assignedIdentifierPrefix, of: settings)
    listeners[index] = policy
  }

  /// The settings have seen to it that there is room for all texts.
  private mutating func keep(_ reference: TextReference, of settings: Settings) -> PolicyText {
    guard let kept = texts.keep(settings.span(of: reference)) else {
      preconditionFailure("the settings have more texts than the policy has room for")
    }
    return kept
  }

  /// Zero stands for no limit in the configuration.
  private static func orNoLimit(_ number: Int32) -> Int {
    number <= 0 ? Int(Int32.max) : Int(number)
  }
}

extension ListenerPolicy {
  fileprivate init(_ listener: Listener) {
    self.init()
    if listener.maximumConnections > 0 {
      maximumConnections = Int(listener.maximumConnections)
    }
    isClosed = listener.isClosed
    port = listener.port
    // Where nothing is encrypted nobody can prove anything, and the keys have no effect, as in Mosquitto.
    usesIdentityAsUserName =
      (listener.tls.usesIdentityAsUserName || listener.tls.usesSubjectAsUserName)
      && listener.tls.isUsed
    maximumQoS = listener.maximumQoS
    maximumTopicAlias = listener.maximumTopicAlias
    maximumTopicAliasOut = listener.maximumBrokerTopicAlias
    allowsAnonymous = listener.security.allowsAnonymous
    acceptedVersions = listener.acceptedVersions
    allowsZeroLengthClientIdentifier = listener.security.allowsEmptyClientIdentifier
    usesUserNameAsClientIdentifier = listener.usesUserNameAsClientIdentifier
  }
}

extension Policy.WhenQueueIsFull {
  fileprivate init(_ setting: QueueFull) {
    switch setting {
    case .reject: self = .reject
    case .dropOldest: self = .dropOldest
    case .dropNewest: self = .dropNewest
    case .endSession: self = .endSession
    }
  }
}
