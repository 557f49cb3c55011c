/// Who may connect, publish and subscribe.
package struct Access: BitwiseCopyable {
  /// Decisions under which everybody is anonymous: no source of passwords is known.
  package init() {}

  /// Whether a Client with these credentials may connect: with no passwords to check them against,
  /// a User Name neither helps nor harms, as in Mosquitto. [3.1.3.5]
  package func mayConnect(
    userName: Span<UInt8>?, password: Span<UInt8>?, isAnonymousAllowed: Bool
  ) -> Decision {
    isAnonymousAllowed ? .allowed : .notAuthorized
  }

  /// Whether a Client may publish to this Topic Name, or have it as its Will Topic.
  ///
  /// What begins with `$SYS` is the Server's own to say and `$CONTROL` is answered by nobody. [4.7.2]
  package func mayPublish(topic: Span<UInt8>) -> Bool {
    !topic.begins(with: "$SYS") && !topic.begins(with: "$CONTROL")
  }

  /// Whether a Client may subscribe to this Topic Filter: to any, while there are no rules.
  package func maySubscribe(filter: Span<UInt8>) -> Bool { true }
}

/// The answer to a Client that wants to connect.
package enum Decision: UInt8, BitwiseCopyable {
  /// Welcome.
  case allowed
  /// CONNACK 0x87 (3.x: 5). [3.2.2.2]
  case notAuthorized
}

extension Span where Element == UInt8 {
  fileprivate func begins(with prefix: StaticString) -> Bool {
    prefix.withUTF8Buffer { bytes in
      guard bytes.count <= count else { return false }
      for index in 0..<bytes.count where unsafe bytes[index] != self[index] { return false }
      return true
    }
  }
}
