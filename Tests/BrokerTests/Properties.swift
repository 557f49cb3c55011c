import Support

/// Properties of 5.0 as a packet holds them, without their length.
struct Properties: Equatable, Sendable {
  var bytes: [UInt8] = []

  static func byte(_ identifier: UInt8, _ value: UInt8) -> Properties {
    Properties(bytes: [identifier, value])
  }
  static func two(_ identifier: UInt8, _ value: Int) -> Properties {
    Properties(bytes: [identifier] + big(value, 2))
  }
  static func four(_ identifier: UInt8, _ value: Int) -> Properties {
    Properties(bytes: [identifier] + big(value, 4))
  }
  static func text(_ identifier: UInt8, _ value: String) -> Properties {
    Properties(bytes: [identifier] + field(value.bytes))
  }
  static func user(_ name: String, _ value: String) -> Properties {
    Properties(bytes: [0x26] + field(name.bytes) + field(value.bytes))
  }
  static func variable(_ identifier: UInt8, _ value: Int) -> Properties {
    Properties(bytes: [identifier] + variableByteInteger(value))
  }
  static func + (left: Properties, right: Properties) -> Properties {
    Properties(bytes: left.bytes + right.bytes)
  }

  static var none: Properties { Properties() }
  static func sessionExpiry(_ seconds: Int) -> Properties { four(0x11, seconds) }
  static func receiveMaximum(_ count: Int) -> Properties { two(0x21, count) }
  static func maximumPacketSize(_ count: Int) -> Properties { four(0x27, count) }
  static func topicAliasMaximum(_ count: Int) -> Properties { two(0x22, count) }
  static func topicAlias(_ alias: Int) -> Properties { two(0x23, alias) }
  static func messageExpiry(_ seconds: Int) -> Properties { four(0x02, seconds) }
  static func willDelay(_ seconds: Int) -> Properties { four(0x18, seconds) }
  static func subscriptionIdentifier(_ number: Int) -> Properties { variable(0x0B, number) }
  static func reason(_ words: String) -> Properties { text(0x1F, words) }

  /// With their length in front.
  var whole: [UInt8] { variableByteInteger(bytes.count) + bytes }
}

// What a CONNACK says.
extension Properties {
  /// The number that a property has; nil without it.
  func number(_ identifier: UInt8) -> Int? {
    find(identifier).map { $0.reduce(0) { $0 << 8 | Int($1) } }
  }

  /// The text that a property has; nil without it.
  func text(_ identifier: UInt8) -> String? {
    find(identifier).map { String(decoding: $0.dropFirst(2), as: UTF8.self) }
  }

  private func find(_ identifier: UInt8) -> ArraySlice<UInt8>? {
    var rest = bytes[...]
    while let found = rest.popFirst() {
      let count = Properties.length(of: found, rest)
      if found == identifier { return rest.prefix(count) }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  private static func length(of identifier: UInt8, _ rest: ArraySlice<UInt8>) -> Int {
    switch identifier {
    case 0x24, 0x25, 0x28, 0x29, 0x2A: 1
    case 0x13, 0x21, 0x22: 2
    case 0x11, 0x27: 4
    default: 2 + rest.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    }
  }
}
