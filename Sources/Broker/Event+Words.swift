extension Event {
  /// How a log line tells of it: what stands before the client's identifier and behind it, or a
  /// whole sentence when no client is named.
  var sentence: (subject: StaticString, predicate: StaticString) {
    switch self {
    case .connectionOpened: ("New connection", "")
    case .connectionRefused: ("A connection was refused", "")
    case .clientConnected: ("New client", "connected")
    case .clientRefused: ("A client was refused", "")
    case .clientDisconnected: ("Client", "disconnected")
    case .connectionLost: ("Client", "closed its connection")
    case .keepAliveExceeded: ("Client", "has exceeded timeout, disconnecting")
    case .connectTimedOut: ("A connection that sent no CONNECT was closed", "")
    case .publishDenied: ("Client", "was denied a PUBLISH")
    case .subscribeDenied: ("Client", "was denied a subscription")
    case .noLongerAllowed: ("Client", "disconnected by the new configuration")
    case .handshakeFailed: ("A connection was refused", "")
    case .malformedPacket: ("Client", "disconnected due to malformed packet or protocol error")
    case .sessionTakenOver: ("Client", "already connected, closing old connection")
    case .sessionExpired: ("Session of", "expired")
    case .subscribed: ("Client", "subscribed")
    case .unsubscribed: ("Client", "unsubscribed")
    case .willPublished: ("Will of", "published")
    case .messageExpired: ("A message for", "expired")
    case .serverStopping: ("swiftlet terminating", "")
    case .clientsFull:
      ("A client was refused", "")
    case .sessionsFull:
      ("A client was refused", "")
    case .sessionCrowdedOut:
      ("Session of", "ended: its user has its share of sessions, and this one had nothing to lose")
    case .subscriptionsFull:
      ("Client", "could not subscribe")
    case .publishRejected: ("Client", "was refused a message")
    case .publisherStalled: ("Client", "waits with its message")
    case .readerTimedOut: ("Client", "disconnected: it takes nothing of what it is sent")
    case .publisherTimedOut: ("Client", "disconnected: it has waited too long")
    case .sessionOverflowed: ("Session of", "ended for want of room in its queue")
    case .messagesLost: ("Client", "has lost messages")
    case .messageDropped: ("Outgoing message for", "dropped")
    case .messageTooLarge: ("A message is too large for", "and was not delivered")
    case .packetUnfinished: ("Client", "disconnected")
    case .packetTooLarge: ("Client", "disconnected")
    case .retainedFull: ("A message was not retained", "")
    case .willFull: ("A client was refused: there is no room for its Will", "")
    case .aliasesFull: ("Client", "disconnected")
    case .receiveBlocksShort: ("Client", "waits to be read")
    case .sendBlocksShort: ("Client", "waits to be sent more")
    case .loginFailed, .deliveryDenied: ("", "")
    }
  }
}
