/// What board `tiny` chooses: 8 clients in less than 128 KiB of writable memory, all in all, and no
/// code for TLS and WebSocket.
package enum Chosen {
  static var board: StaticString { "tiny" }

  static var connections: Int { 8 }
  static var tlsConnections: Int { 0 }
  static var webSockets: Int { 0 }
  static var subscriptions: Int { 32 }
  static var messages: Int { 96 }
  static var messageBytes: Int { 30 * 1024 }
  /// A payload of 4 KiB, with its topic and properties.
  static var packetBytes: Int { 4608 }
  static var users: Int { 8 }
  static var turnWork: Int { 16_384 }
  static var configurationBytes: Int { 4 * 1024 }

  package typealias ConfigurationText = InlineArray<1_024, UInt8>
  package typealias PolicyTexts = InlineArray<256, UInt8>
  package typealias PerListener<Element> = InlineArray<4, Element>
  package typealias Origins<Element> = InlineArray<4, Element>
}

extension Limits {
  mutating func chooseOtherwise() {
    sessions = 12
    // So few filters share few levels.
    topicNodes = 128
    textBlocks = 192
    topicAliases = 4
    retained = 16
    deliveries = 128
    unreleased = 64
    sendBlocks = 32
  }
}
