import Board
import Broker
import Configuration
import MQTT
import Memory

extension Policy {
  /// What the settings mean to the broker.
  package init(_ settings: Settings) {
    self.init()
    connectTimeout = UInt64(settings.connectTimeoutSeconds) * 1000
    maximumKeepAlive = settings.maximumKeepAliveSeconds
    maximumPacketSize = Int(settings.maximumPacketBytes)
    maximumPayloadSize = Policy.orNoLimit(settings.maximumPayloadBytes)
    maximumInFlight = settings.maximumInflightMessages
    maximumQueued = Policy.orNoLimit(settings.maximumQueuedMessages)
    maximumQueuedBytes = Policy.orNoLimit(settings.maximumQueuedBytes)
    queuesQoS0 = settings.queuesQoS0Messages
    upgradesOutgoingQoS = settings.upgradesOutgoingQoS
    whenQueueIsFull = WhenQueueIsFull(settings.queueFull)
    queueFullWait = UInt64(settings.queueFullWaitSeconds) * 1000
    isRetainAvailable = settings.isRetainAvailable
    retainExpiryInterval = settings.retainExpirySeconds
    persistentClientExpiration = settings.maximumSessionExpirySeconds
    allowsZeroLengthClientIdentifier = settings.listener(at: 0).security.allowsEmptyClientIdentifier
    automaticIdentifierPrefix =
      ShortText(settings.span(of: settings.listener(at: 0).security.assignedIdentifierPrefix))
      ?? ShortText()
    systemInterval = UInt32(settings.sysIntervalSeconds)
    logsConnections = settings.logsConnections
    for index in 0..<min(settings.listenerCount, listeners.count) {
      listeners[index] = ListenerPolicy(settings.listener(at: index))
      listeners[index].security = UInt8(settings.securityNumber(of: index))
    }
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
    allowsAnonymous = listener.security.allowsAnonymous
    usesIdentityAsUserName =
      listener.tls.usesIdentityAsUserName || listener.tls.usesSubjectAsUserName
    maximumQoS = listener.maximumQoS
    maximumTopicAlias = listener.maximumTopicAlias
    maximumTopicAliasOut = listener.maximumBrokerTopicAlias
  }
}

extension Policy.WhenQueueIsFull {
  fileprivate init(_ setting: QueueFull) {
    switch setting {
    case .reject: self = .reject
    case .dropOldest: self = .dropOldest
    case .dropNewest: self = .dropNewest
    }
  }
}
