/// What board `router` chooses: 64 MB of RAM, of which the whole process takes at most 2.25 MiB.
package enum Chosen {
  static var board: StaticString { "router" }

  static var connections: Int { 96 }
  static var tlsConnections: Int { 4 }
  static var webSockets: Int { 16 }
  static var subscriptions: Int { 600 }
  static var messages: Int { 1_000 }
  static var messageBytes: Int { 128 * 1024 }
  static var packetBytes: Int { 64 * 1024 }
  static var users: Int { 32 }
  static var turnWork: Int { 32_768 }
  static var configurationBytes: Int { 16 * 1024 }

  package typealias ConfigurationText = InlineArray<2_048, UInt8>
  package typealias PolicyTexts = InlineArray<512, UInt8>
  package typealias PerListener<Element> = InlineArray<8, Element>
  package typealias Origins<Element> = InlineArray<4, Element>
}

extension Limits {
  // All that is lower than its rule is so because of that.
  mutating func chooseOtherwise() {
    sessions = 144
    // A frame carries one packet of the largest, and no more.
    webSocketFrameBytes = packetBytes
    topicNodes = 1_000
    sharedGroups = 16
    textBlocks = 1_000
    topicAliases = 8
    aliasTables = 16
    retained = 400
    retainedLevels = 400
    deliveries = 1_200
    unreleased = 200
    logBytes = 2_048
    // Few users, but names and hashes are as long as anywhere.
    accessTextBytes = 6 * 1024
    accessDecisions = 256
  }
}
