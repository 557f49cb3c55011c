extension Event {
  /// How a log line tells of it, in Mosquitto's words where it has any: what stands in braces is put in
  /// for each. Where there is more to say, it follows behind a colon.
  ///
  /// `{client}` is the client's identifier, `{user}` its user name, `{address}` its address and port,
  /// `{host}` the address alone, `{port}` that of the listener, `{manner}` how it has connected. An
  /// identifier may be anything, a sentence of ours too: where it comes early in a line, the address
  /// comes right behind it, so that whoever reads from the end is not deceived (`Board/fail2ban`).
  var sentence: StaticString {
    switch self {
    case .connectionOpened: "New connection from {address} on port {port}"
    case .connectionRefused: "Client connection from {host} denied"
    case .clientConnected: "New client connected from {address} as {client} {manner}"
    case .clientRefused: "Client {client} [{address}] disconnected"
    case .clientNotAuthorized: "Client {client} [{address}] disconnected: not authorised"
    case .clientDisconnected: "Client {client} [{address}] disconnected"
    case .connectionLost: "Client {client} [{address}] disconnected"
    case .keepAliveExceeded: "Client {client} [{address}] disconnected: exceeded timeout"
    case .connectTimedOut: "Client {client} [{address}] disconnected: exceeded timeout"
    case .loginFailed: "A login from {address} was refused, bad user name or password: '{user}'"
    case .publishDenied: "Client {client} [{address}] was denied a PUBLISH"
    case .subscribeDenied: "Client {client} [{address}] was denied a subscription"
    case .noLongerAllowed: "Client {client} [{address}] disconnected by the new configuration"
    case .handshakeFailed: "Client connection from {host} denied"
    case .malformedPacket:
      "Client {client} [{address}] disconnected: malformed packet or protocol error"
    case .sessionTakenOver: "Client {client} [{address}] disconnected: session taken over"
    case .sessionExpired: "Session of {client} expired"
    case .subscribed: "Client {client} [{address}] subscribed"
    case .unsubscribed: "Client {client} [{address}] unsubscribed"
    case .willPublished: "Will of {client} published"
    case .messageExpired: "A message for {client} expired"
    case .serverStopping: "swiftlet terminating"
    case .clientsFull: "Client connection from {host} denied"
    case .sessionsFull: "Client {client} [{address}] disconnected"
    case .sessionCrowdedOut:
      "Session of {client} ended: its user has his share of sessions, and this one had nothing to lose"
    case .subscriptionsFull: "Client {client} [{address}] could not subscribe"
    case .publishRejected:
      "Client {client} [{address}] was refused a message"
    case .publisherStalled:
      "Client {client} [{address}] waits with its message"
    case .readerTimedOut:
      "Client {client} [{address}] disconnected: it takes nothing of what it is sent"
    case .publisherTimedOut: "Client {client} [{address}] disconnected: it has waited too long"
    case .sessionOverflowed: "Session of {client} ended for want of room in its queue"
    case .messagesLost: "Messages for {client} were lost"
    case .messageDropped: "Outgoing message for {client} dropped"
    case .messageTooLarge: "A message is too large for {client} and was not delivered"
    case .packetUnfinished: "Client {client} [{address}] disconnected"
    case .packetTooLarge: "Client {client} [{address}] disconnected"
    case .retainedFull: "A message was not retained"
    case .willFull: "Client {client} [{address}] disconnected: there is no room for its Will"
    case .aliasesFull: "Client {client} [{address}] disconnected"
    case .receiveBlocksShort: "Client {client} [{address}] waits to be read"
    case .sendBlocksShort: "Client {client} [{address}] waits to be sent more"
    case .deliveryDenied: ""
    }
  }
}
