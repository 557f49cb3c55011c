/// What board `pi-zero` chooses: 512 MB of RAM, of which the broker takes 18 MiB when all is in use.
package enum Chosen {
  static var board: StaticString { "pi-zero" }

  static var connections: Int { 500 }
  static var tlsConnections: Int { 50 }
  static var webSockets: Int { connections }
  static var subscriptions: Int { 5_000 }
  static var messages: Int { 12_000 }
  static var messageBytes: Int { 3 * 1024 * 1024 }
  static var packetBytes: Int { 512 * 1024 }
  static var users: Int { 1_000 }
  static var turnWork: Int { 32_768 }
  static var configurationBytes: Int { 64 * 1024 }

  package typealias ConfigurationText = InlineArray<4_096, UInt8>
  package typealias PolicyTexts = InlineArray<2_048, UInt8>
  package typealias PerListener<Element> = InlineArray<16, Element>
  package typealias Origins<Element> = InlineArray<8, Element>
}

extension Limits {
  mutating func chooseOtherwise() {
    // Each takes this processor a long time: more at once would all be late.
    tlsHandshakes = 8
    webSocketHeaderBytes = 4096
    webSocketFrameBytes = 1024 * 1024
    topicLevels = 128
    topicBytes = 65_535
    retained = 5_000
    retainedLevels = 12_000
    unreleased = 10_000
    // The largest packet is for those who ask for it: a few of them fill the message blocks.
    defaultPacketBytes = 256 * 1024
    receiveBlocks = 2_000
  }
}
