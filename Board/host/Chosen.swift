/// What board `host` chooses: a development machine or an edge server, 64-bit.
///
/// Pages that are never used are never resident, so a high limit costs address space alone.
package enum Chosen {
  static var board: StaticString { "host" }

  static var connections: Int { 12_000 }
  static var tlsConnections: Int { 1_000 }
  static var webSockets: Int { connections }
  static var subscriptions: Int { 240_000 }
  static var messages: Int { 400_000 }
  static var messageBytes: Int { 64 * 1024 * 1024 }
  static var packetBytes: Int { 16 * 1024 * 1024 }
  static var users: Int { 10_000 }
  static var turnWork: Int { 262_144 }
  static var configurationBytes: Int { 2 * 1024 * 1024 }

  package typealias ConfigurationText = InlineArray<8_192, UInt8>
  package typealias PolicyTexts = InlineArray<8_192, UInt8>
  package typealias PerListener<Element> = InlineArray<16, Element>
  package typealias Origins<Element> = InlineArray<16, Element>
}

extension Limits {
  mutating func chooseOtherwise() {
    sharedGroups = 10_000
    retainedLevels = 800_000
    // Thousands of clients come back at once after a restart, and publish at once.
    tlsHandshakes = 256
    receiveBlocks = 80_000
    sendBlocks = 24_000
  }
}
