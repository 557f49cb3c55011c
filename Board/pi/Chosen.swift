/// What board `pi` chooses: 1 GB of RAM, of which the broker takes 73 MiB when all is in use.
package enum Chosen {
  static var board: StaticString { "pi" }

  static var connections: Int { 2_000 }
  static var tlsConnections: Int { 250 }
  static var webSockets: Int { connections }
  static var subscriptions: Int { 20_000 }
  static var messages: Int { 40_000 }
  static var messageBytes: Int { 8 * 1024 * 1024 }
  static var packetBytes: Int { 4 * 1024 * 1024 }
  static var users: Int { 4_000 }
  static var turnWork: Int { 131_072 }
  static var configurationBytes: Int { 2 * 1024 * 1024 }

  package typealias ConfigurationText = InlineArray<8_192, UInt8>
  package typealias PolicyTexts = InlineArray<8_192, UInt8>
  package typealias PerListener<Element> = InlineArray<16, Element>
  package typealias Origins<Element> = InlineArray<16, Element>
}

extension Limits {
  mutating func chooseOtherwise() {
    webSocketControls = 128
    retainedLevels = 50_000
  }
}
