/// What can happen, as a closed list: each is counted, and logged if the log takes its kind.
///
/// Tests and the simulator read the counts to prove that a limit or an error exit was reached.
/// Whoever adds one is asked by the compiler for its level, its sentence, and whether
/// `connection_messages` silences it. `make documents` writes the table of lines in
/// `Board/operations.md`; where the sentence does not tell enough, the comment of the case follows it.
package enum Event: UInt8, BitwiseCopyable {
  /// with its first byte: who leaves without one is told of to debug alone, as health checks come every few
  /// seconds, for years; with PROXY the address that the proxy names
  case connectionOpened
  case connectionRefused
  /// version, clean session, keep alive
  case clientConnected
  case clientRefused
  /// what `Board/fail2ban` looks for; before it `Client <unknown> disconnected, not authorised.`, as
  /// Mosquitto 2.0 says it
  case clientNotAuthorized
  case clientDisconnected
  case connectionLost
  case keepAliveExceeded
  /// behind the line that it is not authorised
  case loginFailed
  case publishDenied
  case subscribeDenied
  // Counted alone: a line for each would tell of every message.
  case deliveryDenied
  case connectTimedOut
  case handshakeFailed
  case noLongerAllowed
  case malformedPacket
  case sessionTakenOver
  case sessionExpired
  case sessionsFull
  case sessionCrowdedOut
  case clientsFull
  case subscribed
  case unsubscribed
  case subscriptionsFull
  case publishRejected
  case publisherStalled
  case publisherTimedOut
  case readerTimedOut
  case messageDropped
  case messagesLost
  case sessionOverflowed
  case messageExpired
  case messageTooLarge
  case packetTooLarge
  case packetUnfinished
  case retainedFull
  case willPublished
  case willFull
  case aliasesFull
  case receiveBlocksShort
  case sendBlocksShort
  case serverStopping

  /// Whether it tells of connections that come and go, which `connection_messages` may silence.
  var isOfConnection: Bool {
    switch self {
    case .connectionOpened, .connectionRefused, .clientConnected, .clientRefused,
      .clientDisconnected, .connectionLost, .keepAliveExceeded, .connectTimedOut,
      .handshakeFailed, .noLongerAllowed:
      true
    // Who watches the log for them wants them in any case.
    case .clientNotAuthorized, .loginFailed, .publishDenied, .subscribeDenied, .deliveryDenied,
      .malformedPacket, .sessionTakenOver, .sessionExpired, .sessionsFull, .sessionCrowdedOut,
      .sessionOverflowed,
      .clientsFull, .subscribed, .unsubscribed, .subscriptionsFull, .publishRejected,
      .publisherStalled, .publisherTimedOut, .readerTimedOut,
      .messageDropped, .messagesLost, .messageExpired, .messageTooLarge, .packetTooLarge,
      .packetUnfinished,
      .retainedFull,
      .willPublished, .willFull,
      .aliasesFull, .receiveBlocksShort, .sendBlocksShort, .serverStopping:
      false
    }
  }

  /// What kind of log line it makes.
  var level: LogLevel {
    switch self {
    case .connectionOpened, .connectionRefused, .clientConnected, .clientRefused,
      .clientNotAuthorized,
      .clientDisconnected, .connectionLost, .keepAliveExceeded, .connectTimedOut,
      .loginFailed, .publishDenied, .subscribeDenied, .deliveryDenied,
      .handshakeFailed, .noLongerAllowed, .malformedPacket, .sessionTakenOver, .sessionExpired:
      .notice
    case .subscribed: .subscribe
    case .unsubscribed: .unsubscribe
    case .messageExpired, .willPublished: .debug
    case .serverStopping: .information
    case .sessionsFull, .sessionCrowdedOut, .sessionOverflowed, .clientsFull, .subscriptionsFull,
      .publishRejected, .publisherStalled,
      .publisherTimedOut, .readerTimedOut, .messageDropped, .messagesLost, .messageTooLarge,
      .packetTooLarge,
      .packetUnfinished, .retainedFull, .willFull, .aliasesFull, .receiveBlocksShort,
      .sendBlocksShort:
      .warning
    }
  }
}

/// The kinds of log lines, with the bits that `log_type` selects.
package enum LogLevel: UInt16, BitwiseCopyable {
  case error = 1
  case warning = 2
  case notice = 4
  case information = 8
  case debug = 16
  case subscribe = 32
  case unsubscribe = 64

  /// The number of its bit.
  var number: UInt8 { UInt8(rawValue.trailingZeroBitCount) }

  init(number: UInt8) { self = LogLevel(rawValue: 1 << UInt16(number)) ?? .notice }

  /// What follows `$SYS/broker/log/`, as Mosquitto has it.
  var topic: StaticString {
    switch self {
    case .error: "E"
    case .warning: "W"
    case .notice: "N"
    case .information: "I"
    case .debug: "D"
    case .subscribe: "M/subscribe"
    case .unsubscribe: "M/unsubscribe"
    }
  }
}
